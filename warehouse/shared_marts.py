"""Marts on an object store: each file once by its content, a list of them a snapshot; a machine that lacks them fetches them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING, Final

from schema.durable import sync_path
from schema.errors import StorageError
from schema.language import say
from warehouse.storage import link_or_copy, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from warehouse.objects import Objects

LIST: Final = "objects.json"
"""Beside the marts on this machine: file → digest of its content; a folder has none."""

_KEPT_S: Final = 24 * 3600.0


def send_marts(store: Objects, folder: Path, number: int) -> str:
    """Put a snapshot's marts on the store, those files that it does not have.

    Args:
        store: where the tables lie.
        folder: the marts on this machine.
        number: of the snapshot.

    Returns:
        The digest of the list, for the snapshot to name: marts of another snapshot of that number never pass for it.
    """
    paths = sorted(path for path in folder.rglob("*") if path.name != LIST)
    digests = {path.relative_to(folder).as_posix(): "" if path.is_dir() else _digest(path) for path in paths}
    there = {one.path.rsplit("/", 1)[-1] for one in store.below("marts/files")}
    for name, digest in digests.items():
        if digest and digest not in there:
            store.put(f"marts/files/{digest}", (folder / name).read_bytes())
            there.add(digest)
    said = json.dumps(digests, sort_keys=True).encode()
    store.put(f"marts/{number}.json", said)
    part = folder / f"{LIST}.part"
    part.write_bytes(said)
    sync_path(part)
    part.replace(folder / LIST)  # a list taken over from the snapshot before is that one's file too
    sync_path(folder)
    return hashlib.sha256(said).hexdigest()


def fetch_marts(store: Objects, folder: Path, digest: str) -> None:
    """Have a snapshot's marts on this machine; nothing happens when they are there.

    Args:
        store: where the tables lie.
        folder: where they shall lie here, named by the snapshot's number.
        digest: of their list.

    Raises:
        StorageError: the store does not have them, has others, or cannot be reached; or the disk is full.
    """
    with storage_errors(folder):
        if _listed(folder, digest) is not None:
            return
        found = store.get(f"marts/{folder.name}.json")
        if found is None or hashlib.sha256(found[0]).hexdigest() != digest:
            return  # pruned, or of another lineage: whoever opens them says so
        part = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}.part")
        near = _near(folder.parent)
        for name, content in json.loads(found[0]).items():
            target = part / name
            if not content:  # a mart without rows is an empty folder
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if content in near:
                link_or_copy(near[content], target)
            else:
                target.write_bytes(_content(store, content))
                near[content] = target
        (part / LIST).write_bytes(found[0])
        _put(part, folder, digest)
        _drop_gone(store, folder.parent)


def drop_marts(store: Objects, kept: Iterable[int]) -> list[int]:
    """Delete the marts of all other snapshots from the store; their numbers. The one writer calls it."""
    wanted = {f"marts/{number}.json" for number in kept}
    every = store.below("marts")
    lists = [one.path for one in every if one.path.endswith(".json")]
    named: set[str] = set()
    for path in wanted.intersection(lists):
        found = store.get(path)
        named |= set(json.loads(found[0]).values()) if found else set()
    gone = [path for path in lists if path not in wanted]
    store.delete(
        [one.path for one in every if not one.path.endswith(".json") and one.path.rsplit("/", 1)[-1] not in named]
    )
    store.delete(gone)
    return sorted(int(path.removeprefix("marts/").removesuffix(".json")) for path in gone)


def _content(store: Objects, digest: str) -> bytes:
    found = store.get(f"marts/files/{digest}")
    if found is None or hashlib.sha256(found[0]).hexdigest() != digest:
        msg = say(
            "{url}: a file of the marts is missing or damaged ({digest}…). Run python -m warehouse rebuild.",
            url=store.url,
            digest=digest[:12],
        )
        raise StorageError(msg)
    return found[0]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(folder: Path, digest: str | None = None) -> dict[str, str] | None:
    """The list beside marts on this machine; None where there is none, or another one than asked for."""
    try:
        said = (folder / LIST).read_bytes()
    except FileNotFoundError:
        return None
    if digest is not None and hashlib.sha256(said).hexdigest() != digest:
        return None
    files: dict[str, str] = json.loads(said)
    return files


def _near(marts: Path) -> dict[str, Path]:
    """Digest → a file with that content on this machine."""
    return {
        digest: folder / name
        for folder in marts.glob("*")
        if folder.name.isdecimal()
        for name, digest in (_listed(folder) or {}).items()
        if (folder / name).is_file()
    }


def _put(part: Path, folder: Path, digest: str) -> None:
    """Under their own name in place of another lineage's, unless another process was faster."""
    if folder.is_dir() and _listed(folder, digest) is None:
        old = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}.part")
        folder.rename(old)
        shutil.rmtree(old)
    try:
        os.replace(part, folder)  # noqa: PTH105  (an atomic rename is the point)
    except OSError:
        if _listed(folder, digest) is None:
            raise
        shutil.rmtree(part)


def _drop_gone(store: Objects, marts: Path) -> None:
    """Delete here what is gone from the store: marts of pruned snapshots, and all that were published before a forgetting."""
    for other in marts.iterdir():
        with contextlib.suppress(OSError):  # another process may be doing the same
            is_old = other.suffix == ".part" and other.stat().st_mtime < time.time() - _KEPT_S
            if is_old or (other.name.isdecimal() and store.get(f"marts/{other.name}.json") is None):
                shutil.rmtree(other)
