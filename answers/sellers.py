"""Which channel, which business model, which guide earns: the same measures for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.audience_tables import by_person
from answers.memo import once
from answers.registry import Result, address
from metrics.conversion import conversion, conversion_by
from metrics.rules import without_staff
from metrics.sellers import MEASURES, RETURN_DAYS, attention, compared, led_to, takings, while_bound
from schema.language import later, plural, say
from schema.tables import MODELS
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

DAYS: Final = 14
"""A purchase so many days after a look counts as its fruit (T3)."""

_COLUMNS: Final = ", ".join(MEASURES)
_LINES: Final = (
    "customer_key", "paid_at", "local_on", "product_id", "model", "channel", "net_minor", "refunded_minor", "is_staff",
)  # fmt: skip
_VISITS: Final = ("customer_key", "at", "local_on", "channel", "product_id", "category", "is_linger")
_ORDERS: Final = (
    "order_key", "customer_key", "local_on", "model", "channel", "store_id", "net_minor", "goods_net_minor",
    "refunded_minor", "is_purchase", "is_kept", "is_staff",
)  # fmt: skip

_SAME: Final = later(
    "Linger rate: of views whose dwell is known. Conversion: members who bought anything within 14 days of their first view in "
    "the period, of those whose first view is 14 days old. Net sales: after refunds. Return rate: goods refunded ÷ goods "
    "paid, of orders at least 30 days old. Intervals are Wilson's, 95 %."
)
_OF_MODELS: Final = later(
    "A view belongs to no business model before it is a purchase: views and linger rate are those of the 14 days before one, "
    "of the product bought; conversion is the share of all who looked who bought that way, so the models' shares add up to "
    "that of all, but for who bought in two ways. Bound: customers of the period's orders who have an owner now. Channels: "
    "views, orders and returns of that channel; bound: customers who registered there and have an owner now."
)
_OF_GUIDES: Final = later(
    "Views, linger rate and conversion are those of customers while they were bound by the guide's code; orders, net "
    "sales and returns are those that name the guide; bound: customers bound by the guide's code now."
)


def _bound_people(asked: Context) -> pl.DataFrame:
    """Customers who have an owner now by the ledger, else the nearest open store's."""
    people = without_staff(narrow.people(asked)).filter(pl.col("owner_store_id").is_not_null())
    if asked.scope.role == "agent":
        return people.filter(pl.col("owner_agent_id").cast(pl.String) == asked.scope.agent_id)
    return people


@once
def _looks(asked: Context) -> pl.DataFrame:
    return narrow.visits(asked, *_VISITS)


@once
def _bought(asked: Context) -> pl.DataFrame:
    return narrow.later_lines(asked, *_LINES)


def _by_model(asked: Context) -> pl.DataFrame:
    looks, bought = _looks(asked), _bought(asked)
    orders = narrow.orders(asked, *_ORDERS)
    rates = [
        conversion(looks, bought.filter(pl.col("model") == one), as_of=asked.as_of, days=DAYS).with_columns(
            model=pl.lit(one)
        )
        for one in MODELS
        if one in set(orders["model"])
    ]
    none = conversion(looks.clear(), bought.clear(), as_of=asked.as_of, days=DAYS).with_columns(model=pl.lit(""))
    owned = orders.join(_bound_people(asked).select("customer_key"), on="customer_key", how="semi")
    return compared(
        "model",
        attention(led_to(looks, bought, "model", days=DAYS), "model"),
        pl.concat([none, *rates]),
        takings(orders, "model", as_of=asked.as_of),
        owned.group_by("model").agg(bound=pl.col("customer_key").n_unique().cast(pl.Int64)),
    )


def _by_channel(asked: Context) -> pl.DataFrame:
    looks = _looks(asked)
    registered = _bound_people(asked).select(channel=pl.col("reg_channel").cast(pl.String)).drop_nulls()
    return compared(
        "channel",
        attention(looks, "channel"),
        conversion_by(looks, _bought(asked).drop("channel"), "channel", as_of=asked.as_of, days=DAYS),
        takings(narrow.orders(asked, *_ORDERS), "channel", as_of=asked.as_of),
        registered.group_by("channel").agg(bound=pl.len().cast(pl.Int64)),
    )


@address(
    "purchases/models",
    f"name, {_COLUMNS}",
    meaning=later(
        "Business models (C2C, B2C, O2O) or channels side by side: looks, conversion, sales, returns, bound customers."
    ),
    definition=(_OF_MODELS, _SAME),
    options={"by": ("model", "channel")},
)
def models(asked: Context, by: str = "model") -> Result:
    """Which way of selling earns? One row per model or channel, most net sales first."""
    found = (_by_model(asked) if by == "model" else _by_channel(asked)).rename({by: "name"})
    return Result(found, int(found["orders"].sum()), say("orders"), notes=_young(asked))


@address(
    "sharing/guides",
    f"guide_id, store_id, {_COLUMNS}",
    meaning=later(
        "Shopping guides side by side: looks of their customers, conversion, sales, returns, bound customers."
    ),
    definition=(_OF_GUIDES, _SAME),
)
def guides(asked: Context) -> Result:
    """Which guide earns? One row per guide who sold or bound, most net sales first."""
    snapshot, scope, marts = asked.snapshot, asked.scope, asked.marts
    known = _known(asked, warehouse.guides(snapshot, scope, marts))
    named = warehouse.guided_orders(snapshot, scope, marts).join(known, on="guide_id", how="semi")
    orders = narrow.orders(asked, *_ORDERS).join(named, on="order_key")
    spells = _registered(asked).join(known, on="guide_id", how="semi")
    looks = while_bound(_looks(asked), spells)
    bound = spells.filter(pl.col("valid_to").is_null())
    table = compared(
        "guide_id",
        attention(looks, "guide_id"),
        conversion_by(looks, _bought(asked), "guide_id", as_of=asked.as_of, days=DAYS),
        takings(orders, "guide_id", as_of=asked.as_of),
        bound.group_by("guide_id").agg(bound=pl.col("customer_key").n_unique().cast(pl.Int64)),
    )
    table = table.join(known, on="guide_id", how="left", maintain_order="left")
    notes = [*_young(asked)]
    all_orders = narrow.orders(asked, *_ORDERS).height
    if table.height and all_orders:
        notes.append(plural("{n} order of the period names a guide, of {all}.",
                            "{n} orders of the period name a guide, of {all}.", orders.height, all=all_orders))  # fmt: skip
    return Result(table, orders.height, say("orders that name a guide"), notes=tuple(notes))


def _known(asked: Context, known: pl.DataFrame) -> pl.DataFrame:
    """Guides of the places that are asked for."""
    chosen = asked.filters
    if not (chosen.city or chosen.agent or chosen.store):
        return known
    return known.filter(pl.col("store_id").is_in(narrow.places(asked)["store_id"].cast(pl.String).implode()))


def _registered(asked: Context) -> pl.DataFrame:
    """Spells that a guide's code began, by the key under which the marts count the customer."""
    spells = asked.marts.bindings.select("customer_key", "guide_id", "valid_from", "valid_to").drop_nulls("guide_id")
    return by_person(asked, spells)


def _young(asked: Context) -> tuple[str, ...]:
    if (asked.as_of - asked.from_on).days > RETURN_DAYS:
        return ()
    return (say("Every order here is younger than 30 days, so no return rate is told."),)
