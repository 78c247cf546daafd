"""What a campaign did is counted of everybody on its lists, on its own days, and said with its doubt."""

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest

from metrics.lift_power import detectable_lift
from records import campaigns
from records.campaigns import Campaign
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.tiny import answer, day, marts, order, person, place
from warehouse.frames import narrow

AGENT = Scope(role="agent", agent_id="AG1")
PRESENTER = Scope(role="presenter")
SENT = "2026-10-01"


def sent(name, treated, holdout, on=SENT, days=14):
    wanted = Campaign(name, salt="s", window_days=days)
    campaigns.plan("real", LOCAL_OWNER, wanted, treated=pl.Series(treated), holdout=pl.Series(holdout))
    campaigns.send("real", LOCAL_OWNER, name, day(on))


def company(buyers, *, people=400, on="2026-10-05", **more):
    """Odd customers are S1's, even ones S3's; those named bought for 10,000 each."""
    rows = [
        order(n, who, on, 10_000, store=home(who), owner=home(who), **more) for n, who in enumerate(sorted(buyers), 1)
    ]
    found = [person(who, None, None, home(who), None) for who in range(1, people + 1)]
    return marts(orders=rows, people=found, places=[place("S1"), place("S3")])


def home(who):
    return "S1" if who % 2 else "S3"


def one(rows, scope=LOCAL_OWNER, query=""):
    table = answer("audiences/results", query, rows=rows, scope=scope).table
    assert table.height == 1
    return table.row(0, named=True)


def test_treated_are_compared_with_those_held_out(sqlite_home):
    del sqlite_home
    sent("wool-eve", range(1, 301), range(301, 401))
    row = one(company([*range(1, 61), *range(301, 306)]))
    assert (row["treated"], row["converted"], row["holdout"], row["holdout_converted"]) == (300, 60, 100, 5)
    assert row["lift"] == pytest.approx(0.15)
    assert 0.07 < row["low"] < 0.15 < row["high"] < 0.21
    assert row["verdict"] == "proven"
    assert row["incremental"] == pytest.approx(45)
    assert (row["net_per_person_minor"], row["holdout_net_per_person_minor"]) == (2_000, 500)
    assert row["incremental_minor"] == 450_000
    net = [np.repeat([10_000.0, 0], [60, 240]), np.repeat([10_000.0, 0], [5, 95])]
    half = 1.959964 * 300 * sum(side.var(ddof=1) / len(side) for side in net) ** 0.5
    assert row["incremental_low_minor"] == round(450_000 - half)
    assert (row["sent_on"], row["last_on"]) == (day(SENT), day("2026-10-14"))


def test_only_the_days_that_count_and_what_was_kept_count(sqlite_home):
    del sqlite_home
    sent("a", range(1, 101), range(101, 201))
    edges = [("2026-09-30", 0), ("2026-10-01", 1), ("2026-10-14", 1), ("2026-10-15", 0)]
    for on, counted in edges:
        row = one(company([1], on=on))
        assert (row["converted"], row["net_per_person_minor"]) == (counted, 100.0 * counted)
    back = one(company([1, 2], back=10_000))
    assert (back["converted"], back["return_rate"], back["net_per_person_minor"]) == (0, 1.0, 0.0)
    half = one(company([1, 2], back=4_000))
    assert (half["converted"], half["return_rate"], half["net_per_person_minor"]) == (2, 0.4, 120.0)
    assert one(company([1], is_staff=True))["converted"] == 0
    dollars = one(company([1], currency="USD"), query="currency=CNY")
    assert (dollars["converted"], dollars["net_per_person_minor"]) == (1, 0.0)
    assert half["holdout_return_rate"] is None


def test_two_orders_of_one_customer_are_one_conversion(sqlite_home):
    del sqlite_home
    sent("a", range(1, 101), range(101, 201))
    rows = [order(1, 1, "2026-10-02", 700), order(2, 1, "2026-10-09", 300), order(3, None, "2026-10-09", 900)]
    row = one(marts(orders=rows, people=[person(1, None, None, "S1", None)], places=[place("S1")]))
    assert (row["converted"], row["net_per_person_minor"]) == (1, 10.0)


def test_while_days_are_to_come_nothing_is_judged_and_what_was_not_sent_is_not_told(sqlite_home):
    del sqlite_home
    sent("running", range(1, 301), range(301, 401), on="2026-11-10")
    sent("future", range(1, 301), range(301, 401), on="2026-11-15")
    campaigns.plan("real", LOCAL_OWNER, Campaign("planned", salt="s"), treated=pl.Series([1]), holdout=pl.Series([2]))
    row = one(company(range(1, 200), on="2026-11-12"))
    assert (row["campaign"], row["verdict"]) == ("running", "running")
    earlier = answer("audiences/results", "as_of=2026-11-10", rows=company([]))
    assert earlier.is_empty
    assert earlier.notes[-1] == "No campaign was sent yet."


def test_an_agent_counts_their_own_customers_alone(sqlite_home):
    del sqlite_home
    sent("a", range(1, 301), range(301, 401))
    whole = company([*range(1, 61), *range(301, 306)])
    row = one(narrow(whole, AGENT), AGENT)
    assert (row["treated"], row["converted"], row["holdout"], row["holdout_converted"]) == (150, 30, 50, 3)
    chosen = one(whole, query="agent=AG1")
    assert {name: chosen[name] for name in ("treated", "converted", "holdout")} == {
        "treated": 150, "converted": 30, "holdout": 50,
    }  # fmt: skip
    few = answer("audiences/results", rows=narrow(company([1], people=18), AGENT), scope=AGENT)
    assert few.is_empty
    assert few.notes == ("1 campaign with fewer than ten of your customers on either list is left out.",)


def test_a_presenter_reads_no_campaign_of_few(sqlite_home):
    del sqlite_home
    sent("large", range(1, 301), range(301, 401), on="2026-09-01")
    sent("few", range(1, 301), range(301, 401), on="2026-10-01")
    rows = company([*range(1, 61), *range(301, 316)], on="2026-09-03")
    few = [order(1_000 + n, n, "2026-10-03", 10_000) for n in (1, 2, 350)]
    both = marts(orders=[*rows.orders.to_dicts(), *few], people=rows.people.to_dicts(), places=rows.places.to_dicts())
    found = answer("audiences/results", rows=both, scope=PRESENTER)
    assert found.table["campaign"].to_list() == ["large"]
    assert answer("audiences/planned", rows=both, scope=PRESENTER).is_empty


def test_several_campaigns_are_told_with_the_chance_of_a_false_one(sqlite_home):
    del sqlite_home
    sent("a", range(1, 101), range(101, 201))
    sent("b", range(1, 101), range(101, 201), on="2026-10-10")
    found = answer("audiences/results", rows=company([1]))
    assert found.table["campaign"].to_list() == ["b", "a"]
    assert found.notes[0].startswith("2 campaigns are judged, each at 95 %")
    assert found.notes[0].endswith("with a chance of 5\u202f%.")
    assert found.notes[1] == "Returns may still come in: b."


def test_who_was_on_two_lists_is_shown(sqlite_home):
    del sqlite_home
    sent("a", range(1, 101), range(101, 201))
    sent("b", [*range(51, 121), *range(300, 330)], range(1, 41), on="2026-10-10")
    sent("c", range(380, 390), range(390, 400), on="2026-10-10")
    (row,) = answer("audiences/overlaps", rows=company([])).table.iter_rows(named=True)
    assert (row["campaign"], row["other"], row["customers"]) == ("b", "a", 110)
    assert (row["treated_both"], row["campaign_only"], row["other_only"], row["held_out_both"]) == (50, 20, 40, 0)
    assert row["share"] == pytest.approx(110 / 140)
    assert row["shared_days"] == 5


def test_a_plan_tells_what_it_could_prove(sqlite_home):
    del sqlite_home
    rows = company(range(1, 21), on="2026-11-10")
    found = answer("audiences/planned", rows=rows, people="10000")
    first = found.table.row(0, named=True)
    assert (first["people"], first["treated"], first["holdout"], first["is_asked"]) == (10_000, 9_000, 1_000, True)
    assert first["base_rate"] == 0.05
    assert first["detectable_lift"] == pytest.approx(detectable_lift(9_000, 1_000, 0.05))
    assert first["incremental"] == pytest.approx(9_000 * first["detectable_lift"])
    sizes = {row["people"]: row for row in found.table.iter_rows(named=True)}
    assert (sizes[1_000]["treated"], sizes[1_000]["holdout"]) == (500, 500)
    assert (sizes[2_000]["treated"], sizes[2_000]["holdout"]) == (1_500, 500)
    lifts = found.table.sort("people")["detectable_lift"].to_list()
    assert all(more > less for more, less in itertools.pairwise(lifts))
    given = answer("audiences/planned", rows=rows, people="300", base="4").table.row(0, named=True)
    assert (given["base_rate"], given["treated"], given["holdout"]) == (0.04, 150, 150)
    assert answer("audiences/planned", rows=company([], people=0)).is_empty


@pytest.mark.parametrize(
    "options", [{"people": "many"}, {"people": "1"}, {"base": "101"}, {"days": "0"}, {"base": "nan"}]
)
def test_a_plan_of_no_number_is_refused(sqlite_home, options):
    del sqlite_home
    with pytest.raises(UsageError, match="is no number from"):
        answer("audiences/planned", rows=company([1]), **options)


def test_an_unreadable_filter_tells_of_no_campaign(sqlite_home):
    del sqlite_home
    sent("a", range(1, 101), range(101, 201))
    assert answer("audiences/results", "agent=NOBODY", rows=company([1])).is_empty
    assert answer("audiences/overlaps", "agent=NOBODY", rows=company([1])).is_empty


def test_the_result_is_the_same_however_the_rows_lie(sqlite_home):
    del sqlite_home
    sent("a", range(1, 301), range(301, 401))
    rows = company([*range(1, 61), *range(301, 306)])
    turned = marts(orders=rows.orders.reverse().to_dicts(), people=rows.people.reverse().to_dicts(),
                   places=rows.places.to_dicts())  # fmt: skip
    assert one(rows) == one(turned)
    assert isinstance(one(rows)["sent_on"], dt.date)


def test_an_agent_is_not_told_how_many_campaigns_went_to_others_alone(sqlite_home):
    del sqlite_home
    whole = company([2])
    for number in range(3):
        sent(f"others-{number}", range(2, 101, 2), range(102, 201, 2))  # even ones are another's
    nothing = answer("audiences/results", rows=narrow(whole, AGENT), scope=AGENT)
    assert nothing.is_empty
    assert nothing.notes == ("No campaign was sent yet.",)
    sent("few", range(1, 10, 2), range(2, 101, 2))
    hidden = answer("audiences/results", rows=narrow(whole, AGENT), scope=AGENT)
    assert hidden.notes == ("1 campaign with fewer than ten of your customers on either list is left out.",)
