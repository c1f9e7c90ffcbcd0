"""How figures are written for people: bytes, shares, speeds."""

UNITS = ("bytes", "kB", "MB", "GB")


def human(count: float) -> str:
    """Write a number of bytes in a unit that fits: 1.4 MB."""
    for unit in UNITS:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


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
