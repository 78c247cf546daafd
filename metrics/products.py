"""For one product: when, how often, for how much and with what else it is bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import kept_lines, labelled, require, share, without_staff

if TYPE_CHECKING:
    import datetime as dt

    from metrics.baskets import Baskets

MOST_BANDS: Final = 20
"""A price histogram has at most so many bands, however wide the prices lie."""

_STEPS: Final = (1, 2, 5)
_DEPTH_STEP: Final = 10
"""Discount bands are 10 % wide."""


def product_summary(lines: pl.DataFrame, visits: pl.DataFrame, product: str) -> pl.DataFrame:
    """How does this product do?

    Args:
        lines: ``LineFacts`` of one currency.
        visits: ``Visits``.
        product: the product's id.

    Returns:
        One row: ``product_id, category, orders, buyers`` (members who kept it), ``units, gross_minor,
        discount_minor, refunded_minor, net_minor`` (after refunds), ``average_price_minor`` (of a unit, before
        refunds), ``units_per_order, return_rate`` (refunded ÷ paid goods), ``views, known_views, viewers`` (distinct
        visitors), ``median_dwell_s, linger_rate``. Ratios without a denominator are null. A product neither viewed
        nor bought gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    seen = visits.filter(pl.col("product_id") == product)
    require(seen, "visits", "visitor", "dwell_ms", "is_linger", "category")
    attention = seen.select(
        views=pl.len().cast(pl.Int64),
        known_views=pl.col("dwell_ms").count().cast(pl.Int64),
        viewers=pl.col("visitor").n_unique().cast(pl.Int64),
        median_dwell_s=pl.col("dwell_ms").median() / 1000,
        linger_rate=pl.col("is_linger").mean(),
    )
    return summary_of(lines, attention, seen["category"].drop_nulls().cast(pl.String).min(), product)


def summary_of(lines: pl.DataFrame, attention: pl.DataFrame, seen_as: object, product: str) -> pl.DataFrame:
    """The same of views that are summed up already.

    Args:
        lines: ``LineFacts`` of one currency.
        attention: one row: ``views, known_views, viewers, median_dwell_s, linger_rate``.
        seen_as: the first of the categories of its views; None without any.
        product: the product's id.
    """
    sold = _of(lines, product)
    require(sold, "lines", "order_key", "qty", "gross_minor", "discount_minor")
    paid, units = pl.col("net_minor").sum(), pl.col("qty").sum()
    orders, refunded = pl.col("order_key").n_unique().cast(pl.Int64), pl.col("refunded_minor").sum()
    money = sold.select(
        pl.lit(product).alias("product_id"),
        orders=orders,
        buyers=pl.lit(kept_lines(sold)["customer_key"].n_unique(), pl.Int64),
        units=units,
        gross_minor=pl.col("gross_minor").sum(),
        discount_minor=pl.col("discount_minor").sum(),
        refunded_minor=refunded,
        net_minor=paid - refunded,
        average_price_minor=share(paid, units).round().cast(pl.Int64),
        units_per_order=share(units, orders),
        return_rate=share(refunded, paid),
    )
    category = pl.Series([seen_as, sold["category"].drop_nulls().cast(pl.String).min()], dtype=pl.String).min()
    named = labelled(pl.DataFrame({"category": [category]}, schema={"category": pl.String}), "category")
    row = pl.concat([money, named, attention], how="horizontal")
    row = row.select("product_id", "category", pl.exclude("product_id", "category"))
    return row if sold.height or attention["views"].item() else row.clear()


def product_hours(lines: pl.DataFrame, product: str) -> pl.DataFrame:
    """At which hours of the week is it bought?

    Args:
        lines: ``LineFacts``.
        product: the product's id.

    Returns:
        One row per hour with an order, by hour: ``hour_of_week`` (0 = Monday 00:00), ``orders`` (distinct). Never
        bought gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "hour_of_week", "order_key")
    return (
        _of(lines, product)
        .group_by("hour_of_week")
        .agg(orders=pl.col("order_key").n_unique().cast(pl.Int64))
        .sort("hour_of_week")
    )


def views_by_hour(visits: pl.DataFrame, product: str) -> pl.DataFrame:
    """At which hours of the week is it looked at?

    Args:
        visits: ``Visits``.
        product: the product's id.

    Returns:
        One row per hour with a view, by hour: ``hour_of_week, views, known_views, dwell_s`` (null when unknown).
        Never viewed gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "product_id", "hour_of_week", "dwell_ms")
    dwell = pl.col("dwell_ms")
    return (
        visits.filter(pl.col("product_id") == product)
        .group_by("hour_of_week")
        .agg(
            views=pl.len().cast(pl.Int64),
            known_views=dwell.count().cast(pl.Int64),
            dwell_s=pl.when(dwell.count() > 0).then(dwell.sum() / 1000),
        )
        .sort("hour_of_week")
    )


def buyers_by_purchases(lines: pl.DataFrame, product: str) -> pl.DataFrame:
    """Do people buy it again?

    Args:
        lines: ``LineFacts``.
        product: the product's id.

    Returns:
        One row per number of purchases, fewest first: ``purchases`` (days on which a member bought and kept it),
        ``customers``. No buyers give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "product_id", "local_on")
    return (
        kept_lines(_of(lines, product))
        .group_by("customer_key")
        .agg(purchases=pl.col("local_on").n_unique().cast(pl.Int64))
        .group_by("purchases")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort("purchases")
    )


def days_from_view_to_order(visits: pl.DataFrame, lines: pl.DataFrame, product: str) -> pl.DataFrame:
    """How long do people think before they buy it?

    Args:
        visits: ``Visits``; the first view in them counts.
        lines: ``LineFacts``, reaching past the visits' end.
        product: the product's id.

    Returns:
        One row per number of days, shortest first: ``days`` (local days from a member's first view to their first
        order after it, refunded or not), ``customers``. Nobody gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "customer_key", "product_id", "at", "local_on")
    require(lines, "lines", "customer_key", "paid_at", "local_on")
    first = (
        visits.filter((pl.col("product_id") == product) & pl.col("customer_key").is_not_null())
        .group_by("customer_key")
        .agg(pl.col("at").min(), seen_on=pl.col("local_on").min())
    )
    return (
        _of(lines, product)
        .select("customer_key", "paid_at", "local_on")
        .join(first, on="customer_key")
        .filter(pl.col("paid_at") >= pl.col("at"))
        .group_by("customer_key")
        .agg(days=(pl.col("local_on").min() - pl.col("seen_on").first()).dt.total_days())
        .group_by("days")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort("days")
    )


def attach_products(lines: pl.DataFrame, product: str, min_n: int = 20) -> pl.DataFrame:
    """What else do its buyers buy more than others do?

    Args:
        lines: ``LineFacts`` of the period.
        product: the product's id.
        min_n: fewer common buyers than this prove nothing.

    Returns:
        One row per other product, highest lift first: ``product_id, together`` (members who bought both), ``lift``
        (P(both) ÷ (P(this) · P(that)), over members who bought anything), ``attach_rate`` (of this product's
        buyers). Too few give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "customer_key", "product_id", "net_minor")
    bought = (
        without_staff(lines)
        .filter(pl.col("customer_key").is_not_null() & pl.col("product_id").is_not_null() & (pl.col("net_minor") > 0))
        .select("customer_key", "product_id")
        .unique()
    )
    everybody = bought["customer_key"].n_unique()
    ours = bought.filter(pl.col("product_id") == product).select("customer_key", is_ours=True)
    counts = (
        bought.filter(pl.col("product_id") != product)
        .join(ours, on="customer_key", how="left")
        .group_by("product_id")
        .agg(together=pl.col("is_ours").count().cast(pl.Int64), theirs=pl.len().cast(pl.Int64))
    )
    return _lifts(counts, everybody, ours.height, min_n)


def attached(
    baskets: Baskets, names: pl.Series, product: str, days: tuple[dt.date, dt.date], min_n: int = 20
) -> pl.DataFrame:
    """As ``attach_products``, from who bought what on which days.

    Args:
        baskets: lines that somebody known paid for, without staff.
        names: the products by number.
        product: the product's id; must be among ``names``.
        days: first and last local day.
        min_n: fewer common buyers than this prove nothing.
    """
    number = names.to_list().index(product)
    together, theirs, everybody, ours = baskets.counts(number, *days)
    schema = {"product_id": pl.String, "together": pl.Int64, "theirs": pl.Int64}
    counts = pl.DataFrame({"product_id": names, "together": together, "theirs": theirs}, schema=schema)
    return _lifts(counts.filter(pl.col("product_id") != product), everybody, ours, min_n)


def _lifts(counts: pl.DataFrame, everybody: int, ours: int, min_n: int) -> pl.DataFrame:
    return (
        counts.filter(pl.col("together") >= max(min_n, 1))
        .select(
            "product_id",
            "together",
            lift=pl.col("together") * float(everybody) / (pl.col("theirs") * ours),
            attach_rate=pl.col("together") / ours,
        )
        .sort("lift", "together", "product_id", descending=[True, True, False])
    )


def price_bands(lines: pl.DataFrame, product: str) -> pl.DataFrame:
    """What do people pay for one?

    Args:
        lines: ``LineFacts`` of one currency.
        product: the product's id.

    Returns:
        One row per band with sales, cheapest first: ``price_minor`` (start of the band, inclusive), ``band_minor``
        (its width: 1, 2 or 5 times a power of ten, at most 20 bands), ``units``. Never sold gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "qty")
    priced = _of(lines, product).filter(pl.col("qty") > 0).select("qty", price=_unit_price())
    low, high = (0, 0) if priced.is_empty() else priced.select(low=pl.min("price"), high=pl.max("price")).row(0)
    width = band_width(high - low)
    return (
        priced.group_by(price_minor=pl.col("price") // width * width)
        .agg(units=pl.col("qty").sum())
        .select("price_minor", pl.lit(width, pl.Int64).alias("band_minor"), "units")
        .sort("price_minor")
    )


def band_width(span: int) -> int:
    """The narrowest of 1, 2, 5, 10, 20, 50… that cuts a span into fewer than 20 bands."""
    power = 1
    while True:
        for step in _STEPS:
            if span // (step * power) < MOST_BANDS - 1:
                return step * power
        power *= 10


def discount_depth(lines: pl.DataFrame, product: str) -> pl.DataFrame:
    """How much of it is sold below its price?

    Args:
        lines: ``LineFacts``.
        product: the product's id.

    Returns:
        One row per tenth with sales, full price first: ``discount_rate`` (start of the band, 0–1), ``units,
        net_minor`` (before refunds). Never sold gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "qty", "gross_minor", "discount_minor")
    tenth = (pl.col("discount_minor") * _DEPTH_STEP // pl.col("gross_minor")).clip(0, _DEPTH_STEP - 1)
    return (
        _of(lines, product)
        .filter(pl.col("gross_minor") > 0)
        .group_by(discount_rate=(tenth / _DEPTH_STEP).round(1))
        .agg(units=pl.col("qty").sum(), net_minor=pl.col("net_minor").sum())
        .sort("discount_rate")
    )


def returns_by(lines: pl.DataFrame, product: str | None, column: str) -> pl.DataFrame:
    """Where does it come back most?

    Args:
        lines: ``LineFacts`` of one currency; leave out the last 30 days, whose refunds are still coming.
        product: the product's id; None is every product.
        column: what to compare, such as ``channel`` or ``size``; null stays a row of its own.

    Returns:
        One row per value, highest rate first: the column, ``lines`` (count), ``gross_minor`` (goods paid, after
        discounts), ``refunded_minor, return_rate`` (refunded ÷ paid, 0–1). Never sold gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", column, "product_id", "net_minor", "refunded_minor")
    rows = _of(lines, product) if product is not None else _paid(lines)
    paid, refunded = pl.col("net_minor").sum(), pl.col("refunded_minor").sum()
    return (
        rows.group_by(column)
        .agg(
            lines=pl.len().cast(pl.Int64), gross_minor=paid, refunded_minor=refunded, return_rate=share(refunded, paid)
        )
        .sort("return_rate", "lines", column, descending=[True, True, False], nulls_last=True)
    )


def _of(lines: pl.DataFrame, product: str | None) -> pl.DataFrame:
    require(lines, "lines", "product_id", "net_minor", "refunded_minor")
    return _paid(lines.filter(pl.col("product_id") == product))


def _paid(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines somebody paid for: a gift (W09) is no purchase, and staff are no customers."""
    return without_staff(lines).filter(pl.col("net_minor") > 0)


def _unit_price() -> pl.Expr:
    return (pl.col("net_minor") / pl.col("qty")).round(mode="half_away_from_zero").cast(pl.Int64)
