"""Sessions and dwell (T1): from raw events to one row per view, with how long it lasted and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.event_order import time_order
from metrics.packed import changes
from metrics.rules import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Kinds = NDArray[np.uint8]

PING_US: Final = 10_000_000
"""Heartbeat of ping trackers, µs: a view with pings in n of these slots lasted 10·(n − 1) + 5 s (§9)."""

PING_MINIMUM_MS: Final = 5_000
"""What the first ping proves, ms."""

EVIDENCE: Final = ("unknown", "gap", "pings", "measured")
"""How a dwell is known, weakest first."""

_KINDS: Final = {"view": 3, "hide": 2, "leave": 2, "ping": 4}
_VIEW: Final = 1
_CLOSES: Final = 2
_PING: Final = 4
"""What an event says, a bit each: a view closes the one before it, as hide and leave do."""


def sessionise(events: pl.DataFrame, *, gap_s: int = 1800, cap_gap_s: int = 180, cap_fg_s: int = 600) -> pl.DataFrame:
    """How long did each view of a product last, and in which session was it?

    A new session starts after a silence longer than ``gap_s``. A view's dwell is, best evidence first: its own
    foreground time; the pings before the next view of the session; the capped gaps between events up to the next
    view, hide or leave of the session. A view that nothing closes has an unknown dwell: null, never 0.

    Args:
        events: one row per event with ``event_id, visitor, occurred_at, seq, type, product_id, fg_ms``; other
            columns are kept. A repeated ``event_id`` counts once (its earliest row).
        gap_s: silence that ends a session, seconds; exactly this long does not.
        cap_gap_s: most that one gap may add, seconds (W03).
        cap_fg_s: most that foreground time or pings may say, seconds (W03).

    Returns:
        One row per view by (visitor, time): the input's columns, ``session`` (numbered from 0 within the frame),
        ``session_at`` (its first event), ``dwell_ms``, ``evidence`` (measured, pings, gap, unknown), ``is_capped``.
        No events give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(events, "events", "event_id", "visitor", "occurred_at", "seq", "type", "product_id", "fg_ms")
    order, visitor, at = time_order(events)
    track = _track(events, order, visitor, at, gap_s * 1_000_000)
    views = _views(events, order, visitor, track)
    gap = _gap_dwell(track, cap_gap_s * 1_000_000)
    return views.with_columns(_dwell(views["fg_ms"], gap, _ping_dwell(track), cap_fg_s * 1000))


@dataclass(frozen=True, slots=True)
class _Track:
    """The events in order: when, what they say, and in which session they are; and which of them are views."""

    at: Ints
    kind: Kinds
    session: NDArray[np.int32]
    started: Ints
    views: Ints


def _track(events: pl.DataFrame, order: Ints, visitor: Ints, at: Ints, gap_us: int) -> _Track:
    starts = np.ones(len(order), dtype=np.bool_)
    np.greater(np.diff(at), gap_us, out=starts[1:])
    starts[1:] |= visitor[1:] != visitor[:-1]
    said = np.zeros(events.height, dtype=np.uint8)
    for name, meaning in _KINDS.items():
        said |= (events["type"] == name).to_numpy() * np.uint8(meaning)
    kind = said[order]
    session = np.cumsum(starts, dtype=np.int32)
    session -= 1
    return _Track(at, kind, session, at[starts], np.flatnonzero((kind & _VIEW) > 0))


def _views(events: pl.DataFrame, order: Ints, visitor: Ints, track: _Track) -> pl.DataFrame:
    """The rows of the views with their session; what is told by the order already is not picked from the events."""
    told = {
        "visitor": pl.Series(visitor[track.views]),
        "occurred_at": _clock(track.at[track.views]),
        "type": pl.Series(["view"]).new_from_index(0, len(track.views)),
    }
    rows = pl.Series(order[track.views].astype(np.uint32))
    picked = [
        told[column.name].cast(column.dtype).alias(column.name)
        if column.name in told
        else column.rechunk().gather(rows)
        for column in events
    ]
    session = track.session[track.views].astype(np.int64)
    return pl.DataFrame([*picked, pl.Series("session", session), _clock(track.started[session]).alias("session_at")])


def _clock(at: Ints) -> pl.Series:
    return pl.Series(at).cast(pl.Datetime("us", "UTC"))


def _gap_dwell(track: _Track, cap_us: int) -> tuple[Ints, Flags, Flags]:
    """Per view: capped gaps up to what closes it (ms), whether anything does, whether the cap cut a gap."""
    closers = np.flatnonzero((track.kind & _CLOSES) > 0)
    is_view = (track.kind[closers] & _VIEW) > 0
    session = track.session[closers]
    is_closed = np.zeros(len(closers), dtype=np.bool_)
    np.equal(session[1:], session[:-1], out=is_closed[:-1])
    counted = np.zeros(len(track.at), dtype=np.int64)
    np.cumsum(np.minimum(np.diff(track.at), cap_us), out=counted[1:])
    gone, counted = (np.diff(clock[closers], append=0) for clock in (track.at, counted))
    is_closed = is_closed[is_view]
    gone, counted = gone[is_view] * is_closed, counted[is_view] * is_closed
    return counted // 1000, is_closed, counted < gone


def _ping_dwell(track: _Track) -> Ints:
    """Per view: what its pings prove, ms; 0 without pings."""
    proven = np.zeros(len(track.views), dtype=np.int64)
    pings = np.flatnonzero((track.kind & _PING) > 0)
    if not len(pings):
        return proven
    owner = np.cumsum(track.kind & _VIEW, dtype=np.int32)[pings] - 1
    pings, owner = pings[owner >= 0], owner[owner >= 0]
    known = track.session[track.views[owner]] == track.session[pings]
    pings, owner = pings[known], owner[known]
    slot = track.at[pings] // PING_US
    fresh = changes(owner)
    fresh[1:] |= slot[1:] != slot[:-1]
    owner = owner[fresh]
    first = np.flatnonzero(changes(owner))
    slots = np.diff(first, append=len(owner))
    proven[owner[first]] = (slots - 1) * (PING_US // 1000) + PING_MINIMUM_MS
    return proven


def _dwell(fg_ms: pl.Series, gap: tuple[Ints, Flags, Flags], ping_ms: Ints, cap_ms: int) -> list[pl.Series]:
    """The best evidence of each view, what it says, and whether less counts than it says."""
    gap_ms, is_closed, is_cut = gap
    measured = fg_ms.is_not_null().to_numpy()
    said = np.where(measured, fg_ms.cast(pl.Int64).fill_null(0).to_numpy(), ping_ms)
    proven = measured | (ping_ms > 0)
    dwell = pl.Series("dwell_ms", np.where(proven, np.minimum(said, cap_ms), gap_ms))
    known = pl.Series(proven | is_closed)
    evidence = np.where(measured, np.uint8(3), np.where(proven, np.uint8(2), is_closed.astype(np.uint8)))
    return [
        pl.select(pl.when(known).then(dwell).alias("dwell_ms")).to_series(),
        pl.Series("evidence", EVIDENCE).gather(pl.Series(evidence)),
        pl.Series("is_capped", np.where(proven, said > cap_ms, is_cut)),
    ]
