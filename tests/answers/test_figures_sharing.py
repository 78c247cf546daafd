"""The Overview's figures of owners and shares: three of four members are owned, 1,740 were accrued, 135 taken back."""

import dataclasses
import datetime as dt

import pytest

from answers.figures_sharing import HEAD_OFFICE_ALONE, NOT_BY_GOODS
from answers.registry import NEAREST_ASSUMED
from answers.sharing_rows import NOTHING_BOUND, NOTHING_SHARED
from schema.scope import Scope
from schema.wording import KPIS
from tests.answers.tiny import BINDINGS, COMPANY, NOTHING, SHARES, answer, day, entry, marts, noon, spell, table
from warehouse.frames import narrow

SHARING = ("binding_coverage", "binding_timely", "pool_accrued_minor", "hq_retained_minor")


def figures(query="", *, rows=COMPANY, **more):
    found = answer("overview/kpis", query, rows=rows, **more).table
    return {row["kpi"]: row for row in found.iter_rows(named=True)}


def values(query="", **more):
    found = figures(query, **more)
    return tuple(found[kpi]["value"] for kpi in SHARING)


def company(**frames):
    return dataclasses.replace(COMPANY, **{name: table(name, rows) for name, rows in frames.items()})


def test_owners_and_shares_of_the_period():
    assert values() == (3 / 4, 1.0, 1_740.0, 25_000.0 - 1_740 + 135)
    found = figures()
    assert [found[kpi]["n"] for kpi in SHARING] == [4, 1, 4, 5]
    assert [found[kpi]["note"] for kpi in SHARING] == [None] * 4


def test_before_there_is_a_ledger_they_are_unknown_and_say_why():
    rows = company(bindings=[], shares=[])
    found = figures(rows=rows)
    assert values(rows=rows) == (None, None, None, None)
    assert [found[kpi]["note"] for kpi in SHARING] == [NOTHING_BOUND, NOTHING_BOUND, NOTHING_SHARED, NOTHING_SHARED]
    assert values(rows=NOTHING) == (None, None, None, None)


def test_a_period_without_entries_has_accrued_nothing_and_kept_all():
    assert values("from=2026-09-14&to=2026-09-20")[2:] == (0.0, 3_000.0)


def test_a_correction_counts_and_a_clawback_is_none_of_the_pool():
    more = [*SHARES, entry(7, "adjust", "AG1", -100, "2026-11-14", of={**COMPANY.orders.row(1, named=True)}),
            entry(8, "payout", "S1", -500, "2026-11-14")]  # fmt: skip
    assert values(rows=company(shares=more))[2:] == (1_640.0, 25_000.0 - 1_640 + 135)


def test_what_the_fund_gets_stays_with_head_office():
    fund = [entry(1, "accrual", "HQ", 300, "2026-11-03", of=COMPANY.orders.row(2, named=True))]
    assert values(rows=company(shares=fund))[2:] == (300.0, 25_000.0)


def test_a_late_clawback_is_dated_to_the_order_in_what_head_office_keeps():
    back = entry(9, "clawback", "S1", -300, "2026-11-20", of=COMPANY.orders.row(1, named=True))
    assert values(rows=company(shares=[*SHARES, back]))[2:] == (1_740.0, 25_000.0 - 1_740 + 435)


@pytest.mark.parametrize(
    ("query", "coverage", "accrued", "kept"),
    [
        ("store=S1", 2 / 2, 1_200, 19_000 - 1_200),  # members 1 and 2; sold at S1: 10,000 + 4,000 + 5,000
        ("store=S3", 1 / 2, 540, 6_000 - 540 + 135),  # member 3 is theirs; member 4 lives nearest and is nobody's
        ("agent=AG2", 1 / 2, 540, 6_000 - 540 + 135),
        ("city=Suzhou", 2 / 2, 1_200, 19_000 - 1_200),
        ("channel=wechat_mini", 3 / 4, 540, 6_000 - 540 + 135),
        ("store=S2", None, 0, 0),
    ],
)
def test_places_mean_the_owner_for_bindings_and_the_selling_store_for_shares(query, coverage, accrued, kept):
    found = values(query)
    assert (found[0], found[2], found[3]) == (coverage, accrued, kept)


@pytest.mark.parametrize("query", ["model=O2O", "category=Coats", "product=P1"])
def test_shares_are_not_told_by_what_entries_do_not_know(query):
    found = figures(query)
    assert [found[kpi]["value"] for kpi in SHARING[2:]] == [None, None]
    assert [found[kpi]["note"] for kpi in SHARING[2:]] == [NOT_BY_GOODS] * 2
    assert found["binding_coverage"]["value"] == 3 / 4


def test_another_currency_has_its_own_shares():
    assert values("currency=USD")[2:] == (0.0, 999.0)


def test_an_unreadable_filter_shows_no_number():
    assert values("store=S99") == (None, None, None, None)


def test_an_agent_sees_own_members_and_own_shares_alone():
    scope = Scope("agent", agent_id="AG2")
    found = figures(rows=narrow(COMPANY, scope), scope=scope)
    assert [found[kpi]["value"] for kpi in SHARING] == [1.0, None, 180.0 + 360, None]
    assert found["hq_retained_minor"]["note"] == HEAD_OFFICE_ALONE


def test_registrations_that_reached_us_late_are_historic_and_a_slow_binding_is_not_timely():
    rows = company(
        bindings=[
            *BINDINGS,
            spell(6, 6, "S1", "2026-11-02", wait_s=60.0),
            spell(7, 7, "S1", "2026-11-02", wait_s=61.0),
            spell(8, 8, "S1", "2026-11-02", wait_s=700.0, arrived_s=601.0),
            spell(9, 9, None, "2026-11-02"),
            spell(10, 10, "S1", "2026-11-20"),
            spell(11, 11, "S1", "2026-11-03", cause="takeover", registered_at=noon(day("2026-11-02"))),
        ]
    )
    found = figures(rows=rows)["binding_timely"]
    assert (found["value"], found["n"]) == (2 / 3, 3)
    assert found["note"] == "Historic, left out: 1 that reached us over 10 minutes after registering."


def test_the_small_lines_have_them_too():
    weekly = answer("overview/weekly").table
    last = {row["kpi"]: row["value"] for row in weekly.filter(weekly["week_on"] == dt.date(2026, 11, 8)).to_dicts()}
    assert (last["binding_coverage"], last["pool_accrued_minor"]) == (3 / 4, 540.0)


def test_no_definition_speaks_of_what_is_missing():
    assert not [kpi for kpi, word in KPIS.items() if "Needs " in word.definition]


def test_without_members_there_is_no_share_of_them():
    assert values(rows=marts(bindings=BINDINGS))[0] is None


@pytest.mark.parametrize(
    ("name", "query", "bound", "said"),
    [
        ("dwell/products", "store=S1", False, True),
        ("overview/funnel", "city=Suzhou", False, True),
        ("dwell/products", "store=S1", True, False),
        ("dwell/products", "", False, False),
        ("overview/ranking", "store=S1", False, False),  # money: where it was sold
    ],
)
def test_before_bindings_an_owner_is_said_to_be_assumed(name, query, bound, said):
    rows = COMPANY if bound else company(bindings=[])
    assert (NEAREST_ASSUMED in answer(name, query, rows=rows).notes) == said
