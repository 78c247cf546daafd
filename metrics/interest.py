"""Where do people look and not buy? Dwell and sales on one map, each as a share of its whole."""

from __future__ import annotations

import polars as pl

from metrics.rules import one_currency, require, share, without_staff
from metrics.tiers import located


def interest_minus_sales(
    visits: pl.DataFrame,
    lines: pl.DataFrame,
    people: pl.DataFrame,
    resolution: int,
    *,
    product: str | None = None,
    category: str | None = None,
) -> pl.DataFrame:
    """Where is interest that does not sell, and where do sales come without it?

    Args:
        visits: ``Visits``; views of unknown dwell are left out.
        lines: ``LineFacts`` in one currency.
        people: ``People``; staff are left out.
        resolution: of the cells.
        product: only this product; None is all.
        category: only this category; None is all.

    Returns:
        One row per home cell with dwell or sales, widest gap first: ``cell, dwell_share`` (of all located known
        dwell), ``sales_share`` (of all located net sales, refunds taken off) and ``difference`` (dwell − sales).
        Where there is no dwell, or no sales, at all, the shares are null.

    Raises:
        ContractError: a required column is missing.
        UsageError: the lines are in several currencies.
    """
    homes = located(people, resolution)
    dwell, sales = _dwell_and_sales(visits, lines, product, category)
    at_home = (rows.join(homes, on="customer_key", how="inner") for rows in (dwell, sales))
    return _gap("cell", *at_home)


def interest_minus_sales_by_store(
    visits: pl.DataFrame,
    lines: pl.DataFrame,
    people: pl.DataFrame,
    *,
    product: str | None = None,
    category: str | None = None,
) -> pl.DataFrame:
    """Whose customers look and do not buy?

    Args:
        visits: as in ``interest_minus_sales``.
        lines: as in ``interest_minus_sales``.
        people: as in ``interest_minus_sales``.
        product: only this product; None is all.
        category: only this category; None is all.

    Returns:
        As ``interest_minus_sales``, one row per owner (nearest then-open) store: ``owner_store_id``.

    Raises:
        ContractError: a required column is missing.
        UsageError: the lines are in several currencies.
    """
    members = without_staff(people).select("customer_key")
    dwell, sales = _dwell_and_sales(visits, lines, product, category)
    owned = (rows.join(members, on="customer_key", how="semi").drop_nulls("owner_store_id") for rows in (dwell, sales))
    return _gap("owner_store_id", *owned)


def _dwell_and_sales(
    visits: pl.DataFrame, lines: pl.DataFrame, product: str | None, category: str | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    require(visits, "visits", "customer_key", "product_id", "category", "dwell_ms", "owner_store_id")
    require(lines, "lines", "customer_key", "product_id", "category", "net_minor", "refunded_minor", "owner_store_id")
    one_currency(lines, "lines")
    wanted = pl.lit(value=True)
    if product is not None:
        wanted &= pl.col("product_id") == product
    if category is not None:
        wanted &= pl.col("category") == category
    net = pl.col("net_minor") - pl.col("refunded_minor")
    return (
        visits.filter(wanted, pl.col("dwell_ms").is_not_null()).with_columns(amount=pl.col("dwell_ms")),
        without_staff(lines).filter(wanted).with_columns(amount=net),
    )


def _gap(key: str, dwell: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Each group's share of dwell and of sales; a group without any of one has a real zero of it."""
    d = dwell.group_by(key).agg(pl.col("amount").sum().alias("dwell"))
    s = sales.group_by(key).agg(pl.col("amount").sum().alias("sales"))
    return (
        d.join(s, on=key, how="full", coalesce=True)
        .with_columns(pl.col("dwell", "sales").fill_null(0))
        .select(
            key,
            dwell_share=share(pl.col("dwell"), pl.col("dwell").sum()),
            sales_share=share(pl.col("sales"), pl.col("sales").sum()),
        )
        .with_columns(difference=pl.col("dwell_share") - pl.col("sales_share"))
        .sort(pl.col("difference").abs(), pl.col(key), descending=[True, False], nulls_last=True)
    )
