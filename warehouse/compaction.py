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
    from schema.settings import DataMode

MANY: Final = 8
"""A month of more files than this is written anew as one: an eighth of the work of doing it always."""


def compact(version: int | None, mode: DataMode, *, more_than: int = 1) -> int | None:
    """Write each month of events that has several files anew as one, a piece of a month at a time.

    Args:
        version: of the stored events; None when there are none.
        mode: demo or real.
        more_than: months of no more files stay as they are.

    Returns:
        The version then.
    """
    folder = warehouse_home(mode)
    for month, files in files_by_month(folder, "events", version).items():
        if version is not None and len(files) > more_than:
            version = _ordered(folder, version, month, mode)
    return version


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
