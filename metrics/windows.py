"""The same sums over many stretches of days, from one pass over the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.rules import require

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    Window = tuple[dt.date, dt.date]


def window_sums(
    frame: pl.DataFrame, windows: Sequence[Window], on: str = "local_on", **sums: pl.Expr
) -> list[dict[str, int]]:
    """How much of each additive figure falls into each stretch of days?

    Days are summed once; a stretch is the difference of two running sums, so overlapping ones cost nothing more.

    Args:
        frame: any rows with a local day.
        windows: first and last local day of each stretch, both inclusive; in any order, overlapping or equal.
        on: column of the local day; rows without one belong to no stretch.
        **sums: aggregations whose values of several days may be added, as whole numbers.

    Returns:
        For each stretch, in the order given, name → sum; 0 where no row falls into it.

    Raises:
        ContractError: the day's column is missing.
    """
    require(frame, "rows", on)
    if not windows:
        return []
    first, last = min(start for start, _ in windows), max(end for _, end in windows)
    days = frame.filter(pl.col(on).is_between(first, last)).group_by(on).agg(**sums)
    place = (days[on] - first).dt.total_days().to_numpy()
    running = {}
    for name in sums:
        dense = np.zeros((last - first).days + 2, dtype=np.int64)
        dense[place + 1] = days[name].fill_null(0).to_numpy()
        running[name] = np.cumsum(dense)
    edges = [((start - first).days, (end - first).days + 1) for start, end in windows]
    return [{name: int(sums_to[end] - sums_to[start]) for name, sums_to in running.items()} for start, end in edges]
