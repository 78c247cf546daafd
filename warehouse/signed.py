"""Whose events before sign-in are, told for many days at once with memory that follows some devices and not the days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.sign_ins import sign_ins_of

if TYPE_CHECKING:
    import datetime as dt

    from warehouse.event_marks import Events

DEVICES_ROWS: Final = 4_000_000
"""About so many events are looked at together, of five narrow columns; those of a device always are."""

_NEEDED: Final = ("event_id", "anon_id", "customer_key", "occurred_at", "local_on")


def sign_ins_between(events: Events, from_on: dt.date, to_on: dt.date, rows: int = DEVICES_ROWS) -> pl.DataFrame:
    """Which events of these local days are whose by a later sign-in, as ``metrics.sign_ins`` tells it of all of them?

    Args:
        events: the stored events.
        from_on: first day.
        to_on: the first one after.
        rows: how many events are looked at together.

    Returns:
        ``event_id, whose``, once each.
    """
    days = (pl.col("local_on") >= from_on) & (pl.col("local_on") < to_on)
    months = pl.col("month").is_in(events.months_between(from_on, to_on))
    narrow = events.rows.filter(months & days & pl.col("anon_id").is_not_null()).select(_NEEDED)
    named = pl.col("customer_key").is_not_null()
    known, every = narrow.select(named.sum(), pl.len().alias("rows")).collect(engine="streaming").row(0)
    found = [pl.DataFrame(schema={"event_id": pl.String, "whose": pl.Int64})]
    parts = -(-every // rows) if known else 0
    for part in range(parts):
        some = narrow.filter(pl.col("anon_id").hash() % parts == part).collect(engine="streaming")
        told = sign_ins_of(some)
        found.append(pl.DataFrame({"event_id": some["event_id"][told["row"]], "whose": told["whose"]}))
    return pl.concat(found)


def joined_by(events: pl.DataFrame, sign_ins: pl.DataFrame) -> pl.DataFrame:
    """Some events with their customer by what ``sign_ins_between`` told; as ``metrics.sign_ins.joined_to_sign_ins``."""
    if sign_ins.is_empty():
        return events.with_columns(before_sign_in=pl.lit(value=False))
    whose = events.select("event_id").join(sign_ins, on="event_id", how="left", maintain_order="left")["whose"]
    return events.with_columns(customer_key=pl.coalesce("customer_key", whose), before_sign_in=whose.is_not_null())
