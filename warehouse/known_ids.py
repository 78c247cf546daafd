"""The ids of all stored events as sorted numbers, a file a stored file: so a new day is compared with years in no time.

A number is a hash of the id. Where no stored id has the number of a new one, the new one is not known; where one has, the
ids themselves are compared, as they are where these files are missing. Most new ids are told apart by one bit of a small
map of each file's numbers already, and only the others are looked up among them.
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
_BITS: Final = 64
_BITS_AN_ID: Final = 8
"""At least so many bits of a map for each id: one of eight numbers that are not in a file meets a bit that is set."""


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
            old = before / FOLDER if before else None
            if old and all((old / part).is_file() for part in _files(name)):
                for part in _files(name):
                    link_or_copy(old / part, folder / FOLDER / part)
                continue
            numbers = _of_file(events.of_file(month, name).select("event_id"))
            kept, bits = (folder / FOLDER / part for part in _files(name))
            np.save(kept, numbers)
            np.save(bits, _map_of(numbers))
            for path in (kept, bits):
                sync_path(path)


def may_be_known(ids: pl.Series, base: Snapshot) -> pl.Series | None:
    """For each id of new events whether a stored one may be the same; None: their numbers were not kept."""
    folder = base.marts_folder / FOLDER
    names = [name for names in base.files("events").values() for name in names]
    if not all((folder / part).is_file() for name in names for part in _files(name)):
        return None
    asked = _numbers(ids)
    found = np.zeros(asked.size, dtype=np.bool_)
    for name in names:
        known, bits = (np.load(folder / part, mmap_mode="r") for part in _files(name))
        maybe = np.flatnonzero(_is_marked(bits, asked))
        some = np.sort(asked[maybe])  # looks in order stay close to each other
        at = np.minimum(np.searchsorted(known, some), known.size - 1)
        hits = some[known[at] == some] if known.size else some[:0]
        if hits.size:
            found[maybe] |= np.isin(asked[maybe], hits)
    return pl.Series(found, dtype=pl.Boolean)


def _files(name: str) -> tuple[str, str]:
    """What is kept of a stored file: its ids' numbers, and their map."""
    return f"{name}.npy", f"{name}.map.npy"


def _map_of(numbers: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """One bit for every number that shares its first bits with one of these, which are sorted; at least a byte."""
    width = max(3, (numbers.size * _BITS_AN_ID - 1).bit_length())
    place = numbers >> np.uint64(_BITS - width)
    found = np.zeros(1 << (width - 3), dtype=np.uint8)
    if numbers.size:
        byte, bit = place >> np.uint64(3), np.uint8(1) << (place & np.uint64(7)).astype(np.uint8)
        first = np.flatnonzero(np.r_[True, byte[1:] != byte[:-1]])
        found[byte[first]] = np.bitwise_or.reduceat(bit, first)
    return found


def _is_marked(bits: NDArray[np.uint8], asked: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether a number's bit is set: no number of the map's file is missed."""
    place = asked >> np.uint64(_BITS - bits.size.bit_length() - 2)
    found: NDArray[np.bool_] = (bits[place >> np.uint64(3)] >> (place & np.uint64(7)).astype(np.uint8)) & 1 == 1
    return found


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
