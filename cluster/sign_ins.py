"""Whose events before sign-in are, as joins and windows that every engine does exactly; ``metrics.sign_ins`` says the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from cluster.engines import Frame


def with_sign_ins(events: Frame, gap_us: int) -> Frame:
    """The same events; ``customer_key`` is filled in where an event is somebody's by a later sign-in on its device.

    Args:
        events: stored events of whole days, ``occurred_at`` in microseconds.
        gap_us: silence that ends a visit.
    """
    named = events.filter(~nw.col("customer_key").is_null() & ~nw.col("anon_id").is_null())
    devices = named.select("anon_id").unique()
    rows = _in_visits(events.join(devices, on="anon_id", how="semi"), gap_us)
    known = rows.filter(~nw.col("customer_key").is_null())
    leads = known.with_columns(lead_at=nw.col("at").min().over("anon_id", "visit"))
    of_lead = leads.filter(nw.col("at") == nw.col("lead_at")).group_by("anon_id", "visit").agg(
        lead=nw.col("customer_key").min(), lead_high=nw.col("customer_key").max()
    )  # fmt: skip
    of_visit = known.group_by("anon_id", "visit").agg(
        v_low=nw.col("customer_key").min(), v_high=nw.col("customer_key").max(),
        v_first=nw.col("at").min(), v_last=nw.col("at").max(),
    )  # fmt: skip
    of_day = known.group_by("anon_id", "day").agg(
        d_low=nw.col("customer_key").min(), d_high=nw.col("customer_key").max(), d_last=nw.col("at").max()
    )
    asked = rows.filter(nw.col("customer_key").is_null()).select("event_id", "anon_id", "visit", "day", "at")
    told = asked.join(of_day, on=["anon_id", "day"], how="inner")
    told = told.join(of_visit.join(of_lead, on=["anon_id", "visit"], how="left"), on=["anon_id", "visit"], how="left")
    found = told.select("event_id", whose=_whose()).filter(~nw.col("whose").is_null())
    joined = events.join(found, on="event_id", how="left")
    return joined.with_columns(customer_key=nw.coalesce("customer_key", "whose")).drop("whose")


def _in_visits(rows: Frame, gap_us: int) -> Frame:
    """A device's events with the number of their visit and its day."""
    order = ("at", "event_id")
    each = rows.select("event_id", "anon_id", "local_on", "customer_key", at=nw.col("occurred_at"))
    each = each.with_columns(gap=nw.col("at") - nw.col("at").shift(1).over("anon_id", order_by=order))
    starts: Any = nw.when(nw.col("gap").is_null() | (nw.col("gap") > gap_us)).then(nw.lit(1)).otherwise(nw.lit(0))
    each = each.with_columns(starts=starts.cast(nw.Int64))
    each = each.with_columns(visit=nw.col("starts").cum_sum().over("anon_id", order_by=order))
    return each.with_columns(day=nw.col("local_on").min().over("anon_id", "visit"))


def _whose() -> Any:
    """To whom an event belongs: by its visit, else by its day; null is nobody."""
    at = nw.col("at")
    one, several = nw.col("v_low") == nw.col("v_high"), nw.col("v_low") != nw.col("v_high")
    first = several & (at <= nw.col("v_first")) & (nw.col("lead") == nw.col("lead_high"))
    later = (nw.col("d_low") == nw.col("d_high")) & (at <= nw.col("d_last"))
    by_day = nw.when(later).then(nw.col("d_low"))
    by_first = nw.when(first).then(nw.col("lead")).otherwise(by_day)
    return nw.when(one & (at <= nw.col("v_last"))).then(nw.col("v_low")).otherwise(by_first)
