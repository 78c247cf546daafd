"""Of a track of old positions one is kept a place and ten minutes; anything else stays as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loaders.load import Defaults, load_file

if TYPE_CHECKING:
    from pathlib import Path

    from loaders.load import Loaded

HEADER = "user,lat,lng,altitude,date,time\n"
OLD = "2026-01-01T00:00:00+00:00"


def load(folder: Path, rows: list[str], *, before: str = OLD, header: str = HEADER) -> Loaded:
    path = folder / "points.csv"
    path.write_text(header + "\n".join(rows) + "\n")
    (found,) = load_file(path, defaults=Defaults("UTC", "EUR", coarse_before=before))
    return found


def track(user: str = "000", day: str = "2024-05-01", lat: float = 48.1) -> list[str]:
    """Twelve minutes, a point every ten seconds, all in one cell."""
    return [f"{user},{lat},9.1,492,{day},10:{10 + n // 6:02d}:{n % 6 * 10:02d}" for n in range(72)]


def count(found: Loaded) -> int:
    return found.tables["location_fixes"].height


def times(found: Loaded) -> list[str]:
    return found.tables["location_fixes"]["fixed_at"].dt.to_string("%H:%M:%S").to_list()


def test_the_first_point_of_each_ten_minutes_and_cell_is_kept(tmp_path: Path) -> None:
    found = load(tmp_path, track())
    assert times(found) == ["10:10:00", "10:20:00"]
    assert (found.rows_in, found.duplicate, found.quarantine.height) == (72, 70, 0)
    assert any("the first is kept and the others count as duplicates" in note for note in found.notes)


def test_another_person_and_another_cell_are_kept_apart(tmp_path: Path) -> None:
    found = load(tmp_path, [*track(), *track("001"), *track("002", lat=48.2)])
    assert found.tables["location_fixes"].select("customer_id").to_series().value_counts().sort("customer_id").rows() == [
        ("000", 2), ("001", 2), ("002", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", "2024-05-01T00:00:00+00:00"])
def test_points_that_may_stay_exact_all_stay(tmp_path: Path, before: str) -> None:
    assert count(load(tmp_path, track(), before=before)) == 72


def test_single_check_ins_are_no_track(tmp_path: Path) -> None:
    rows = [f"000,48.1,9.1,492,2024-05-{day:02d},10:00:00" for day in range(1, 29)]
    assert count(load(tmp_path, [*rows, "000,48.1,9.1,492,2024-05-01,10:01:00"])) == 29


def test_points_with_ids_of_their_own_all_stay(tmp_path: Path) -> None:
    rows = [f"F{n},{row}" for n, row in enumerate(track())]
    assert count(load(tmp_path, rows, header="fix_id," + HEADER)) == 72
