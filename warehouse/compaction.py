"""Months of events that were added to piece by piece become one file each again, in the order of time."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.settings import data_home
from warehouse.event_marks import Events
from warehouse.joined import ROWS_AT_ONCE, write_parts
from warehouse.layout import STORED
from warehouse.storage import files_by_month, warehouse_home, write_month

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema.settings import DataMode
    from warehouse.snapshots import Snapshot

MANY: Final = 8
"""A month with so many files is written anew as one when the next rows come: an eighth of the work of doing it always."""


def has_many_files(now: Snapshot, months: Iterable[str]) -> bool:
    """Whether one of these months of events has come to lie in many files."""
    files = files_by_month(now.folder, "events", now.versions.get("events"))
    return any(len(files.get(month, ())) >= MANY for month in months)


def compact(now: Snapshot, mode: DataMode) -> tuple[dict[str, int], dict[str, int]]:
    """Write each month that has several files anew as one, a month at a time.

    Returns:
        The versions and the rows of the tables that changed.
    """
    folder, version = warehouse_home(mode), now.versions.get("events")
    for month, files in files_by_month(folder, "events", version).items():
        if version is not None and len(files) > 1:
            version = _ordered(folder, version, month, mode)
    return ({} if version is None else {"events": version}), {}


def _ordered(folder: Path, version: int, month: str, mode: DataMode) -> int:
    """The version in which a month is one file, in the order of time; sorted a piece at a time."""
    events = Events.stored(folder, version)
    columns = {name: kind for name, kind in STORED["events"].items() if name != "month"}
    sorted_rows = (
        events.of_month(month, cut).select([pl.col(name).cast(kind) for name, kind in columns.items()])
        for cut in events.cuts_of_month(month, ROWS_AT_ONCE)
    )
    incoming = data_home(mode) / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=incoming) as part:
        file = Path(part) / "month.parquet"
        write_parts(sorted_rows, file)
        return write_month(folder, "events", file, version=version, month=month)
