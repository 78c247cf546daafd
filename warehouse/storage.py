"""Tables at rest: Delta tables of immutable, synced Parquet files, and the one writer's lock."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING

import polars as pl
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from schema.durable import sync_path
from schema.errors import BusyError, StorageError
from schema.settings import DataMode, data_home
from warehouse.layout import FACTS, SNAPSHOTS, STORED, TIME_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


_KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)
"""Older versions must stay open to readers and to the next writer; the logs are small."""


def warehouse_home(mode: DataMode) -> Path:
    """The folder of one mode's tables and marts."""
    return data_home(mode) / "warehouse"


@contextlib.contextmanager
def storage_errors(where: Path) -> Iterator[None]:
    """Turn what a disk can do to a write or read into one clear message."""
    try:
        yield
    except OSError as error:
        msg = f"{where}: the data folder cannot be used ({error.strerror or error}). Check space and permissions."
        raise StorageError(msg) from error
    except (DeltaError, pl.exceptions.ComputeError) as error:
        msg = f"{where}: the stored tables cannot be used ({str(error)[:300]})."
        raise StorageError(msg) from error


@contextlib.contextmanager
def writer_lock(mode: DataMode) -> Iterator[None]:
    """Be the only writer of one mode; reading never waits.

    Raises:
        BusyError: another process or thread is writing.
        StorageError: the folder cannot be written.
    """
    folder = data_home(mode)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = f"Another import is writing the {mode} data. Wait until it is done and try again."
            raise BusyError(msg) from error
        yield
    finally:
        os.close(handle)


def write_parquet_synced(frame: pl.DataFrame, path: Path) -> int:
    """Write one new Parquet file, durable before it is named by anything; returns its size in bytes."""
    with path.open("xb") as file:
        frame.write_parquet(file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def link_or_copy(source: Path, target: Path) -> None:
    """The same immutable file under a second name; a copy where the disk knows no second names."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def read_table(folder: Path, name: str, version: int | None) -> pl.LazyFrame:
    """One stored table as of a version; a table that the snapshot does not have is empty."""
    schema = SNAPSHOTS if name == "_snapshots" else STORED[name]
    if version is None:
        return pl.LazyFrame(schema=schema)
    with storage_errors(folder / name):
        return pl.scan_delta(str(folder / name), version=version).select(list(schema))


def table_version(folder: Path, name: str) -> int | None:
    """The newest version of a table, published or not; None when there is none."""
    path = folder / name
    if not DeltaTable.is_deltatable(str(path)):
        return None
    with storage_errors(path):
        return DeltaTable(str(path)).version()


def files_by_month(folder: Path, name: str, version: int | None) -> dict[str, tuple[str, ...]]:
    """Month → the names of the files that hold a fact's rows of it, as of a version; a file's name never means other rows."""
    if version is None:
        return {}
    found: dict[str, list[str]] = {}
    with storage_errors(folder / name):
        for uri in DeltaTable(str(folder / name), version=version).file_uris():
            *_, part, file = uri.rsplit("/", 2)
            found.setdefault(part.removeprefix("month="), []).append(file)
    return {month: tuple(sorted(files)) for month, files in sorted(found.items())}


def restore_table(folder: Path, name: str, version: int | None) -> None:
    """Forget what an unpublished write left behind in one table."""
    newest = table_version(folder, name)
    if newest == version:
        return
    with storage_errors(folder / name):
        if version is None:
            shutil.rmtree(folder / name, ignore_errors=True)
        else:
            DeltaTable(str(folder / name)).restore(version, post_commithook_properties=_KEEP_LOG)


def write_table(
    folder: Path,
    name: str,
    frame: pl.DataFrame,
    *,
    version: int | None,
    months: Sequence[str] | None = None,
    adds: bool = False,
) -> int:
    """Commit one table on top of a published version.

    Args:
        folder: the warehouse.
        name: the table.
        frame: the whole new table, or for a fact the whole content of ``months``.
        version: the published version to build on; None when the table is new.
        months: the months that ``frame`` replaces; None replaces everything.
        adds: replace nothing: ``frame`` holds further rows.

    Returns:
        The new version, durable but not yet visible to any reader.
    """
    schema = STORED[name]
    frame = frame.select([pl.col(column).cast(kind) for column, kind in schema.items()])
    path = folder / name
    restore_table(folder, name, version)
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        actions = _add_files(path, name, frame)
        delta = DeltaSchema.from_arrow(schema)
        partitions = ["month"] if name in FACTS else None
        if version is None:
            create_table_with_add_actions(
                str(path), delta, [a for a in actions if isinstance(a, AddAction)], "error", partitions
            )
        else:
            narrowed = [("month", "in", list(months))] if months is not None and not adds else None
            DeltaTable(str(path)).create_write_transaction(
                actions,
                "append" if adds else "overwrite",
                delta,
                partitions,
                partition_filters=narrowed,
                post_commithook_properties=_KEEP_LOG,
            )
        sync_log(path)
        return DeltaTable(str(path)).version()


def _add_files(path: Path, name: str, frame: pl.DataFrame) -> list[AddAction | RemoveAction]:
    if name not in FACTS:
        return [_add_file(path, "", frame, {})] if frame.height else []
    frame = frame.sort("month", *TIME_ORDER[name])
    parts = frame.partition_by("month", as_dict=True, include_key=False, maintain_order=True)
    return [_add_file(path, f"month={key[0]}", part, {"month": str(key[0])}) for key, part in parts.items()]


def _add_file(path: Path, sub: str, part: pl.DataFrame, values: dict[str, str]) -> AddAction:
    folder = path / sub if sub else path
    folder.mkdir(exist_ok=True)
    relative = f"{sub}/{uuid.uuid4().hex}.parquet".lstrip("/")
    size = write_parquet_synced(part, path / relative)
    sync_path(folder)
    return AddAction(relative, size, values, int(time.time() * 1000), True, json.dumps({"numRecords": part.height}))  # noqa: FBT003


def append_row(folder: Path, name: str, row: pl.DataFrame) -> None:
    """Append to a small table that only grows; it stays one file, so that opening it stays quick."""
    path = folder / name
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        delta = DeltaSchema.from_arrow(row.schema)
        if DeltaTable.is_deltatable(str(path)):
            before = pl.scan_delta(str(path)).select(row.columns).collect()
            actions: list[AddAction | RemoveAction] = [_add_file(path, "", pl.concat([before, row]), {})]
            table = DeltaTable(str(path))
            table.create_write_transaction(actions, "overwrite", delta, post_commithook_properties=_KEEP_LOG)
        else:
            create_table_with_add_actions(str(path), delta, [_add_file(path, "", row, {})], "error")
        sync_log(path)


def sync_log(path: Path) -> None:
    """Delta commits do not sync: make the newest entries of a table's log durable."""
    log = path / "_delta_log"
    for entry in sorted(log.glob("*.json"))[-2:]:
        sync_path(entry)
    sync_path(log)
    sync_path(path)
