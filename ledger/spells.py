"""Spells of ownership, derived from the log of assertions.

A row of the log says "from ``valid_from`` on". It holds until the earliest ``valid_from`` of that customer's later rows;
a row that a later one covers from its first instant on is not seen any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metrics.binding_pinned import PINNED
from schema.marts import Bindings

if TYPE_CHECKING:
    import datetime as dt

    import dataframely as dy


def contract(mart: type[dy.Schema]) -> dict[str, pl.DataType]:
    """Columns and types of a mart."""
    return {name: rule.dtype for name, rule in mart.columns().items()}


def spells(log: pl.DataFrame, known_at: dt.datetime | None = None) -> pl.DataFrame:
    """Who owned each customer when, as known at an instant?

    Args:
        log: ``store.binding_log``.
        known_at: rows recorded later are left out; None is now.

    Returns:
        The mart ``Bindings``: one row per spell, by customer and time; a customer's spells are contiguous.
    """
    seen = standing(log, known_at)
    goes_on = pl.col("customer_key") == pl.col("customer_key").shift(-1)
    return seen.with_columns(
        valid_to=pl.when(goes_on).then(pl.col("valid_from").shift(-1)),
        end_reason=pl.when(goes_on).then(pl.col("cause").shift(-1)),
        binding_id=pl.format("B-{}", "seq"),
    ).select(pl.col(name).cast(kind) for name, kind in contract(Bindings).items())


def standing(log: pl.DataFrame, known_at: dt.datetime | None = None) -> pl.DataFrame:
    """The rows of the log that no later one covers, by customer and time.

    Args:
        log: ``store.binding_log``.
        known_at: rows recorded later are left out; None is now.
    """
    known = log if known_at is None else log.filter(pl.col("recorded_at") <= known_at)
    ordered = known.sort("customer_key", "seq")
    return ordered.filter(_still_seen(ordered)).sort("customer_key", "valid_from")


def pinned(log: pl.DataFrame) -> pl.DataFrame:
    """What the ledger holds as ``BindingFacts.pinned``: a customer who moves house since keeps the store."""
    return standing(log).select(PINNED.names())


def _still_seen(ordered: pl.DataFrame) -> pl.Series:
    """Whether a row begins before every later row of its customer; most customers have one row, which is quick."""
    next_of_same = pl.col("customer_key") == pl.col("customer_key").shift(-1)
    is_one_of_many = next_of_same.fill_null(value=False) | next_of_same.shift(1).fill_null(value=False)
    marked = ordered.select("customer_key", "valid_from", many=is_one_of_many).with_row_index("at")
    covered = (
        marked.filter("many")
        .sort("at", descending=True)
        .with_columns(later=pl.col("valid_from").cum_min().shift(1).over("customer_key"))
        .filter(pl.col("later") <= pl.col("valid_from"))
    )
    return ~marked["at"].is_in(covered["at"].implode())
