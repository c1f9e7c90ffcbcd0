"""How figures are written for people: bytes, shares, speeds."""

UNITS = ("kB", "MB", "GB", "TB")


def human(count: float) -> str:
    """Write a number of bytes in a unit that fits: 1.4 MB."""
    if count < 999.5:
        return "1 byte" if count == 1 else f"{count:.0f} bytes"
    size = 0
    while count >= 999.5 and size < len(UNITS):  # 999,500 is written as 1.0 MB, not as 1000 kB
        count, size = count / 1000, size + 1
    return f"{count:.1f} {UNITS[size - 1]}" if count < 99.95 else f"{count:.0f} {UNITS[size - 1]}"


def share(part: float) -> str:
    """Write a share in percent, small ones with more digits: 36 %, 4.6 %, 0.02 %."""
    if part >= 0.0995:
        return f"{100 * part:.0f} %"
    return f"{100 * part:.1f} %" if part >= 0.001 or part == 0 else f"{100 * part:.1g} %"


def rate(per_s: float) -> str:
    """Write a speed with two figures that mean something: 12,000, 840, 3.1."""
    if per_s >= 100:
        digits = len(str(int(per_s))) - 2
        return f"{round(per_s, -digits):,.0f}"
    return f"{per_s:.0f}" if per_s >= 10 else f"{per_s:.2g}"
