"""Reconciliation over files as they are loaded: a missing hour, a doubled day, refunds, fees, and a day that is not there."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from schema.scope import Scope
from tests.answers.test_sync import STORES, load, told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FIRST = dt.date(2026, 3, 2)
HEAD = "order_id,customer_id,order_date,channel,store_id,amount"
HOURS = range(10, 20)
PER_HOUR = 30
DAY_MINOR = len(HOURS) * PER_HOUR * 1_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    return tmp_path


def day(week: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=week)


def sold(on: dt.date, hours: Iterable[int] = HOURS, mark: str = "T") -> list[str]:
    """Orders of 10.00, as many in each hour."""
    return [
        f"{mark}{on:%m%d}{hour}{n},M{n},{on} {hour}:{n:02}:00,pos,S1,10.00" for hour in hours for n in range(PER_HOUR)
    ]


def bills(*rows: str) -> str:
    return "\n".join(["day,source,amount,orders,fees", *rows]) + "\n"


def weeks(*lost: int) -> str:
    """Nine Mondays of the same shop; on those named, the hour from 14 is missing."""
    rows = [row for n in range(9) for row in sold(day(n), [h for h in HOURS if n not in lost or h != 14])]
    return "\n".join([HEAD, *rows]) + "\n"


def causes() -> dict[dt.date, tuple[int | None, str]]:
    table = told("sync/reconciliation", query=f"from={FIRST}&to={day(9)}").table
    return {row["day"]: (row["difference_minor"], row["explanation"]) for row in table.iter_rows(named=True)}


def test_an_hour_that_was_lost_on_the_way_explains_what_is_missing(home: Path) -> None:
    every = bills(*(f"{day(n)},main,3000.00,300," for n in range(9)))
    load(home, stores=STORES, orders=weeks(4), bills=every)
    found = causes()
    assert found.pop(day(4)) == (-30_000, "missing_hour")
    assert set(found.values()) == {(0, "agrees")}
    answer = told("sync/reconciliation")
    assert (answer.coverage, answer.notes) == (1.0, ())
    assert answer.table.row(4) == (day(4), "main", 270_000, DAY_MINOR, -30_000, 270, 300, "missing_hour")


def test_a_day_that_came_under_other_ids_explains_what_is_too_much(home: Path) -> None:
    twice = "\n".join([HEAD, *sold(FIRST), *sold(FIRST, mark="Z")]) + "\n"
    load(home, stores=STORES, orders=twice, bills=bills(f"{FIRST},main,3000.00,300,"))
    assert causes() == {FIRST: (DAY_MINOR, "doubled_day")}


def test_a_bill_may_come_later_be_corrected_and_name_days_and_systems_that_are_not_here(home: Path) -> None:
    load(home, stores=STORES, orders="\n".join([HEAD, *sold(FIRST)]) + "\n")
    assert causes() == {FIRST: (None, "no_bill")}
    load(home, one=bills(f"{FIRST},main,6000.00,600,", f"{day(1)},pay,5.00,1,"))
    assert causes() == {FIRST: (-DAY_MINOR, "doubled_bill"), day(1): (-500, "missing_day")}
    load(home, two=bills(f"{FIRST},main,2982.00,300,18.00"))
    assert causes()[FIRST] == (1_800, "fees")
    load(home, again=bills(f"{FIRST},main,2982.00,300,18.00", f"{day(2)},pay,5.00,1,"))
    assert told("sync/loads").table["duplicate"].to_list() == [1]


def test_refunds_of_the_day_explain_a_bill_of_what_was_left(home: Path) -> None:
    back = f"refund_id,order_id,refund_date,amount\nR1,T0302101,{FIRST} 20:00:00,10.00\n"
    load(
        home, stores=STORES, orders="\n".join([HEAD, *sold(FIRST)]) + "\n", refunds=back,
        bills=bills(f"{FIRST},main,2990.00,299,"),
    )  # fmt: skip
    assert causes() == {FIRST: (1_000, "refunds")}


def test_some_stores_alone_are_not_held_against_a_bill_of_all(home: Path) -> None:
    load(home, stores=STORES, orders="\n".join([HEAD, *sold(FIRST)]) + "\n", bills=bills(f"{FIRST},main,3000.00,300,"))
    answer = told("sync/reconciliation", query="store=S1")
    assert answer.table["explanation"].to_list() == ["no_bill"]
    assert answer.notes == ("A bill is of all stores of a shop system: beside some stores alone it cannot stand.",)
    assert told("sync/reconciliation", query="store=S9").is_empty


def test_bills_of_another_currency_are_never_compared(home: Path) -> None:
    text = "day,source,amount,orders,currency\n2026-03-02,main,3000.00,300,USD\n"
    load(home, stores=STORES, orders="\n".join([HEAD, *sold(FIRST)]) + "\n", bills=text)
    assert causes() == {FIRST: (None, "no_bill")}


def test_a_presenter_is_shown_days_of_many_orders_alone(home: Path) -> None:
    few = [f"X{n},M1,{on} 10:00:00,pos,S1,10.00" for n, on in enumerate([day(3), day(6), day(10)])]
    rows = "\n".join([HEAD, *sold(FIRST), *sold(day(1), range(10, 18)), *sold(day(2), range(10, 16)), *few]) + "\n"
    every = (f"{day(n)},main,3000.00,300," for n in range(3))
    load(home, stores=STORES, orders=rows, bills=bills(*every, f"{day(3)},main,10.00,1,"))
    shown = told("sync/reconciliation", Scope("presenter", "guest")).table["day"].to_list()
    assert shown
    assert day(3) not in shown
