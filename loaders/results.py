"""What inspecting and loading give back, also as plain values that cross from a child process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from schema.errors import NeedsAnswerError
from schema.mapping import Mapping

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class Inspection:
    """What one source seems to be, before anything is loaded.

    Attributes:
        source: the file, or the sheet or member of it.
        rows: its rows, unreadable ones included.
        columns: its headers.
        sample: up to 20 rows as text.
        mapping: what it was taken for.
        questions: what only the owner can answer before it can be loaded.
        encoding: how its text is written.
        refusal: why it cannot be used and what would help; empty when it can.
        candidates: canonical column → source columns that could be it.
    """

    source: str
    rows: int
    columns: tuple[str, ...]
    sample: list[dict[str, str | None]]
    mapping: Mapping
    questions: tuple[NeedsAnswerError, ...] = ()
    encoding: str = ""
    refusal: str = ""
    candidates: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The inspection as plain JSON values."""
        plain = {
            name: getattr(self, name)
            for name in ("source", "rows", "columns", "sample", "encoding", "refusal", "candidates")
        }
        asked = [{"message": str(q), "key": q.key, "choices": q.choices, "source": q.source} for q in self.questions]
        return {**plain, "mapping": asdict(self.mapping), "questions": asked}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Inspection:
        """The inspection again from its plain values."""
        asked = tuple(
            NeedsAnswerError(q["message"], key=q["key"], choices=tuple(q["choices"]), source=q["source"])
            for q in plain["questions"]
        )
        candidates = {name: tuple(columns) for name, columns in plain["candidates"].items()}
        known = {**plain, "questions": asked, "candidates": candidates, "columns": tuple(plain["columns"])}
        return cls(**{**known, "mapping": Mapping(**plain["mapping"])})


@dataclass(frozen=True, eq=False)
class Loaded:
    """What one source became: ``rows_in`` = rows in ``tables`` that have a ``_row`` + ``duplicate`` + ``quarantine``.

    Attributes:
        source: the file, or the sheet or member of it.
        shape: what one of its rows is.
        rows_in: its rows, unreadable ones included.
        rows_in_minor: their money in minor units, returns negative; unreadable money counts 0.
        tables: canonical table → its rows, with ``_row`` (null for derived rows) and ``_minor``.
        quarantine: the rows set aside, each with its reason.
        duplicate: rows that repeat another row of this source.
        duplicate_minor: their money.
        codes: quality code → rows it concerns.
        currency: the commonest currency of its rows.
        encoding: how its text is written.
        mapping: the mapping that was used.
        notes: what a person should know.
    """

    source: str
    shape: str
    rows_in: int
    rows_in_minor: int
    tables: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    duplicate: int
    duplicate_minor: int
    codes: dict[str, int]
    currency: str
    encoding: str
    mapping: Mapping
    notes: tuple[str, ...] = ()

    def to_dict(self, folder: Path, stem: str) -> dict[str, Any]:
        """Write every frame as Parquet into a folder; the rest as plain JSON values with the files' names."""
        names = {}
        for name, frame in {**self.tables, "quarantine": self.quarantine}.items():
            names[name] = f"{stem}-{name}.parquet"
            frame.write_parquet(folder / names[name], compression="lz4")
        kept = (
            "source",
            "shape",
            "rows_in",
            "rows_in_minor",
            "duplicate",
            "duplicate_minor",
            "codes",
            "currency",
            "encoding",
            "notes",
        )
        return {**{name: getattr(self, name) for name in kept}, "mapping": asdict(self.mapping), "files": names}

    @classmethod
    def from_dict(cls, plain: dict[str, Any], folder: Path) -> Loaded:
        """The loaded source again from its plain values and the files in the folder."""
        frames = {name: pl.read_parquet(folder / file) for name, file in plain["files"].items()}
        aside = frames.pop("quarantine")
        rest = {name: value for name, value in plain.items() if name != "files"}
        known = {**rest, "mapping": Mapping(**plain["mapping"]), "notes": tuple(plain["notes"])}
        return cls(**known, tables=frames, quarantine=aside)
