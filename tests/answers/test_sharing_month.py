"""One month: parts of the pools, where customers bought, why each line came; and no more than a viewer may see."""

import datetime as dt

import polars as pl
import pytest

from answers import sharing_headlines as say
from answers.registry import Result
from answers.sharing_month import terms
from answers.sharing_why import why
from schema.errors import UsageError
from schema.scope import Scope
from schema.sharing import standard_rules
from tests.answers.tiny import BINDINGS, COMPANY, ORDERS, PEOPLE, PLACES, answer, entry, marts, order
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
GUEST = Scope("presenter", "guest")
NOVEMBER = "2026-11"
ONLINE = order(8, 1, "2026-11-03", 10_000, store=None, channel="web")
SISTER = order(9, 1, "2026-11-04", 5_000, store="S2")
SPLIT = [
    entry(1, "accrual", "S1", 600, "2026-11-03", of=ONLINE, pool=1_200),
    entry(2, "accrual", "AG1", 400, "2026-11-03", of=ONLINE, pool=1_200),
    entry(3, "accrual", "HQ", 200, "2026-11-03", of=ONLINE, pool=1_200),
    entry(4, "accrual", "S1", 150, "2026-11-04", of=SISTER, pool=150, rule_id="R3"),
]
SHOP = marts(places=PLACES, people=PEOPLE, orders=[ORDERS[1], ONLINE, SISTER], shares=SPLIT, bindings=BINDINGS)


def parts(found):
    return dict(found.table.select("part", "amount_minor").iter_rows())


def test_the_parts_of_a_month_add_up_to_its_pools():
    found = answer("sharing/split", rows=SHOP, month=NOVEMBER)
    assert parts(found) == {"stores": 750, "agent": 400, "guides": 0, "others": 200}
    assert found.table.select("pool_minor", "unassigned_minor").row(0) == (1_350, 0)
    assert found.n == 4


def test_another_month_has_no_pool_and_nonsense_is_refused():
    assert answer("sharing/split", rows=SHOP, month="2026-09").is_empty
    with pytest.raises(UsageError, match="is not a month like 2026-10"):
        answer("sharing/split", rows=SHOP, month="2026-13")
    with pytest.raises(UsageError, match="No agent AG9 here"):
        answer("sharing/split", rows=SHOP, month=NOVEMBER, whose="AG9")


def test_an_agent_reads_own_parts_and_one_sum_for_all_others():
    found = answer("sharing/split", rows=narrow(SHOP, AG1), scope=AG1, month=NOVEMBER)
    assert parts(found) == {"stores": 750, "agent": 400, "guides": 0, "others": 200}
    assert found.table["unassigned_minor"].to_list() == [None] * 4
    with pytest.raises(UsageError, match="No agent AG2 here"):
        answer("sharing/split", rows=narrow(SHOP, AG1), scope=AG1, month=NOVEMBER, whose="AG2")


def test_places_tell_what_was_credited_and_by_which_rule():
    found = answer("sharing/spending", rows=SHOP, month=NOVEMBER, whose="AG1")
    assert found.table.select("place", "orders", "net_minor", "share_minor", "rule_id").rows() == [
        ("own_store", 1, 10_000, 0, None),
        ("online", 1, 10_000, 1_000, "R1"),
        ("sister_store", 0, 0, 0, None),
        ("another_store", 1, 5_000, 150, "R3"),
        ("head_office", 0, 0, 0, None),
    ]
    assert found.table["part"].to_list() == pytest.approx([0.4, 0.4, 0.0, 0.2, 0.0])
    assert say.spending(found, "Taihu") == "60\u202f% of bound customers' spend is elsewhere, and Taihu was credited"


def test_spending_of_an_agent_is_of_their_customers_only():
    theirs = answer("sharing/spending", rows=narrow(COMPANY, AG1), scope=AG1, month=NOVEMBER)
    every = answer("sharing/spending", rows=COMPANY, month=NOVEMBER)
    assert theirs.n < every.n
    assert theirs.table["net_minor"].sum() == 15_000


def test_two_thirds_are_said_in_words_and_a_part_credited_in_percent():
    less = marts(places=PLACES, people=PEOPLE, orders=[{**ORDERS[1], "net_minor": 7_500}, ONLINE, SISTER], shares=SPLIT[:3],
                 bindings=BINDINGS)  # fmt: skip
    found = answer("sharing/spending", rows=less, month=NOVEMBER)
    assert say.spending(found, "their owners") == (
        "Two thirds of bound customers' spend is elsewhere, and their owners were credited for 67\u202f% of it"
    )


@pytest.mark.parametrize(
    ("credited", "words"),
    [(100, "all of it"), (97, "nearly all of it"), (62, "62\u202f% of it"), (3, "hardly any of it"), (0, "none of it")],
)
def test_how_much_is_said_in_words_at_the_ends(credited, words):
    table = pl.DataFrame({"spend_minor": [200], "elsewhere_minor": [100], "credited_minor": [credited]})
    said = say.leakage(Result(table, 1, "orders"))
    assert said == f"50\u202f% of bound customers' spend is elsewhere; owners get a share of {words}"


def test_terms_of_a_rule_are_few_words():
    online, own, other, handed, nobody = standard_rules(dt.date(2024, 1, 1))
    assert [terms(rule) for rule in (online, other, handed, nobody)] == [
        "12\u202f% pool, the agent gets 33\u202f%",
        "3\u202f% to the bound store",
        "18\u202f% pool, the agent gets 20\u202f%",
        "12\u202f% to head office",
    ]
    assert (terms(own, own=True), terms(None)) == ("own sale, no pool", "no pool")


GROUND = {"order_id": "O1", "bound_store_id": "S1", "method": "geo", "cause": "registered", "dist_m": 1_184.4,
          "binding_guide_id": None, "before_store_id": None}  # fmt: skip
NAMES = {"S1": "Binhu", "S2": "Hill"}


@pytest.mark.parametrize(
    ("changed", "precise", "words"),
    [
        ({}, True, "nearest, 1,184 m"),
        ({}, False, "nearest, 1,180 m"),
        ({"dist_m": None}, True, "nearest"),
        ({"method": "scan"}, True, "scan at Binhu"),
        ({"method": "guide", "binding_guide_id": "G-7"}, True, "code of G-7"),
        ({"cause": "store_closed", "before_store_id": "S2"}, True, "handed over when Hill closed"),
        ({"cause": "store_closed"}, False, "handed over when another store closed"),
        ({"bound_store_id": None}, True, "nobody's customer"),
        ({"order_id": None}, True, None),
        ({"method": None}, True, None),
    ],
)
def test_why_a_line_came_is_said_in_few_words(changed, precise, words):
    assert why({**GROUND, **changed}, NAMES, precise=precise) == words


def test_lines_say_why_to_an_agent_without_naming_others():
    lines = answer("sharing/lines", rows=narrow(SHOP, AG1), scope=AG1, receiver="AG1", month=NOVEMBER).table
    assert lines.select("order_id", "why").rows() == [("O8", "nearest, 150 m")]


def test_a_presenter_reads_no_lines_of_single_orders():
    found = answer("sharing/lines", rows=SHOP, scope=GUEST, by="store", receiver="S1", month=NOVEMBER)
    assert (found.table.height, found.n, found.notes[0]) == (0, 0, "Single customers are not presented.")
