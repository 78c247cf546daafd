"""Whether the ids in a link exist here: an unknown one selects nothing, never everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers.cubes import by_day
from answers.memo import of_rows
from schema.language import later, say
from schema.tables import CHANNELS, MODELS
from schema.wording import SEGMENT_LABELS, UNMAPPED

if TYPE_CHECKING:
    from schema.filters import Filters
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.api import Snapshot


NAMES: Final = {
    "city": later("city"),
    "agent": later("agent"),
    "store": later("store"),
    "channel": later("channel"),
    "model": later("model"),
    "category": later("category"),
    "product": later("product"),
    "segment": later("segment"),
}
"""What a filter narrows by, in a sentence."""


@of_rows
def names(marts: Marts) -> dict[str, dict[str, str | None]]:
    """What agents, stores and products are called, read once a server and scope.

    Returns:
        ``agent``, ``store`` and ``product`` → id → name; None where it has none.
    """
    places, goods = marts.places, marts.goods
    return {
        "agent": dict(places.select("agent_id", "agent_name").drop_nulls("agent_id").unique().iter_rows()),
        "store": dict(places.select("store_id", "name").iter_rows()),
        "product": dict(goods.select("product_id", "name").iter_rows()),
    }


@of_rows
def store_names(marts: Marts) -> dict[str, str]:
    """What stores are called, by id; those without a name are not in it."""
    return {key: name for key, name in names(marts)["store"].items() if name is not None}


@of_rows
def agent_names(marts: Marts) -> dict[str, str]:
    """What agents are called, by id; those without a name are not in it."""
    return {key: name for key, name in names(marts)["agent"].items() if name is not None}


@of_rows
def owner_names(marts: Marts) -> dict[str, str]:
    """What stores and agents are called, by id; those without a name are not in it."""
    return {**store_names(marts), **agent_names(marts)}


@of_rows
def options(marts: Marts) -> dict[str, list[str]]:
    """Which values each list filter may take for this scope, in the order people expect.

    Returns:
        Filter name → ids, sorted; only what the scope's own rows and stores hold.
    """
    categories = _distinct(marts.goods["category"])
    return {
        "city": _distinct(marts.places["city"]),
        "agent": _distinct(marts.places["agent_id"]),
        "store": _distinct(marts.places["store_id"]),
        "channel": [c for c in CHANNELS if c in _seen(marts, "channel")],
        "model": [m for m in MODELS if m in set(marts.orders["model"].unique().cast(pl.String))],
        "category": [*categories, UNMAPPED] if marts.goods["category"].null_count() else categories,
        "product": _distinct(marts.goods["product_id"]),
        "segment": list(SEGMENT_LABELS),
    }


def currencies(marts: Marts, snapshot: Snapshot, scope: Scope) -> tuple[str, ...]:
    """In which currencies are there sales or shares for this scope? The company's largest first."""
    if scope.role != "agent":
        return tuple(snapshot.currencies)
    held = _money(marts)
    return tuple(code for code in snapshot.currencies if code in held)


@of_rows
def _money(marts: Marts) -> set[str]:
    return {
        code
        for frame in (marts.orders, marts.refunds, marts.shares)
        for code in frame["currency"].unique().cast(pl.String)
    }


def unknown_values(filters: Filters, marts: Marts, snapshot: Snapshot, scope: Scope) -> tuple[str, ...]:
    """A sentence for each value of the filters that this snapshot and scope do not hold."""
    known = options(marts)
    said = [
        say("No {name} {value} here.", name=say(NAMES[name]), value=value[:60])
        for name, values in known.items()
        for value in getattr(filters, name)
        if value not in values
    ]
    if filters.currency and filters.currency not in currencies(marts, snapshot, scope):
        said.append(say("No sales in {currency} here.", currency=filters.currency[:12]))
    return tuple(said)


def _distinct(column: pl.Series) -> list[str]:
    return column.drop_nulls().unique().sort().to_list()


def _seen(marts: Marts, column: str) -> set[str]:
    frames = (marts.orders, by_day(marts), marts.refunds)
    return {value for frame in frames for value in frame[column].unique().cast(pl.String)}
