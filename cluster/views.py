"""Sessions and dwell (T1) as joins and windows that every engine does exactly; ``metrics.sessions`` says the rule.

What a device did before its member signed in is the member's first (``cluster.sign_ins``).

Whole numbers only: instants are microseconds since 1970, dwell is milliseconds, days come from the loader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from cluster.sign_ins import with_sign_ins
from metrics.sessions import PING_MINIMUM_MS, PING_US

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from cluster.engines import Frame

GAP_US: Final = 1_800_000_000
CAP_GAP_US: Final = 180_000_000
CAP_SAID_MS: Final = 600_000
MS: Final = 1000
_VISITOR: Final = ("member", "device")
_ORDER: Final = ("at", "seq", "kind", "event_id")
_CLOSERS: Final = ("view", "hide", "leave")
_FIRST: Final = -(2**62)
"""An event without a number in its instant comes before those with one."""

KEPT: Final = ("member", "device", "local_on", "hour_of_week", "product_id", "category", "channel", "dwell_ms")


@dataclass(frozen=True)
class Days:
    """The days whose views are wanted, and those around them in which sessions are followed."""

    from_on: dt.date
    to_on: dt.date
    margin: dt.timedelta


def views_of(events: Frame, days: Days, *, products: Frame, left_out: Frame, hourly: Collection[str]) -> Frame:
    """One row per view of these days, with how long it lasted.

    Args:
        events: stored events of these days and around them, ``occurred_at`` in microseconds.
        days: which.
        products: ``product_id, category``.
        left_out: ``customer_key`` of test customers and staff.
        hourly: the source runs that stamp their events with the hour alone; their gaps say nothing.

    Returns:
        The columns ``KEPT``; ``dwell_ms`` is null where nothing says how long.
    """
    near = with_sign_ins(within(events, days.from_on - days.margin, days.to_on + days.margin), GAP_US)
    rows = _visited(near.join(left_out, on="customer_key", how="anti"), hourly)
    tracked = _tracked(rows)
    closers = tracked.filter(nw.col("type").is_in(list(_CLOSERS))).with_columns(
        next_gone=nw.col("gone").shift(-1).over(*_VISITOR, order_by=_ORDER),
        next_session=nw.col("session").shift(-1).over(*_VISITOR, order_by=_ORDER),
    )
    views = within(closers.filter(nw.col("type") == "view"), days.from_on, days.to_on)
    views = views.join(_pings(tracked), on=[*_VISITOR, "session", "view"], how="left").with_columns(dwell_ms=_dwell())
    return views.join(products, on="product_id", how="left").select(*KEPT)


def within(rows: Frame, from_on: dt.date, to_on: dt.date) -> Frame:
    """The rows of these local days, first included and last not."""
    return rows.filter((nw.col("local_on") >= from_on) & (nw.col("local_on") < to_on))


def _visited(events: Frame, hourly: Collection[str]) -> Frame:
    """Events with their visitor: the member, else the device; without either they say nothing."""
    device = nw.when(nw.col("customer_key").is_null()).then(nw.col("anon_id"))
    known = ~(nw.col("customer_key").is_null() & nw.col("anon_id").is_null())
    kind = nw.when(nw.col("type").is_in(["hide", "leave"])).then(nw.lit(0)).otherwise(
        nw.when(nw.col("type") == "view").then(nw.lit(1)).otherwise(nw.lit(2))
    )  # fmt: skip
    by_hour = nw.col("source_run").is_in(list(hourly)) if hourly else nw.lit(value=False)
    return events.filter(known).select(
        "event_id", "type", "local_on", "hour_of_week", "product_id", "channel", "fg_ms",
        member=nw.col("customer_key").fill_null(0),
        device=device.fill_null(""),
        at=nw.col("occurred_at"),
        seq=nw.col("seq").fill_null(_FIRST),
        kind=kind,
        by_hour=by_hour,
    )  # fmt: skip


def _tracked(rows: Frame) -> Frame:
    """Each event's session, the view it belongs to, and how much capped time went by until it."""
    since = rows.with_columns(gap=nw.col("at") - nw.col("at").shift(1).over(*_VISITOR, order_by=_ORDER))
    steps = since.with_columns(
        starts=_one(nw.col("gap").is_null() | (nw.col("gap") > GAP_US)),
        is_view=_one(nw.col("type") == "view"),
        step=nw.when(nw.col("gap") > CAP_GAP_US).then(nw.lit(CAP_GAP_US)).otherwise(nw.col("gap")).fill_null(0),
    )
    sums = {"session": "starts", "view": "is_view", "gone": "step"}
    return steps.with_columns(
        **{name: nw.col(of).cast(nw.Int64).cum_sum().over(*_VISITOR, order_by=_ORDER) for name, of in sums.items()}
    )


def _one(condition: nw.Expr) -> Any:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def _pings(tracked: Frame) -> Frame:
    """In how many heartbeats of ten seconds each view was pinged."""
    keys = [*_VISITOR, "session", "view"]
    slot = nw.col("at") - nw.col("at") % PING_US
    pings = tracked.filter((nw.col("type") == "ping") & (nw.col("view") > 0)).with_columns(slot=slot)
    return pings.select(*keys, "slot").unique().group_by(*keys).agg(slots=nw.len().cast(nw.Int64))


def _dwell() -> Any:
    """Best evidence first: foreground time, pings, gaps up to what closes the view; else unknown."""
    by_pings = (nw.col("slots") - 1) * (PING_US // MS) + PING_MINIMUM_MS
    gone_us = nw.col("next_gone") - nw.col("gone")
    by_gaps = (gone_us - gone_us % MS) // MS
    closed = (nw.col("next_session") == nw.col("session")) & ~nw.col("by_hour")
    gaps = nw.when(closed).then(by_gaps.cast(nw.Int64))
    pinged = nw.when(~nw.col("slots").is_null()).then(_at_most(by_pings)).otherwise(gaps)
    return nw.when(~nw.col("fg_ms").is_null()).then(_at_most(nw.col("fg_ms"))).otherwise(pinged)


def _at_most(said: nw.Expr) -> Any:
    return nw.when(said > CAP_SAID_MS).then(nw.lit(CAP_SAID_MS)).otherwise(said).cast(nw.Int64)
