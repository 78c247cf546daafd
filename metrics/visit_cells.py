"""Views added up by hour, category and channel: what can be asked of such sums costs the same however many views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.dwell import UNKNOWN_LIMIT, indexed, part_of_week
from metrics.rules import labelled, require, share

if TYPE_CHECKING:
    from metrics.dwell import By

SUMS: Final = ("views", "known_views", "dwell_ms", "judged", "lingers")
KINDS: Final = ("measured", "pings", "gap", "unknown")
"""What dwell may rest on."""


def cells_of(visits: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Views added up.

    Args:
        visits: ``Visits``.
        *by: columns that name a cell; their nulls are cells too.

    Returns:
        One row per cell with a view, in no order: the columns, then ``views, known_views`` (counts), ``dwell_ms``
        (sum), ``judged, lingers`` (views of which it is known whether they lingered, and those that did).

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", *by, "dwell_ms", "is_linger")
    return visits.group_by(by).agg(**_sums())


def evidence_of(visits: pl.DataFrame, *by: str) -> pl.DataFrame:
    """``cells_of`` with how many views rest on each of ``KINDS``, and how many were ``capped``.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", *by, "dwell_ms", "is_linger", "evidence", "is_capped")
    kinds = {kind: (pl.col("evidence") == kind).sum().cast(pl.Int64) for kind in KINDS}
    return visits.group_by(by).agg(**_sums(), **kinds, capped=pl.col("is_capped").sum().cast(pl.Int64))


def _sums() -> dict[str, pl.Expr]:
    dwell, linger = pl.col("dwell_ms"), pl.col("is_linger")
    return {
        "views": pl.len().cast(pl.Int64),
        "known_views": dwell.count().cast(pl.Int64),
        "dwell_ms": dwell.sum(),
        "judged": linger.count().cast(pl.Int64),
        "lingers": linger.sum().cast(pl.Int64),
    }


def added(cells: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Cells as larger cells, every other column added up; without ``by`` one row, or none of none."""
    sums = [pl.exclude(by).sum()]
    if by:
        return cells.group_by(by).agg(sums)
    return cells.select(sums) if cells.height else cells.clear()


def unreliable(cells: pl.DataFrame, limit: float = UNKNOWN_LIMIT) -> list[str]:
    """Of which channels is dwell unknown too often to compare hours? As ``dwell.unreliable_channels`` tells of views.

    Raises:
        ContractError: a required column is missing.
    """
    require(cells, "cells", "channel", "views", "known_views")
    rates = cells.group_by("channel").agg(
        rate=1.0 * (pl.col("views") - pl.col("known_views")).sum() / pl.col("views").sum()
    )
    return rates.filter(pl.col("rate") > limit)["channel"].cast(pl.String).sort().to_list()


def index_by_hour(cells: pl.DataFrame, *, by: By) -> pl.DataFrame:
    """``dwell.dwell_by_hour`` without its medians, which cannot be added up.

    Args:
        cells: cells by at least ``hour_of_week``, ``channel`` and the group.
        by: ``category`` or ``product_id``.

    Raises:
        ContractError: a required column is missing.
    """
    return _by_time(cells, by, ["hour_of_week"])


def index_by_daypart(cells: pl.DataFrame, *, by: By) -> pl.DataFrame:
    """``dwell.dwell_by_daypart`` without its medians, which cannot be added up.

    Raises:
        ContractError: a required column is missing.
    """
    require(cells, "cells", "hour_of_week")
    return _by_time(cells.with_columns(**part_of_week()), by, ["is_weekend", "hour"])


def _by_time(cells: pl.DataFrame, by: By, time: list[str]) -> pl.DataFrame:
    require(cells, "cells", by, *time, "channel", *SUMS)
    rows = labelled(cells, by).rename({by: "group"})
    is_trusted = ~pl.col("channel").cast(pl.String).is_in(unreliable(rows))
    known, dwell, judged = pl.col("known_views").sum(), pl.col("dwell_ms").sum(), pl.col("judged").sum()
    sums = rows.group_by("group", *time).agg(
        views=pl.col("views").sum(),
        known_views=known,
        total_dwell_s=pl.when(known > 0).then(dwell / 1000),
        linger_rate=share(pl.col("lingers").sum(), judged),
        _dwell=pl.col("dwell_ms").filter(is_trusted).sum(),
        _n=pl.col("known_views").filter(is_trusted).sum(),
    )
    return indexed(sums.with_columns(pl.col("group").cast(pl.String)), time)


def totals(cells: pl.DataFrame) -> pl.DataFrame:
    """``overview.dwell_totals`` of views that were added up.

    Raises:
        ContractError: a required column is missing.
    """
    require(cells, "cells", *SUMS)
    known, views = pl.col("known_views"), pl.col("views")
    return added(cells.select(SUMS)).select(
        "views",
        "known_views",
        dwell_minutes=pl.when(known > 0).then(pl.col("dwell_ms") / 60_000),
        linger_rate=share(pl.col("lingers"), pl.col("judged")),
        coverage=share(known, views),
    )


def coverage_by_channel(cells: pl.DataFrame) -> pl.DataFrame:
    """``dwell.dwell_coverage`` of views that were added up with their evidence.

    Raises:
        ContractError: a required column is missing.
    """
    require(cells, "cells", "channel", "views", "known_views", *KINDS, "capped")
    sums = added(cells.select("channel", "views", "known_views", *KINDS, "capped"), "channel")
    coverage = share(pl.col("known_views"), pl.col("views"))
    found = sums.with_columns(pl.col("channel").cast(pl.String), coverage=coverage)
    return found.select("channel", "views", "known_views", "coverage", *KINDS, "capped").sort("channel")
