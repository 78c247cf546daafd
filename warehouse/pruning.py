"""What nobody can see any more goes away: marts and files of snapshots that were replaced a day ago."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import time
from typing import TYPE_CHECKING, Final

from deltalake.exceptions import DeltaError

from schema.errors import CatchlightError
from schema.settings import data_home
from warehouse.layout import STORED
from warehouse.lease import still_writing
from warehouse.opened import opened
from warehouse.shared_marts import drop_marts
from warehouse.storage import drop_table, objects_of, read_table, table_place, table_version, warehouse_home

if TYPE_CHECKING:
    from pathlib import Path

    from schema.settings import DataMode

KEPT: Final = dt.timedelta(hours=24)
"""How long a reader may go on with a snapshot after a newer one was published."""


COPIES: Final = ("incoming", "uploads")
"""Folders of files on their way in; nothing is written to ``uploads`` any more."""


def tidy(mode: DataMode) -> None:
    """Make room after a write; what cannot be deleted now waits for the next one and spoils nothing."""
    with contextlib.suppress(OSError, DeltaError, CatchlightError):
        prune(warehouse_home(mode))
        for name in COPIES:
            drop_old_copies(data_home(mode) / name)


def prune(folder: Path, *, now: dt.datetime | None = None, strict: bool = False) -> list[int]:
    """Which snapshots go away? Those whose successor was published more than a day ago. The writer calls it.

    A snapshot that wipes lets all before it go at once. Marts go last: whoever is killed before that finds them and
    begins again.

    Args:
        folder: the warehouse folder.
        now: the instant to count from; None is now.
        strict: let a file that cannot be deleted be an error; else it waits for the next time.

    Returns:
        The numbers of the snapshots whose marts and files were deleted.
    """
    version = table_version(folder, "_snapshots")
    if version is None:
        return []
    rows = read_table(folder, "_snapshots", version).collect().sort("number")
    kept_since = (now or dt.datetime.now(dt.UTC)) - KEPT
    replaced_at = rows["published_at"].shift(-1)
    told = [json.loads(facts) for facts in rows["facts"]]
    floor = max((number for number, facts in zip(rows["number"], told, strict=True) if facts.get("wipes")), default=0)
    kept: dict[int, dict[str, int]] = {}
    for number, facts, replaced in zip(rows["number"], told, replaced_at, strict=True):
        if replaced is None or (replaced > kept_since and number >= floor):
            kept[int(number)] = facts["versions"]
    gone = _with_marts(folder, [int(number) for number in rows["number"] if number not in kept])
    if gone:
        _still_alone(folder)
        for name in STORED:
            _sweep(folder, name, {versions[name] for versions in kept.values() if name in versions}, strict=strict)
        _sweep(folder, "_snapshots", {version}, older_than=kept_since)
    store = objects_of(folder)
    if store is not None:
        drop_marts(store, kept)
    for left in [*(folder / "marts" / str(number) for number in gone), *(folder / "marts").glob("*.part")]:
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=not strict)
    return gone


def drop_all_marts(folder: Path) -> None:
    """Delete every mart of a warehouse, on the object store too."""
    store = objects_of(folder)
    if store is not None:
        drop_marts(store, ())
    shutil.rmtree(folder / "marts", ignore_errors=True)


def _with_marts(folder: Path, numbers: list[int]) -> list[int]:
    """Those snapshots whose marts are still there; on an object store those of them that are listed there."""
    store = objects_of(folder)
    listed = {one.path for one in store.below("marts")} if store else set()
    return [n for n in numbers if (folder / "marts" / str(n)).exists() or f"marts/{n}.json" in listed]


def _still_alone(folder: Path) -> None:
    store = objects_of(folder)
    if store is not None:
        still_writing(store.url)


def _sweep(
    folder: Path, name: str, versions: set[int], older_than: dt.datetime | None = None, *, strict: bool = False
) -> None:
    """Delete the files of one table that no kept version names, those of killed imports among them."""
    if not versions:
        drop_table(folder, name)
        return
    place = table_place(folder, name)
    named = {file for version in versions for file in _files_of(place, version)}
    store = objects_of(folder)
    if store is not None:
        found = [one for one in store.below(name) if one.path.endswith(".parquet") and "_delta_log" not in one.path]
        young = {one.path for one in found if older_than is not None and one.written_at > older_than}
        store.delete([one.path for one in found if one.path.rpartition("/")[2] not in named and one.path not in young])
        return
    for file in (folder / name).rglob("*.parquet"):
        is_young = older_than is not None and file.stat().st_mtime > older_than.timestamp()
        if file.name not in named and "_delta_log" not in file.parts and not is_young:
            with contextlib.suppress(FileNotFoundError if strict else OSError):
                file.unlink()


def _files_of(place: str, version: int) -> list[str]:
    """Names of the files of one version; each is drawn at random, so that no folder is needed to tell them apart."""
    return [uri.rsplit("/", 1)[-1] for uri in opened(place, version).file_uris()]


def drop_old_copies(incoming: Path) -> None:
    """Delete copies of dropped files that nobody accepted for a day, and those of killed imports."""
    if not incoming.is_dir():
        return
    before = time.time() - KEPT.total_seconds()
    for left in incoming.iterdir():
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < before:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
