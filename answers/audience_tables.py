"""What conditions of an audience are read from: small tables of a scope's customers, each made once.

All of them end with the last day of the question's period; none depends on its filters.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from answers import audience_rows as rows
from answers import narrow, value
from answers.memo import lately_a_scope, once_a_scope
from metrics.audience import REACH
from metrics.audience import interest as interest_of
from metrics.complaints import open_at
from metrics.conversion import interested_people
from metrics.identity import unify
from metrics.rules import kept_lines
from metrics.tiers import store_customers, trade_area
from schema.audience import cell_of
from schema.coding import spelled
from schema.filters import Filters
from schema.wording import UNMAPPED
from warehouse import api as warehouse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from metrics.identity import Unified
    from metrics.owned_pairs import OwnedPairs

    Flags = NDArray[np.bool_]
    Reasons = NDArray[np.int8]

DWELL_DAYS: Final = 91
LINGER_DAYS: Final = 14
SEEN_DAYS: Final = 365
AREA_DAYS: Final = 730
RESOLUTION: Final = 8
_AT_ONCE: Final = 1 << 22
"""Views of which sums are made at a time, so that a long history needs no more memory than these."""
_LOOKED: Final = ("customer_key", "at", "local_on", "product_id", "category", "dwell_ms", "is_linger")


def end_of(asked: Context) -> dt.date:
    """The first local day that does not count."""
    return asked.to_on + dt.timedelta(days=1)


def plain(asked: Context) -> Context:
    """The same question without filters and without a first day, so that answers of all filters share its tables."""
    return replace(asked, filters=Filters(), from_on=asked.to_on)


def _lately(asked: Context, table: pl.DataFrame, days: int) -> pl.DataFrame:
    end = end_of(asked)
    return table.filter(
        pl.col("local_on").is_between(end - dt.timedelta(days=days), asked.to_on), pl.col("customer_key").is_not_null()
    )


def _views(asked: Context, days: int, *wanted: pl.Expr) -> pl.DataFrame:
    """Views of members in the last days, as they lie."""
    stretch, chosen = narrow.where(replace(plain(asked), from_on=end_of(asked) - dt.timedelta(days=days)), "visits")
    lately = asked.marts.visits[stretch].select(_LOOKED)
    lately = lately if chosen is None else lately.filter(chosen)
    return lately.filter(pl.col("customer_key").is_not_null(), *wanted)


@lately_a_scope
def attention(asked: Context) -> pl.DataFrame:
    """``customer_key, dwell_s, interest`` of everybody, over all products, of the last 91 days."""
    parts = 1 << (asked.marts.visits.height // _AT_ONCE).bit_length()
    held = [
        interest_of(_views(asked, DWELL_DAYS, (pl.col("customer_key") & (parts - 1)) == part), end_of(asked))
        .group_by("customer_key")
        .agg(pl.col("dwell_s", "interest").sort().sum())
        for part in range(parts)
    ]
    return pl.concat(held)


def attention_to(asked: Context, what: str, of: str) -> pl.DataFrame:
    """``metrics.audience.interest`` of the last 91 days in one product, or in those of one category."""
    if what == "product":
        return spelled(interest_of(_views(asked, DWELL_DAYS, pl.col("product_id") == of), end_of(asked)))
    is_of = pl.col("category").fill_null(UNMAPPED) == of
    products = _views(asked, DWELL_DAYS, is_of)["product_id"].unique()
    found = interest_of(_views(asked, DWELL_DAYS, pl.col("product_id").is_in(products.implode())), end_of(asked))
    return spelled(found).filter(is_of)


@lately_a_scope
def lingered(asked: Context) -> OwnedPairs:
    """What everybody lingered on in the last 91 days."""
    is_told = pl.col("is_linger") & pl.col("dwell_ms").is_not_null() & pl.col("product_id").is_not_null()
    return rows.pairs_of(asked, _views(asked, DWELL_DAYS, is_told))


@lately_a_scope
def wanted(asked: Context) -> pl.DataFrame:
    """``interested_people`` of the last 14 days who did not buy the product since."""
    return _wanted(asked, "product_id")


@lately_a_scope
def wanted_of_category(asked: Context) -> pl.DataFrame:
    """The same who bought nothing of the product's category since."""
    return _wanted(asked, "category")


def _wanted(asked: Context, by: str) -> pl.DataFrame:
    views = _views(asked, LINGER_DAYS)
    lines = asked.marts.lines.select("customer_key", "paid_at", "local_on", "product_id", "category")
    later = _lately(asked, lines, LINGER_DAYS)
    return interested_people(views, later, as_of=end_of(asked), days=LINGER_DAYS, by=by)  # type: ignore[arg-type]


@lately_a_scope
def interests(asked: Context) -> pl.Series:
    """By place in ``audience_rows.base``: the interest in all that is wanted."""
    sums = wanted(asked).group_by("customer_key").agg(pl.col("interest").sort().sum())
    found = np.zeros(len(rows.base(asked).keys) + 1)
    found[rows.base(asked).find(sums["customer_key"])] = sums["interest"].to_numpy()
    return pl.Series("interest", found[:-1])


def bought_of_category(asked: Context, of: str) -> pl.Series:
    """Keys of who bought something of a category, not fully refunded."""
    lines = asked.marts.lines.select("customer_key", "local_on", "category", "net_minor", "refunded_minor", "is_staff")
    here = lines.filter(pl.col("category").fill_null(UNMAPPED) == of, pl.col("local_on") <= asked.to_on)
    return kept_lines(here)["customer_key"].unique()


@lately_a_scope
def seen_on(asked: Context) -> dict[str, Flags]:
    """By channel and place: who looked or ordered there in the last 365 days."""
    here = rows.base(asked)
    found: dict[str, Flags] = {}
    for mart in (asked.marts.visits, asked.marts.orders):
        table = mart.select("customer_key", "channel", "local_on")
        for start in range(0, table.height, _AT_ONCE):
            some = _lately(asked, table.slice(start, _AT_ONCE), SEEN_DAYS).drop("local_on").unique()
            for (channel,), theirs in spelled(some).partition_by("channel", as_dict=True).items():
                marks = here.marked(theirs["customer_key"])
                found[channel] = found[channel] | marks if channel in found else marks
    return found


@once_a_scope
def persons(asked: Context) -> pl.DataFrame:
    """``customer_key, person`` of registrations that the marts count under another key."""
    registered = warehouse.registrations(asked.marts).people["customer_key"]
    if registered.len() == asked.marts.people.height:
        return pl.DataFrame(schema={"customer_key": pl.Int64, "person": pl.Int64})
    joined = _unified(asked).people.filter(pl.col("customer_key").is_in(registered.implode()))
    named = joined.with_columns(person=pl.col("customer_key").min().over("person"))
    return named.filter(pl.col("customer_key") != pl.col("person"))


def by_person(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    """Rows of registrations with the key of the person, as the marts have it."""
    named = table.join(persons(asked), on="customer_key", how="left", maintain_order="left")
    return named.with_columns(customer_key=pl.coalesce("person", "customer_key")).drop("person")


@lately_a_scope
def statuses(asked: Context) -> pl.DataFrame:
    """``customer_key, status`` of the spell of ownership that lasts, of a person's first registration."""
    now = asked.marts.bindings.filter(pl.col("valid_to").is_null()).sort("customer_key")
    return by_person(asked, now.select("customer_key", "status")).unique("customer_key", keep="first")


@lately_a_scope
def worth(asked: Context) -> pl.Series:
    """By place in ``audience_rows.base``: what a buyer is expected to bring; null where nothing is."""
    here, table = rows.base(asked), value.each(asked)
    found, known = np.zeros(len(here.keys) + 1, np.int64), np.zeros(len(here.keys) + 1, np.bool_)
    at = here.find(table["customer_key"])
    found[at], known[at] = table["value_minor"].to_numpy(), True
    return pl.select(pl.when(pl.Series(known[:-1])).then(pl.Series(found[:-1])).alias("value_minor")).to_series()


def why_no_worth(asked: Context) -> str:
    """Why nobody's value is expected; empty where it is."""
    return value.off(asked)


@once_a_scope
def conflicts(asked: Context) -> pl.Series:
    """Keys of customers one of whose identities is of two who cannot be one."""
    table = _unified(asked).conflicts.select("customer_key")
    return by_person(asked, table)["customer_key"].unique()


def agreed(asked: Context) -> Reasons:
    """By place: 0 of who agreed to be written to, else the place in ``metrics.audience.REACH`` of the reason why not."""
    ever = asked.snapshot.as_of
    return _agreed(replace(plain(asked), from_on=ever, to_on=ever, as_of=ever))


@once_a_scope
def _agreed(asked: Context) -> Reasons:
    """Of those whom a customers table describes; a person's agreements are one."""
    told = by_person(asked, warehouse.agreements(asked.snapshot, asked.scope, asked.marts))
    here = rows.base(asked)
    found = np.full(len(here.keys), REACH.index("no_consent"), np.int8)
    found[here.marked(told.filter("has_consent")["customer_key"])] = REACH.index("reachable")
    found[here.marked(told.filter("has_opted_out")["customer_key"])] = REACH.index("opted_out")
    return found


@once_a_scope
def complaining(asked: Context) -> pl.Series:
    """Keys of customers with a complaint that is open at the end of the question's last day."""
    at = dt.datetime.combine(end_of(asked), dt.time(), ZoneInfo(asked.snapshot.zone))
    told = warehouse.complaints(asked.snapshot, asked.scope, asked.marts).drop_nulls("customer_key")
    return open_at(by_person(asked, told), at)


def _unified(asked: Context) -> Unified:
    """Not kept: its tables are as large as all identities."""
    given = warehouse.identities(asked.snapshot, asked.scope, asked.marts)
    return unify(given, decisions=warehouse.decided(asked.snapshot.mode))


def tier_cells(asked: Context, store: str, tier: str) -> pl.Series:
    """Cells of resolution 8 in a tier of a store's trade area, of the last 24 months."""
    orders = asked.marts.orders.select("store_id", "customer_key", "channel", "local_on", "is_purchase", "is_staff")
    there = _lately(asked, orders.filter(pl.col("store_id") == store), AREA_DAYS)
    customers = store_customers(spelled(there), asked.marts.people, resolution=RESOLUTION)
    area = trade_area(customers, asked.marts.places)
    return area.filter(pl.col("tier") == tier)["cell"]


def lives_in_cell(asked: Context, text: str) -> Flags:
    """By place: whose home is known to lie in one cell, written as other H3 software writes it."""
    cell = cell_of(text) or 0
    return rows.lives_in(asked, pl.Series([cell], dtype=pl.Int64), (cell >> 52) & 15)
