"""A run decides only those of whom it knows something else or whose time has come, and ends as if it decided everybody."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ledger import bind_kept, store
from ledger.bind import bind
from ledger.bind_changes import changes
from ledger.bind_scope import PEOPLE, differing, due, next_of
from ledger.rules import save_policy
from ledger.spells import pinned
from ledger.spells import spells as spells_of
from metrics.binding import BindingFacts, decide
from schema.scope import LOCAL_OWNER
from schema.settings import data_home
from schema.sharing import BindingPolicy
from tests.ledger.test_bind_laws import DAYS, NOBODY, START, policies, worlds
from tests.ledger.world import key, local
from tests.warehouse import typed
from warehouse.api import reset

if TYPE_CHECKING:
    from schema.settings import DataMode

REAL: DataMode = "real"
NOW = local("2026-06-01 12:00:00")
DAY = dt.timedelta(days=1)
S1, S2 = typed.store("S1", 31.21, 121.4), typed.store("S2", 31.18, 121.4)
_PARTS = ("customers", "fixes", "claims", "orders")


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=store.BINDING_LOG)


def _of(facts: BindingFacts, keys: pl.Series) -> BindingFacts:
    mine = pl.col("customer_key").is_in(keys.implode())
    return dataclasses.replace(facts, **{name: getattr(facts, name).filter(mine) for name in _PARTS})


def _run(
    log: pl.DataFrame, facts: BindingFacts, rules: list[BindingPolicy], until: dt.datetime, keys: pl.Series | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One binding run on a ledger in memory, of some customers or everybody: the log then, and their ``PEOPLE``."""
    mine = log if keys is None else log.filter(pl.col("customer_key").is_in(keys.implode()))
    some = dataclasses.replace(facts if keys is None else _of(facts, keys), pinned=pinned(mine))
    decided = decide(some, rules, until)
    rows = changes(decided.spells, spells_of(mine), NOBODY, until)
    fresh = rows.drop("is_known", "owner_changed").with_columns(
        recorded_at=pl.lit(until).cast(pl.Datetime("us", "UTC")), seq=pl.int_range(pl.len()) + log.height + 1
    )
    told = pl.concat([log, fresh.select([pl.col(name).cast(kind) for name, kind in log.schema.items()])])
    return told, next_of(decided, some, until)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[BindingFacts, dt.datetime]], list[BindingPolicy]]:
    """What was known at three to six instants, one after another: now and then all about somebody is another, or gone."""
    one, other, rules = draw(worlds()), draw(worlds()), draw(policies)
    instants = draw(st.lists(st.integers(0, DAYS * 24), min_size=3, max_size=6))
    said = dict.fromkeys(range(1, 5), 0)
    found = []
    for until in sorted(START + dt.timedelta(hours=hours) for hours in instants):
        who = draw(st.sampled_from([None, None, 1, 2, 3, 4]))
        if who is not None:
            said[who] = draw(st.sampled_from([0, 1, 2]))
        some: dict[str, pl.DataFrame] = {}
        for name in _PARTS:
            parts = [
                getattr(world, name).filter(pl.col("customer_key").is_in([key for key in said if said[key] == number]))
                for number, world in enumerate((one, other))
            ]
            some[name] = pl.concat(parts, how="diagonal_relaxed").select(getattr(one, name).columns)
        found.append((dataclasses.replace(one, **some), until))
    return found, rules


@settings(max_examples=60, deadline=None)
@given(histories())
def test_runs_that_decide_some_write_what_runs_that_decide_everybody_do(
    history: tuple[list[tuple[BindingFacts, dt.datetime]], list[BindingPolicy]],
) -> None:
    steps, rules = history
    scoped = everybody = _empty()
    people, last = pl.DataFrame(schema=PEOPLE), None
    for facts, until in steps:
        keys = None
        if last is not None:
            known = [differing(getattr(last, name), getattr(facts, name)) for name in _PARTS]
            keys = pl.concat([due(people, until), *known]).unique().sort()
        scoped, fresh = _run(scoped, facts, rules, until, keys)
        people = fresh if keys is None else bind_kept.with_fresh(people, keys, fresh)
        everybody, all_people = _run(everybody, facts, rules, until, None)
        assert_frame_equal(scoped, everybody)
        assert_frame_equal(people, all_people)
        last = facts


def _customer(name: str, registered: str = "2026-01-10 20:00:00", lat: float = 31.2) -> dict[str, Any]:
    home = {"home_lat": lat, "home_lng": 121.4, "home_src": "address", "home_precision_m": 30.0}
    return typed.customer(name, registered_at=local(registered), **home)


def _scan(name: str, customer: str, when: str, shop: str) -> dict[str, Any]:
    moment = local(when)
    row = typed.event(name, kind="scan", product=None, customer=customer, store_id=shop)
    return row | {"occurred_at": moment, "local_on": (moment + dt.timedelta(hours=8)).date()}


def _bound(when: dt.datetime) -> tuple[int, Any]:
    """How many customers a run decided, and its report; one that decides everybody finds nothing more to do then."""
    said: list[str] = []
    report = bind(REAL, now=when, publish=False, progress=lambda _, text: said.append(text))
    (deciding,) = [text for text in said if text.startswith("Deciding")]
    again = bind(REAL, now=when, publish=False, anew=True)
    assert (again.new_rows, again.new_attempts) == (0, 0)
    assert (again.customers, again.bound, again.attempts) == (report.customers, report.bound, report.attempts)
    return int(deciding.split()[1].replace(",", "")), report


@pytest.fixture
def ten(sqlite_home: object) -> list[dict[str, Any]]:
    """Ten customers between two stores, bound."""
    people = [_customer(f"C{n}") for n in range(10)]
    typed.take(typed.table("stores", S1, S2), typed.table("customers", *people))
    assert _bound(NOW)[0] == 10
    return people


@pytest.mark.usefixtures("ten")
def test_nobody_is_decided_when_nothing_is_known_more() -> None:
    decided, report = _bound(NOW + DAY)
    assert (decided, report.customers, report.new_rows) == (0, 10, 0)
    assert report.bound == {"exact": 10, "contested": 0, "provisional": 0, "unassigned": 0}


@pytest.mark.usefixtures("ten")
def test_a_new_customer_is_decided_alone() -> None:
    typed.take(typed.table("customers", _customer("C10", lat=31.185), file="new.csv"))
    decided, report = _bound(NOW + DAY)
    assert (decided, report.customers, report.new_rows) == (1, 11, 1)
    mine = store.binding_log(REAL, people=pl.Series([key("C10")]))
    assert mine["store_id"].to_list() == ["S2"]


@pytest.mark.usefixtures("ten")
def test_who_scans_is_decided_alone_and_taken_over() -> None:
    typed.take(typed.table("events", _scan("E1", "C3", "2026-05-20 10:00:00", "S2")))
    decided, report = _bound(NOW + DAY)
    assert (decided, report.new_rows, report.new_attempts, report.attempts) == (1, 1, 1, 1)
    assert _bound(NOW + 2 * DAY)[0] == 0


@pytest.mark.usefixtures("ten")
def test_a_scan_that_lies_ahead_is_heard_when_its_time_has_come() -> None:
    typed.take(typed.table("events", _scan("E1", "C3", "2026-07-20 10:00:00", "S2")))
    assert _bound(NOW + DAY)[1].new_rows == 0
    assert _bound(NOW + 2 * DAY)[0] == 0
    decided, report = _bound(local("2026-07-21"))
    assert (decided, report.new_rows) == (1, 1)


@pytest.mark.usefixtures("ten")
def test_who_is_not_registered_yet_is_bound_when_that_time_has_come() -> None:
    typed.take(typed.table("customers", _customer("C10", "2026-08-01 09:00:00"), file="new.csv"))
    assert _bound(NOW + DAY)[1].customers == 10
    decided, report = _bound(local("2026-08-02"))
    assert (decided, report.customers) == (1, 11)


@pytest.mark.usefixtures("ten")
def test_validity_runs_out_without_any_new_row() -> None:
    order = typed.order("O1", customer="C4", channel="app") | {
        "placed_at": local("2026-05-30"), "paid_at": local("2026-05-30"), "local_on": dt.date(2026, 5, 30),
    }  # fmt: skip
    typed.take(typed.table("orders", order))
    assert _bound(NOW + DAY)[0] == 1
    # 365 days after registration on 10 January 2026 all but C4, whose order renewed it
    decided, report = _bound(local("2027-01-11"))
    assert (decided, report.new_rows) == (10, 9)


@pytest.mark.usefixtures("ten")
def test_another_place_of_a_store_decides_everybody() -> None:
    typed.take(typed.table("stores", typed.store("S1", 31.3, 121.4), S2, file="stores-2.csv"))
    assert _bound(NOW + DAY)[0] == 10


@pytest.mark.usefixtures("ten")
def test_another_policy_decides_everybody() -> None:
    save_policy(REAL, BindingPolicy(effective_from=NOW, validity_days=30), LOCAL_OWNER, reason="shorter")
    assert _bound(NOW + DAY)[0] == 10


@pytest.mark.usefixtures("ten")
def test_a_run_at_an_earlier_instant_decides_everybody() -> None:
    assert _bound(NOW + 2 * DAY)[0] == 0
    assert _bound(NOW + DAY)[0] == 10


@pytest.mark.usefixtures("ten")
@pytest.mark.parametrize("lost", ["seen.json", "*.parquet"])
def test_what_the_last_run_left_may_be_lost(lost: str) -> None:
    for file in (data_home(REAL) / "bound").glob(lost):
        file.unlink()
    assert _bound(NOW + DAY)[0] == 10


def test_a_ledger_that_somebody_else_wrote_to_decides_everybody(ten: list[dict[str, Any]]) -> None:
    log = store.binding_log(REAL).head(1).drop("seq", "recorded_at")
    rows = log.with_columns(store_id=pl.lit("S2"), cause=pl.lit("corrected"))
    store.append_bindings(REAL, rows, recorded_at=NOW)
    decided, report = _bound(NOW + DAY)
    assert (decided, report.new_rows) == (10, 1)


def test_who_is_marked_as_a_test_is_counted_no_more(ten: list[dict[str, Any]]) -> None:
    typed.take(typed.table("customers", ten[2] | {"is_test": True}, file="again.csv"))
    decided, report = _bound(NOW + DAY)
    assert (decided, report.customers, report.bound["exact"]) == (0, 9, 9)


def _left() -> tuple[pl.DataFrame, bind_kept.Files]:
    found = bind_kept.last_run(REAL)
    assert found is not None
    return found[0].people, found[1]


def test_what_many_runs_add_is_what_a_run_of_everybody_leaves(ten: list[dict[str, Any]]) -> None:
    kept = []
    for number in range(11):
        new = [_customer(f"N{number}")]
        gone = [ten[number] | {"is_test": True}] if number in {2, 5} else []
        typed.take(typed.table("customers", *new, *gone, file=f"day{number}.csv"))
        bind(REAL, now=NOW + number * DAY, publish=False)
        kept.append(len(_left()[1].people))
    assert kept == [2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3]
    people, files = _left()
    folder = data_home(REAL) / "bound"
    assert {file.stem for file in folder.glob("*.parquet")} == {*files.people, files.decisions}
    assert people.height == 19
    bind(REAL, now=NOW + 10 * DAY, publish=False, anew=True)
    assert_frame_equal(people, _left()[0])


@pytest.mark.usefixtures("ten")
def test_a_run_that_decides_nobody_writes_nobodys_state() -> None:
    before = _left()[1]
    bind(REAL, now=NOW + DAY, publish=False)
    assert _left()[1] == before
    assert bind_kept.last_run(REAL)[0].seen.until == NOW + DAY  # type: ignore[index]  (it is there)


@pytest.mark.usefixtures("ten")
def test_nothing_of_a_run_outlives_a_reset() -> None:
    assert (data_home(REAL) / "bound" / "seen.json").is_file()
    reset(REAL, LOCAL_OWNER)
    assert not (data_home(REAL) / "bound").exists()


_ROWS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([None, 1.0, 2.0]), st.sampled_from([None, "a"])), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(_ROWS, _ROWS, st.booleans())
def test_rows_that_lie_in_one_of_two_tables_alone_tell_whose_they_are(
    then: list[tuple[int, Any, Any]],
    now: list[tuple[int, Any, Any]],
    once: bool,  # noqa: FBT001
) -> None:
    if once:
        then, now = (list({row[0]: row for row in rows}.values()) for rows in (then, now))
    schema = {"customer_key": pl.Int64, "home_lat": pl.Float64, "city": pl.String}
    found = differing(*(pl.DataFrame(rows, schema=schema, orient="row") for rows in (then, now)))
    assert set(found) == {row[0] for row in set(then) ^ set(now)}
