"""New events are compared with the ids that may be known, and end as if they were compared with all."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.warehouse.typed import event, table, take
from warehouse import api, batch, known_ids
from warehouse.known_ids import FOLDER, may_be_known

if TYPE_CHECKING:
    from warehouse.snapshots import Snapshot

pytestmark = pytest.mark.usefixtures("data_folder")


def now() -> Snapshot:
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    return snapshot


def told(*ids: str) -> list[bool] | None:
    found = may_be_known(pl.Series(ids, dtype=pl.String), now())
    return None if found is None else found.to_list()


def test_ids_of_every_file_and_month_are_known() -> None:
    take(table("events", event("a", when="2026-01-05 04:00:00"), event("b", when="2026-02-05 04:00:00")))
    take(table("events", event("c", when="2026-02-06 04:00:00"), file="more.csv"))
    assert told("x", "a", "y", "b", "c", "a") == [False, True, False, True, True, True]
    assert told() == []
    folder = now().marts_folder / FOLDER
    assert sorted(np.load(file).size for file in folder.glob("*[!p].npy")) == [1, 1, 1]
    assert sorted(np.load(file).size for file in folder.glob("*.map.npy")) == [1, 1, 1]


def test_files_that_stay_are_taken_over_and_gone_ones_go() -> None:
    take(table("events", event("a", when="2026-01-05 04:00:00")))
    before = {file.name: file.stat().st_ino for file in (now().marts_folder / FOLDER).iterdir()}
    take(table("events", event("b", when="2026-01-06 04:00:00"), file="more.csv"))
    after = {file.name: file.stat().st_ino for file in (now().marts_folder / FOLDER).iterdir()}
    assert before.items() <= after.items()
    stored = [name for names in now().files("events").values() for name in names]
    assert set(after) == {f"{name}.{ending}" for name in stored for ending in ("npy", "map.npy")}


def test_without_numbers_all_ids_are_compared() -> None:
    take(table("events", event("a", when="2026-01-05 04:00:00")))
    shutil.rmtree(now().marts_folder / FOLDER)
    assert told("a", "b") is None
    (report,) = take(table("events", event("a", when="2026-01-05 04:00:00"), event("b"), file="more.csv")).sources
    assert (report.accepted, report.duplicate) == (1, 1)


def test_what_only_shares_a_number_is_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_ids, "_numbers", lambda ids: np.full(ids.len(), 7, dtype=np.uint64))
    take(table("events", event("a", when="2026-01-05 04:00:00")))
    assert told("b") == [True]
    (report,) = take(table("events", event("a", when="2026-01-05 04:00:00"), event("b"), file="more.csv")).sources
    assert (report.accepted, report.duplicate, report.quarantined) == (1, 1, 0)


@pytest.mark.parametrize("seed", range(4))
def test_every_row_gets_the_verdict_that_a_comparison_with_all_ids_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    def imports() -> list[tuple[int, int, int]]:
        world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
        counts = []
        for number in range(3):
            rows = [
                event(
                    f"e{world.randrange(90)}", when=f"2026-0{world.choice([1, 1, 2])}-0{world.randrange(1, 4)} 04:00:00"
                )
                for _ in range(40)
            ]
            (one,) = take(table("events", *rows, file=f"{number}.csv")).sources
            counts.append((one.accepted, one.duplicate, one.quarantined))
        return counts

    found = imports()
    monkeypatch.setenv("CATCHLIGHT_HOME", f"{tmp_path}/other")
    monkeypatch.setattr(batch, "may_be_known", lambda *_: None)
    assert imports() == found
    assert sum(count[1] for count in found) > 3
    assert sum(count[2] for count in found) > 3


@given(
    inside=st.lists(st.integers(0, 2**64 - 1), max_size=300),
    outside=st.lists(st.integers(0, 2**64 - 1), max_size=50),
)
def test_the_map_of_numbers_misses_none_of_them(inside: list[int], outside: list[int]) -> None:
    numbers = np.sort(np.array(inside, dtype=np.uint64))
    bits = known_ids._map_of(numbers)
    assert known_ids._is_marked(bits, numbers).all()
    marked = known_ids._is_marked(bits, np.array(outside, dtype=np.uint64))
    width = int(np.log2(bits.size * 8))
    assert marked.tolist() == [number >> (64 - width) in {n >> (64 - width) for n in inside} for number in outside]


def test_most_numbers_that_are_not_there_meet_no_bit() -> None:
    random_numbers = np.random.default_rng(5)
    numbers, others = (np.sort(random_numbers.integers(0, 2**64, 50_000, dtype=np.uint64)) for _ in range(2))
    bits = known_ids._map_of(numbers)
    assert bits.size == 65_536
    assert known_ids._is_marked(bits, others).mean() < 0.125
