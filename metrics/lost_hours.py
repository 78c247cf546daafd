"""Which hours are missing, and which days came twice? Silence and repetition that chance does not explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

LEAST_EXPECTED: Final = 25.0
"""Rows that a silent stretch would have had: by chance that happens once in 10¹⁰; a channel that sells so little falls silent by itself."""

LEAST_TWINS: Final = 5
LEAST_SHARE: Final = 0.4
"""Share of a day's orders that have a twin: a day loaded under two sets of ids; less is people who buy alike."""

_WEEKS: Final = 4
"""The same hour of as many weeks before and after says what was to be expected: half of them had at least so many."""


def missing_hours(counts: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """In which hours did a source say nothing, although it always does?

    An hour without a row is missing where the median of that hour in the weeks around it makes a silence of
    ``LEAST_EXPECTED`` rows, hours after each other added up. The first and last day of a source are whole days of it.

    Args:
        counts: ``source, local_on, hour, rows``; hours with rows alone, one row each.
        first: first local day to look at.
        last: last one.

    Returns:
        One row per silent stretch of a day, in order of day and source: ``day, source, from_hour, hours, expected``.
    """
    grids = [_grid(part, first, last) for _, part in counts.sort("source").group_by("source", maintain_order=True)]
    if not grids:
        return _none()
    grid = pl.concat(grids)
    silent = (pl.col("rows") == 0) & (pl.col("expected") >= 1)
    runs = grid.with_columns(silent=silent).with_columns(
        run=pl.col("silent").rle_id().over("source", "local_on", order_by="hour")
    )
    found = (
        runs.filter("silent").group_by(day="local_on", source="source", run="run")
        .agg(from_hour=pl.col("hour").min(), hours=pl.len().cast(pl.Int64), expected=pl.col("expected").sum())
        .filter(pl.col("expected") >= LEAST_EXPECTED)
    )  # fmt: skip
    return found.drop("run").sort("day", "source", "from_hour").select(_none().columns)


def _grid(part: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    """Every hour of a source's days with its rows and what was to be expected."""
    days = part.select(pl.date_range(pl.col("local_on").min(), pl.col("local_on").max()).alias("local_on"))
    grid = days.join(pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int64}), how="cross")
    whole = grid.join(part, on=["local_on", "hour"], how="left", maintain_order="left").with_columns(
        pl.col("rows").fill_null(0), source=pl.lit(part["source"][0])
    )
    weeks = [pl.col("rows").shift(24 * 7 * n) for n in range(-_WEEKS, _WEEKS + 1) if n]
    middle = pl.concat_list(weeks).list.drop_nulls().list.median()
    return whole.with_columns(expected=middle.fill_null(0.0)).filter(pl.col("local_on").is_between(first, last))


def _none() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"day": pl.Date, "source": pl.String, "from_hour": pl.Int64, "hours": pl.Int64, "expected": pl.Float64}
    )


def doubled_days(orders: pl.DataFrame) -> pl.DataFrame:
    """Which days of a store were perhaps loaded twice under other ids?

    Args:
        orders: ``local_on, store_id, channel, paid_at, customer_key, goods_net_minor``; one row per valid order.

    Returns:
        One row per day, store and channel with many twins (same instant, customer and money), in that order:
        ``day, store_id, channel, orders, twins, twins_minor``: ``twins`` are those beyond the first of each.
    """
    same = ["local_on", "store_id", "channel", "paid_at", "customer_key", "goods_net_minor"]
    groups = orders.filter(pl.col("goods_net_minor") != 0).group_by(same).agg(n=pl.len().cast(pl.Int64))
    days = groups.group_by(day="local_on", store_id="store_id", channel="channel").agg(
        orders=pl.col("n").sum(),
        twins=(pl.col("n") - 1).sum(),
        twins_minor=((pl.col("n") - 1) * pl.col("goods_net_minor")).sum(),
    )
    is_doubled = (pl.col("twins") >= LEAST_TWINS) & (pl.col("twins") >= LEAST_SHARE * pl.col("orders"))
    return days.filter(is_doubled).sort("day", "store_id", "channel", nulls_last=True)
