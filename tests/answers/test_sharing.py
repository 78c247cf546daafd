"""Owners: who has whom, since when, how surely, and what an agent may know of it."""

import datetime as dt

import polars as pl
import pytest

from answers import sharing_headlines as say
from schema.scope import Scope
from tests.answers.tiny import BINDINGS, COMPANY, NOTHING, PEOPLE, PLACES, SNAPSHOT, answer, day, marts, noon, spell
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
THEIRS = narrow(COMPANY, AG1)
READER = Scope("agent", "reader", "AG1")
"""Reads pseudonyms, of rows that nothing has narrowed."""
NOVEMBER = "from=2026-11-01&to=2026-11-14"


def test_bindings_are_the_spells_that_touch_the_period():
    table = answer("sharing/bindings", NOVEMBER, scope=READER).table
    assert table.select("customer_id", "store_id", "agent_id", "status").rows() == [
        ("C-0000000001", "S1", "AG1", "exact"),
        ("C-0000000002", "S2", "AG2", "exact"),  # until noon of the first day
        ("C-0000000002", "S1", "AG1", "contested"),
        ("C-0000000003", "S3", "AG2", "exact"),
        ("C-0000000004", None, None, "unassigned"),
    ]
    assert table.filter(store_id="S3")["runner_store_id"].to_list() == ["S2"]
    later = answer("sharing/bindings", "from=2026-11-02&to=2026-11-14", scope=READER).table
    assert later["store_id"].to_list() == ["S1", "S1", "S3", None]
    before = answer("sharing/bindings", "from=2026-01-01&to=2026-01-10", scope=READER).table
    assert before["store_id"].to_list() == ["S2", "S3", None]


@pytest.mark.parametrize(
    ("query", "stores"), [("agent=AG2", ["S2", "S3"]), ("store=S1", ["S1", "S1"]), ("city=Wuxi", ["S3"])]
)
def test_place_filters_mean_the_owner(query, stores):
    assert answer("sharing/bindings", f"{NOVEMBER}&{query}", scope=READER).table["store_id"].to_list() == stores


def test_an_agent_reads_their_own_spells_under_pseudonyms():
    table = answer("sharing/bindings", NOVEMBER, rows=THEIRS, scope=AG1).table
    assert table.select("customer_id", "store_id").rows() == [("C-0000000001", "S1"), ("C-0000000002", "S1")]


def test_the_funnel_is_told_as_of_the_end_of_the_period():
    found = answer("sharing/funnel", NOVEMBER)
    assert found.table.select("step", "customers").rows() == [
        ("registered", 4), ("located", 3), ("bound", 3), ("exact", 2), ("contested", 1), ("provisional", 0),
        ("unassigned", 1),
    ]  # fmt: skip
    assert (found.n, found.coverage, found.notes) == (4, 0.75, ("Money is in CNY alone; USD can be chosen.",)[:0])
    assert say.coverage(found) == "75.0\u202f% of members have an owner"
    assert say.sureness(found) == "33.3\u202f% of owners are contested"
    early = answer("sharing/funnel", "from=2026-10-01&to=2026-10-31")
    assert dict(early.table.select("step", "customers").rows())["registered"] == 3


def test_the_funnel_of_a_cohort_counts_who_registered_in_the_period():
    table = answer("sharing/funnel", NOVEMBER, cohort="period").table
    assert table.filter(step="registered")["customers"].to_list() == [1]


def test_members_whom_no_run_has_decided_are_named():
    rows = marts(people=PEOPLE, places=PLACES, bindings=BINDINGS[:1])
    found = answer("sharing/funnel", NOVEMBER, rows=rows)
    assert found.notes == ("3 members are not decided yet.",)


def test_the_funnel_of_an_agent_and_of_a_store_is_of_whom_they_own():
    counts = {"registered": 2, "located": 2, "bound": 2, "exact": 1, "contested": 1, "provisional": 0, "unassigned": 0}
    agent = answer("sharing/funnel", NOVEMBER, rows=THEIRS, scope=AG1).table
    store = answer("sharing/funnel", f"{NOVEMBER}&store=S1").table
    assert dict(agent.select("step", "customers").rows()) == counts
    assert dict(store.select("step", "customers").rows()) == counts


def test_while_nobody_is_bound_a_note_says_what_to_do():
    found = answer("sharing/funnel", rows=marts(people=PEOPLE, places=PLACES))
    assert found.is_empty
    assert found.notes == ("Nobody is bound yet: a binding run (python -m ledger bind) gives every member an owner.",)
    assert say.coverage(found) == "Who has an owner"


def late_rows():
    late = [spell(n, n, "S1", "2026-06-18", wait_s=7_300) for n in range(40)]
    fine = [spell(100 + n, 100 + n, "S1", "2026-06-17", wait_s=9) for n in range(10)]
    old = [spell(200, 200, "S1", "2026-06-16", arrived_s=86_400, wait_s=90_000)]
    return marts(places=PLACES, bindings=[*late, *fine, *old])


def test_a_day_of_late_bindings_stands_out():
    found = answer("sharing/latency", "from=2026-06-01&to=2026-06-30", rows=late_rows())
    assert found.table.select("day", "bound", "p95_s", "timely", "late", "historic").rows() == [
        (day("2026-06-16"), 0, None, 0, 0, 1),
        (day("2026-06-17"), 10, 9.0, 10, 0, 0),
        (day("2026-06-18"), 40, 7_300.0, 0, 40, 0),
    ]
    assert say.latency(found) == "40 bindings came late on 18 June"
    total = answer("sharing/timeliness", "from=2026-06-01&to=2026-06-30", rows=late_rows())
    assert total.table.select("bound", "timely_share", "late", "historic").rows() == [(50, 0.2, 40, 1)]
    assert total.coverage == 50 / 51
    assert say.timeliness(total) == "20.0\u202f% were bound within 60 s, 95 % within 2 h 2 min"


def test_few_late_bindings_are_no_incident():
    fine = marts(places=PLACES, bindings=[spell(n, n, "S1", "2026-06-18", wait_s=40 + n) for n in range(30)])
    assert say.latency(answer("sharing/latency", "from=2026-06-01&to=2026-06-30", rows=fine)) == (
        "9 bindings came late, spread over the period"
    )


def test_methods_are_those_of_the_bindings_that_hold():
    table = answer("sharing/methods", NOVEMBER).table
    assert table.rows() == [("geo", "registered", 2), ("scan", "takeover", 1), (None, "registered", 1)]


def test_attempts_are_seen_from_both_sides():
    rows = [("2026-11", "scan", "accepted", 1, 1)]
    for query in ("", "&agent=AG1", "&store=S2"):
        assert answer("sharing/attempts", NOVEMBER + query).table.rows() == rows
    assert answer("sharing/attempts", NOVEMBER + "&store=S3").is_empty
    year = answer("sharing/attempts", "from=2026-01-01&to=2026-11-14")
    assert say.attempts(year) == "Protection held against 1 of 2 claims"
    assert answer("sharing/attempts", NOVEMBER, rows=THEIRS, scope=AG1).table.rows() == rows


def test_expiring_looks_ahead_from_as_of():
    soon = spell(9, 9, "S2", "2026-01-01", expires_at=noon(day("2026-12-01")))
    found = answer("sharing/expiring", "from=2026-06-01&to=2026-06-30", rows=marts(places=PLACES, bindings=[soon]))
    assert found.table.rows() == [("S2", "AG2", 1, soon["expires_at"], "Shop S2", "Agent AG2")]
    assert found.notes == ("From 2026-11-15 to 2026-12-14.",)
    assert say.expiring(found) == "1 binding runs out within 30 days"


def rush(count=43):
    start = dt.datetime(2026, 8, 22, 7, 20, tzinfo=dt.UTC)
    return [
        spell(n, n, "S1", "2026-08-22", guide_id="G-117", valid_from=start + dt.timedelta(seconds=14 * n))
        for n in range(count)
    ]


def test_a_guide_who_binds_too_many_is_named_with_number_and_local_time():
    found = answer("sharing/anomalies", "from=2026-08-01&to=2026-08-31", rows=marts(places=PLACES, bindings=rush()))
    assert found.table.select("kind", "subject", "n", "value", "store_name").rows() == [
        ("guide_rush", "G-117", 43, 10.0, "Shop S1")
    ]
    sentence = "G-117 bound 43 people in 10 minutes from one spot on 22 August 2026, 15:20"
    assert found.table["sentence"].to_list() == [sentence + "."]
    assert say.anomalies(found) == sentence
    assert answer("sharing/anomalies", NOVEMBER, rows=marts(places=PLACES, bindings=rush())).is_empty


def test_a_contested_store_is_named():
    held = [spell(n, n, "S2", "2026-01-10", status="contested" if n < 16 else "exact") for n in range(40)]
    table = answer("sharing/anomalies", NOVEMBER, rows=marts(places=PLACES, bindings=held)).table
    assert table["sentence"].to_list() == ["40\u202f% of the 40 customers bound to Shop S2 are contested."]


def test_nothing_odd_is_said_so():
    assert say.anomalies(answer("sharing/anomalies")) == "Nothing looks odd"


def test_a_segment_narrows_to_its_members():
    segment = answer("purchases/rfm", "from=2026-01-01&to=2026-11-14").table["segment"][0]
    few = answer("sharing/bindings", f"{NOVEMBER}&segment={segment}", scope=READER)
    assert 0 < few.n < answer("sharing/bindings", NOVEMBER, scope=READER).n


def test_without_a_query_the_last_year_is_told():
    found = answer("sharing/attempts")
    assert (found.to_on - found.from_on).days == 364
    assert found.to_on == SNAPSHOT.as_of - dt.timedelta(days=1)


def test_headlines_of_nothing_are_plain_nouns():
    plain = {
        "latency": "How long a registration waits for its owner", "timeliness": "How fast owners are found",
        "attempts": "Attempts to claim customers", "expiring": "No binding runs out soon",
        "balance": "Allocated and distributed", "leakage": "Where bound customers spend",
        "journey": "Where bound customers buy", "exposure": "What refunds may still take back",
    }  # fmt: skip
    for name, noun in plain.items():
        assert getattr(say, name)(answer(f"sharing/{name}", rows=NOTHING)) == noun
    assert say.sureness(answer("sharing/funnel", rows=NOTHING)) == "How sure the owner is"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3_600, "1 h"), (9_000, "2 h 30 min")],
)
def test_durations_in_words(seconds, words):
    assert say.duration(seconds) == words


def test_every_column_of_a_spell_survives_an_export_of_one_row():
    one = marts(places=PLACES, bindings=[spell(1, 1, "S1", "2026-11-01")])
    table = answer("sharing/bindings", NOVEMBER, rows=one, scope=READER).table
    assert table.height == 1
    assert table.select(pl.col("protected_until") - pl.col("valid_from")).item() == dt.timedelta(days=90)


def test_a_day_of_late_bindings_is_worth_a_look_in_its_period_alone():
    found = answer("overview/findings", "from=2026-06-01&to=2026-06-30", rows=late_rows()).table
    assert found.select("kind", "value", "sentence", "detail", "n", "page").rows() == [
        ("late_bindings", 40.0, "customers waited over a minute for their owner on 18 June",
         "95 % were bound within 2 h 2 min · n = 40 registrations", 40, "sharing"),
    ]  # fmt: skip
    assert answer("overview/findings", NOVEMBER, rows=late_rows()).is_empty


def test_a_rush_is_worth_a_look_for_thirteen_weeks():
    rows = marts(places=PLACES, bindings=rush())
    found = answer("overview/findings", NOVEMBER, rows=rows).table
    assert found.select("kind", "value", "sentence", "detail").rows() == [
        ("guide_rush", 43.0, "people bound by G-117 at once from one spot",
         "from 22 August 2026, 15:20 · more than 20 in ten minutes"),
    ]  # fmt: skip
    assert answer("overview/findings", "from=2026-11-22&to=2026-12-10", rows=rows).is_empty
