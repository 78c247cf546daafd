"""What a binding run leaves for the next one, beside the ledger: what it saw, and the state of all customers.

The state of everybody is one file; each run adds one of those whom it decided alone, until there are too many of them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from ledger.bind_scope import Before, Seen, heads
from schema.durable import sync_path
from schema.settings import data_home

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from schema.settings import DataMode

_FORMAT: Final = 2
_FOLDER: Final = "bound"
_MANY: Final = 8
"""More files than this are written anew as one: an eighth of the work of doing it always."""


@dataclass(frozen=True)
class Files:
    """The names of what the last run kept: everybody's state and what changed since, and head office's decisions."""

    people: tuple[str, ...]
    decisions: str


def last_run(mode: DataMode) -> tuple[Before, Files] | None:
    """What the last run left; None where none did, or another version of the product."""
    folder = data_home(mode) / _FOLDER
    try:
        said = json.loads((folder / "seen.json").read_text("utf-8"))
        if said.pop("format") != _FORMAT:
            return None
        files = Files(tuple(said["people"]), said["decisions"])
        people, *later = (pl.read_parquet(folder / f"{name}.parquet") for name in files.people)
        decisions = pl.read_parquet(folder / f"{files.decisions}.parquet")
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
        return None
    seen = Seen(said["ground"], said["files"], said["heads"], dt.datetime.fromisoformat(said["until"]))
    return Before(seen, _latest(people, later), decisions), files


def _latest(people: pl.DataFrame, later: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Everybody's state after what later runs said."""
    if not later:
        return people
    said = pl.concat(later).unique("customer_key", keep="last").sort("customer_key")
    return with_fresh(people, said["customer_key"], said.filter(~pl.col("is_gone")).drop("is_gone"))


def with_fresh(people: pl.DataFrame, keys: pl.Series, fresh: pl.DataFrame) -> pl.DataFrame:
    """``PEOPLE`` of everybody after some were decided; who of them is not there any more is gone.

    Args:
        people: of all, in the order of their keys.
        keys: who were decided.
        fresh: of these, in that order too.
    """
    kept = people.filter(~pl.col("customer_key").is_in(keys.implode()))
    return kept.merge_sorted(fresh, "customer_key")


def keep(
    mode: DataMode,
    seen: Seen,
    people: pl.DataFrame,
    decisions: pl.DataFrame,
    *,
    before: tuple[Before, Files] | None = None,
    keys: pl.Series | None = None,
) -> None:
    """Keep what a run saw, once all that it decided is written; a run that is killed before leaves what was there.

    Args:
        mode: which data.
        seen: what it saw.
        people: ``PEOPLE`` as the run left them.
        decisions: head office's decisions that it knew.
        before: what the last run left.
        keys: whom it decided; None: everybody.
    """
    folder = data_home(mode) / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if before is None or keys is None or len(before[1].people) > _MANY:
        names: tuple[str, ...] = (_write(folder, "people", people),)
    elif keys.is_empty():
        names = before[1].people
    else:
        names = (*before[1].people, _write(folder, "people", _said_of(keys, people)))
    is_same = before is not None and before[0].decisions.equals(decisions)
    known = before[1].decisions if before is not None and is_same else _write(folder, "decisions", decisions)
    said: dict[str, Any] = {
        "format": _FORMAT, "ground": seen.ground, "files": seen.files, "heads": heads(mode),
        "until": seen.until.isoformat(), **asdict(Files(names, known)),
    }  # fmt: skip
    draft = folder / "seen.draft"
    draft.write_text(json.dumps(said), encoding="utf-8")
    sync_path(draft)
    draft.replace(folder / "seen.json")
    sync_path(folder)
    _drop_others(folder, {f"{name}.parquet" for name in (*names, known)})


def _said_of(keys: pl.Series, people: pl.DataFrame) -> pl.DataFrame:
    """The rows of those who were decided; who has none is gone."""
    asked = keys.rename("customer_key").to_frame()
    mine = people.filter(pl.col("customer_key").is_in(keys.implode()))
    gone = asked.join(mine, on="customer_key", how="anti")
    return pl.concat([mine.with_columns(is_gone=False), gone.with_columns(is_gone=True)], how="diagonal")


def _write(folder: Path, kind: str, rows: pl.DataFrame) -> str:
    name = f"{kind}-{os.urandom(8).hex()}"
    with (folder / f"{name}.parquet").open("xb") as file:
        rows.write_parquet(file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    return name


def _drop_others(folder: Path, kept: Collection[str]) -> None:
    for file in folder.glob("*.parquet"):
        if file.name not in kept:
            file.unlink(missing_ok=True)
