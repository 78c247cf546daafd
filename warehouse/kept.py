"""Which marts the next snapshot may take over whole: those of stored tables that are the same version as before."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from schema.durable import sync_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOTES: Final = "made_of.json"


@dataclass(frozen=True)
class MadeOf:
    """What marts that are not kept by month are made of.

    Attributes:
        versions: stored table → its version.
        zone: the business zone.
        as_of: the first local day that is not complete.
    """

    versions: Mapping[str, int]
    zone: str
    as_of: dt.date

    @classmethod
    def read(cls, folder: Path | None) -> Self | None:
        """As it was noted beside marts; None where it was not."""
        if folder is None or not (folder / NOTES).is_file():
            return None
        said = json.loads((folder / NOTES).read_text("utf-8"))
        return cls(said["versions"], said["zone"], dt.date.fromisoformat(said["as_of"]))

    def write(self, folder: Path) -> None:
        """Note it beside marts."""
        said = {"versions": dict(self.versions), "zone": self.zone, "as_of": self.as_of.isoformat()}
        (folder / NOTES).write_text(json.dumps(said), encoding="utf-8")
        sync_path(folder / NOTES)

    def has_same(self, other: MadeOf | None, *tables: str) -> bool:
        """Whether these tables are the same in both, and the zone is."""
        if other is None or other.zone != self.zone:
            return False
        return all(self.versions.get(table) == other.versions.get(table) for table in tables)
