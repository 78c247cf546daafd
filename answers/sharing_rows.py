"""The ledger's rows a question about owners and shares is about, and what people in them are called.

``store``, ``agent`` and ``city`` mean the owner for bindings and bound customers' orders, either side for attempts, and
the receiver for shares and statements. Other filters that a question cannot follow leave its rows as they are.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

import polars as pl

from answers import narrow
from answers.customers import named
from answers.known import agent_names, store_names
from answers.memo import of_rows, once, once_for_all_days
from metrics.bound import in_force
from metrics.bound_money import credited_orders
from metrics.bound_statements import open_statements
from schema.coding import spelled
from schema.language import later
from schema.scope import ANOTHER_STORE

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

NOTHING_BOUND: Final = later("Nobody is bound yet: a binding run (python -m ledger bind) gives every member an owner.")
NOTHING_SHARED: Final = later(
    "No shares are accrued yet: save rules on Sharing → Rules; python -m ledger bind then computes them."
)


def midnight(asked: Context, day: dt.date) -> dt.datetime:
    """The first instant of a local day in the business zone."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(asked.snapshot.zone))


def end(asked: Context) -> dt.datetime:
    """The first instant after the period: as of then owners are told."""
    return midnight(asked, asked.to_on + dt.timedelta(days=1))


def month_range(asked: Context) -> tuple[str, str]:
    """The months that the period touches, first and last."""
    return f"{asked.from_on:%Y-%m}", f"{asked.to_on:%Y-%m}"


def _places(asked: Context, store: str, agent: str) -> list[pl.Expr]:
    """Predicates of the place filters over columns of a store and an agent."""
    chosen = asked.filters
    wanted = [
        pl.col(column).is_in(values).fill_null(value=False)
        for column, values in ((agent, chosen.agent), (store, chosen.store))
        if values
    ]
    if chosen.city:
        stores = asked.marts.places.filter(pl.col("city").is_in(chosen.city))["store_id"].to_list()
        wanted.append(pl.col(store).is_in(stores).fill_null(value=False))
    return wanted


def _segment(asked: Context) -> list[pl.Expr]:
    if not asked.filters.segment:
        return []
    members = narrow.scored(asked).filter(pl.col("segment").is_in(asked.filters.segment))["customer_key"]
    return [pl.col("customer_key").is_in(members.implode())]


@once_for_all_days
def spells(asked: Context) -> pl.DataFrame:
    """Spells of ownership by stores that match the filters. ``Bindings`` rows."""
    return asked.marts.bindings.filter(*_places(asked, "store_id", "agent_id"), *_segment(asked))


@once
def held(asked: Context) -> pl.DataFrame:
    """Those of them that hold when the period ends: at most one a customer."""
    return in_force(spells(asked), end(asked))


@once
def members(asked: Context) -> pl.DataFrame:
    """Everybody who registered until the end of the period; with place filters, or for an agent, those they own then."""
    people = asked.marts.people.filter(pl.col("registered_on") <= asked.to_on, *_segment(asked))
    if asked.filters.city or asked.filters.agent or asked.filters.store or asked.scope.role == "agent":
        return people.join(held(asked), on="customer_key", how="semi")
    return people


@once
def registered(asked: Context) -> pl.DataFrame:
    """Spells of customers who registered in the period. ``Bindings`` rows."""
    day = pl.col("registered_at").dt.convert_time_zone(asked.snapshot.zone).dt.date()
    return spells(asked).filter(day.is_between(asked.from_on, asked.to_on))


@once
def attempts(asked: Context) -> pl.DataFrame:
    """Attempts of the period in which a store of the filters claims or defends. ``Attempts`` rows."""
    day = pl.col("at").dt.convert_time_zone(asked.snapshot.zone).dt.date()
    claims = pl.all_horizontal(pl.lit(value=True), *_places(asked, "claimed_store_id", "claimed_agent_id"))
    defends = pl.all_horizontal(pl.lit(value=True), *_places(asked, "owner_store_id", "owner_agent_id"))
    return asked.marts.attempts.filter(day.is_between(asked.from_on, asked.to_on), claims | defends, *_segment(asked))


@once_for_all_days
def shares(asked: Context) -> pl.DataFrame:
    """Entries of receivers that match the place filters, in one currency. ``Shares`` rows."""
    return asked.marts.shares.filter(pl.col("currency") == asked.currency, *_places(asked, "store_id", "agent_id"))


@once
def pools(asked: Context) -> pl.DataFrame:
    """Entries up to the period's last month for orders of customers bound to the filters' stores; all receivers of each."""
    _, last = month_range(asked)
    chosen = asked.filters
    rows = asked.marts.shares.filter(
        pl.col("currency") == asked.currency, pl.col("month") <= last, pl.col("order_id").is_not_null()
    )
    if chosen.store or chosen.agent or chosen.city:
        stores = narrow.places(asked)["store_id"].to_list()
        rows = rows.filter(pl.col("bound_store_id").is_in(stores).fill_null(value=False))
    return rows


@of_rows
def _open(marts: Marts) -> pl.DataFrame:
    return open_statements(marts.shares, marts.statements)


@once_for_all_days
def statements(asked: Context) -> pl.DataFrame:
    """Settled statements and the open months beside them, in one currency. ``Statements`` rows with ``is_open``."""
    rows = pl.concat(
        [
            asked.marts.statements.with_columns(is_open=pl.lit(value=False)),
            _open(asked.marts).with_columns(is_open=pl.lit(value=True)),
        ]
    )
    return rows.filter(pl.col("currency") == asked.currency, *_places(asked, "store_id", "agent_id"))


@once
def bound_orders(asked: Context, by: Literal["store", "agent"]) -> pl.DataFrame:
    """Orders of the period by customers whose owner matches, with where they bought and what the owner got."""
    chosen = asked.filters
    wanted = [
        pl.col(column).is_in(values)
        for column, values in (("channel", chosen.channel), ("model", chosen.model))
        if values
    ]
    rows = asked.marts.orders.filter(
        pl.col("local_on").is_between(asked.from_on, asked.to_on),
        pl.col("currency") == asked.currency,
        *wanted,
        *_places(asked, "owner_store_id", "owner_agent_id"),
        *_segment(asked),
    )
    if asked.scope.role == "agent":
        rows = rows.filter((pl.col("owner_agent_id") == asked.scope.agent_id).fill_null(value=False))
    bound = asked.marts.bindings.filter(pl.col("store_id").is_not_null()).select("customer_key").unique()
    rows = rows.join(bound, on="customer_key", how="semi", maintain_order="left")
    return credited_orders(spelled(rows), asked.marts.shares.filter(pl.col("currency") == asked.currency), by)


def discreet(asked: Context, table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The same rows; an agent reads *another store* where a column names a store that is not theirs."""
    if asked.scope.role != "agent":
        return table
    own = asked.marts.places["store_id"].to_list()
    hidden = [
        pl.when(pl.col(name).is_null() | pl.col(name).is_in(own))
        .then(name)
        .otherwise(pl.lit(ANOTHER_STORE))
        .alias(name)
        for name in columns
    ]
    return table.with_columns(hidden)


def called(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``customer_id`` beside ``customer_key``, in the order they were; nobody stays null."""
    keys = table.select("customer_key").drop_nulls().unique()
    return table.join(named(asked, keys), on="customer_key", how="left", maintain_order="left")


def with_names(asked: Context, table: pl.DataFrame, store: str = "store_id", agent: str = "agent_id") -> pl.DataFrame:
    """The rows with ``store_name`` and ``agent_name``; an id stands for a name that is not known."""
    return table.with_columns(
        pl.col(store).replace(store_names(asked.marts)).alias("store_name"),
        pl.col(agent).replace(agent_names(asked.marts)).alias("agent_name"),
    )
