"""When may money leave, by which way does it come back, and which orders may go to the payment rail at all?

Pure functions over dates and frames. The limits are those of a large payment rail's profit-sharing service: a share may
be split off from 30 seconds after payment, to at most 50 receivers and within a cap of the payment; a split share can be
returned for 180 days by merchants who allowed it; customers get refunds for 365 days.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from schema.language import later
from schema.sharing import (
    DEFAULT_RAIL_CAP_BPS,
    ELIGIBLE_AFTER_DAYS,
    PAYOUT_DAY,
    RAIL_RETURN_DAYS,
    REFUND_DAYS,
)

RAIL_RETURN: Final = later("rail return")
NET_NEXT: Final = later("net in next statement")
REFUND_OVER: Final = later("refund period over")

MAX_RECEIVERS: Final = 50
"""Receivers the rail takes for one order."""
RAIL_WAIT_S: Final = 30
"""The rail refuses a split earlier than this after payment."""

OVER_CAP: Final = later("pools exceed the rail's cap")
TOO_MANY: Final = later("more than 50 receivers")
TOO_EARLY: Final = later("paid less than 30 seconds ago")
NO_PAYMENT: Final = later("nothing was paid")


def eligible_day(completed_on: dt.date | None, paid_on: dt.date, *, is_online: bool) -> dt.date | None:
    """On which day may an order's shares first be paid out?

    Fifteen days after completion. A sale at a till is complete when it is paid.

    Args:
        completed_on: local day of completion, None while open.
        paid_on: local day of payment.
        is_online: whether the order has to be delivered.

    Returns:
        The day, or None while it is not known: such shares are held.
    """
    done = completed_on or (None if is_online else paid_on)
    return None if done is None else done + dt.timedelta(days=ELIGIBLE_AFTER_DAYS)


def eligible_on() -> pl.Expr:
    """The same as an expression over ``completed_on``, ``local_on`` and ``is_online``."""
    done = pl.coalesce("completed_on", pl.when(~pl.col("is_online")).then("local_on"))
    return done.dt.offset_by(f"{ELIGIBLE_AFTER_DAYS}d").alias("eligible_on")


def payout_day(month: str) -> dt.date:
    """On which day of this month is the previous month's payable amount paid?"""
    return dt.date.fromisoformat(f"{month}-{PAYOUT_DAY:02}")


def clawback_path(age_days: int, receiver_type: str | None, return_authorised: bool | None) -> str:  # noqa: FBT001
    """How does a share come back when the customer is refunded?

    Args:
        age_days: whole days from payment to refund.
        receiver_type: ``merchant`` or ``personal``; None is read as personal, the careful way.
        return_authorised: whether the receiver allowed returns; None is no.

    Returns:
        ``rail return`` up to 180 days from merchants who allowed it, ``net in next statement`` up to 365 days from all
        others, ``refund period over`` after that (the refund itself is no longer possible on the rail).
    """
    if age_days > REFUND_DAYS:
        return REFUND_OVER
    if age_days <= RAIL_RETURN_DAYS and receiver_type == "merchant" and return_authorised:
        return RAIL_RETURN
    return NET_NEXT


def rail_check(shares: pl.DataFrame, payments: pl.DataFrame, agents: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Which orders may be sent to the payment rail, and why not the others?

    Args:
        shares: one row per order, rule and receiver: ``source, order_id, rule_id, receiver_kind, receiver_id,
            pool_minor, bound_agent_id``.
        payments: one row per order: ``source, order_id, paid_at, paid_minor``.
        agents: canonical ``Agents``; their ``rail_cap_bps``, else 30 %.
        now: the instant of the export.

    Returns:
        One row per order by source and order_id: ``pool_minor`` (Σ of its pools), ``paid_minor``, ``cap_minor``,
        ``receivers``, ``reason`` (empty: may go; several joined by ``; ``).
    """
    order = ["source", "order_id"]
    pools = shares.unique([*order, "rule_id"]).group_by(order).agg(
        pl.col("pool_minor").sum(), pl.col("bound_agent_id").drop_nulls().first()
    )  # fmt: skip
    who = shares.group_by(order).agg(receivers=pl.struct("receiver_kind", "receiver_id").n_unique())
    caps = agents.select(bound_agent_id="agent_id", _cap="rail_cap_bps")
    rows = payments.select(*order, "paid_at", "paid_minor").join(pools, on=order).join(who, on=order)
    rows = rows.join(caps, on="bound_agent_id", how="left").with_columns(
        cap_minor=pl.col("paid_minor") * pl.col("_cap").fill_null(DEFAULT_RAIL_CAP_BPS) // 10_000
    )
    reasons = [
        pl.when(pl.col("paid_minor") <= 0).then(pl.lit(NO_PAYMENT)),
        pl.when((pl.col("paid_minor") > 0) & (pl.col("pool_minor") > pl.col("cap_minor"))).then(pl.lit(OVER_CAP)),
        pl.when(pl.col("receivers") > MAX_RECEIVERS).then(pl.lit(TOO_MANY)),
        pl.when(pl.col("paid_at") > now - dt.timedelta(seconds=RAIL_WAIT_S)).then(pl.lit(TOO_EARLY)),
    ]
    return rows.select(
        *order, "pool_minor", "paid_minor", "cap_minor", "receivers",
        reason=pl.concat_str(reasons, separator="; ", ignore_nulls=True),
    ).sort(order)  # fmt: skip
