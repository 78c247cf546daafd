"""Mappings that people corrected once and want used again: small TOML files in the data folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from schema.errors import StorageError
from schema.language import say
from schema.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def _key(columns: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(columns)).encode()).hexdigest()[:16]


def save_mapping(folder: Path, columns: Sequence[str], mapping: Mapping) -> Path:
    """Keep a mapping for every later file with the same columns; an earlier one for them is replaced.

    Raises:
        StorageError: the folder cannot be written.
    """
    path = folder / f"{_key(columns)}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(mapping.to_toml(), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        msg = say(
            "{path}: the mapping cannot be saved ({reason}). Free some space or check the folder's rights.",
            path=path,
            reason=error.strerror,
        )
        raise StorageError(msg) from error
    return path


def saved_mapping(folder: Path, columns: Sequence[str]) -> Mapping | None:
    """The mapping kept for exactly these columns, in any order; None when there is none."""
    path = folder / f"{_key(columns)}.toml"
    return Mapping.read(path) if path.exists() else None
