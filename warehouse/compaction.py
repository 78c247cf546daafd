"""Months of events that were added to piece by piece become one file each again, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.storage import files_by_month, warehouse_home, write_table

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
        if len(files) > 1:
            rows = now.scan("events").filter(pl.col("month") == month).collect()
            version = write_table(folder, "events", rows, version=version, months=[month])
    return ({} if version is None else {"events": version}), {}
