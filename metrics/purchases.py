"""How much is bought, how often, and how long between: the purchase summary, frequency and gaps (T5)."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from metrics.rules import kept_purchases, require, share, without_staff

_ORDER_DAY: Final = pl.struct("customer_key", "local_on")
_SAME_BUYER: Final = pl.col("customer_key") == pl.col("customer_key").shift()


def purchase_summary(
    orders: pl.DataFrame, refunds: pl.DataFrame, *, members: Literal["all", "known"] = "all"
) -> pl.DataFrame:
    """How much was bought, by how many, and how many came back?

    Refunds of an order count with that order, whenever they were made; a return that names no order counts at its
    own date, if ``refunds`` holds it. Staff are in the money, not among buyers and repeat rates.

    Args:
        orders: ``OrderFacts`` of the period.
        refunds: ``RefundFacts`` of the period; only those without an order are read.
        members: ``known`` leaves orders and returns without a customer out.

    Returns:
        One row per currency, most money first: ``orders`` (with a paid line), ``order_days`` (distinct days per known
        customer), ``buyers`` (known customers with an order not fully refunded), ``orders_without_customer``,
        ``gross_minor, refunds_minor, net_minor`` (minor units), ``average_order_value_minor`` (net ÷ orders, half
        up), ``repeat_rate`` (buyers with ≥ 2 order-days ÷ buyers), ``repeat_rate_orders`` (with ≥ 2 orders),
        ``currency``. Ratios are null where nobody bought. No orders and no returns give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(
        orders, "orders", "customer_key", "local_on", "currency", "goods_net_minor", "refunded_minor", "is_purchase"
    )
    require(refunds, "refunds", "order_key", "customer_key", "currency", "goods_minor")
    if members == "known":
        orders = orders.filter(pl.col("customer_key").is_not_null())
        refunds = refunds.filter(pl.col("customer_key").is_not_null())
    returns = (
        refunds.filter(pl.col("order_key").is_null()).group_by("currency").agg(returned=pl.col("goods_minor").sum())
    )
    net = pl.col("net_minor")
    return (
        _money(orders)
        .join(_buyers(orders), on="currency", how="left")
        .join(returns, on="currency", how="full", coalesce=True)
        .with_columns(pl.exclude("currency", "repeat_rate", "repeat_rate_orders").fill_null(0))
        .with_columns(refunds_minor=pl.col("refunds_minor") + pl.col("returned"))
        .with_columns(net_minor=pl.col("gross_minor") - pl.col("refunds_minor"))
        .select(
            *("orders", "order_days", "buyers", "orders_without_customer", "gross_minor", "refunds_minor", "net_minor"),
            half_up(net, pl.col("orders")).alias("average_order_value_minor"),
            *("repeat_rate", "repeat_rate_orders", "currency"),
        )
        .sort("gross_minor", "currency", descending=[True, False])
    )


def _money(orders: pl.DataFrame) -> pl.DataFrame:
    bought, known = pl.col("is_purchase"), pl.col("customer_key").is_not_null()
    return orders.group_by("currency").agg(
        orders=bought.sum().cast(pl.Int64),
        order_days=_ORDER_DAY.filter(bought & known).n_unique().cast(pl.Int64),
        orders_without_customer=(bought & ~known).sum().cast(pl.Int64),
        gross_minor=pl.col("goods_net_minor").sum(),
        refunds_minor=pl.col("refunded_minor").sum(),
    )


def _buyers(orders: pl.DataFrame) -> pl.DataFrame:
    each = (
        kept_purchases(orders)
        .group_by("currency", "customer_key")
        .agg(orders=pl.len(), days=pl.col("local_on").n_unique())
    )
    return each.group_by("currency").agg(
        buyers=pl.len().cast(pl.Int64),
        repeat_rate=(pl.col("days") > 1).mean(),
        repeat_rate_orders=(pl.col("orders") > 1).mean(),
    )


def half_up(part: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Minor units ÷ count, rounded half up in integers; null where the count is 0."""
    whole = count.cast(pl.Int64)
    return pl.when(whole != 0).then((2 * part + whole) // (2 * whole))


def order_days(orders: pl.DataFrame) -> pl.DataFrame:
    """On which days did each buyer buy something they kept?

    Args:
        orders: ``OrderFacts``; needs ``customer_key, local_on, is_kept``.

    Returns:
        One row per buyer and day (orders of one day merge), by buyer and day: ``customer_key, local_on``.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "local_on")
    return kept_purchases(orders).select("customer_key", "local_on").unique().sort("customer_key", "local_on")


def orders_per_customer(orders: pl.DataFrame) -> pl.DataFrame:
    """How many buyers came once, twice, three times?

    Args:
        orders: ``OrderFacts``; needs ``customer_key, local_on, is_kept``.

    Returns:
        One row per number of orders that occurs, fewest first: ``orders`` (order-days), ``customers`` (buyers).
        No buyers give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    return (
        order_days(orders)
        .group_by("customer_key")
        .agg(orders=pl.len().cast(pl.Int64))
        .group_by("orders")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort("orders")
    )


def purchase_gaps(orders: pl.DataFrame) -> pl.DataFrame:
    """How many days pass between one purchase and the next?

    Args:
        orders: ``OrderFacts``; needs ``customer_key, local_on, is_kept``.

    Returns:
        One row per gap that occurs, shortest first: ``gap_days`` (days between successive order-days of a buyer),
        ``gaps`` (count). Nobody coming back gives an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    return (
        order_days(orders)
        .select(gap_days=pl.when(_SAME_BUYER).then(pl.col("local_on").diff().dt.total_days()))
        .drop_nulls()
        .group_by("gap_days")
        .agg(gaps=pl.len().cast(pl.Int64))
        .sort("gap_days")
    )


def price_paid(lines: pl.DataFrame) -> pl.DataFrame:
    """What did people last pay for each product, and usually?

    Args:
        lines: ``LineFacts``; lines without price or quantity are left out.

    Returns:
        One row per product and currency, by product: ``product_id, currency, units`` (quantity sold),
        ``median_price_minor`` (of a unit, over lines), ``last_price_minor`` (of the latest line). No lines give an
        empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(lines, "lines", "product_id", "currency", "paid_at", "qty", "net_minor")
    price = (pl.col("net_minor") / pl.col("qty")).round(mode="half_away_from_zero").cast(pl.Int64)
    return (
        without_staff(lines)
        .filter(pl.col("product_id").is_not_null() & (pl.col("net_minor") > 0) & (pl.col("qty") > 0))
        .with_columns(price=price)
        .sort("paid_at", "price")
        .group_by("product_id", "currency")
        .agg(
            units=pl.col("qty").sum(),
            median_price_minor=pl.col("price").median().round().cast(pl.Int64),
            last_price_minor=pl.col("price").last(),
        )
        .sort("product_id", "currency")
    )


def anonymous_share(orders: pl.DataFrame) -> float | None:
    """Of all orders, how many name no customer? Unmatched orders make loyal people look new.

    Args:
        orders: ``OrderFacts``; needs ``customer_key, is_purchase``.

    Returns:
        A share, 0–1; None without orders.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "customer_key", "is_purchase")
    bought = orders.filter("is_purchase")
    return bought.select(share(pl.col("customer_key").null_count(), pl.len())).item() if bought.height else None
