"""What an import did with every row and every minor unit it was given."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class SourceReport:
    """One source (a file, or one sheet of a workbook) of one import.

    ``rows_in = accepted + duplicate + quarantined`` always; ``updated`` counts those of the accepted rows that
    replaced an earlier body. The same sum holds for the money columns (order lines and refunds; else 0).
    """

    source: str
    shape: str
    rows_in: int = 0
    accepted: int = 0
    updated: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rows_in_minor: int = 0
    accepted_minor: int = 0
    updated_minor: int = 0
    duplicate_minor: int = 0
    quarantined_minor: int = 0
    currency: str = ""
    encoding: str = ""
    preset: str = ""
    sha256: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What one import did: its sources, the snapshot it published (None: nothing changed) and released orphans."""

    sources: tuple[SourceReport, ...]
    snapshot: int | None
    released: int = 0
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)
