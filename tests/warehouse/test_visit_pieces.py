"""Views and actions made in pieces are those made at once, row by row."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from metrics.linger import thresholds_before, thresholds_of
from tests.warehouse.typed import event, marts, table, take
from warehouse import api, behaviour, compaction, visit_pieces
from warehouse.event_marks import Events
from warehouse.ground import Ground
from warehouse.joined import slices_of, write_parts
from warehouse.layout import STORED
from warehouse.mart_visits import MARGIN, visits_of
from warehouse.owners import Owners
from warehouse.storage import files_by_month, read_table, restore_table
from warehouse.visit_pieces import visits_in_pieces

if TYPE_CHECKING:
    from pathlib import Path

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DAYS = dt.date(2026, 3, 3), dt.date(2026, 3, 10)
KINDS = ("view", "view", "view", "ping", "leave", "cart", "share", "hide")


def at(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


def events(rows: list[dict[str, Any]]) -> Events:
    schema = STORED["events"]
    told = [
        {
            "event_id": f"E{n:05d}", "type": "view", "source_run": "1-001",
            "local_on": row["occurred_at"].date(), "month": "2026-03", **row,
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip
    frame = pl.DataFrame(told, schema=schema).sort("month", "occurred_at", "seq", "event_id")
    return Events(frame.lazy(), {"2026-03": ("one",)})


def ground(left_out: tuple[int, ...] = ()) -> Ground:
    utc = pl.Datetime("us", "UTC")
    whose = {"owner_store_id": pl.String, "owner_agent_id": pl.String, "owner_city": pl.String}
    bound = pl.DataFrame(
        [(2, at(6 * 1440), None, "S1", "A1", "Wuhan")],
        schema={"customer_key": pl.Int64, "valid_from": utc, "valid_to": utc, **whose}, orient="row",
    )  # fmt: skip
    nearest = pl.DataFrame(
        schema={"customer_key": pl.Int64, "from_on": pl.Date, "to_on": pl.Date, **whose, "distance_m": pl.Float64}
    )
    out = pl.DataFrame({"customer_key": list(left_out)}, schema={"customer_key": pl.Int64})
    products = pl.DataFrame(
        {"product_id": ["P0", "P1"], "category": ["Coats", None]}, schema_overrides={"category": pl.String}
    )
    return Ground(products, pl.DataFrame(), out, out.clear(), Owners(bound, nearest))


def both(some: Events, tmp_path: Path, rows: int, left_out: tuple[int, ...] = ()) -> list[pl.DataFrame]:
    """Views and actions in pieces of so many rows, after it was seen that they are those made at once."""
    around = some.between(DAYS[0] - MARGIN, DAYS[1] + MARGIN)
    whole = visits_of(around, DAYS, ground(left_out), ["2-001"])
    made = visits_in_pieces(some, DAYS, ground(left_out), ["2-001"], tmp_path, rows)
    with made.folder:
        halves = [(DAYS[0], dt.date(2026, 3, 6)), (dt.date(2026, 3, 6), DAYS[1])]
        pieces = [
            pl.concat([one for half in halves for one in made.views_within(half)]),
            pl.concat(made.actions_within(DAYS)),
        ]
    for found, wanted in zip(pieces, whole, strict=True):
        assert_frame_equal(found, wanted)
    assert not list(tmp_path.iterdir())
    return pieces


def look(minutes: float, who: str = "a", kind: str = "view", **more: Any) -> dict[str, Any]:
    return {"occurred_at": at(minutes), "anon_id": who, "type": kind, "product_id": "P1", **more}


def test_a_session_is_one_although_a_piece_ends_within_it(tmp_path: Path) -> None:
    day = 4 * 1440
    # the second hour begins another piece; gaps of 10, 5 and 25 minutes count 3 each
    rows = [look(day + 55), look(day + 65), look(day + 70, kind="cart"), look(day + 95)]
    views, actions = both(events(rows), tmp_path, 1)
    assert views["dwell_ms"].to_list() == [180_000, 360_000, None]
    assert views["session"].n_unique() == 1
    assert actions["at"].to_list() == [at(day + 70)]


def test_who_never_rests_for_days_is_in_one_session_however_many_pieces_there_are(tmp_path: Path) -> None:
    rows = [look(1440 * 2 + 25 * n, product_id=f"P{n % 2}") for n in range(200)]
    views, _ = both(events(rows), tmp_path, 10)
    assert (views.height, views["session"].n_unique()) == (200, 1)


def test_silence_of_exactly_half_an_hour_over_the_end_of_a_piece_ends_no_session(tmp_path: Path) -> None:
    day = 5 * 1440
    views, _ = both(events([look(day + 30), look(day + 60), look(day + 90.1)]), tmp_path, 1)
    assert views["dwell_ms"].to_list() == [180_000, None, None]


@pytest.mark.parametrize("seed", range(12))
def test_any_events_in_pieces_of_any_size_give_what_they_give_at_once(tmp_path: Path, seed: int) -> None:
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    rows: list[dict[str, Any]] = []
    for _ in range(600):
        who = world.randrange(7)
        when = world.choice([world.randrange(11 * 1440), 5 * 1440 + world.randrange(300)])
        moment = at(when)
        rows.append(
            {
                "occurred_at": moment, "anon_id": world.choice([f"a{who}", None]), "type": world.choice(KINDS),
                "customer_key": who if who < 3 else None, "product_id": f"P{world.randrange(3)}",
                "seq": world.choice([None, 1, 2]), "fg_ms": world.choice([None, None, 20_000, 700_000]),
                "source_run": world.choice(["1-001", "2-001"]),
                # stores of other time zones: the local day does not rise with the instant
                "local_on": (moment + dt.timedelta(hours=world.choice([0, 8, -7]))).date(),
            }
        )  # fmt: skip
    views, actions = both(events(rows), tmp_path, world.choice([1, 5, 40, 150]), left_out=(1,))
    assert views.height > 50
    assert actions.height > 10


@pytest.mark.parametrize("seed", range(20))
def test_thresholds_of_a_stream_are_those_of_the_rows(seed: int) -> None:
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    rows = [
        (
            world.choice([None, "a", "b"]),
            dt.date(2026, 4, 1) + dt.timedelta(days=world.randrange(130)),
            world.choice([None, world.randrange(3_000), world.randrange(600_000), 40_000]),
        )
        for _ in range(world.choice([1, 2, 3, 5, 60, 900]))
    ]
    visits = pl.DataFrame(rows, schema={"category": pl.String, "local_on": pl.Date, "dwell_ms": pl.Int64}, orient="row")
    month = dt.date(2026, 8, 1)
    assert_frame_equal(thresholds_of(visits.lazy(), month), thresholds_before(visits, month))


def test_a_stream_without_history_has_no_thresholds() -> None:
    visits = pl.DataFrame(schema={"category": pl.String, "local_on": pl.Date, "dwell_ms": pl.Int64})
    assert thresholds_of(visits.lazy(), dt.date(2026, 8, 1)).rows() == []


@pytest.mark.parametrize("sizes", [(3,), (0,), (2, 0, 5), (1, 1)])
def test_parts_become_one_file_in_their_order(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    wanted = pl.DataFrame({"n": range(sum(sizes))}, schema={"n": pl.Int64})
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    write_parts(
        (wanted.slice(end - size, size) for end, size in zip(ends, sizes, strict=True)), tmp_path / "one.parquet"
    )
    assert_frame_equal(pl.read_parquet(tmp_path / "one.parquet"), wanted)
    assert_frame_equal(pl.concat(list(slices_of(tmp_path / "one.parquet", 2))), wanted)
    assert [file.name for file in tmp_path.iterdir()] == ["one.parquet"]


@pytest.mark.usefixtures("data_folder")
def test_a_month_is_put_in_order_and_made_in_pieces_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = random.Random(5)  # noqa: S311  (repeatable, not secret)
    for number in range(2):
        rows = [
            event(
                f"e{number}-{n}", kind=world.choice(KINDS), anon=f"a{world.randrange(4)}", product=f"P{n % 3}",
                when=f"2026-0{world.choice([1, 1, 1, 3])}-{world.randrange(3, 6):02d} 0{world.randrange(8)}:{world.randrange(60):02d}:00",
            )
            for n in range(200)
        ]  # fmt: skip
        take(table("events", *rows, file=f"{number}.csv"))
    whole = marts()
    before = api.open_snapshot("real")
    assert before is not None
    stored = before.read("events")
    monkeypatch.setattr(behaviour, "ROWS_AT_ONCE", 20)
    monkeypatch.setattr(visit_pieces, "ROWS_AT_ONCE", 20)
    monkeypatch.setattr(compaction, "ROWS_AT_ONCE", 20)
    version = compaction.compact(before.versions["events"], "real")
    months = files_by_month(before.folder, "events", version)
    assert [len(files) for files in months.values()] == [1, 1]
    ordered = read_table(before.folder, "events", version).collect()
    for month in months:
        here = pl.col("month") == month
        assert_frame_equal(ordered.filter(here), stored.filter(here).sort("occurred_at", "seq", "event_id"))
    restore_table(before.folder, "events", before.versions["events"])
    api.rebuild("real")
    for name in ("visits", "actions", "people", "goods"):
        assert_frame_equal(getattr(marts(), name), getattr(whole, name))
