"""Complaints: who has one open at an instant, and how many are made, settled and open, by any group."""

from __future__ import annotations

import datetime as dt

import polars as pl

from metrics.rules import require, share


def is_open(at: dt.datetime) -> pl.Expr:
    """Whether a complaint is open at an instant, told with its zone: made before it, and not settled by then."""
    then = at.astimezone(dt.UTC)
    return (pl.col("opened_at") < then) & (pl.col("closed_at").is_null() | (pl.col("closed_at") >= then))


def open_at(complaints: pl.DataFrame, at: dt.datetime) -> pl.Series:
    """Who has an open complaint at an instant?

    Args:
        complaints: one row per complaint: ``customer_key, opened_at, closed_at`` (null: not settled yet).
        at: the instant, with its zone; a complaint made at it is not open yet, one settled at it still is.

    Returns:
        ``customer_key`` of everybody known with one or more, each once, in order.

    Raises:
        ContractError: a column is missing.
    """
    require(complaints, "complaints", "customer_key", "opened_at", "closed_at")
    return complaints.filter(is_open(at))["customer_key"].drop_nulls().unique().sort()


def complaint_groups(
    complaints: pl.DataFrame, orders: pl.DataFrame, by: str, days: tuple[dt.datetime, dt.datetime]
) -> pl.DataFrame:
    """How many complaints were made in a period, how many are open at its end, how long did settling take?

    Args:
        complaints: one row per complaint: ``opened_at, closed_at, kind`` and ``by``; those without ``by`` are left out.
        orders: one row per order of the period, with ``by``.
        by: the column to tell apart.
        days: the first instant of the period, and the first after it.

    Returns:
        One row per group with a complaint made in the period, settled in it or open at its end, most made first:
        ``by``; ``complaints`` (made in the period), ``open`` (at its end, whenever made), ``settled`` (in the period,
        whenever made), ``median_days`` from making to settling of those (null without one), ``orders`` of the period,
        ``complaint_rate`` (made ÷ orders; null without an order), ``kind`` (the most frequent that those made give;
        ties by name).

    Raises:
        ContractError: a column is missing.
    """
    require(complaints, "complaints", "opened_at", "closed_at", "kind", by)
    require(orders, "orders", by)
    first, end = (one.astimezone(dt.UTC) for one in days)
    made = pl.col("opened_at").is_between(first, end, closed="left")
    settled = pl.col("closed_at").is_between(first, end, closed="left").fill_null(value=False)
    took = (pl.col("closed_at") - pl.col("opened_at")).dt.total_seconds() / 86_400
    rows = complaints.drop_nulls(by).filter(made | settled | is_open(end))
    found = rows.group_by(by).agg(
        complaints=made.sum().cast(pl.Int64),
        open=is_open(end).sum().cast(pl.Int64),
        settled=settled.sum().cast(pl.Int64),
        median_days=took.filter(settled).median(),
    )
    kinds = rows.filter(made).drop_nulls("kind").group_by(by, "kind").agg(n=pl.len())
    kinds = kinds.sort("n", "kind", descending=[True, False]).unique(by, keep="first", maintain_order=True).drop("n")
    sold = orders.drop_nulls(by).group_by(by).agg(orders=pl.len().cast(pl.Int64))
    told = found.join(sold, on=by, how="left").join(kinds, on=by, how="left")
    told = told.with_columns(pl.col("orders").fill_null(0))
    told = told.with_columns(complaint_rate=share(pl.col("complaints"), pl.col("orders")))
    columns = (by, "complaints", "open", "settled", "median_days", "orders", "complaint_rate", "kind")
    return told.select(columns).sort("complaints", "open", by, descending=[True, True, False])
