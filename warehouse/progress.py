"""How far a large import is: kept in a file, so that it goes on where it was stopped."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.report import SourceReport
from warehouse.batch import Change
from warehouse.layout import SOURCE_RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from warehouse.importing import Step
    from warehouse.large import File
    from warehouse.snapshots import Snapshot

_NAME: Final = "import.json"
_SUMS: Final = tuple(
    f"{name}{ending}"
    for name in ("rows_in", "accepted", "updated", "duplicate", "quarantined")
    for ending in ("", "_minor")
)


@dataclass
class Progress:
    """What is done, and the tables so far.

    Attributes:
        path: where it is kept.
        key: which files on which snapshot; another import starts anew.
        versions: table → Delta version, not yet published.
        rows: table → rows.
        parts: file → the piece that comes next; −1 is none.
        sizes: closed file → bytes.
        runs: source run → its row of ``source_runs``, dates as text.
        above: file → source run → rows read so far.
        bytes: read when it was kept last.
        released: rows that had waited and found their parent.
        has_ids: whether any file of events names them itself.
    """

    path: Path
    key: list[Any]
    versions: dict[str, int]
    rows: dict[str, int]
    parts: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    above: dict[int, dict[str, int]] = field(default_factory=dict)
    bytes: int = 0
    released: int = 0
    has_ids: bool = False
    rows_now: int = 0

    @property
    def rows_in(self) -> int:
        """All rows read so far."""
        return sum(run["rows_in"] for run in self.runs.values())

    def next_part(self, file: int) -> int | None:
        """Which piece of a file comes next? None when it is done."""
        part = self.parts.get(file, 0)
        return None if part < 0 else part

    def rows_above(self, file: int, run: str) -> int:
        """How many rows of a source earlier pieces had."""
        return self.above.get(file, {}).get(run, 0)

    def note(self, versions: Mapping[str, int], rows: Mapping[str, int]) -> None:
        """Tables as they are now."""
        self.versions |= versions
        self.rows |= rows

    def done(self, file: int, part: int, read: int, step: Step, rows: Mapping[str, int]) -> None:
        """Keep that a piece is in the tables."""
        self.parts[file], self.bytes = part + 1, sum(self.sizes.values()) + read
        self.released += step.outcome.released
        above = self.above.setdefault(file, {})
        for run, count in rows.items():
            above[run] = above.get(run, 0) + count
            self.rows_now += count
        for row in step.runs.iter_rows(named=True):
            self.runs[row["source_run"]] = _sum(self.runs.get(row["source_run"]), row)
        self._keep()

    def closed(self, file: int, size: int) -> None:
        """Keep that a file is in the tables."""
        self.parts[file], self.sizes[file] = -1, size
        self._keep()

    def set_aside(self, source_runs: pl.Series) -> None:
        """Accepted events that were set aside afterwards (E03)."""
        for run, count in source_runs.value_counts().iter_rows():
            row = self.runs[run]
            codes = json.loads(row["codes"])
            codes["E03"] = codes.get("E03", 0) + count
            row |= {"accepted": row["accepted"] - count, "quarantined": row["quarantined"] + count,
                    "codes": json.dumps(codes)}  # fmt: skip

    def sources(self) -> dict[str, str]:
        """Source run → what the source is called."""
        return {run: row["source"] for run, row in self.runs.items()}

    def reports(self) -> tuple[SourceReport, ...]:
        """One report a source, pieces added up."""
        names = SourceReport.__dataclass_fields__
        told = []
        for row in self.runs.values():
            said = {name: row[name] for name in names if name in row}
            notes = tuple(line for line in row["notes"].split("\n") if line)
            told.append(SourceReport(**said | {"codes": json.loads(row["codes"]), "notes": notes}))
        return tuple(told)

    def source_runs(self, now: Snapshot) -> Change:
        """The table ``source_runs`` with those of this import."""
        rows = [{name: _read(name, value) for name, value in row.items()} for row in self.runs.values()]
        return Change(pl.concat([now.read("source_runs"), pl.DataFrame(rows, schema=SOURCE_RUNS)]))

    def forget(self) -> None:
        """Nothing is left to do."""
        self.path.unlink(missing_ok=True)

    def _keep(self) -> None:
        """Replace the file in one step, durably."""
        said = {name: value for name, value in asdict(replace(self)).items() if name not in {"path", "rows_now"}}
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


def load_progress(folder: Path, base: Snapshot, files: Sequence[File]) -> Progress:
    """How far an import of these files onto this snapshot is: where it was stopped, or at the beginning."""
    path = folder / _NAME
    key = [base.number, base.published_at.isoformat() if base.number else "", *([f.name, f.sha256] for f in files)]
    fresh = Progress(path, key, dict(base.versions), dict(base.rows))
    if not path.is_file():
        return fresh
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return fresh
    if said.get("key") != key:
        return fresh
    for name in ("parts", "sizes", "above"):
        said[name] = {int(number): value for number, value in said[name].items()}
    return Progress(path, **said)


def _sum(before: dict[str, Any] | None, row: dict[str, Any]) -> dict[str, Any]:
    """A run's row with another piece; days as text, so that it can be kept as JSON."""
    row = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
    if before is None:
        return row
    codes = json.loads(before["codes"])
    for code, count in json.loads(row["codes"]).items():
        codes[code] = codes.get(code, 0) + count
    notes = dict.fromkeys([*before["notes"].split("\n"), *row["notes"].split("\n")])
    days = {
        name: best((day for day in (before[name], row[name]) if day), default=None)
        for name, best in (("first_on", min), ("last_on", max))
    }
    sums = {name: before[name] + row[name] for name in _SUMS}
    return (
        row
        | sums
        | days
        | {"codes": json.dumps(dict(sorted(codes.items()))), "notes": "\n".join(n for n in notes if n)}
    )


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in {"first_on", "last_on"}:
        return dt.date.fromisoformat(value)
    return dt.datetime.fromisoformat(value) if name == "loaded_at" else value
