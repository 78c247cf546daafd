"""What is told from cells is what the views themselves tell, whoever asks and whatever the filters."""

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import cubes, narrow
from answers.figures import figures
from answers.known import options
from answers.periods import mature
from answers.registry import ask
from metrics.conversion import conversion, funnel
from metrics.dwell import dwell_by_daypart, dwell_by_hour, dwell_coverage, dwell_cross, unreliable_channels
from metrics.findings import dwell_spikes
from metrics.overview import dwell_totals
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.tiny import COMPANY, NOTHING, answer, asked, line, noon, order, table, visit
from warehouse.frames import narrow as narrowed

AGENT = Scope("agent", agent_id="AG2")
DAY = dt.date(2026, 10, 20)
FILTERS = (
    "", "channel=app", "channel=pos&channel=app", "category=Coats", "category=Unmapped", "channel=app&category=Coats",
    "product=P1", "store=S1", "city=Wuxi", "segment=new", "store=S3&channel=app", "from=2026-10-22&to=2026-10-30",
    "from=2026-11-14&to=2026-11-20", "category=Hats",
)  # fmt: skip


@st.composite
def views(draw):
    """A view of one of a few days, hours, products, channels and people, its dwell known or not."""
    dwell = draw(st.sampled_from([None, 0.0, 1.5, 30.0, 61.25, 600.0]))
    evidence = "unknown" if dwell is None else draw(st.sampled_from(["measured", "pings", "gap"]))
    who = draw(st.sampled_from([None, 1, 2, 3]))
    on = DAY + dt.timedelta(days=draw(st.sampled_from([0, 1, 2, 9, 20])))
    category = draw(st.sampled_from(["Coats", "Knits", "Unmapped", None]))
    return visit(
        who, on.isoformat(), draw(st.sampled_from(["P1", "P2"])), dwell, owner=draw(st.sampled_from(["S1", "S2", "S3"])),
        channel=draw(st.sampled_from(["app", "pos", "live"])), linger=None if dwell is None else dwell > 30,
        visitor=who or -draw(st.integers(1, 3)), evidence=evidence, is_capped=dwell == 600.0, category=category,
        hour_of_week=on.weekday() * 24 + draw(st.sampled_from([0, 9, 23])),
        product_id=draw(st.sampled_from(["P1", "P2", None])), at=noon(on, draw(st.sampled_from([1, 4, 7]))),
    )  # fmt: skip


def of(rows, scope):
    """A company of these views, as the scope may see it."""
    ordered = sorted(rows, key=lambda row: row["local_on"])
    return narrowed(dataclasses.replace(COMPANY, visits=table("visits", ordered)), scope)


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(views(), max_size=40), query=st.sampled_from(FILTERS))
def test_cells_tell_what_the_views_tell(scope, rows, query):
    question = asked(query, page="dwell", rows=of(rows, scope), scope=scope)
    seen = narrow.visits(question)
    for group, column in (("category", "category"), ("product", "product_id")):
        for name, told in (("dwell/heatmap", dwell_by_hour), ("dwell/dayparts", dwell_by_daypart)):
            found = ask(name, question, group=group)
            expected = told(seen, by=column).drop("median_dwell_s")
            order = [c for c in ("group", "is_weekend", "hour", "hour_of_week") if c in expected.columns]
            assert_frame_equal(found.table.select(expected.columns).sort(order), expected, check_exact=True)
            assert (found.n, found.coverage) == (seen.height, ratio(seen["dwell_ms"].count(), seen.height))
            with_medians = ask(name, question, group=group, medians="yes")
            assert_frame_equal(with_medians.table.drop("median_dwell_s"), found.table, check_exact=True)
            assert with_medians.notes == found.notes
    notes = [note.split()[1] for note in ask("dwell/heatmap", question).notes if note.startswith("Channel")]
    assert notes == unreliable_channels(seen)
    assert_frame_equal(
        ask("dwell/coverage", question).table, dwell_coverage(seen), check_exact=True, check_column_order=False
    )


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(views(), max_size=40),
    query=st.sampled_from(FILTERS),
    hours=st.sampled_from([(), (24, 33)]),
    among=st.sampled_from([(), ("Coats", "P2"), ("Unmapped",)]),
)
def test_pairs_are_told_as_the_views_tell_them(scope, rows, query, hours, among):
    question = asked(query, page="dwell", rows=of(rows, scope), scope=scope)
    seen = narrow.visits(question)
    if hours:
        seen = seen.filter(pl.col("hour_of_week").is_in(hours))
    if among:
        marked = pl.col("category").fill_null("Unmapped").is_in(among) | pl.col("product_id").is_in(among)
        seen = seen.filter(marked.fill_null(value=False))
    for group, row in (("category", "category"), ("product", "product_id")):
        for by, column in (("channel", "channel"), ("city", "owner_city"), ("store", "owner_store_id")):
            found = ask("dwell/cross", question, group=group, by=by, hours=hours, among=among)
            expected = dwell_cross(seen, row, column)
            assert_frame_equal(found.table.select(expected.columns), expected, check_exact=True)
            assert (found.n, found.coverage) == (seen.height, ratio(seen["dwell_ms"].count(), seen.height))


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(views(), min_size=1, max_size=40), query=st.sampled_from(FILTERS))
def test_the_key_figures_of_attention_are_those_of_the_views(scope, rows, query):
    question = asked(query, rows=of(rows, scope), scope=scope)
    told = figures(question, only=("dwell_minutes", "linger_rate"))
    expected = dwell_totals(narrow.visits(question))
    for name in told:
        row = expected.row(0, named=True) if expected.height else {name: None, "known_views": 0}
        assert (told[name].value, told[name].n) == (row[name], row["known_views"])


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(views(), max_size=40), query=st.sampled_from(FILTERS))
def test_people_are_counted_as_the_views_count_them(scope, rows, query):
    question = asked(query, rows=of(rows, scope), scope=scope)
    seen, actions, lines = narrow.visits(question), narrow.actions(question), narrow.lines(question)
    assert_frame_equal(ask("overview/funnel", question).table, funnel(seen, actions, lines))
    old = mature(question, 14)
    table = conversion(narrow.visits(old), narrow.later_lines(old), as_of=old.as_of, days=14)
    row = table.row(0, named=True) if table.height else {"conversion_rate": None, "mature_viewers": 0}
    told = figures(question, only=("conversion_rate",))["conversion_rate"]
    assert (told.value, told.n) == (row["conversion_rate"], row["mature_viewers"])


def test_the_first_look_of_a_day_counts_and_the_longest():
    rows = [
        visit(1, "2026-10-20", "P1", 5.0, linger=False, at=noon(DAY, 1)),
        visit(1, "2026-10-20", "P1", 90.0, linger=True, at=noon(DAY, 7)),
        visit(2, "2026-10-20", "P1", None, at=noon(DAY, 7)),
        visit(3, "2026-10-20", "P1", 5.0, linger=False, at=noon(DAY, 1), product_id=None),
    ]
    bought = [order(1, 1, "2026-10-20", 900), order(2, 2, "2026-10-20", 900), order(3, 3, "2026-10-20", 900)]
    lines = table("lines", [line(row, "P1") for row in bought])
    company = dataclasses.replace(of(rows, LOCAL_OWNER), lines=lines, orders=table("orders", bought))
    question = asked("from=2026-10-14&to=2026-10-27", rows=company)
    told = figures(question, only=("conversion_rate",))["conversion_rate"]
    assert (told.value, told.n) == (0.5, 2)
    assert ask("overview/funnel", question).table["visitors"].to_list() == [3, 1, None, 1, 1]


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(views(), max_size=20))
def test_the_filters_offer_the_channels_of_the_views(rows):
    offered = set(options(of(rows, LOCAL_OWNER))["channel"])
    assert {row["channel"] for row in rows} <= offered


@pytest.mark.parametrize("medians", ["no", "yes"])
def test_groups_of_equal_dwell_have_one_rank_whatever_the_order_of_their_views(medians):
    rows = [
        visit(1, DAY.isoformat(), "P1", 1.0, dwell_ms=dwell, category=name, hour_of_week=DAY.weekday() * 24 + hour)
        for name, parts in (("B", (20_371, 35_669)), ("A", (56_040,)), ("C", (7_000,)))
        for hour, dwell in enumerate(parts)
    ]
    told = answer("dwell/heatmap", rows=of(rows, LOCAL_OWNER), medians=medians).table
    assert told.select("group", "hour_of_week", "rank").rows() == [
        ("A", 24, 1),
        ("B", 24, 1),
        ("B", 25, 1),
        ("C", 24, 2),
    ]


def test_an_agents_cells_hold_only_what_the_agent_may_see():
    rows = [
        visit(1, "2026-11-02", "P1", 10.0, owner="S1"),
        visit(2, "2026-11-02", "P1", 20.0, owner="S3"),
        visit(None, "2026-11-02", "P1", 40.0, owner="S3", visitor=-5),
    ]
    everybody, theirs = of(rows, LOCAL_OWNER), of(rows, AGENT)
    assert told(everybody) == (3, 70_000)
    assert told(theirs) == (1, 20_000)
    assert cubes.by_day(theirs).select("views", "measured").rows() == [(1, 1)]


def test_a_day_of_many_views_is_as_many_cells_as_a_day_of_few():
    few = [visit(1, "2026-11-02", "P1", 10.0), visit(1, "2026-11-03", "P1", None)]
    cells = [cubes.by_hour(of(few * many, LOCAL_OWNER)).sums["views"].shape for many in (1, 50)]
    assert cells[0] == cells[1]
    assert cubes.by_day(of(few * 50, LOCAL_OWNER))["views"].to_list() == [50, 50]


@pytest.mark.parametrize("query", ["channel=app", "category=Coats", "from=2026-10-22&to=2026-10-30&channel=pos"])
def test_no_view_is_read_where_cells_will_do(query):
    question = asked(query, page="dwell")
    for name in ("dwell/heatmap", "dwell/dayparts", "dwell/coverage"):
        ask(name, question)
    assert not any("_of_all_days" in key for key in question.memo)


@pytest.mark.parametrize("weeks", [1, 2, 4])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(views(), st.integers(0, 120)), min_size=1, max_size=40),
    place=st.sampled_from(["agent=AG2", "agent=AG1&agent=AG2", "store=S3", "city=Wuxi", ""]),
    more=st.sampled_from(["", "&channel=app", "&category=Coats&channel=pos"]),
    days=st.tuples(st.integers(-9, 130), st.integers(-9, 130)).map(sorted),
)
def test_what_lies_between_kept_weeks_is_added_or_taken_off(weeks, rows, place, more, days):
    moved = []
    for row, day in rows:
        on = DAY + dt.timedelta(days=day)
        moved.append(row | {"local_on": on, "hour_of_week": on.weekday() * 24 + row["hour_of_week"] % 24})
    first, last = (DAY + dt.timedelta(days=day) for day in days)
    question = asked(f"from={first}&to={last}&{place}{more}", page="dwell", rows=of(moved, LOCAL_OWNER))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cubes, "_weeks", lambda *_: weeks)
        found = ask("dwell/heatmap", question)
        if not question.unknown:
            assert cubes.by_hour(question.marts, "agent").weeks == weeks
    seen = narrow.visits(question)
    expected = dwell_by_hour(seen, by="category").drop("median_dwell_s")
    assert_frame_equal(found.table.select(expected.columns).sort("group", "hour_of_week"), expected, check_exact=True)
    assert (found.n, found.coverage) == (seen.height, ratio(seen["dwell_ms"].count(), seen.height))


def test_places_of_which_cells_of_every_week_would_be_too_many_keep_every_fourth_or_none():
    agents = 365, 40 * 4_800
    assert cubes._weeks(365, 4_800, 86_000_000) == 1
    assert cubes._weeks(*agents, 86_000_000) == 4
    assert cubes._weeks(*agents, 8_600_000) is None
    assert cubes._weeks(365, 200 * 4_800, 86_000_000) is None
    assert cubes._weeks(30, 4_800, 10) == 1


def test_without_views_nothing_is_told():
    assert answer("dwell/heatmap", rows=NOTHING).is_empty
    assert answer("dwell/coverage", rows=NOTHING).is_empty
    assert isinstance(cubes.by_day(NOTHING), pl.DataFrame)


def test_hours_that_belong_to_a_category_are_found_among_numbers_as_among_views():
    random = np.random.default_rng(1)
    hours = np.where(random.random(3000) < 0.3, 21, random.integers(0, 24, 3000))
    rows = [
        visit(
            None, DAY.isoformat(), "P1", 20.0 + n % 7, visitor=-1 - n % 600, category="Coats" if hour == 21 else "Knits",
            hour_of_week=DAY.weekday() * 24 + int(hour),
        )
        for n, hour in enumerate(hours)
    ]  # fmt: skip
    question = asked("", page="dwell", rows=of([*rows, visit(1, DAY.isoformat(), "P1", None)], LOCAL_OWNER))
    found, expected = ask("dwell/spikes", question).table, dwell_spikes(narrow.visits(question))
    assert found.row(0)[:3] == ("Coats", 20, 22)
    assert_frame_equal(found, expected, rel_tol=1e-9)


def told(rows):
    """Views and dwell of the cells of a scope."""
    cube = cubes.by_hour(rows)
    found = cube.by_weekday(dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    return int(found["views"].sum()), int(found["dwell_ms"].sum())


def ratio(part, whole):
    """A share; None of nothing."""
    return part / whole if whole else None
