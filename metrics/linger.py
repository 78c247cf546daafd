"""When does a look become a lingering? A threshold for each category and month (T1)."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from metrics.rules import require

FLOOR_MS: Final = 15_000
"""Below 15 s nothing is lingering, however quickly others leave."""

FALLBACK_MS: Final = 30_000
"""Threshold of a category without history."""

HISTORY: Final = dt.timedelta(days=90)
QUANTILE: Final = 0.75

_BIN_MS: Final = 1_000


def linger_thresholds(visits: pl.DataFrame) -> pl.DataFrame:
    """From how long on does a view count as lingering, by category and month?

    Args:
        visits: ``Visits``; needs ``category, local_on, dwell_ms``.

    Returns:
        One row per category and month with a view, by category and month: ``category`` (null is Unmapped),
        ``month`` (its first day), ``threshold_ms``: the larger of 15 s and the P75 (linear) of the category's known
        dwell in the 90 days before the month; 30 s without such history. No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "category", "local_on", "dwell_ms")
    seen = visits.select("category", month=pl.col("local_on").dt.truncate("1mo")).unique()
    months = [
        seen.filter(pl.col("month") == month).join(
            thresholds_before(visits, month), on="category", how="left", nulls_equal=True
        )
        for month in seen["month"].unique().sort()
    ]
    found = pl.concat([seen.clear().with_columns(threshold_ms=pl.lit(None, pl.Int64)), *months])
    return found.with_columns(pl.col("threshold_ms").fill_null(FALLBACK_MS)).sort("category", "month")


def thresholds_before(visits: pl.DataFrame, month: dt.date) -> pl.DataFrame:
    """The thresholds of one month, from what was seen before it.

    Args:
        visits: at least the ``category, local_on, dwell_ms`` of the ``HISTORY`` before the month.
        month: its first day.

    Returns:
        One row per category with a known dwell in that time, by category: ``category, threshold_ms``.
    """
    p75 = pl.col("dwell_ms").quantile(QUANTILE, "linear").round().cast(pl.Int64)
    return _floored(_before(visits.lazy(), month).group_by("category").agg(p75=p75).collect())


def thresholds_of(visits: pl.LazyFrame, month: dt.date) -> pl.DataFrame:
    """The same of views that are too many to be held: counted by the second first, then sorted within one second.

    Args:
        visits: as ``thresholds_before``; read twice, as a stream.
        month: its first day.
    """
    rows = _before(visits, month).with_columns(_bin=pl.col("dwell_ms") // _BIN_MS)
    counted = rows.group_by("category", "_bin").len().collect(engine="streaming").sort("category", "_bin")
    counted = counted.with_columns(
        _before=pl.col("len").cum_sum().over("category") - pl.col("len"),
        _rank=(pl.col("len").sum().over("category") - 1) * QUANTILE,
    )
    ends = pl.col("_before") + pl.col("len")
    holds = [(pl.col("_before") <= rank) & (rank < ends) for rank in (pl.col("_rank").floor(), pl.col("_rank").ceil())]
    asked = counted.filter(holds[0] | holds[1])
    near = rows.join(asked.lazy().select("category", "_bin"), on=["category", "_bin"], how="semi", nulls_equal=True)
    least = asked.group_by("category").agg(pl.col("_rank").first(), pl.col("_before").min())
    found = near.select("category", "dwell_ms").collect(engine="streaming")
    found = found.join(least, on="category", nulls_equal=True).sort("category", "dwell_ms")
    rank = pl.col("_rank").first() - pl.col("_before").first()
    low, high = (pl.col("dwell_ms").get(at.cast(pl.Int64)) for at in (rank.floor(), rank.ceil()))
    p75 = (low + (high - low) * (rank - rank.floor())).round().cast(pl.Int64)
    return _floored(found.group_by("category").agg(p75=p75))


def _before(visits: pl.LazyFrame, month: dt.date) -> pl.LazyFrame:
    """The known dwell of the ``HISTORY`` before a month."""
    in_time = (pl.col("local_on") >= month - HISTORY) & (pl.col("local_on") < month)
    return visits.select("category", "local_on", "dwell_ms").filter(pl.col("dwell_ms").is_not_null(), in_time)


def _floored(found: pl.DataFrame) -> pl.DataFrame:
    threshold = pl.max_horizontal("p75", pl.lit(FLOOR_MS, pl.Int64))
    return found.select("category", threshold_ms=threshold).sort("category")


def with_linger(visits: pl.DataFrame) -> pl.DataFrame:
    """Which views lingered?

    Args:
        visits: ``Visits`` without ``is_linger``, in any order; the history of thresholds comes from the same rows.

    Returns:
        The same rows in the same order with ``is_linger``, null where dwell is unknown.

    Raises:
        ContractError: a required column is missing.
    """
    thresholds = linger_thresholds(visits)
    keyed = visits.with_columns(_month=pl.col("local_on").dt.truncate("1mo"))
    return (
        keyed.join(
            thresholds.rename({"month": "_month"}),
            on=["category", "_month"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(is_linger=pl.col("dwell_ms") >= pl.col("threshold_ms"))
        .drop("_month", "threshold_ms")
    )
