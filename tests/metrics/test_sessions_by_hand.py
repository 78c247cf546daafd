"""Sessions and dwell against going through the events one by one."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.event_order import time_order
from metrics.sessions import sessionise

START = dt.datetime(2026, 11, 15, tzinfo=dt.UTC)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "event_id": pl.Int64,
    "visitor": pl.Int64,
    "occurred_at": pl.Datetime("us", "UTC"),
    "seq": pl.Int64,
    "type": pl.String,
    "product_id": pl.String,
    "fg_ms": pl.Int64,
}
LEAST, MOST = -(2**63), 2**63 - 1
CLOSERS = ("view", "hide", "leave")

Row = tuple[int, int, dt.datetime, int | None, str, str | None, int | None]
Told = tuple[int, int, dt.datetime, int | None, str, bool]


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def turn(row: Row) -> tuple[object, ...]:
    event, visitor, when, seq, kind, _, _ = row
    return visitor, when, seq is not None, seq or 0, {"hide": 0, "leave": 0, "view": 1}.get(kind, 2), event


def measured(view: Row, after: list[Row]) -> tuple[int | None, str, bool]:
    """Dwell, evidence and whether it was capped, of one view and what follows it in its session."""
    if view[6] is not None:
        return min(view[6], 600_000), "measured", view[6] > 600_000
    next_view = next((n for n, row in enumerate(after) if row[4] == "view"), len(after))
    slots = {(row[2] - START) // dt.timedelta(seconds=10) for row in after[:next_view] if row[4] == "ping"}
    if slots:
        said = 10_000 * (len(slots) - 1) + 5_000
        return min(said, 600_000), "pings", said > 600_000
    closer = next((n for n, row in enumerate(after) if row[4] in CLOSERS), None)
    if closer is None:
        return None, "unknown", False
    gaps = [(b[2] - a[2]) // dt.timedelta(milliseconds=1) for a, b in pairwise([view, *after[: closer + 1]])]
    return sum(min(gap, 180_000) for gap in gaps), "gap", max(gaps) > 180_000


def one_by_one(rows: list[Row]) -> list[Told]:
    """Event, session, its first instant, dwell, evidence and cap of each view, in the order of visitors and time."""
    sessions: list[list[Row]] = []
    for row in sorted(rows, key=turn):
        last = sessions[-1][-1] if sessions else None
        if last is None or last[1] != row[1] or row[2] - last[2] > dt.timedelta(minutes=30):
            sessions.append([])
        sessions[-1].append(row)
    return [
        (row[0], number, session[0][2], *measured(row, session[place + 1 :]))
        for number, session in enumerate(sessions)
        for place, row in enumerate(session)
        if row[4] == "view"
    ]


visitors = st.sampled_from([LEAST, LEAST + 1, LEAST + 2, -1, 0, 1, 2, MOST - 1, MOST]) | st.integers(LEAST, MOST)
moments = st.integers(0, 40).map(lambda n: n * 130) | st.integers(0, 20_000)
events = st.lists(
    st.tuples(
        visitors | st.integers(0, 2),
        moments,
        st.none() | st.integers(0, 2),
        st.sampled_from(["view", "view", "view", "ping", "leave", "hide", "cart"]),
        st.none() | st.integers(0, 900_000),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(drawn=events, in_time=st.booleans(), cut=st.integers(0, 40))
def test_views_are_what_going_through_the_events_one_by_one_gives(
    drawn: list[tuple[int, int, int | None, str, int | None]], *, in_time: bool, cut: int
) -> None:
    if in_time:
        drawn = sorted(drawn, key=lambda row: row[1])
    rows: list[Row] = [
        (number, visitor, START + dt.timedelta(seconds=second), seq, kind, f"P{number % 3}", fg_ms)
        for number, (visitor, second, seq, kind, fg_ms) in enumerate(drawn)
    ]
    whole = frame(rows)
    views = sessionise(whole)
    told = views.select("event_id", "session", "session_at", "dwell_ms", "evidence", "is_capped").rows()
    assert told == one_by_one(rows)
    assert views.select(*SCHEMA).equals(whole[[row[0] for row in told]] if told else whole.clear())
    in_two = pl.concat([whole[:cut], whole[cut:]], rechunk=False)
    assert views.equals(sessionise(in_two))
    assert views.equals(sessionise(pl.concat([in_two, whole])))


def test_visitors_whose_numbers_share_their_upper_digits_are_told_apart() -> None:
    looks = [(LEAST, 0), (MOST, 1), (MOST - 1, 2), (MOST, 3), (LEAST + 1, 4), (LEAST, 5), (MOST - 1, 6), (7, 7)]
    rows: list[Row] = [
        (number, visitor, START + dt.timedelta(seconds=second), None, "view", "P1", None)
        for number, (visitor, second) in enumerate(looks)
    ]
    order, visitor, at = time_order(frame(rows))
    assert order.tolist() == [0, 5, 4, 7, 2, 6, 1, 3]
    assert visitor.tolist() == [LEAST, LEAST, LEAST + 1, 7, MOST - 1, MOST - 1, MOST, MOST]
    since = [(instant - at[0]) // 1_000_000 for instant in at.tolist()]
    assert since == [0, 5, 4, 7, 2, 6, 1, 3]


def test_a_type_that_is_numbered_stays_so_and_so_do_columns_beside_it() -> None:
    rows: list[Row] = [
        (0, 2, START, None, "view", "P1", None),
        (1, 1, START + dt.timedelta(seconds=9), None, "view", None, None),
        (2, 2, START + dt.timedelta(seconds=4), None, "leave", None, None),
    ]
    kinds = pl.Enum(["view", "leave", "hide", "ping"])
    views = sessionise(frame(rows).with_columns(pl.col("type").cast(kinds), channel=pl.Series(["app", "web", "app"])))
    assert views["type"].dtype == kinds
    assert views.select("visitor", "type", "product_id", "channel", "dwell_ms").rows() == [
        (1, "view", None, "web", None),
        (2, "view", "P1", "app", 4000),
    ]
