"""Which rows count: the few rules that every measure shares, and the check of its columns."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from schema.errors import ContractError, UsageError
from schema.language import later, say

UNMAPPED: Final = later("Unmapped")
"""Shown for a product whose category no table gives."""

DAY_US: Final = 86_400_000_000


def require(frame: pl.DataFrame, table: str, *columns: str) -> None:
    """Refuse a table that lacks a column a measure needs.

    Raises:
        ContractError: names the table, what is missing and what there is.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        have = ", ".join(frame.columns) or "none"
        msg = f"{table}: the column {', '.join(missing)} is missing; there are: {have}."
        raise ContractError(msg)


def one_currency(frame: pl.DataFrame, table: str) -> None:
    """Refuse to add up money of several currencies.

    Raises:
        UsageError: names the currencies and the filter that chooses one.
    """
    if "currency" not in frame.columns or frame.is_empty():
        return
    found = sorted(frame["currency"].unique().drop_nulls())
    if len(found) > 1:
        msg = say(
            "{table}: holds {n} currencies ({currencies}); choose one with the filter currency.",
            table=table,
            n=len(found),
            currencies=", ".join(found),
        )
        raise UsageError(msg)


def without_staff(frame: pl.DataFrame) -> pl.DataFrame:
    """Behaviour is measured without staff; money keeps them."""
    return frame.filter(~pl.col("is_staff")) if "is_staff" in frame.columns else frame


def kept_purchases(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders that make somebody a buyer: by a known customer, not by staff, not fully refunded."""
    require(orders, "orders", "customer_key", "is_kept")
    return without_staff(orders).filter(pl.col("is_kept") & pl.col("customer_key").is_not_null())


def kept_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines that make somebody a buyer of their product: paid for, by a known customer, not fully refunded."""
    require(lines, "lines", "customer_key", "net_minor", "refunded_minor")
    return without_staff(lines).filter(
        pl.col("customer_key").is_not_null() & (pl.col("net_minor") > pl.col("refunded_minor"))
    )


def as_day(as_of: dt.date) -> dt.date:
    """The local day that is the first one not included."""
    return as_of.date() if isinstance(as_of, dt.datetime) else as_of


def earlier_than(as_of: dt.date, *, days: int = 0, on: str = "local_on", at: str = "at") -> pl.Expr:
    """Whether a row lies a number of whole days before ``as_of``.

    Args:
        as_of: a day (its local midnight, exclusive) or an instant (exclusive for ``days=0``, else inclusive).
        days: how long before.
        on: column of the local day, used with a day.
        at: column of the instant, used with an instant.
    """
    if isinstance(as_of, dt.datetime):
        edge = as_of - dt.timedelta(days=days)
        instant = pl.lit(edge if edge.tzinfo else edge.replace(tzinfo=dt.UTC)).dt.convert_time_zone("UTC")
        return pl.col(at) <= instant if days else pl.col(at) < instant
    return pl.col(on) < as_of - dt.timedelta(days=days)


def labelled(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame ready to be grouped by a column: no category is *Unmapped*, a page without product is left out."""
    if column == "category":
        return frame.with_columns(pl.col("category").fill_null(UNMAPPED))
    return frame.filter(pl.col("product_id").is_not_null()) if column == "product_id" else frame


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A ratio that is null, not 0 and not infinite, when there is nothing to divide by."""
    return pl.when(whole != 0).then(part / whole)
