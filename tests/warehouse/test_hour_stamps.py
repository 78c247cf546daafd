"""Stamps of whole hours carry no dwell."""

from pathlib import Path

import pytest

from schema.scope import LOCAL_OWNER
from warehouse.api import import_files, load_marts, open_snapshot


@pytest.mark.parametrize(("minute", "known"), [("00", 0), ("01", 24)])
def test_gaps_between_whole_hours_are_unknown_and_gaps_between_minutes_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minute: str, known: int
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    # 24 visitors view two products; with whole hours both views bear the same stamp, else 60 s apart
    lines = ["user_id,item_id,behavior,time"]
    for visitor in range(24):
        lines.append(f"u{visitor},p1,pv,2026-03-{visitor + 1:02d} 20:00:00")
        lines.append(f"u{visitor},p2,pv,2026-03-{visitor + 1:02d} 20:{minute}:00")
    path = tmp_path / "clicks.csv"
    path.write_text("\n".join(lines) + "\n")
    import_files([path], zone="UTC", currency="EUR")
    snapshot = open_snapshot("real")
    assert snapshot is not None
    visits = load_marts(snapshot, LOCAL_OWNER).visits
    assert visits.height == 48
    assert visits["dwell_ms"].count() == known
