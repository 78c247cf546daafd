"""Dropped files on their way in: kept by content, looked at in a child process, accepted only on request."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from loaders.child import run_in_child
from loaders.load import Inspection
from loaders.saved import saved_mapping
from schema.errors import CatchlightError, StorageError
from schema.language import say
from schema.settings import data_home
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from schema.mapping import Mapping


@dataclass(frozen=True)
class Dropped:
    """One dropped file: its name, where its bytes lie, and what it seems to be (or why it cannot be read)."""

    name: str
    path: Path
    inspections: tuple[Inspection, ...]
    problem: str = ""


def keep(files: Sequence[UploadedFile]) -> list[tuple[str, Path]]:
    """Write each file's bytes to ``incoming/<sha256>``, for a day at most; the same bytes are kept once.

    Returns:
        Names and paths.
    """
    folder = data_home("real") / "incoming"
    kept = []
    for file in files:
        content = file.getvalue()
        path = folder / hashlib.sha256(content).hexdigest()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                draft = path.with_suffix(f".{os.getpid()}")
                draft.write_bytes(content)
                draft.replace(path)
        except OSError as error:
            msg = say(
                "{name}: cannot be stored in {folder} ({reason}). Free some space and drop it again.",
                name=file.name,
                folder=folder,
                reason=error.strerror,
            )
            raise StorageError(msg) from error
        kept.append((file.name, path))
    return kept


def look(name: str, path: Path, mapping: Mapping | None = None) -> Dropped:
    """What a file seems to be. A saved mapping is used where one fits its columns; nothing is stored."""
    arguments: dict[str, Any] = {"path": str(path), "name": name, "defaults": warehouse.known_defaults("real")}
    if mapping is not None:
        arguments["mappings"] = asdict(mapping)
    try:
        said = run_in_child("inspect", arguments)
    except CatchlightError as error:
        return Dropped(name, path, (), str(error))
    found = tuple(Inspection.from_dict(one) for one in said["inspections"])
    if mapping is None and len(found) == 1:
        saved = saved_mapping(data_home("real") / "mappings", found[0].columns)
        if saved is not None and saved != found[0].mapping:
            return look(name, path, saved)
    return Dropped(name, path, found)
