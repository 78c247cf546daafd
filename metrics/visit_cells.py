"""Views added up by day, category and channel: what can be asked of such sums costs the same however many views."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.rules import require, share
from metrics.view_sums import SUMS

KINDS: Final = ("measured", "pings", "gap", "unknown")
"""What dwell may rest on."""


def added(cells: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Cells as larger cells, every other column added up; without ``by`` one row, or none of none."""
    sums = [pl.exclude(by).sum()]
    if by:
        return cells.group_by(by).agg(sums)
    return cells.select(sums) if cells.height else cells.clear()


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
