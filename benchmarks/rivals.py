"""Who is compared with whom where one number stands for a task: filmroll with most threads, rivals with no more."""

from collections.abc import Sequence

from benchmarks.result import Result


def beside(results: Sequence[Result]) -> tuple[Result | None, list[Result]]:
    """Return filmroll's result of a task and those of the rivals; where there are groups, of the last, the largest."""
    of_it = [one for one in results if one.group == results[-1].group and not one.is_limit]
    ours = max((one for one in of_it if one.engine == "filmroll"), key=lambda one: one.threads, default=None)
    rivals = [one for one in of_it if not one.engine.startswith("filmroll")]
    return ours, [one for one in rivals if ours is None or one.threads <= ours.threads]
