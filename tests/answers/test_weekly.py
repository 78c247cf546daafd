"""The small lines tell of each week what the key figures tell of that week alone."""

import dataclasses
import datetime as dt
import random

import pytest

from answers.figures import FIGURES, figures
from answers.periods import context, over
from answers.registry import ask
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.tiny import COMPANY, NOTHING, SNAPSHOT, line, order, spell, table, visit
from warehouse.frames import narrow

SOME = ("S1", "S2", "S3")
QUERIES = (
    "", "store=S1", "agent=AG2", "city=Wuxi", "channel=pos", "category=Coats", "product=P1", "segment=new", "currency=USD",
    "to=2026-11-12", "from=2026-10-01&to=2026-11-09", "as_of=2026-11-05", "store=S99",
)  # fmt: skip


def busy(seed):
    """A hundred days of trade by chance, members owned and taken over meanwhile."""
    chance = random.Random(seed)  # noqa: S311

    def day():
        return (dt.date(2026, 8, 7) + dt.timedelta(days=chance.randrange(100))).isoformat()

    orders = [
        order(key, chance.choice([1, 2, 3, 4, None]), day(), chance.choice([0, 900, 1_001]), store=chance.choice(SOME),
              owner=chance.choice(SOME), back=chance.choice([0, 0, 450]), channel=chance.choice(["pos", "web"]))
        for key in range(150)
    ]  # fmt: skip
    lines = [line(bought, chance.choice(["P1", "P2"])) for bought in orders]
    visits = [
        visit(chance.randrange(1, 5), day(), chance.choice(["P1", "P2"]), seconds, owner=chance.choice(SOME),
              linger=None if seconds is None else seconds > 60)
        for seconds in chance.choices([None, 5.0, 61.5, 300.0], k=150)
    ]  # fmt: skip
    spells = [
        spell(1, 1, "S1", "2026-08-20", "2026-09-30"), spell(2, 1, "S3", "2026-09-30", cause="takeover"),
        spell(3, 2, "S2", "2026-09-01", wait_s=90.0), spell(4, 3, None, "2026-09-02", "2026-10-02"),
        spell(5, 3, "S3", "2026-10-02"), spell(6, 4, "S1", "2026-10-20", arrived_s=700.0, wait_s=720.0),
    ]  # fmt: skip
    given = {"orders": orders, "lines": lines, "visits": visits, "bindings": spells}
    return dataclasses.replace(COMPANY, **{name: table(name, rows) for name, rows in given.items()})


def both(query, rows, scope=LOCAL_OWNER):
    """Week and figure → value, all at once and week by week."""
    asked = context(parse_filters(query), scope, SNAPSHOT, rows, page="overview")
    at_once = {(row["week_on"], row["kpi"]): row["value"] for row in ask("overview/weekly", asked).table.to_dicts()}
    alone = {}
    for week_on in {week for week, _ in at_once}:
        week = over(asked, week_on, week_on + dt.timedelta(days=6))
        alone |= {(week_on, kpi): told.value for kpi, told in figures(week, only=FIGURES).items()}
    return at_once, alone


@pytest.mark.parametrize("query", QUERIES)
def test_a_week_is_told_as_by_itself(query):
    at_once, alone = both(query, busy(len(query)))
    assert at_once == alone
    assert len(at_once) == 12 * len(FIGURES)


@pytest.mark.parametrize("query", ["", "store=S3", "channel=web"])
def test_for_an_agent_too(query):
    scope = Scope("agent", agent_id="AG2")
    at_once, alone = both(query, narrow(busy(7), scope), scope)
    assert at_once == alone


def test_without_data_every_week_is_unknown():
    at_once, alone = both("", NOTHING)
    assert at_once == alone
    assert set(at_once.values()) == {None}
