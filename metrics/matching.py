"""How many orders know their customer, and how many of those customers are known both online and in a shop (T18)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterable

ONLINE_IDENTITIES: Final = ("unionid", "openid")
"""Kinds that only an online account has."""

CAUSES: Final = ("no_customer", "undescribed", "conflict", "unverified", "no_identity", "one_side")
"""Why an order is not unified; the first that holds is told."""


def sides(traces: Iterable[pl.DataFrame], people: pl.DataFrame) -> pl.DataFrame:
    """Which customers are known online, and which in a shop?

    Args:
        traces: frames of ``customer_key, is_online``, one row per trace or customer; customers may repeat.
        people: ``customer_key, person`` of customers who are one person; others stand for themselves.

    Returns:
        ``customer_key, online, shop``: what any customer of the same person left; one row per customer.
    """
    seen = pl.concat([frame.select("customer_key", "is_online").unique() for frame in traces])
    named = (
        seen.drop_nulls().join(people, on="customer_key", how="full", coalesce=True)
        .with_columns(person=pl.coalesce("person", "customer_key"))
    )  # fmt: skip
    of = named.group_by("person").agg(
        online=pl.col("is_online").any().fill_null(value=False),
        shop=(~pl.col("is_online")).any().fill_null(value=False),
    )
    return named.select("customer_key", "person").unique().join(of, on="person").drop("person").sort("customer_key")


def marked(orders: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Of each order: is its customer known, and known on the other side too?

    Args:
        orders: ``OrderFacts`` rows with ``customer_key`` and ``channel``.
        known: of ``sides``.

    Returns:
        The same orders with ``is_identified`` and ``is_unified``: for an order of a shop its customer is known online,
        for one made online in a shop.
    """
    other = pl.when(pl.col("channel").is_in(OFFLINE_CHANNELS)).then("online").otherwise("shop").fill_null(value=False)
    return (
        orders.join(known, on="customer_key", how="left", maintain_order="left")
        .with_columns(is_identified=pl.col("customer_key").is_not_null(), is_unified=other)
        .drop("online", "shop")
    )


def match_rates(orders: pl.DataFrame) -> pl.DataFrame:
    """How many orders are identified and unified, by store and channel (T18)?

    Args:
        orders: of ``marked``.

    Returns:
        One row per store (null: none) and channel, most orders first: ``store_id, channel, orders, identified,
        unified, identified_rate`` (of all), ``unified_rate`` (of the identified; null without any) and ``unified_share``
        (of all).
    """
    found = orders.group_by("store_id", "channel").agg(
        orders=pl.len().cast(pl.Int64),
        identified=pl.col("is_identified").sum().cast(pl.Int64),
        unified=pl.col("is_unified").sum().cast(pl.Int64),
    )
    return found.with_columns(rates()).sort(
        "orders", "store_id", "channel", descending=[True, False, False], nulls_last=True
    )


def rates() -> list[pl.Expr]:
    """The three rates of ``orders``, ``identified`` and ``unified``; null where nothing is there to be a share of."""

    def share(part: str, whole: str, name: str) -> pl.Expr:
        return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole)).alias(name)

    return [
        share("identified", "orders", "identified_rate"),
        share("unified", "identified", "unified_rate"),
        share("unified", "orders", "unified_share"),
    ]


def causes(orders: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Why are orders not unified?

    Args:
        orders: of ``marked``.
        people: ``customer_key, is_described, has_identity, is_unverified, is_in_conflict``.

    Returns:
        One row per cause that occurs, in the order of ``CAUSES``: ``cause, orders, customers`` (distinct, known ones).
    """
    why = (
        pl.when(~pl.col("is_identified")).then(pl.lit("no_customer"))
        .when(~pl.col("is_described").fill_null(value=False)).then(pl.lit("undescribed"))
        .when(pl.col("is_in_conflict").fill_null(value=False)).then(pl.lit("conflict"))
        .when(pl.col("is_unverified").fill_null(value=False)).then(pl.lit("unverified"))
        .when(~pl.col("has_identity").fill_null(value=False)).then(pl.lit("no_identity"))
        .otherwise(pl.lit("one_side"))
    )  # fmt: skip
    left = orders.filter(~pl.col("is_unified")).join(people, on="customer_key", how="left")
    found = left.group_by(cause=why).agg(
        orders=pl.len().cast(pl.Int64), customers=pl.col("customer_key").drop_nulls().n_unique().cast(pl.Int64)
    )
    return found.sort(pl.col("cause").cast(pl.Enum(CAUSES)))
