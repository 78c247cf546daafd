"""Tables at rest: Delta tables of immutable, synced Parquet files in a folder or on an object store, and the writer's lock."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import io
import json
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING, Final, Literal

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from schema.durable import sync_path
from schema.errors import BusyError, StorageError
from schema.language import later, say
from schema.settings import DataMode, data_home
from warehouse.layout import FACTS, SNAPSHOTS, STORED, TIME_ORDER
from warehouse.lease import lease
from warehouse.objects import Objects, warehouse_url
from warehouse.opened import newest, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    Action = AddAction | RemoveAction

_KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)
"""Older versions must stay open to readers and to the next writer; the logs are small."""

_ONE_TRY: Final = CommitProperties(max_commit_retries=0)
"""Each commit makes the version after the one it was made for, or fails: a second writer cannot slip between."""


_MEANWHILE: Final = later("{where}: somebody else wrote there meanwhile, so nothing was published. Try again.")
_KEYS: Final = ("AWS_", "GOOGLE_", "AZURE_")


def warehouse_home(mode: DataMode) -> Path:
    """The folder of one mode's tables and marts; of marts alone where the tables lie on an object store.

    Raises:
        UsageError: ``CATCHLIGHT_WAREHOUSE`` is not an address of a known store.
    """
    url = warehouse_url() if mode == "real" else ""
    if not url:
        return data_home(mode) / "warehouse"
    return data_home(mode) / f"store-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def table_place(folder: Path, name: str) -> str:
    """Where one table of a warehouse lies: a folder, or an address below ``CATCHLIGHT_WAREHOUSE``."""
    url = _url_of(folder)
    return f"{url}/{name}" if url else str(folder / name)


def objects_of(folder: Path) -> Objects | None:
    """The object store of a warehouse's tables; None where they lie in the folder."""
    url = _url_of(folder)
    keys = tuple(sorted(pair for pair in os.environ.items() if pair[0].startswith(_KEYS)))
    return _client(url, keys) if url else None


@functools.lru_cache(maxsize=4)
def _client(url: str, keys: tuple[tuple[str, str], ...]) -> Objects:  # noqa: ARG001  (other keys are another client)
    return Objects(url)


def _url_of(folder: Path) -> str:
    url = warehouse_url()
    return url if url and folder == warehouse_home("real") else ""


@contextlib.contextmanager
def storage_errors(where: Path | str) -> Iterator[None]:
    """Turn what a disk can do to a write or read into one clear message."""
    try:
        yield
    except CommitFailedError as error:
        raise BusyError(say(_MEANWHILE, where=where)) from error
    except OSError as error:
        msg = say(
            "{where}: the data folder cannot be used ({reason}). Check space and permissions.",
            where=where,
            reason=error.strerror or error,
        )
        raise StorageError(msg) from error
    except (DeltaError, pl.exceptions.ComputeError) as error:
        msg = say("{where}: the stored tables cannot be used ({error}).", where=where, error=str(error)[:300])
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
            msg = say("Another import is writing the {mode} data. Wait until it is done and try again.", mode=say(mode))
            raise BusyError(msg) from error
        store = objects_of(warehouse_home(mode))
        with lease(store, folder) if store else contextlib.nullcontext():
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
    place = table_place(folder, name)
    with storage_errors(place):
        return pl.scan_delta(opened(place, version)).select(list(schema))


def table_version(folder: Path, name: str) -> int | None:
    """The newest version of a table, published or not; None when there is none."""
    place = table_place(folder, name)
    with storage_errors(place):
        if objects_of(folder) is None:
            return newest(folder / name)
        return DeltaTable(place).version() if DeltaTable.is_deltatable(place) else None


def files_by_month(folder: Path, name: str, version: int | None) -> dict[str, tuple[str, ...]]:
    """Month → the names of the files that hold a fact's rows of it, as of a version; a file's name never means other rows."""
    if version is None:
        return {}
    found: dict[str, list[str]] = {}
    place = table_place(folder, name)
    with storage_errors(place):
        for uri in opened(place, version).file_uris():
            *_, part, file = uri.rsplit("/", 2)
            found.setdefault(part.removeprefix("month="), []).append(file)
    return {month: tuple(sorted(files)) for month, files in sorted(found.items())}


def restore_table(folder: Path, name: str, version: int | None) -> None:
    """Forget what an unpublished write left behind in one table."""
    newest = table_version(folder, name)
    if newest == version:
        return
    place = table_place(folder, name)
    with storage_errors(place):
        if version is None:
            drop_table(folder, name)
        else:
            DeltaTable(place).restore(version, commit_properties=_ONE_TRY, post_commithook_properties=_KEEP_LOG)


def drop_table(folder: Path, name: str) -> None:
    """Delete a table with all its versions."""
    store = objects_of(folder)
    if store is None:
        shutil.rmtree(folder / name, ignore_errors=True)
    else:
        store.delete([one.path for one in store.below(name)])


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
    frame = frame.select([pl.col(column).cast(kind) for column, kind in STORED[name].items()])
    restore_table(folder, name, version)
    with storage_errors(table_place(folder, name)):
        actions = _add_files(folder, name, frame)
        return _commit(folder, name, actions, version, None if adds else months, "append" if adds else "overwrite")


def write_month(folder: Path, name: str, file: Path, *, version: int, month: str) -> int:
    """Commit a fact's whole content of a month, which lies in a Parquet file without its month, in order; it is taken away.

    Returns:
        The new version, durable but not yet visible to any reader.
    """
    restore_table(folder, name, version)
    with storage_errors(table_place(folder, name)):
        action = _add_ready(folder, name, month, file)
        return _commit(folder, name, [action], version, [month], "overwrite")


def _commit(
    folder: Path,
    name: str,
    actions: list[Action],
    version: int | None,
    months: Sequence[str] | None,
    mode: Literal["append", "overwrite"],
) -> int:
    place, delta = table_place(folder, name), DeltaSchema.from_arrow(STORED[name])
    partitions = ["month"] if name in FACTS else None
    if version is None:
        _create_table(place, delta, actions, partitions)
        made = 0
    else:
        table = opened(place, table_version(folder, name) or 0)
        made = table.version() + 1
        table.create_write_transaction(
            actions,
            mode,
            delta,
            partitions,
            partition_filters=None if months is None else [("month", "in", list(months))],
            commit_properties=_ONE_TRY,
            post_commithook_properties=_KEEP_LOG,
        )
    sync_log(folder, name)
    return made


def _create_table(place: str, delta: DeltaSchema, actions: Sequence[Action], partitions: list[str] | None) -> None:
    adds = [action for action in actions if isinstance(action, AddAction)]
    create_table_with_add_actions(place, delta, adds, "error", partitions, commit_properties=_ONE_TRY)


def _add_files(folder: Path, name: str, frame: pl.DataFrame) -> list[Action]:
    if name not in FACTS:
        return [_add_file(folder, name, "", frame)] if frame.height else []
    frame = frame.sort("month", *TIME_ORDER[name])
    parts = frame.partition_by("month", as_dict=True, include_key=False, maintain_order=True)
    return [_add_file(folder, name, str(key[0]), part) for key, part in parts.items()]


def _add_file(folder: Path, name: str, month: str, part: pl.DataFrame) -> AddAction:
    relative = _new_name(month)
    store = objects_of(folder)
    if store is None:
        (folder / name / relative).parent.mkdir(parents=True, exist_ok=True)
        size = write_parquet_synced(part, folder / name / relative)
        sync_path((folder / name / relative).parent)
    else:
        packed = io.BytesIO()
        part.write_parquet(packed, compression="zstd")
        store.put(f"{name}/{relative}", packed.getvalue())
        size = packed.tell()
    return _added(relative, size, month, part.height)


def _add_ready(folder: Path, name: str, month: str, file: Path) -> AddAction:
    """A file that was written already."""
    relative, size = _new_name(month), file.stat().st_size
    height: int = pl.scan_parquet(file).select(pl.len()).collect().item()
    store = objects_of(folder)
    if store is None:
        (folder / name / relative).parent.mkdir(parents=True, exist_ok=True)
        file.replace(folder / name / relative)
        sync_path((folder / name / relative).parent)
    else:
        store.put(f"{name}/{relative}", file.read_bytes())
        file.unlink()
    return _added(relative, size, month, height)


def _new_name(month: str) -> str:
    return f"{f'month={month}' if month else ''}/{uuid.uuid4().hex}.parquet".lstrip("/")


def _added(relative: str, size: int, month: str, rows: int) -> AddAction:
    values: dict[str, str | None] = {"month": month} if month else {}
    return AddAction(relative, size, values, int(time.time() * 1000), True, json.dumps({"numRecords": rows}))  # noqa: FBT003


def append_row(folder: Path, name: str, row: pl.DataFrame, *, onto: int | None) -> None:
    """Append to a small table that only grows; it stays one file, so that opening it stays quick.

    Args:
        folder: the warehouse.
        name: the table.
        row: what to append.
        onto: the version to append to; None when there is no table yet.

    Raises:
        BusyError: somebody else appended to that version; nothing is appended then.
        StorageError: the table cannot be read or written.
    """
    place = table_place(folder, name)
    with storage_errors(place):
        delta = DeltaSchema.from_arrow(row.schema)
        if onto is None:
            if DeltaTable.is_deltatable(place):
                raise BusyError(say(_MEANWHILE, where=place))
            _create_table(place, delta, [_add_file(folder, name, "", row)], None)
        else:
            before = pl.scan_delta(opened(place, onto)).select(row.columns).collect()
            actions: list[Action] = [_add_file(folder, name, "", pl.concat([before, row]))]
            opened(place, onto).create_write_transaction(
                actions, "overwrite", delta, commit_properties=_ONE_TRY, post_commithook_properties=_KEEP_LOG
            )
        sync_log(folder, name)


def sync_log(folder: Path, name: str) -> None:
    """Delta commits do not sync: make the newest entries of a table's log durable; an object store does so itself."""
    if objects_of(folder) is not None:
        return
    path = folder / name
    log = path / "_delta_log"
    for entry in sorted(log.glob("*.json"))[-2:]:
        sync_path(entry)
    sync_path(log)
    sync_path(path)
