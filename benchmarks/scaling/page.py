"""docs/scaling.md: how cost grows, what is measured, and what is computed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scaling import model
from benchmarks.scaling.model import Scale
from benchmarks.workshop import CHECKOUT

TEXT = Path(__file__).with_name("page.md")
PAGE = CHECKOUT / "docs" / "scaling.md"
SCALES = (10**6, 10**7, 10**8, 10**9)
ROWS: tuple[tuple[str, Callable[[Scale], str]], ...] = (
    ("bytes of the shards", lambda scale: nbytes(scale.nbytes)),
    ("shards of 128 MiB", lambda scale: f"{scale.shards:,}"),
    ("bytes of their indexes", lambda scale: nbytes(scale.index_nbytes)),
    ("numbers, where the indexes of all shards were read", lambda scale: nbytes(scale.memory_nbytes)),
    ("reading them all, on the disk", lambda scale: duration(scale.index_s)),
    ("listing the shards: requests", lambda scale: f"{scale.listing_requests:,}"),
    ("listing the shards: time", lambda scale: duration(scale.listing_s)),
    ("listing the pictures on a disk, to pack them", lambda scale: duration(scale.source_s)),
    ("packing them, one processor", lambda scale: duration(scale.pack_core_s)),
    ("packing them, 64 processors", lambda scale: duration(scale.pack_core_s / 64)),
    ("packing to a bucket: requests that write", lambda scale: f"{scale.pack_puts:,}"),
    ("packing to a bucket: price of the requests", lambda scale: dollars(scale.pack_dollars)),
    ("keeping them in a bucket, a month", lambda scale: dollars(scale.month_dollars)),
    ("an epoch by ranges: requests", lambda scale: f"{scale.ranges_requests:,}"),
    ("an epoch by ranges: their price", lambda scale: dollars(scale.ranges_dollars)),
    ("an epoch by copies of shards: requests", lambda scale: f"{scale.copies_requests:,}"),
    ("an epoch by copies of shards: their price", lambda scale: dollars(scale.copies_dollars)),
)


def render() -> str:
    """Return the page."""
    found = model.measured()
    return TEXT.read_text("utf-8").format(
        machine=_machine(found["machine"]),
        listing=table(
            ["pictures", "time", "own memory"],
            [(f"{one['pictures']:,}", duration(one["list_s"]), f"{one['own_mb']:.0f} MB") for one in found["listing"]],
        ),
        pack=table(
            ["pictures", "threads", "bytes", "time", "a picture"],
            [
                (
                    f"{one['pictures']:,}",
                    str(one["threads"]),
                    nbytes(one["nbytes"]),
                    duration(one["s"]),
                    f"{one['s'] / one['pictures'] * 1e3:.2f} ms",
                )
                for one in found["pack"]
            ],
        ),
        index=table(
            ["records of a file", "index", "numbers", "read in"],
            [
                (f"{one['records']:,}", nbytes(one["file_nbytes"]), nbytes(one["memory_nbytes"]), duration(one["s"]))
                for one in found["index"]
            ],
        ),
        shards=table(
            ["shards", "opened and counted in", "a shard"],
            [
                (f"{one['shards']:,}", duration(one["s"]), f"{one['s'] / one['shards'] * 1e3:.2f} ms")
                for one in found["shards"]
            ],
        ),
        order=_order(found["order"]),
        pattern=_pattern(found["pattern"]),
        store=_store(found["store"]),
        scales=_scales(found),
        large=f"{Scale(10**9, model.LARGE_SHARD_NBYTES, found).shards:,}",
        large_put=dollars(Scale(10**9, model.LARGE_SHARD_NBYTES, found).pack_dollars),
        answer=f"{model.ANSWER_S * 1e3:.0f}",
        page_s=f"{model.ANSWER_S * 5:.2f}",
        at_once=model.AT_ONCE,
        per_second=f"{model.AT_ONCE / model.ANSWER_S:,.0f}",
        stored=model.STORED_MONTH,
        put=model.PUT_MILLION,
        get=model.GET_MILLION,
        picture=f"{model.PICTURE_NBYTES:,}",
    )


def _machine(machine: dict[str, Any]) -> str:
    return f"{machine['processor']}, {machine['cores']} processors, {machine['system']}, Python {machine['python']}"


def _order(rows: Sequence[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(row["shuffle"] for row in rows))
    sizes = sorted({row["records"] for row in rows})
    costs = {(row["shuffle"], row["records"]): row["ns"] for row in rows}
    cells = [(f"`{name}`", *(f"{costs[name, size] / 1e3:.2f} µs" for size in sizes)) for name in names]
    return table(["a record's place in the order", *(f"of {size:,}" for size in sizes)], cells)


def _pattern(rows: Sequence[dict[str, Any]]) -> str:
    return table(
        [
            "shuffle",
            "shards that a batch of 256 reads",
            "shards that 10,240 records in a row read",
            "requests a record",
        ],
        [
            (
                f"`{row['shuffle']}`",
                f"{row['shards_of_a_batch']:.0f}",
                str(row["shards_of_10000_records"]),
                f"{row['requests_of_a_record']:.2f}",
            )
            for row in rows
        ],
    )


def _store(rows: Sequence[dict[str, Any]]) -> str:
    methods = ("LIST", "HEAD", "GET", "PUT", "POST")
    return table(
        [f"{rows[0]['pictures']} pictures, {rows[0]['shards']} shards", *methods],
        [(row["what"], *(str(row.get(method, 0)) for method in methods)) for row in rows],
    )


def _scales(found: dict[str, Any]) -> str:
    scales = [Scale(pictures, model.SHARD_NBYTES, found) for pictures in SCALES]
    return table(
        ["pictures", *(f"{pictures:,}" for pictures in SCALES)],
        [(name, *(show(scale) for scale in scales)) for name, show in ROWS],
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def nbytes(count: float) -> str:
    """Write bytes in three digits."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            return f"{count:.3g} {unit}" if count < 999.5 else f"{count:,.0f} {unit}"
        count /= 1000
    raise AssertionError


def duration(seconds: float) -> str:
    """Write a time in two or three digits."""
    for unit, size, limit in (("ms", 1e-3, 1), ("s", 1, 120), ("min", 60, 7200), ("h", 3600, 48 * 3600)):
        if seconds < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 86400:.3g} days"


def dollars(amount: float) -> str:
    """Write a price."""
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:.2f}"
