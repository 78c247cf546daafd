"""Events of some days come in the order of time, however their files lie."""

from __future__ import annotations

import datetime as dt
import itertools

import polars as pl
import pytest

from warehouse.event_marks import Events

FIRST, AFTER = dt.date(2026, 10, 31), dt.date(2026, 11, 2)
INSTANT = dt.datetime(2026, 10, 31, 9, tzinfo=dt.UTC)

# month, minutes after nine, seq, event_id: as they must come out
SCHEMA = {"month": pl.String, "minutes": pl.Int64, "seq": pl.Int64, "event_id": pl.String}
ORDERED = [
    ("2026-10", 0, None, "b"),
    ("2026-10", 0, 1, "a"),
    ("2026-10", 0, 1, "b"),
    ("2026-10", 0, 2, "a"),
    ("2026-10", 3, None, "a"),
    ("2026-11", 1, 7, "c"),
]


def _events(rows: list[tuple[str, int, int | None, str]]) -> Events:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(
        occurred_at=pl.lit(INSTANT) + pl.duration(minutes="minutes"), local_on=pl.lit(FIRST)
    )
    return Events(frame.lazy(), {"2026-10": ("one",), "2026-11": ("two",)})


def _told(rows: list[tuple[str, int, int | None, str]]) -> list[tuple[str, int, int | None, str]]:
    return _events(rows).between(FIRST, AFTER).select("month", "minutes", "seq", "event_id").rows()


def test_rows_in_order_stay_as_they_are() -> None:
    assert _told(ORDERED) == ORDERED


@pytest.mark.parametrize("pair", list(itertools.combinations(range(len(ORDERED)), 2)))
def test_two_rows_that_changed_places_are_put_right(pair: tuple[int, int]) -> None:
    mixed = list(ORDERED)
    mixed[pair[0]], mixed[pair[1]] = mixed[pair[1]], mixed[pair[0]]
    assert _told(mixed) == ORDERED


def test_no_events_are_in_order() -> None:
    assert _told([]) == []
