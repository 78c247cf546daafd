"""Events by visitor and time: one whole number a row is sorted instead of rows, and ties are settled apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.packed import bits, changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_KEY_BITS: Final = 64
_AT_A_TIME: Final = {"hide": 0, "leave": 0, "view": 1}
"""At one instant the old page closes before the new one opens; everything else follows."""


def time_order(events: pl.DataFrame) -> tuple[Ints, Ints, Ints]:
    """Which rows follow each other by (visitor, time, seq, kind, event), each event once?

    Args:
        events: one row per event with ``event_id, visitor, occurred_at, seq, type``, in any order.

    Returns:
        In that order: the rows' numbers, their visitors, and their instants (µs since 1970). Of an ``event_id`` that is
        repeated the first row in that order is there.
    """
    visitor = events["visitor"].to_numpy().astype(np.int64, copy=False)
    at = np.asarray(events["occurred_at"].dt.epoch("us").to_numpy(), dtype=np.int64)
    in_time = _by_time(at)
    order, visitor = _by_visitor(visitor if in_time is None else visitor[in_time])
    order = order if in_time is None else in_time[order]
    at = at[order]
    _settle_ties(events, (visitor[1:] == visitor[:-1]) & (at[1:] == at[:-1]), order)
    ids = events["event_id"]
    if ids.n_unique() < len(ids):
        once = ids[order].is_first_distinct().to_numpy()
        return order[once], visitor[once], at[once]
    return order, visitor, at


def _by_time(at: Ints) -> Ints | None:
    """The rows by their instants, equal ones as they come; None where they come in that order, as tables keep them."""
    if not np.any(at[1:] < at[:-1]):
        return None
    low, high = int(at.min()), int(at.max())
    if bits(high - low) + bits(len(at)) > _KEY_BITS:
        return np.argsort(at, kind="stable")
    return _sorted_rows((at - low).view(np.uint64))


def _by_visitor(visitor: Ints) -> tuple[Ints, Ints]:
    """The rows by their visitor, equal ones as they come, and the visitors in that order.

    Visitors' numbers are as long as the one that is sorted: of them as much is sorted as has room beside a row's
    number, and the few visitors who differ only in the rest are told apart afterwards.
    """
    if not len(visitor):
        return np.empty(0, dtype=np.int64), visitor
    low, high = int(visitor.min()), int(visitor.max())
    spare = np.uint64(max(bits(high - low) + bits(len(visitor)) - _KEY_BITS, 0))
    least = np.uint64(low % (1 << _KEY_BITS))
    order = _sorted_rows((visitor.view(np.uint64) - least) >> spare)
    ordered = visitor[order]
    if np.any(ordered[1:] < ordered[:-1]):
        alike = np.cumsum(changes((ordered.view(np.uint64) - least) >> spare)) - 1
        mixed = np.zeros(int(alike[-1]) + 1, dtype=np.bool_)
        mixed[alike[1:][ordered[1:] < ordered[:-1]]] = True
        rows = np.flatnonzero(mixed[alike])
        told = rows[np.lexsort((ordered[rows], alike[rows]))]
        order[rows], ordered[rows] = order[told], ordered[told]
    return order, ordered


def _sorted_rows(keys: NDArray[np.uint64]) -> Ints:
    """The rows by numbers that leave room for a row's own, equal ones as they come; the numbers are used up."""
    width = np.uint64(bits(len(keys)))
    keys <<= width
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    keys &= (np.uint64(1) << width) - np.uint64(1)
    return keys.view(np.int64)


def _settle_ties(events: pl.DataFrame, same: Flags, order: Ints) -> None:
    """Put in order what one visitor did at one instant; ``same`` says of each row but the first that it is so."""
    if not same.any():
        return
    tied = np.zeros(len(order), dtype=np.bool_)
    tied[1:] = same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    instant = np.cumsum(~same[np.maximum(places, 1) - 1] | (places == 0), dtype=np.int64)
    rows = events.select("seq", "type", "event_id")[order[places]]
    kind = rows["type"].replace_strict(_AT_A_TIME, default=2, return_dtype=pl.Int8)
    ranks = pl.DataFrame({"instant": instant, "seq": rows["seq"], "kind": kind, "event_id": rows["event_id"]})
    turn = (
        ranks.select(pl.arg_sort_by("instant", "seq", "kind", "event_id", maintain_order=True)).to_series().to_numpy()
    )
    order[places] = order[places][turn]
