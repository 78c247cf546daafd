"""Sync: how many orders know their customer, who is one person on both sides, and what stands against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.customers import named
from answers.memo import once, once_for_all_days
from answers.registry import Result, address
from metrics import matching
from metrics.identity import Unified, unify
from schema.language import later, say
from schema.tables import OFFLINE_CHANNELS
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

_RATES: Final = "identified_rate, unified_rate, unified_share"
NO_IDENTITIES: Final = later("No identities are loaded: who is one person on both sides is told by customer ids alone.")


@once_for_all_days
def identities(asked: Context) -> pl.DataFrame:
    """Identities of the customers whom the viewer sees; none where a filter could not be read."""
    found = warehouse.identities(asked.snapshot, asked.scope, asked.marts)
    return found.clear() if asked.unknown else found


@once_for_all_days
def unified(asked: Context) -> Unified:
    """Who of the customers that the viewer sees is one person, decisions obeyed."""
    return unify(identities(asked), decisions=warehouse.decided(asked.snapshot.mode))


@once_for_all_days
def _sides(asked: Context) -> pl.DataFrame:
    """Of each customer: known online, known in a shop; by every trace of any day."""
    marts = asked.marts
    shop = pl.col("channel").cast(pl.String).is_in(OFFLINE_CHANNELS)
    registered = marts.people.drop_nulls("reg_channel").select(
        "customer_key", is_online=~pl.col("reg_channel").cast(pl.String).is_in(OFFLINE_CHANNELS)
    )
    given = identities(asked).filter(pl.col("id_type").is_in(matching.ONLINE_IDENTITIES))
    traces = [
        *(
            rows.select("customer_key", is_online=~shop).unique()
            for rows in (marts.orders, marts.visits, marts.actions)
        ),
        marts.visits.filter(pl.col("store_id").is_not_null()).select("customer_key", is_online=pl.lit(value=False)),
        registered,
        given.select("customer_key", is_online=pl.lit(value=True)),
    ]
    return matching.sides(traces, unified(asked).people)


@once
def _marked(asked: Context) -> pl.DataFrame:
    return matching.marked(narrow.orders(asked, "store_id", "channel", "customer_key"), _sides(asked))


@address(
    "sync/match",
    f"store_id, channel, orders, identified, unified, {_RATES}",
    meaning=later("How many orders know their customer, and how many of those are known both online and in a shop."),
    definition=later(
        "Identified: the order names a customer. Unified: that customer is known on the other side too: online "
        "(an account, an order, a view) for an order of a shop, in a shop for one made online, directly or as "
        "one person with another registration by an equal unionid, verified telephone or card. Identified and the last rate "
        "are of all orders, the middle rate of the identified."
    ),
)
def match(asked: Context) -> Result:
    """Do till and shop know the same people? One row per store and channel, most orders first (T18)."""
    table = matching.match_rates(_marked(asked))
    orders, identified = int(table["orders"].sum()), int(table["identified"].sum())
    return Result(
        table, n=orders, n_label=say("orders"), coverage=identified / orders if orders else None,
        coverage_label=say("of orders name a customer"), notes=_bare(asked),
    )  # fmt: skip


@address(
    "sync/channels",
    f"channel, orders, identified, unified, {_RATES}",
    meaning=later("The same by channel."),
    definition=later("As sync/match, all stores of a channel together."),
)
def channels(asked: Context) -> Result:
    """On which channels do we know whom we sell to? One row per channel, most orders first."""
    by_store = matching.match_rates(_marked(asked))
    table = (
        by_store.group_by("channel").agg(pl.col("orders", "identified", "unified").sum())
        .with_columns(matching.rates()).sort("orders", "channel", descending=[True, False])
    )  # fmt: skip
    return Result(table, n=int(table["orders"].sum()), n_label=say("orders"), notes=_bare(asked))


@address(
    "sync/causes",
    "cause, orders, customers",
    meaning=later("Why orders are not unified: the likely cause of each, the first that holds."),
    definition=later(
        "no_customer: the order names nobody. undescribed: no customers table knows the id. conflict: an identity "
        "of the customer is of two who cannot be one. unverified: their telephone is not verified, so it joins nobody. "
        "no_identity: nothing but the id is known of them. one_side: known, and seen on this side alone."
    ),
)
def causes(asked: Context) -> Result:
    """What keeps orders apart? One row per cause."""
    given, found = identities(asked), unified(asked)
    unverified = given.filter((pl.col("id_type") == "phone") & ~pl.col("verified"))["customer_key"]
    key = pl.col("customer_key")
    people = asked.marts.people.select(
        "customer_key",
        "is_described",
        has_identity=key.is_in(given["customer_key"].implode()),
        is_unverified=key.is_in(unverified.implode()),
        is_in_conflict=key.is_in(found.conflicts["customer_key"].implode()),
    )
    table = matching.causes(_marked(asked), people)
    return Result(table, n=int(table["orders"].sum()), n_label=say("orders not unified"), notes=_bare(asked))


@address(
    "sync/persons",
    "customers, persons, joined, conflicts, shared, several_cards, unverified",
    meaning=later("How many customers with identities are how many persons."),
    definition=later(
        "Customers are joined by an equal unionid, verified telephone or card, never by a name; a person never has "
        "two unionids or three telephones, and a telephone or card of more than 5 customers joins nobody. "
        "Joined: customers who are one person with another. What joined them is kept, so that it can be undone."
    ),
)
def persons(asked: Context) -> Result:
    """How many people are behind the customers? One row; none without identities."""
    found = unified(asked)
    if found.people.is_empty():
        return Result(
            pl.DataFrame(schema=dict.fromkeys(_PERSONS, pl.Int64)), 0, say("customers"), notes=(say(NO_IDENTITIES),)
        )
    joined = found.people.filter(pl.col("customer_key").n_unique().over("person") > 1)
    row = (
        found.people.height, found.people["person"].n_unique(), joined.height,
        found.conflicts.select("id_type", "id_hash").n_unique(), found.shared.height, found.warnings.height,
        found.unverified,
    )  # fmt: skip
    table = pl.DataFrame([row], schema=dict.fromkeys(_PERSONS, pl.Int64), orient="row")
    return Result(table, n=found.people.height, n_label=say("customers with an identity"))


_PERSONS: Final = ("customers", "persons", "joined", "conflicts", "shared", "several_cards", "unverified")


@address(
    "sync/conflicts",
    "conflict, kind, id_type, customer_id, person",
    meaning=later("Identities that say of several customers that they are one, who cannot be."),
    definition=later(
        "two_unionids: two WeChat accounts share it. many_phones: together they would have three telephones. "
        "Rows of one conflict belong together; customers of the same person number are one person already."
    ),
)
def conflicts(asked: Context) -> Result:
    """Who shares a telephone and is not one person? One row per conflict and customer."""
    found = unified(asked).conflicts
    numbered = found.with_columns(
        conflict=pl.struct("id_type", "id_hash").rank("dense").cast(pl.Int64),
        person=pl.col("person").rank("dense").over("id_type", "id_hash").cast(pl.Int64),
    ).drop("id_hash")
    table = named(asked, numbered).drop("customer_key").sort("conflict", "person", "customer_id")
    count = found.select("id_type", "id_hash").n_unique()
    return Result(table, n=count, n_label=say("conflicts"), notes=_bare(asked))


def _bare(asked: Context) -> tuple[str, ...]:
    return (say(NO_IDENTITIES),) if identities(asked).is_empty() else ()
