"""Files on their way in: copied and named by their content, read in a child process, one batch a call."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.child import run_in_child
from loaders.load import Defaults, Loaded, load_file
from loaders.plain import is_small_and_plain
from loaders.raw import list_files
from schema.durable import sync_path
from schema.errors import CatchlightError, SourceError, StorageError
from schema.language import say
from schema.secret import hash_key
from schema.settings import DataMode, data_home
from warehouse.coarsen import kept_since
from warehouse.snapshots import open_snapshot
from warehouse.storage import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema.mapping import Mapping
    from warehouse.commits import Options

_BLOCK = 1024 * 1024
_MOST_SAID: Final = 20
"""So many refused files are named."""


@dataclass(frozen=True)
class Reading:
    """How files are read: one mapping for all, or one a source; a preset; their original names; whether to trust.

    ``plain_here``: small files of plain text are read in this process, as one that does nothing else may.
    """

    mapping: Mapping | None = None
    mappings: dict[str, Mapping] = field(default_factory=dict)
    preset: str = ""
    names: dict[Path, str] = field(default_factory=dict)
    trusted: bool = False
    plain_here: bool = False


@dataclass(frozen=True)
class Batch:
    """Loaded sources and the hash of the file that each came from."""

    loaded: tuple[Loaded, ...]
    sha256: tuple[str, ...]


def files_of(paths: Sequence[Path], names: dict[Path, str]) -> list[tuple[Path, str]]:
    """Every file with its name; a folder stands for all files in it, in the order of their names.

    Raises:
        SourceError: a path is missing, or a folder is empty.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        if _is_so(path.is_dir):
            inside = list_files(path)
            if not inside:
                msg = say("{path}: the folder holds no files.", path=path)
                raise SourceError(msg)
            found += [(p, names.get(p, p.relative_to(path).as_posix())) for p in inside]
        elif _is_so(path.is_file):
            found.append((path, names.get(path, path.name)))
        else:
            msg = say("{path}: there is no such file.", path=path)
            raise SourceError(msg)
    return found


def _is_so(ask: Callable[[], bool]) -> bool:
    """What the system says of a path; one that no system could hold is nothing."""
    try:
        return ask()
    except OSError:
        return False


def defaults_of(mode: DataMode, *, zone: str = "", currency: str = "") -> Defaults:
    """What the warehouse knows already: zone and currency of the first import (else these), zones of stores."""
    base = open_snapshot(mode)
    if base is None:
        return Defaults(zone=zone, currency=currency)
    settings = dict(base.read("settings").iter_rows())
    zones = base.read("stores").select("store_id", "zone").drop_nulls()
    return Defaults(
        zone=settings.get("zone") or zone,
        currency=settings.get("currency") or currency,
        store_zones=dict(zones.iter_rows()),
    )


def load_batch(files: Sequence[tuple[Path, str]], reading: Reading, options: Options) -> Batch:
    """What do these files hold?

    Stores are read before facts when they bring time zones of their own: those decide the facts' local days.

    Raises:
        NeedsAnswerError: something only the owner can say is missing; names the key.
        SourceError: a file cannot be read or used.
        StorageError: the data folder cannot be written.
    """
    defaults = defaults_of(options.mode, zone=options.zone, currency=options.currency)
    batch = _load_all(files, reading, options, defaults)
    zones = dict(defaults.store_zones)
    for one in batch.loaded:
        if "stores" in one.tables and "zone" in one.tables["stores"].columns:
            zones |= dict(one.tables["stores"].select("store_id", "zone").drop_nulls().iter_rows())
    if zones == dict(defaults.store_zones):
        return batch
    return _load_all(files, reading, options, Defaults(defaults.zone, defaults.currency, zones))


def _load_all(files: Sequence[tuple[Path, str]], reading: Reading, options: Options, defaults: Defaults) -> Batch:
    loaded: list[Loaded] = []
    hashes: list[str] = []
    refused: list[SourceError] = []
    for done, (path, name) in enumerate(files):
        options.tell(0.35 * done / len(files), say("Reading {name}", name=name))
        sha = file_hash(path)
        try:
            found = load_one(path, sha, name, reading, options.mode, defaults)
        except SourceError as error:
            refused.append(error)
            continue
        loaded += found
        hashes += [sha] * len(found)
    _say_all(refused, len(files))
    return Batch(tuple(loaded), tuple(hashes))


def _say_all(refused: list[SourceError], files: int) -> None:
    """Every refused file at once, so that nobody has to try again for each."""
    if len(refused) == 1 and files == 1:
        raise refused[0]
    if refused:
        said = "\n".join(f"- {error}" for error in refused[:_MOST_SAID])
        if len(refused) > _MOST_SAID:
            said += "\n- " + say("… and {n} more.", n=len(refused) - _MOST_SAID)
        msg = say(
            "{refused} of {files} files cannot be used, so none was imported. Leave these out, or mend them:\n{said}",
            refused=len(refused),
            files=files,
            said=said,
        )
        raise SourceError(msg)


def load_one(path: Path, sha: str, name: str, reading: Reading, mode: DataMode, defaults: Defaults) -> list[Loaded]:
    """What does one file hold?

    Args:
        path: where it lies.
        sha: its content's hash; empty: it is the warehouse's own copy already, and is read where it lies.
        name: what messages call it.
        reading: how files are read.
        mode: demo or real.
        defaults: what the warehouse knows.

    Raises:
        NeedsAnswerError: something only the owner can say is missing; names the key.
        SourceError: it cannot be read or used.
        StorageError: the data folder cannot be written.
    """
    if reading.trusted:
        return _load_trusted(path, name, reading, defaults)
    return _load_apart(path, sha, name, reading, mode, defaults)


def _load_trusted(path: Path, name: str, reading: Reading, defaults: Defaults) -> list[Loaded]:
    """Read in this process: only what the product itself wrote."""
    given = reading.mappings or reading.mapping
    return load_file(path, name=name, mappings=given, preset=reading.preset, defaults=defaults)


def _load_apart(path: Path, sha: str, name: str, reading: Reading, mode: DataMode, defaults: Defaults) -> list[Loaded]:
    """Read a copy in a child process; both copy and result are gone afterwards.

    A file that the browser dropped lies here already: it is read as it is and stays until a day has passed, because
    it may be looked at first and accepted later.
    """
    incoming = data_home(mode) / "incoming"
    is_here = not sha or path.absolute() == (incoming / sha).absolute()
    copy = path if is_here else keep_copy(path, incoming, sha)
    before = kept_since(mode)
    coarse = before.isoformat() if before else ""
    known = replace(defaults, hash_key=hash_key().decode(), coarse_before=coarse)
    try:
        found = _load_plain(copy, name, reading, known) if reading.plain_here else None
        return found if found is not None else _load_in_child(copy, name, reading, incoming, known)
    finally:
        if not is_here:
            copy.unlink(missing_ok=True)


def _load_in_child(copy: Path, name: str, reading: Reading, incoming: Path, defaults: Defaults) -> list[Loaded]:
    with tempfile.TemporaryDirectory(dir=incoming) as out:
        arguments = {
            "path": str(copy),
            "name": name,
            "out": out,
            "preset": reading.preset,
            "mappings": _wire(reading),
            "defaults": asdict(defaults),
        }
        answer = run_in_child("load", arguments)
        return [Loaded.from_dict(plain, Path(out)) for plain in answer["loaded"]]


def _load_plain(copy: Path, name: str, reading: Reading, defaults: Defaults) -> list[Loaded] | None:
    """A small file of plain text, read in this process; None: a child must read it, and say what is wrong if it fails."""
    if not is_small_and_plain(copy, name):
        return None
    try:
        given = reading.mappings or reading.mapping
        return load_file(copy, name=name, mappings=given, preset=reading.preset, defaults=defaults)
    except CatchlightError:
        raise
    except (Exception, pl.exceptions.PanicException):  # noqa: BLE001  (whatever it is, the child tells it as it always did)
        return None


def _wire(reading: Reading) -> dict[str, object] | None:
    if reading.mappings:
        return {source: asdict(mapping) for source, mapping in reading.mappings.items()}
    return asdict(reading.mapping) if reading.mapping else None


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits.

    Raises:
        SourceError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        msg = say("{path}: cannot be read ({reason}).", path=path, reason=error.strerror)
        raise SourceError(msg) from error
    return digest.hexdigest()


def keep_copy(path: Path, incoming: Path, sha: str) -> Path:
    """A durable copy named by its content; the reader never opens a file that somebody may still change.

    Raises:
        StorageError: there is no room for it, or the folder cannot be written.
    """
    with storage_errors(incoming):
        incoming.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(incoming).free
        if path.stat().st_size > free:
            msg = say(
                "{name}: needs {size} bytes in {incoming}; only {free} are free.",
                name=path.name,
                size=path.stat().st_size,
                incoming=incoming,
                free=free,
            )
            raise StorageError(msg)
        copy = incoming / sha
        part = incoming / f"{sha}.{os.getpid()}.part"
        with path.open("rb") as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
            target.flush()
            os.fsync(target.fileno())
        part.replace(copy)
        sync_path(incoming)
    return copy
