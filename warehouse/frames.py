"""The one place where a viewer's scope is applied: frames leave the warehouse only for a ``Scope``."""

from __future__ import annotations

import dataclasses
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.coding import CODED
from schema.errors import StorageError
from schema.language import say
from schema.marts import Marts
from schema.scope import ANOTHER_AGENT, ANOTHER_CITY, ANOTHER_STORE
from warehouse.coded import coded
from warehouse.identities import identities
from warehouse.mart_neighbours import for_agent
from warehouse.marts import read_marts
from warehouse.persons import one_customer

if TYPE_CHECKING:
    from schema.scope import Scope
    from warehouse.snapshots import Snapshot


def load_marts(snapshot: Snapshot, scope: Scope) -> Marts:
    """What may this viewer see of a snapshot?

    Owner and presenter: everything. An agent: an order whose selling or fulfilling store is theirs or whose customer
    was theirs then; a view or action of a customer who was theirs then or named in their store; a customer who is theirs
    now or bought at their store; rows of anonymous people never; of the stores only their own; the products of the
    catalogue and of these rows. Where such a row names a store, an agent or a city of others, it says only that it is
    another. Of the ledger: the spells in which a customer was theirs; attempts that they made or that were made on a customer of
    theirs, without the other side's ids, and without the customer when a rejected attempt is all there was; entries
    and statements of their own stores, guides and themselves, numbered anew so that no gap counts others'. Of the territories their own; travel to their stores.
    Of other agents what was published of neighbours: groups of ten people and more. Then customers who are one person
    by the identities that the viewer may see are one (``warehouse.persons``).

    Args:
        snapshot: which state of the data.
        scope: who asks. Any role that is not known sees nothing.

    Raises:
        StorageError: the marts cannot be read, or were deleted a day after a newer snapshot replaced this one.
    """
    if not snapshot.marts_folder.is_dir():
        msg = say(
            "Snapshot {number} of the {mode} data was replaced over a day ago; load the newest one.",
            number=str(snapshot.number),
            mode=say(snapshot.mode),
        )
        raise StorageError(msg)
    rows = narrow(read_marts(snapshot.marts_folder, snapshot.mart_format), scope)
    return one_customer(rows, identities(snapshot, scope, rows), snapshot.mode)


def narrow(marts: Marts, scope: Scope) -> Marts:
    """The same marts as one scope may see them; fail-closed."""
    if scope.role in {"owner", "presenter"}:
        return marts
    if scope.role != "agent" or not scope.agent_id:
        return _own_words(
            Marts(**{field.name: getattr(marts, field.name).clear() for field in dataclasses.fields(Marts)})
        )
    return _own_words(_for_agent(marts, scope.agent_id))


def _own_words(marts: Marts) -> Marts:
    """The same rows with types that know their words alone: those of all rows would name every store there is."""
    return dataclasses.replace(marts, **coded({name: getattr(marts, name) for name in CODED}))


def _for_agent(marts: Marts, agent: str) -> Marts:
    places = marts.places.filter(pl.col("agent_id") == agent)
    own = places["store_id"].to_list()
    theirs = pl.col("owner_agent_id") == agent
    known = pl.col("customer_key").is_not_null()

    def seen(*conditions: pl.Expr) -> pl.Expr:
        return known & reduce(or_, conditions).fill_null(value=False)

    def blind(rows: pl.DataFrame) -> pl.DataFrame:
        return _blind(rows, agent, places)

    at_store = pl.col("store_id").is_in(own).fill_null(value=False)
    handed_over = pl.col("fulfil_store_id").is_in(own).fill_null(value=False)
    orders = marts.orders.filter(seen(at_store, handed_over, theirs.fill_null(value=False)))
    of_orders = orders.select("order_key")
    bought_there = orders.filter(at_store)["customer_key"].unique().implode()
    owned = theirs.fill_null(value=False)
    loose = pl.col("order_key").is_null()
    linked = pl.col("order_key").is_in(of_orders["order_key"].implode()).fill_null(value=False)
    people = marts.people.filter(owned | pl.col("customer_key").is_in(bought_there))
    bindings = _spells(marts.bindings.filter(_is(agent, "agent_id")), own)
    lines = marts.lines.join(of_orders, on="order_key", how="semi", maintain_order="left")
    signed_there = at_store & ~pl.col("before_sign_in")  # who it was is for their owner to know
    visits, actions = (rows.filter(seen(owned, signed_there)) for rows in (marts.visits, marts.actions))
    stock_outs = marts.stock_outs.filter(pl.col("store_id").is_null() | pl.col("store_id").is_in(own))
    return Marts(
        orders=blind(orders),
        lines=blind(lines),
        refunds=blind(marts.refunds.filter(known & (linked | (loose & owned)))),
        visits=blind(visits),
        actions=blind(actions),
        people=blind(_near(people, own)),
        places=places,
        goods=_goods(marts.goods, lines, visits, actions, stock_outs),
        stock_outs=stock_outs,
        bindings=bindings,
        attempts=_attempts(marts.attempts, agent, pl.concat([people["customer_key"], bindings["customer_key"]])),
        shares=blind(_entries(marts.shares.filter(_is(agent, "agent_id")))),
        statements=marts.statements.filter(_is(agent, "agent_id")),
        territories=marts.territories.filter(
            _is(agent, "agent_id") | (pl.col("agent_id").is_null() & pl.col("store_id").is_in(own))
        ),
        travel=marts.travel.filter(pl.col("store_id").is_in(own)),
        neighbours=for_agent(marts.neighbours),
    )


_OTHERS: Final = {
    ANOTHER_STORE: ("store_id", "fulfil_store_id", "owner_store_id", "nearest_store_id", "bound_store_id",
                    "selling_store_id"),
    ANOTHER_AGENT: ("agent_id", "owner_agent_id"),
    ANOTHER_CITY: ("city", "owner_city"),
}  # fmt: skip


def _blind(rows: pl.DataFrame, agent: str, places: pl.DataFrame) -> pl.DataFrame:
    """The same rows; a store, an agent or a city that is not theirs has no name, so that only *another* can be told."""
    own = {
        ANOTHER_STORE: places["store_id"].to_list(),
        ANOTHER_AGENT: [agent],
        ANOTHER_CITY: places["city"].drop_nulls().unique().to_list(),
    }
    return rows.with_columns(
        pl.when(pl.col(column).is_null() | pl.col(column).is_in(own[another]))
        .then(pl.col(column))
        .otherwise(pl.lit(another))
        .alias(column)
        for another, columns in _OTHERS.items()
        for column in columns
        if column in rows.columns
    )


def _near(people: pl.DataFrame, own: list[str]) -> pl.DataFrame:
    """People without how far another's store is from their home: with three homes it could be found on a map."""
    mine = pl.col("nearest_store_id").is_in(own).fill_null(value=False)
    return people.with_columns(nearest_m=pl.when(mine).then("nearest_m"))


def _goods(goods: pl.DataFrame, *rows: pl.DataFrame) -> pl.DataFrame:
    """The catalogue, and what these rows name: a product that only others sold is theirs to know."""
    named = pl.concat([frame["product_id"].cast(pl.String) for frame in rows]).drop_nulls().unique()
    return goods.filter(pl.col("is_described") | pl.col("product_id").is_in(named.implode()))


def _spells(bindings: pl.DataFrame, own: list[str]) -> pl.DataFrame:
    """Spells without the rival's store, which is the other side's, and numbered among themselves.

    The ledger numbers the rows of all agents in one: gaps between an agent's own would count the others'.
    """
    rival = ~pl.col("runner_store_id").is_in(own)
    return bindings.with_columns(
        *[pl.when(~rival).then(pl.col(c)).alias(c) for c in ("runner_store_id", "runner_dist_m")],
        binding_id=pl.format("own-{}", pl.int_range(1, pl.len() + 1)),
    )


def _entries(shares: pl.DataFrame) -> pl.DataFrame:
    """Entries in the order they were written, numbered among themselves for the same reason."""
    return shares.with_columns(seq=pl.col("seq").rank("ordinal").cast(shares.schema["seq"]))


def _attempts(attempts: pl.DataFrame, agent: str, known: pl.Series) -> pl.DataFrame:
    """Attempts by or against an agent; ids of the other side, and customers who never were theirs, are null."""
    claimed, owned = _is(agent, "claimed_agent_id"), _is(agent, "owner_agent_id")
    theirs = owned | pl.col("customer_key").is_in(known.implode())
    masks = (
        (claimed, ("claimed_store_id", "claimed_agent_id", "guide_id")),
        (owned, ("owner_store_id", "owner_agent_id", "protected_until")),
        (theirs, ("customer_key",)),
    )
    kept = [pl.when(may).then(pl.col(c)).alias(c) for may, columns in masks for c in columns]
    return attempts.filter(claimed | owned).with_columns(kept)


def _is(agent: str, column: str) -> pl.Expr:
    """Rows of one agent; a row of nobody's is not theirs."""
    return (pl.col(column) == agent).fill_null(value=False)
