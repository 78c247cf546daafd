"""Sessions and dwell (T1): from raw events to one row per view, with how long it lasted and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from metrics.rules import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

PING_US: Final = 10_000_000
"""Heartbeat of ping trackers, µs: a view with pings in n of these slots lasted 10·(n − 1) + 5 s (§9)."""

PING_MINIMUM_MS: Final = 5_000
"""What the first ping proves, ms."""

EVIDENCE: Final = ("unknown", "gap", "pings", "measured")
"""How a dwell is known, weakest first."""

_KEY_BITS: Final = 63
_TIE_ORDER: Final = {"hide": 0, "leave": 0, "view": 1}
"""At one instant the old page closes before the new one opens; everything else follows."""


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
    order = _time_order(events)
    track = _track(events, order, gap_s * 1_000_000)
    views = np.flatnonzero(track.is_view)
    gap_ms, closed, gap_capped = _gap_dwell(track, views, cap_gap_s * 1_000_000)
    ping_ms = _ping_dwell(track, views)
    rows = events[order[views]].with_columns(
        pl.Series("session", track.session[views]),
        pl.Series("session_at", track.started[track.session[views]]).cast(pl.Datetime("us", "UTC")),
        pl.Series("_gap", gap_ms),
        pl.Series("_closed", closed),
        pl.Series("_gap_capped", gap_capped),
        pl.Series("_ping", ping_ms),
    )
    return _with_dwell(rows, cap_fg_s * 1000)


@dataclass(frozen=True, slots=True)
class _Track:
    """The events in order: what the clock and the session say about each; ``started`` has one instant a session."""

    at: Ints
    session: Ints
    started: Ints
    is_view: Flags
    is_closer: Flags
    is_ping: Flags


def _time_order(events: pl.DataFrame) -> Ints:
    """Row numbers by (visitor, time, seq), each event once, whatever the order of the rows."""
    if events.is_empty():
        return np.empty(0, dtype=np.int64)
    order = _packed_order(events)
    ids = events["event_id"]
    if ids.n_unique() < len(ids):
        order = order[ids[order].is_first_distinct().to_numpy()]
    return order


def _packed_order(events: pl.DataFrame) -> Ints:
    """Sort one integer a row instead of rows: visitor and time packed into 63 bits; ties are settled apart.

    Visitors are numbered by sorting them once. Rows that came in the order of time, as tables keep them, need no clock
    then: the row's own number stands for it, and whole numbers are sorted that hold it already.
    """
    at = _instants(events)
    visitor = events["visitor"].to_numpy()
    order = np.argsort(visitor)
    who = _numbered(visitor[order])
    is_in_time = not np.any(at[1:] < at[:-1])
    clock = order if is_in_time else _steps(at)[order]
    bits = int(clock.max()).bit_length()
    if bits + int(who[-1]).bit_length() > _KEY_BITS:
        keys = pl.DataFrame({"key": visitor, "at": at, **_tie_columns(events)})
        return (
            keys.select(pl.arg_sort_by("key", "at", "seq", "kind", "event_id")).to_series().to_numpy().astype(np.int64)
        )
    packed = (who << bits) | clock
    if is_in_time:
        packed.sort()
        order = packed & ((1 << bits) - 1)
    else:
        order = order[np.argsort(packed)]
    return _settle_ties(events, who, at[order], order)


def _numbered(visitor: NDArray[Any]) -> Ints:
    """Visitors in order, numbered from 0."""
    who = np.zeros(len(visitor), dtype=np.int64)
    np.cumsum(visitor[1:] != visitor[:-1], out=who[1:])
    return who


def _steps(at: Ints) -> Ints:
    """Instants from the first one on, in milliseconds where that is exact."""
    since: Ints = at - at.min()
    return since if np.any(since % 1000) else since // 1000


def _settle_ties(events: pl.DataFrame, who: Ints, at: Ints, order: Ints) -> Ints:
    """Order what one visitor did at one instant; ``who`` and ``at`` are in the order that is settled."""
    same = (who[1:] == who[:-1]) & (at[1:] == at[:-1])
    if not same.any():
        return order
    tied = np.zeros(len(order), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    rows = order[tied]
    instant = np.concatenate(([0], np.cumsum(~same)))[tied]
    ranks = pl.DataFrame({"key": instant, **_tie_columns(events.select("seq", "type", "event_id")[rows])})
    order[tied] = rows[ranks.select(pl.arg_sort_by("key", "seq", "kind", "event_id")).to_series().to_numpy()]
    return order


def _tie_columns(events: pl.DataFrame) -> dict[str, pl.Series]:
    kind = events["type"].replace_strict(_TIE_ORDER, default=2, return_dtype=pl.Int8)
    return {"seq": events["seq"], "kind": kind, "event_id": events["event_id"]}


def _instants(events: pl.DataFrame) -> Ints:
    return np.array(events["occurred_at"].dt.epoch("us").to_numpy(), dtype=np.int64)


def _track(events: pl.DataFrame, order: Ints, gap_us: int) -> _Track:
    at = _instants(events)[order] if len(order) else np.empty(0, dtype=np.int64)
    visitor = events["visitor"].to_numpy()[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (visitor[1:] != visitor[:-1]) | (np.diff(at) > gap_us)
    kinds = events.select(
        view=pl.col("type") == "view",
        closer=pl.col("type").is_in(["view", "hide", "leave"]),
        ping=pl.col("type") == "ping",
    )
    is_view, is_closer, is_ping = (kinds[name].to_numpy()[order] for name in ("view", "closer", "ping"))
    return _Track(at, np.cumsum(starts) - 1, at[starts], is_view, is_closer, is_ping)


def _gap_dwell(track: _Track, views: Ints, cap_us: int) -> tuple[Ints, Flags, Flags]:
    """Per view: capped gaps up to what closes it (ms), whether anything does, whether the cap cut a gap."""
    closers = np.flatnonzero(track.is_closer)
    after = np.cumsum(track.is_closer)[views]  # a view is a closer itself: what follows it
    has_next = after < len(closers)
    end = closers[np.where(has_next, after, 0)] if len(closers) else views
    closed = has_next & (track.session[end] == track.session[views])
    gaps = np.diff(track.at, append=track.at[-1:])
    gone = np.concatenate(([0], np.cumsum(np.minimum(gaps, cap_us))))
    cuts = np.concatenate(([0], np.cumsum(gaps > cap_us)))
    dwell_us = np.where(closed, gone[end] - gone[views], 0)
    return dwell_us // 1000, closed, closed & (cuts[end] > cuts[views])


def _ping_dwell(track: _Track, views: Ints) -> Ints:
    """Per view: what its pings prove, ms; 0 without pings."""
    pings = np.flatnonzero(track.is_ping)
    owner = np.searchsorted(views, pings) - 1
    known = owner >= 0
    pings, owner = pings[known], owner[known]
    known = track.session[views[owner]] == track.session[pings]
    pings, owner = pings[known], owner[known]
    slot = track.at[pings] // PING_US
    fresh = np.ones(len(pings), dtype=bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (slot[1:] != slot[:-1])
    slots = np.bincount(owner[fresh], minlength=len(views)).astype(np.int64)
    return np.where(slots > 0, (slots - 1) * (PING_US // 1000) + PING_MINIMUM_MS, 0)


def _with_dwell(rows: pl.DataFrame, cap_ms: int) -> pl.DataFrame:
    by_pings = pl.col("_ping") > 0
    measured = pl.col("fg_ms").is_not_null()
    said = pl.when(measured).then(pl.col("fg_ms")).when(by_pings).then(pl.col("_ping")).cast(pl.Int64)
    labels = (pl.lit(label) for label in EVIDENCE)
    unknown, gap, pings, foreground = labels
    return rows.with_columns(
        dwell_ms=pl.when(measured | by_pings)
        .then(pl.min_horizontal(said, pl.lit(cap_ms, pl.Int64)))
        .when("_closed")
        .then("_gap"),
        evidence=pl.when(measured)
        .then(foreground)
        .when(by_pings)
        .then(pings)
        .when("_closed")
        .then(gap)
        .otherwise(unknown),
        is_capped=pl.when(measured | by_pings).then(said > cap_ms).otherwise("_gap_capped"),
    ).drop("_gap", "_closed", "_gap_capped", "_ping")
