"""The heads of the chains, kept outside the database: a chain alone cannot see that its tail was cut off.

A writer announces the head it is about to commit, commits, and then confirms it. So a crash at any moment leaves a file
that knows both the old and the new head, and rows that no writer announced are seen.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from records.failures import database_errors
from schema.durable import sync_path
from schema.errors import StorageError
from schema.language import say
from schema.settings import DataMode, data_home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOTHING: Final = "0" * 64
"""What the first row of a chain follows."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain.

    Attributes:
        seq: its number; 0 for an empty table.
        row_hash: its hash; 64 zeros for an empty table.
    """

    seq: int = 0
    row_hash: str = NOTHING


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file says about one table.

    Attributes:
        head: the last head known to be committed.
        announced: the head that a writer was about to commit; None when none was.
        unexplained: where a writer found the table to end otherwise than it had been left; kept for good.
    """

    head: Head
    announced: Head | None = None
    unexplained: Head | None = None

    @property
    def ends(self) -> tuple[Head | None, Head | None]:
        """Where the table may end."""
        return (self.head, self.announced)


def heads_path(mode: DataMode) -> Path:
    """The file beside the database."""
    return data_home(mode) / "heads.json"


def read_heads(mode: DataMode) -> dict[str, Kept]:
    """What was kept, by table; empty when there is no file.

    Raises:
        StorageError: the file is there and is not one of ours.
    """
    path = heads_path(mode)
    with database_errors(str(path)):
        if not path.exists():
            return {}
        written = path.read_text("utf-8")
    try:
        return {name: _kept(value) for name, value in json.loads(written).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = say(
            "{path}: not the file of the ledger's heads. Restore it from a backup, together with the database.",
            path=path,
        )
        raise StorageError(msg) from error


def announce(mode: DataMode, grown: Mapping[str, tuple[Head, Head]]) -> None:
    """Say what is about to be committed: by table the head found and the head to be."""
    kept = read_heads(mode)
    announced = {}
    for name, (found, wanted) in grown.items():
        before = kept.get(name, Kept(Head()))
        suspect = before.unexplained or (None if found in before.ends else found)
        announced[name] = Kept(found, wanted, suspect)
    _write(mode, kept | announced)


def confirm(mode: DataMode, grown: Mapping[str, tuple[Head, Head]]) -> None:
    """Say what has been committed."""
    kept = read_heads(mode)
    _write(mode, kept | {name: Kept(head, None, kept[name].unexplained) for name, (_, head) in grown.items()})


def drop_others(mode: DataMode, keep: frozenset[str]) -> None:
    """Forget the heads of all tables but these, which are gone."""
    _write(mode, {name: kept for name, kept in read_heads(mode).items() if name in keep})


def _kept(value: dict[str, dict[str, object] | None]) -> Kept:
    announced, unexplained = value["announced"], value["unexplained"]
    return Kept(
        _head(value["head"] or {}),
        _head(announced) if announced else None,
        _head(unexplained) if unexplained else None,
    )


def _head(value: dict[str, object]) -> Head:
    return Head(int(str(value["seq"])), str(value["row_hash"]))


def _write(mode: DataMode, kept: Mapping[str, Kept]) -> None:
    path = heads_path(mode)
    with database_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({name: asdict(one) for name, one in sorted(kept.items())}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_path(path.parent)
