"""What conditions of an audience are read from: small tables of a scope's customers, each made once.

All of them end with the last day of the question's period; none depends on its filters.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from answers import value
from answers.everybody import scored
from answers.memo import once_a_scope
from metrics.audience import interest as interest_of
from metrics.cells import parent
from metrics.complaints import open_at
from metrics.conversion import interested_people
from metrics.identity import unify
from metrics.rules import kept_lines, kept_purchases
from metrics.tiers import store_customers, trade_area
from schema.audience import cell_of
from schema.coding import spelled
from schema.filters import Filters
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context
    from metrics.identity import Unified

DWELL_DAYS: Final = 91
LINGER_DAYS: Final = 14
SEEN_DAYS: Final = 365
AREA_DAYS: Final = 730
_RESOLUTION: Final = 8
_LOOKED: Final = ("customer_key", "at", "local_on", "product_id", "category", "dwell_ms", "is_linger")


def end_of(asked: Context) -> dt.date:
    """The first local day that does not count."""
    return asked.to_on + dt.timedelta(days=1)


def plain(asked: Context) -> Context:
    """The same question without filters and without a first day, so that answers of all filters share its tables."""
    return replace(asked, filters=Filters(), from_on=asked.to_on)


def _lately(asked: Context, rows: pl.DataFrame, days: int) -> pl.DataFrame:
    end = end_of(asked)
    return rows.filter(
        pl.col("local_on").is_between(end - dt.timedelta(days=days), asked.to_on), pl.col("customer_key").is_not_null()
    )


@once_a_scope
def interest(asked: Context) -> pl.DataFrame:
    """``metrics.audience.interest`` of the last 91 days."""
    views = _lately(asked, asked.marts.visits.select(_LOOKED), DWELL_DAYS)
    return spelled(interest_of(views, end_of(asked)))


@once_a_scope
def wanted(asked: Context) -> pl.DataFrame:
    """``interested_people`` of the last 14 days who did not buy the product since."""
    return _wanted(asked, "product_id")


@once_a_scope
def wanted_of_category(asked: Context) -> pl.DataFrame:
    """The same who bought nothing of the product's category since."""
    return _wanted(asked, "category")


def _wanted(asked: Context, by: str) -> pl.DataFrame:
    views = _lately(asked, asked.marts.visits.select(_LOOKED), LINGER_DAYS)
    lines = asked.marts.lines.select("customer_key", "paid_at", "local_on", "product_id", "category")
    later = _lately(asked, lines, LINGER_DAYS)
    return spelled(interested_people(views, later, as_of=end_of(asked), days=LINGER_DAYS, by=by))  # type: ignore[arg-type]


@once_a_scope
def bought(asked: Context) -> pl.DataFrame:
    """``customer_key, product_id, category`` of everything bought and not fully refunded; each once."""
    lines = kept_lines(asked.marts.lines.filter(pl.col("local_on") <= asked.to_on))
    return spelled(lines.select("customer_key", "product_id", "category").unique())


@once_a_scope
def channels(asked: Context) -> pl.DataFrame:
    """``customer_key, channel`` of every view and valid order of the last 365 days; each once."""
    parts = [
        spelled(_lately(asked, rows.select("customer_key", "channel", "local_on"), SEEN_DAYS).drop("local_on").unique())
        for rows in (asked.marts.visits, asked.marts.orders)
    ]
    return pl.concat(parts).unique()


@once_a_scope
def cohorts(asked: Context) -> pl.DataFrame:
    """``customer_key, month`` (2026-03) of everybody's first order that was kept."""
    kept = kept_purchases(asked.marts.orders.filter(pl.col("local_on") <= asked.to_on))
    first = kept.group_by("customer_key").agg(pl.col("local_on").min())
    return first.select("customer_key", month=pl.col("local_on").dt.strftime("%Y-%m"))


@once_a_scope
def segments(asked: Context) -> pl.DataFrame:
    """``customer_key, segment`` of every buyer."""
    return scored(asked.marts, asked.currency, end_of(asked))


@once_a_scope
def persons(asked: Context) -> pl.DataFrame:
    """``customer_key, person`` of registrations that the marts count under another key."""
    registered = warehouse.registrations(asked.marts).people["customer_key"]
    if registered.len() == asked.marts.people.height:
        return pl.DataFrame(schema={"customer_key": pl.Int64, "person": pl.Int64})
    joined = _unified(asked).people.filter(pl.col("customer_key").is_in(registered.implode()))
    named = joined.with_columns(person=pl.col("customer_key").min().over("person"))
    return named.filter(pl.col("customer_key") != pl.col("person"))


def by_person(asked: Context, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of registrations with the key of the person, as the marts have it."""
    named = rows.join(persons(asked), on="customer_key", how="left", maintain_order="left")
    return named.with_columns(customer_key=pl.coalesce("person", "customer_key")).drop("person")


@once_a_scope
def statuses(asked: Context) -> pl.DataFrame:
    """``customer_key, status`` of the spell of ownership that lasts, of a person's first registration."""
    now = asked.marts.bindings.filter(pl.col("valid_to").is_null()).sort("customer_key")
    return by_person(asked, now.select("customer_key", "status")).unique("customer_key", keep="first")


@once_a_scope
def worth(asked: Context) -> pl.DataFrame:
    """``customer_key, value_minor`` of every buyer; no row where the model is off."""
    return value.each(asked)


def why_no_worth(asked: Context) -> str:
    """Why nobody's value is expected; empty where it is."""
    return value.off(asked)


@once_a_scope
def conflicts(asked: Context) -> pl.Series:
    """Keys of customers one of whose identities is of two who cannot be one."""
    rows = _unified(asked).conflicts.select("customer_key")
    return by_person(asked, rows)["customer_key"].unique()


@once_a_scope
def agreements(asked: Context) -> pl.DataFrame:
    """``customer_key, has_consent, has_opted_out`` of those whom a customers table describes; a person's are one."""
    rows = by_person(asked, warehouse.agreements(asked.snapshot, asked.scope, asked.marts))
    return rows.group_by("customer_key").agg(pl.col("has_consent", "has_opted_out").any())


@once_a_scope
def complaining(asked: Context) -> pl.Series:
    """Keys of customers with a complaint that is open at the end of the question's last day."""
    at = dt.datetime.combine(end_of(asked), dt.time(), ZoneInfo(asked.snapshot.zone))
    rows = warehouse.complaints(asked.snapshot, asked.scope, asked.marts).drop_nulls("customer_key")
    return open_at(by_person(asked, rows), at)


def _unified(asked: Context) -> Unified:
    """Not kept: its tables are as large as all identities."""
    given = warehouse.identities(asked.snapshot, asked.scope, asked.marts)
    return unify(given, decisions=warehouse.decided(asked.snapshot.mode))


def tier_cells(asked: Context, store: str, tier: str) -> pl.Series:
    """Cells of resolution 8 in a tier of a store's trade area, of the last 24 months."""
    orders = _lately(asked, asked.marts.orders, AREA_DAYS).filter(pl.col("store_id").cast(pl.String) == store)
    customers = store_customers(spelled(orders), asked.marts.people, resolution=_RESOLUTION)
    area = trade_area(customers, asked.marts.places)
    return area.filter(pl.col("tier") == tier)["cell"]


def lives_in(people: pl.DataFrame, cells: pl.Series, resolution: int = _RESOLUTION) -> pl.Series:
    """Whether each customer's home is known to lie in one of these cells."""
    at = people.select(parent(pl.col("home_cell"), resolution)).to_series()
    return at.is_in(cells.implode()).fill_null(value=False)


def lives_in_cell(people: pl.DataFrame, text: str) -> pl.Series:
    """The same of one cell, as other H3 software writes it."""
    cell = cell_of(text) or 0
    return lives_in(people, pl.Series([cell], dtype=pl.Int64), (cell >> 52) & 15)
