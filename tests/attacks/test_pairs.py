"""Every agent of the demo against every other: what one can read, remember, add up and subtract of the other's customers.

A sample of pairs by default; all 72 ordered pairs, all their settings and every address under ``pytest -m long``.
"""

import dataclasses
import itertools
from fractions import Fraction

import polars as pl
import pytest

from answers import all_addresses
from answers.customers import pseudonyms
from answers.periods import context
from answers.registry import ADDRESSES, ask
from metrics.neighbours import buyers_by_month
from schema.coding import spelled
from schema.errors import CatchlightError
from schema.filters import parse_filters
from schema.scope import ANOTHER_STORE, Scope
from tests.attacks.attacker import options_of
from warehouse import api as warehouse
from warehouse.frames import narrow
from warehouse.marts import read_marts

all_addresses()

AGENTS = tuple(f"AG-0{n}" for n in range(1, 10))
EVERY_PAIR = tuple(itertools.permutations(AGENTS, 2))
SAMPLE = (("AG-05", "AG-06"), ("AG-06", "AG-05"), ("AG-01", "AG-09"), ("AG-08", "AG-02"))
"""The planted neighbours both ways, and two others; the long run takes all pairs."""

K = 10
PAIRS = [pair if pair in SAMPLE else pytest.param(pair, marks=pytest.mark.long) for pair in EVERY_PAIR]
ONE_BY_ONE = ["AG-06", *(pytest.param(one, marks=pytest.mark.long) for one in AGENTS if one != "AG-06")]
DAYS = ["", "from=2026-10-01&to=2026-10-31", "from=2026-09-03&to=2026-09-03", "from=2026-09-03&to=2026-09-04",
        "as_of=2026-08-02", "as_of=2026-08-03"]  # fmt: skip
KINDS = ["", "channel=pos", "channel=app", "model=B2C", "segment=champions", "currency=USD", "product=P-001"]


class World:
    """The demo as it is at rest, each agent's part of it, and the book of who lives in which published cell."""

    def __init__(self):
        self.snapshot = warehouse.open_snapshot("demo")
        self.whole = read_marts(self.snapshot.marts_folder, self.snapshot.mart_format)
        self.own = {agent: narrow(self.whole, scope_of(agent)) for agent in AGENTS}
        rows = self.whole
        self.buyers = buyers_by_month(
            spelled(rows.orders), spelled(rows.people), rows.places, before=self.snapshot.as_of
        )

    def asked(self, agent, query="", page="catchment", *, is_borrowed=False):
        scope = scope_of(agent, is_borrowed=is_borrowed)
        return context(parse_filters(query), scope, self.snapshot, self.own[agent], page=page)

    def read_by(self, agent):
        """Customers of whom an agent reads any purchase at a store of others, whose ever and whenever."""
        orders = self.own[agent].orders
        return set(orders.filter(pl.col("store_id").cast(pl.String) == ANOTHER_STORE)["customer_key"])


def scope_of(agent, *, is_borrowed=False):
    return Scope("agent", f"viewer-{agent}", agent, is_borrowed=is_borrowed)


@pytest.fixture(scope="module")
def world(demo_home):
    assert demo_home
    return World()


def units_of(world, holder, other):
    """What an agent holds of another: each published unit with the people who are in it."""
    held = world.own[holder].neighbours.filter(pl.col("agent_id") == other)
    theirs = world.buyers.filter(pl.col("agent_id") == other)
    for unit in held.rows(named=True):
        month = pl.col("month").is_between(unit["from_on"], unit["to_on"], closed="left")
        yield unit, theirs.filter(month, pl.col("cell") == unit["cell"])


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_what_is_published_less_all_that_others_know_together_leaves_ten_people(world, pair):
    """The asking agent alone, and all other agents who pool their rows."""
    holder, other = pair
    alone = world.read_by(holder)
    pooled = set().union(*(world.read_by(one) for one in AGENTS if one != other))
    seen, units = set(), 0
    for unit, inside in units_of(world, holder, other):
        rows = set(inside.select("customer_key", "month").iter_rows())
        people = set(inside["customer_key"])
        assert unit["persons"] is unit["apart"] is None
        assert len(rows) == unit["customer_months"]
        assert not rows & seen  # a difference of sums is again a sum of whole units
        assert len(people - alone) >= K
        assert len(people - pooled) >= K
        seen |= rows
        units += 1
    assert units > 10
    assert len(set(world.buyers.filter(pl.col("agent_id") == other).select("customer_key", "month").iter_rows())) > len(
        seen
    )


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_no_setting_moves_what_one_agent_is_told_of_another(world, pair):
    holder, other = pair
    places = ["", *(f"{name}={value}" for name, value in (("agent", holder), ("agent", other), ("city", "Suzhou")))]
    stores = [world.whole.places.filter(agent_id=one)["store_id"][0] for one in pair]
    places += [f"store={one}" for one in stores]
    questions = (("catchment/neighbours", {}), ("catchment/neighbour_cells", {"with": other}))
    for name, options in questions:
        plain = ask(name, world.asked(holder), **options).table
        for parts in itertools.product(DAYS, places, KINDS):
            query = "&".join(part for part in parts if part)
            told = ask(name, world.asked(holder, query), **options).table
            assert told.is_empty() or told.equals(plain), query
        assert ask(name, world.asked(holder, is_borrowed=True), **options).table.equals(plain)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_shares_lead_back_to_published_numbers_alone(world, pair):
    """From shares with all their digits whole numbers can be found again: they are those published, over their sum."""
    holder, other = pair
    held = world.own[holder].neighbours.filter(pl.col("agent_id") == other)
    recent = held.filter(pl.col("to_on") > world.snapshot.as_of.replace(day=1, year=world.snapshot.as_of.year - 2))
    whole = recent["customer_months"].sum()
    by_cell = {f"{cell:x}": n for cell, n in recent.group_by("cell").agg(pl.col("customer_months").sum()).iter_rows()}
    for row in ask("catchment/neighbour_cells", world.asked(holder), **{"with": other}).table.rows(named=True):
        found = Fraction(row["share_theirs"]).limit_denominator(whole)
        assert found == Fraction(by_cell[row["cell"]], whole)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_nothing_an_agent_holds_depends_on_customers_of_the_other_whom_they_do_not_see(world, pair):
    """The other's customers, orders, views, spells and entries that the agent cannot read are taken away by thirds."""
    holder, other = pair
    seen = set(world.own[holder].people["customer_key"]) | set(world.own[holder].orders["customer_key"].drop_nulls())
    seen |= set(world.own[holder].visits["customer_key"]) | set(world.own[holder].bindings["customer_key"])
    seen |= set(world.own[holder].shares["customer_key"].drop_nulls())
    seen |= set(world.own[holder].attempts["customer_key"].drop_nulls())
    hidden = world.whole.people.filter(pl.col("owner_agent_id").cast(pl.String) == other)["customer_key"]
    hidden = [key for key in hidden if key not in seen]
    assert len(hidden) > 50
    fewer = without(world.whole, hidden[::3])
    again = narrow(fewer, scope_of(holder))
    for name in TABLES:
        mine, theirs = (spelled_out(getattr(rows, name)) for rows in (world.own[holder], again))
        if name == "attempts":  # claims made on customers of others are told without the customer
            mine, theirs = (rows.filter(pl.col("customer_key").is_not_null()) for rows in (mine, theirs))
        assert mine.equals(theirs, null_equal=True), name


TABLES = ("orders", "lines", "refunds", "visits", "actions", "people", "bindings", "attempts", "shares", "neighbours")


def without(marts, keys):
    """The company without some customers; what was published stays as it was."""
    gone = pl.Series(keys, dtype=pl.Int64)
    tables = {
        name: getattr(marts, name).filter(~pl.col("customer_key").is_in(gone.implode()).fill_null(value=False))
        for name in TABLES
        if name != "neighbours"
    }
    return dataclasses.replace(marts, **tables)


def spelled_out(rows):
    return rows.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def everything(world, agent):
    """All texts that an agent gets from every address under every option, with the address."""
    texts = set()
    for name in SPEAKING:
        asked = world.asked(agent, page=name.split("/", maxsplit=1)[0])
        for options in options_of(name):
            if len(options) > 1:
                continue
            try:
                found = ask(name, asked, **options).table
            except CatchlightError:
                continue
            words = [found[column].drop_nulls().unique() for column, kind in found.schema.items() if kind == pl.String]
            texts |= {(name, value) for column in words for value in column}
    return texts


SPEAKING = [name for name in sorted(ADDRESSES) if not name.startswith(("data/", "audiences/"))]
NAMED = ("catchment/neighbours", "catchment/neighbour_cells")


def secrets_of(world, agent):
    """Words that are an agent's alone: stores, guides, territories, statements; and customers who are or were theirs."""
    own = world.own[agent]
    words = {
        *own.places["store_id"],
        *own.places["name"],
        *own.territories["territory_id"],
        *own.statements["statement_id"],
    }
    words |= {*own.bindings["guide_id"].drop_nulls()}
    return words, set(own.people["customer_key"]) | set(own.bindings["customer_key"])


@pytest.mark.parametrize("agent", ONE_BY_ONE)
def test_no_answer_to_an_agent_holds_a_word_of_any_other(world, agent):
    texts = everything(world, agent)
    mine, my_people = secrets_of(world, agent)
    assert mine & {value for _, value in texts}
    said = {value for name, value in texts if name not in NAMED}
    for other in AGENTS:
        if other == agent:
            continue
        words, people = secrets_of(world, other)
        hidden = pseudonyms(pl.Series(sorted(people - my_people), dtype=pl.Int64))
        assert not ((words - mine) | set(hidden) | {other}) & said, other
