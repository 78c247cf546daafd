"""Are customers bound in time? From registering to the first decision, in seconds."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require

TIMELY_S: Final = 60.0
LIVE_S: Final = 600.0
"""A registration that reached us later than this is historic: no job could have bound it in time."""

LATE_DAY: Final = 30
"""So many late bindings on one day are an incident."""


def _waits(spells: pl.DataFrame) -> pl.DataFrame:
    """First bindings to a store, with ``wait_s`` and which of them count."""
    require(spells, "bindings", "cause", "store_id", "registered_at", "arrived_at", "bound_at")
    first = spells.filter((pl.col("cause") == "registered") & pl.col("store_id").is_not_null())
    live = (_seconds("arrived_at") <= LIVE_S).fill_null(value=False)
    return first.with_columns(wait_s=_seconds("bound_at"), is_live=live).with_columns(
        is_measured=pl.col("is_live") & (pl.col("wait_s") >= 0)
    )


def _seconds(column: str) -> pl.Expr:
    return (pl.col(column) - pl.col("registered_at")).dt.total_microseconds() / 1e6


def _figures() -> list[pl.Expr]:
    wait, counted = pl.col("wait_s"), pl.col("is_measured")
    measured = wait.filter(counted)
    timely = (counted & (wait <= TIMELY_S)).sum().cast(pl.Int64)
    bound = counted.sum().cast(pl.Int64)
    return [
        bound.alias("bound"),
        measured.quantile(0.5, "linear").alias("p50_s"),
        measured.quantile(0.95, "linear").alias("p95_s"),
        timely.alias("timely"),
        (bound - timely).alias("late"),
        (~pl.col("is_live")).sum().cast(pl.Int64).alias("historic"),
        (pl.col("is_live") & ~counted).sum().cast(pl.Int64).alias("negative"),
    ]


def latency(spells: pl.DataFrame, *, zone: str) -> pl.DataFrame:
    """How long did registrations wait for their owner, day by day?

    Args:
        spells: ``Bindings``; only first bindings to a store (cause ``registered``) are measured.
        zone: business zone (IANA) whose days count.

    Returns:
        One row per local day of registration, in order: ``day, bound`` (measured), ``p50_s, p95_s`` (null where
        none is measured), ``timely`` (within a minute), ``late, historic`` (arrived over ten minutes after
        registering, or nobody knows when), ``negative`` (bound before registering: a clock was wrong; left out).

    Raises:
        ContractError: a required column is missing.
    """
    day = pl.col("registered_at").dt.convert_time_zone(zone).dt.date().alias("day")
    return _waits(spells).group_by(day).agg(_figures()).sort("day")


def timeliness(spells: pl.DataFrame) -> pl.DataFrame:
    """Were they bound in time, all in all?

    Returns:
        One row as in ``latency``, with ``timely_share`` (timely ÷ bound; null without any); no row where no first
        binding is there.

    Raises:
        ContractError: a required column is missing.
    """
    waits = _waits(spells)
    total = waits.select(_figures())
    if waits.is_empty():
        total = total.clear()
    return total.with_columns(timely_share=pl.when(pl.col("bound") > 0).then(pl.col("timely") / pl.col("bound")))
