"""Views added up once for a scope, so that a question about sums reads cells in place of views.

There are as many cells as days, hours, categories and channels make, however many people look. They are made of the
scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.memo import of_rows, once
from metrics.rules import labelled
from metrics.visit_cells import KINDS, SUMS, added, cells_of, evidence_of
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

_SINGLE: Final = ("store", "agent", "city", "segment", "product")
"""Filters that ask of each view by itself whether it matches."""

_HOURLY: Final = ("local_on", "hour_of_week", "category", "channel")
_DAILY: Final = ("local_on", "category", "channel")


def by_hour(marts: Marts) -> pl.DataFrame:
    """Every view of a scope by ``local_on, hour_of_week, category`` (labelled) and ``channel``, in order of days."""
    return _cubes(marts)[0]


def by_day(marts: Marts) -> pl.DataFrame:
    """Every view of a scope by ``local_on, category`` (labelled) and ``channel``, with its evidence, in that order."""
    return _cubes(marts)[1]


@of_rows
def _cubes(marts: Marts) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both in one pass over the views."""
    finest = evidence_of(_coded(marts.visits), *_HOURLY).sort("local_on")
    days = added(finest.drop("hour_of_week"), *_DAILY).sort("local_on")
    return finest.select(*_HOURLY, *SUMS), days


def _coded(visits: pl.DataFrame) -> pl.DataFrame:
    """What cells are made of; texts that repeat as numbers, which are compared faster."""
    named = {"category": [UNMAPPED], "channel": [], "evidence": list(KINDS)}
    kinds = {name: pl.Enum(sorted({*more, *visits[name].drop_nulls().unique()})) for name, more in named.items()}
    rows = visits.select(*_HOURLY, *(pl.col(name) for name in ("dwell_ms", "is_linger", "evidence", "is_capped")))
    return labelled(rows.cast(kinds), "category")  # type: ignore[arg-type]


@of_rows
def _looks(marts: Marts) -> pl.DataFrame:
    first = pl.when(pl.col("product_id").is_not_null()).then("at")
    return (
        marts.visits.lazy()
        .select("local_on", "visitor", "customer_key", "is_linger", at=first)
        .group_by("local_on", "visitor", "customer_key")
        .agg(pl.col("at").min(), pl.col("is_linger").max())
        .collect()
        .sort("local_on")
    )


def is_added_up(asked: Context) -> bool:
    """Whether no filter needs single views, so that cells hold all that is asked about."""
    return not any(getattr(asked.filters, name) for name in _SINGLE)


@once
def hours(asked: Context) -> pl.DataFrame:
    """The period's views as cells by at least ``local_on, hour_of_week, category`` and ``channel``."""
    if is_added_up(asked):
        return _wanted(asked, by_hour(asked.marts))
    return cells_of(narrow.visits(asked), *_HOURLY)


@once
def days(asked: Context) -> pl.DataFrame:
    """The period's views as cells by at least ``local_on`` and ``channel``, with their evidence."""
    if is_added_up(asked):
        return _wanted(asked, by_day(asked.marts))
    return evidence_of(narrow.visits(asked), *_DAILY)


@once
def counted(asked: Context) -> tuple[int, int]:
    """How many views the period has, and of how many of them the dwell is known."""
    if is_added_up(asked):
        sums = added(days(asked).select("views", "known_views"))
        return (int(sums["views"].sum()), int(sums["known_views"].sum()))
    views = narrow.visits(asked)
    return views.height, int(views["dwell_ms"].count())


@once
def looks(asked: Context) -> pl.DataFrame:
    """Enough of the period's views to count people: of each visitor and day one row in place of all.

    Returns:
        ``Visits`` rows, or a row per visitor and day with ``local_on, visitor, customer_key``, ``is_linger`` (of any
        view) and, of the first view of a product, ``at`` and a ``product_id`` that says only that there was one.
    """
    if any(getattr(asked.filters, name) for name in (*_SINGLE, "category", "channel")):
        return narrow.visits(asked)
    rows = _of_period(asked, _looks(asked.marts))
    product = pl.when(pl.col("at").is_not_null()).then(pl.lit("any"))
    return rows.with_columns(product_id=product, category=pl.lit(None, pl.String))


def _of_period(asked: Context, rows: pl.DataFrame) -> pl.DataFrame:
    first = rows["local_on"].search_sorted(asked.from_on, "left")
    return rows.slice(first, rows["local_on"].search_sorted(asked.to_on, "right") - first)


def _wanted(asked: Context, cells: pl.DataFrame) -> pl.DataFrame:
    """Cells of the period that match the filters."""
    chosen = asked.filters
    return _of_period(asked, cells).filter(
        *(
            pl.col(column).cast(pl.String).is_in(values)
            for column, values in (("category", chosen.category), ("channel", chosen.channel))
            if values
        )
    )
