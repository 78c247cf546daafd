"""The ids of all stored events as sorted numbers, a file a stored file: so a new day is compared with years in no time.

A number is a hash of the id. Where no stored id has the number of a new one, the new one is not known; where one has, the
ids themselves are compared, as they are where these files are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import polars_hash as plh

from schema.durable import sync_path
from warehouse.joined import ROWS_AT_ONCE
from warehouse.storage import link_or_copy

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from warehouse.event_marks import Events
    from warehouse.snapshots import Snapshot

FOLDER: Final = "event_ids"


def keep_known_ids(events: Events, folder: Path, before: Path | None) -> None:
    """Put the numbers of stored ids beside marts.

    Args:
        events: the stored events.
        folder: the new snapshot's marts.
        before: those of the snapshot before, if they have the same format.
    """
    (folder / FOLDER).mkdir()
    for month, files in events.files.items():
        for name in files:
            old = before / FOLDER / f"{name}.npy" if before else None
            target = folder / FOLDER / f"{name}.npy"
            if old and old.is_file():
                link_or_copy(old, target)
                continue
            np.save(target, _of_file(events.of_file(month, name).select("event_id")))
            sync_path(target)


def may_be_known(ids: pl.Series, base: Snapshot) -> pl.Series | None:
    """For each id of new events whether a stored one may be the same; None: their numbers were not kept."""
    folder = base.marts_folder / FOLDER
    files = [folder / f"{name}.npy" for names in base.files("events").values() for name in names]
    if not all(file.is_file() for file in files):
        return None
    asked, of = np.unique(_numbers(ids), return_inverse=True)
    found = np.zeros(asked.size, dtype=np.bool_)
    for file in files:
        known = np.load(file, mmap_mode="r")
        if known.size:
            at = np.minimum(np.searchsorted(known, asked), known.size - 1)
            found |= known[at] == asked
    return pl.Series(found[of], dtype=pl.Boolean)


def _of_file(ids: pl.LazyFrame) -> NDArray[np.uint64]:
    """The numbers of a file's ids, sorted; never more than a piece of it as text."""
    height = ids.select(pl.len()).collect().item()
    found = np.empty(height, dtype=np.uint64)
    for start in range(0, height, ROWS_AT_ONCE):
        some = ids.slice(start, ROWS_AT_ONCE).collect().to_series()
        found[start : start + some.len()] = _numbers(some)
    found.sort()
    return found


def _numbers(ids: pl.Series) -> NDArray[np.uint64]:
    number: pl.Expr = plh.col("id").nchash.xxhash64()
    return ids.alias("id").to_frame().select(number.cast(pl.UInt64)).to_series().to_numpy()
