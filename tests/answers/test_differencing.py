"""Attacks: an agent with all questions there are, a good memory and a script learns of no group of one to nine."""

import itertools

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from answers.registry import ADDRESSES
from schema.errors import CatchlightError
from schema.marts import MARTS
from schema.scope import Scope
from tests.answers import crowd
from tests.answers.tiny import answer
from warehouse.frames import narrow

AGENTS = ("AG1", "AG2")
K = 10
DAYS = ["", "from=2026-05-01&to=2026-11-14", *[f"from=2026-0{m}-01&to=2026-0{m}-28" for m in range(5, 10)],
        "from=2026-09-03&to=2026-09-03", "from=2026-09-03&to=2026-09-04", "as_of=2026-08-02", "as_of=2026-11-14"]  # fmt: skip
PLACES = ["", "store=S1", "store=S2", "agent=AG1", "agent=AG2", "city=Suzhou", "city=Wuxi"]
KINDS = ["", "channel=pos", "channel=app", "model=B2C", "category=Coats", "product=P1", "segment=champions"]
QUERIES = ["&".join(part for part in parts if part) for parts in itertools.product(DAYS, PLACES, KINDS)]
SOME = [*DAYS[:2], *PLACES[1:4], "segment=champions", "as_of=2026-08-02&store=S1"]
NEIGHBOURS = ("catchment/neighbours", "catchment/neighbour_cells")


def scope_of(agent):
    return Scope("agent", f"viewer-{agent}", agent)


@pytest.fixture(scope="module")
def rows():
    return crowd.drawn()


@pytest.fixture(scope="module")
def world(rows):
    return crowd.company(*rows)


def other_of(agent):
    return AGENTS[1 - AGENTS.index(agent)]


def options_of(name, agent):
    """Every value that each option of an address takes, cells at every resolution, both agents for free text."""
    entry = ADDRESSES[name]
    free = {"resolution": ["4", "5", "6", "7", "8", "9"], "with": [*AGENTS, ""], "of": [agent, ""]}
    yield {}
    for option, allowed in entry.options.items():
        for value in allowed or free.get(option, ["S1", "S2", *AGENTS]):
            yield {option: value}


def told(name, query, rows, agent, options):
    """What the agent is told: a table and its notes, or a refusal in words."""
    try:
        found = answer(name, query, rows=rows, scope=scope_of(agent), **options)
    except CatchlightError as error:
        return None, str(error)
    return found.table, (found.n, found.coverage, found.notes)


def memberships(rows, agent):
    """Agent's (customer, cell, month) at physical stores in closed months, from the typed rows alone."""
    orders, people = rows
    cell = {row["customer_key"]: crowd.cell_of_home(row) for row in people}
    return {
        (row["customer_key"], cell[row["customer_key"]], row["local_on"].replace(day=1))
        for row in orders
        if row["agent_id"] == agent and row["channel"] == "pos" and row["local_on"].month < 11
    }


@pytest.mark.parametrize("agent", AGENTS)
def test_no_filter_day_or_option_moves_what_is_told_of_neighbours(world, agent):
    own = narrow(world, scope_of(agent))
    for name, options in ((NEIGHBOURS[0], {}), (NEIGHBOURS[1], {"with": other_of(agent)})):
        plain, _ = told(name, "", own, agent, options)
        assert plain.height > 0
        for query in QUERIES:
            table, _ = told(name, query, own, agent, options)
            assert table.is_empty() or table.equals(plain), query


@pytest.mark.parametrize("agent", AGENTS)
def test_a_published_number_less_all_that_an_agent_reads_elsewhere_leaves_ten_people(rows, world, agent):
    own = narrow(world, scope_of(agent))
    other = other_of(agent)
    read = own.orders.filter(pl.col("agent_id") == other, pl.col("channel") == "pos")
    read = set(read.select("customer_key", pl.col("local_on").dt.truncate("1mo")).iter_rows())
    everybody = memberships(rows, other)
    published = own.neighbours.filter(pl.col("agent_id") == other)
    assert published.height > 3
    seen = set()
    for unit in published.rows(named=True):
        inside = {m for m in everybody if m[1] == unit["cell"] and unit["from_on"] <= m[2] < unit["to_on"]}
        assert len(inside) == unit["customer_months"]
        assert not inside & seen  # disjoint: a difference of sums is a sum of units
        seen |= inside
        unread = {who for who, _, on in inside if (who, on) not in read}
        assert len(unread) >= K
    assert len(everybody - seen) > 0  # something is hidden in this world


def hidden_orders(rows, world, agent):
    """Orders at the other agent's stores which no published group holds and this agent cannot read, by customer."""
    other = other_of(agent)
    own = set(narrow(world, scope_of(agent)).orders["order_key"])
    held = world.neighbours.filter(pl.col("agent_id") == other).rows(named=True)
    cell = {row["customer_key"]: crowd.cell_of_home(row) for row in rows[1]}
    found = {}
    for row in rows[0]:
        where, on = cell[row["customer_key"]], row["local_on"]
        is_held = any(u["cell"] == where and u["from_on"] <= on < u["to_on"] for u in held)
        if row["agent_id"] == other and row["order_key"] not in own and not is_held:
            found.setdefault(row["customer_key"], set()).add(row["order_key"])
    return found


@pytest.mark.parametrize("agent", AGENTS)
def test_whether_a_hidden_customer_bought_changes_nothing_that_an_agent_reads(rows, world, agent):
    own = narrow(world, scope_of(agent))
    hidden = hidden_orders(rows, world, agent)
    assert len(hidden) >= 10
    for keys in hidden.values():
        fewer = crowd.company([row for row in rows[0] if row["order_key"] not in keys], rows[1])
        theirs = narrow(fewer, scope_of(agent))
        for name in MARTS:
            assert_frame_equal(getattr(theirs, name), getattr(own, name), check_row_order=False)


def compared(world, fewer, agent, queries):
    own, theirs = (narrow(rows, scope_of(agent)) for rows in (world, fewer))
    for name in sorted(ADDRESSES):
        if name.startswith("data/"):
            continue
        for query, options in itertools.product(queries, options_of(name, agent)):
            before, after = (told(name, query, rows, agent, options) for rows in (own, theirs))
            assert before[1] == after[1], (name, query, options)
            assert before[0] is after[0] is None or before[0].equals(after[0]), (name, query, options)


@pytest.mark.parametrize("agent", AGENTS)
def test_no_answer_tells_whether_hidden_customers_bought(rows, world, agent):
    gone = set().union(*hidden_orders(rows, world, agent).values())
    fewer = crowd.company([row for row in rows[0] if row["order_key"] not in gone], rows[1])
    compared(world, fewer, agent, SOME[:2])


@pytest.mark.long
@pytest.mark.parametrize("agent", AGENTS)
def test_no_answer_to_any_filter_tells_whether_hidden_customers_bought(rows, world, agent):
    gone = set().union(*hidden_orders(rows, world, agent).values())
    fewer = crowd.company([row for row in rows[0] if row["order_key"] not in gone], rows[1])
    compared(world, fewer, agent, [*SOME, *QUERIES[::23]])


def test_late_orders_change_no_number_by_fewer_than_ten_people(rows, world):
    early = crowd.company(rows[0][::2], rows[1])
    late = crowd.company(rows[0], rows[1], before=early.neighbours)
    key = ["agent_id", "cell", "from_on", "to_on"]
    pairs = early.neighbours.join(late.neighbours, on=key, how="left")
    assert pairs["persons_right"].null_count() == 0
    moved = pairs.filter(pl.col("customer_months") != pl.col("customer_months_right"))
    assert ((moved["persons"] - moved["persons_right"]).abs() >= K).all()
    assert moved.height > 0
