"""How long until a buyer comes back? Kaplan–Meier over first and second order-days (T5)."""

from __future__ import annotations

import datetime as dt

import polars as pl

from metrics.rules import as_day, kept_purchases, require


def time_to_second_order(orders: pl.DataFrame, *, as_of: dt.date, by: str | None = None) -> pl.DataFrame:
    """What share of buyers has not yet bought again after so many days?

    Buyers who came once are censored on the last complete day: they may still come. Orders of one day merge.

    Args:
        orders: ``OrderFacts``, the whole history (a cut period would take later orders for first ones).
        as_of: the first local day not included.
        by: column of the *first* order to compare, such as ``channel``; None for one curve.

    Returns:
        One row per day on which somebody came back or was last seen, by group and day, each curve opened by day 0:
        ``group`` (with ``by`` only), ``day`` (since the first order), ``at_risk, events`` (came back), ``censored``
        (counts of buyers), ``survival`` (share not yet back, 0–1). No buyers give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "local_on", *([by] if by else []))
    return curve_of(_waits(orders, as_day(as_of), by))


def curve_of(waits: pl.DataFrame) -> pl.DataFrame:
    """The curve of buyers who each waited so long.

    Args:
        waits: one row per buyer: ``day`` (since the first order), ``is_back`` (came back then, else last seen then) and
            perhaps ``group``.

    Returns:
        As ``time_to_second_order``.
    """
    keys = ["group"] if "group" in waits.columns else []
    days = waits.group_by(*keys, "day").agg(
        events=pl.col("is_back").sum().cast(pl.Int64), censored=(~pl.col("is_back")).sum().cast(pl.Int64)
    )
    starts = waits.select(*keys, day=pl.lit(0, pl.Int64)).unique() if waits.height else days.select(*keys, "day")
    opening = starts.join(days, on=[*keys, "day"], how="anti", nulls_equal=True).with_columns(
        events=pl.lit(0, pl.Int64), censored=pl.lit(0, pl.Int64)
    )
    left = pl.col("events") + pl.col("censored")
    table = pl.concat([opening.select(days.columns), days]).sort(*keys, "day")
    at_risk = left.reverse().cum_sum().reverse()
    still = (1 - pl.col("events") / pl.col("at_risk")).cum_prod()
    return table.with_columns(at_risk=at_risk.over(keys) if keys else at_risk).select(
        *keys, "day", "at_risk", "events", "censored", survival=still.over(keys) if keys else still
    )


def curve_of_counts(days: pl.DataFrame) -> pl.DataFrame:
    """As ``curve_of`` of one curve, from what is counted already: ``day, events, censored``, one row a day, by day."""
    opening = pl.DataFrame({"day": [0], "events": [0], "censored": [0]}, schema=days.schema)
    table = pl.concat([opening, days]) if days.height and days["day"][0] else days
    at_risk = (pl.col("events") + pl.col("censored")).reverse().cum_sum().reverse()
    still = (1 - pl.col("events") / pl.col("at_risk")).cum_prod()
    return table.with_columns(at_risk=at_risk).select("day", "at_risk", "events", "censored", survival=still)


def _waits(orders: pl.DataFrame, as_of: dt.date, by: str | None) -> pl.DataFrame:
    """One row per buyer: days from the first order-day to the second, or to the last complete day."""
    kept = kept_purchases(orders).filter(pl.col("local_on") < as_of)
    tie = [name for name in ("local_on", "paid_at", "order_key") if name in kept.columns]
    first = pl.col("local_on").min()
    second = pl.col("local_on").filter(pl.col("local_on") > first).min()
    group = [pl.col(by).sort_by(tie).first().alias("group")] if by else []
    return (
        kept.group_by("customer_key")
        .agg(*group, first=first, second=second)
        .with_columns(
            day=(pl.coalesce("second", pl.lit(as_of - dt.timedelta(days=1))) - pl.col("first")).dt.total_days(),
            is_back=pl.col("second").is_not_null(),
        )
    )


def median_day(curve: pl.DataFrame) -> int | None:
    """After how many days has half of the buyers come back?

    Args:
        curve: one curve of ``time_to_second_order``.

    Returns:
        The first day with survival ≤ 0.5; None when it is never reached.

    Raises:
        ContractError: a required column is missing.
    """
    require(curve, "curve", "day", "survival")
    return curve.filter(pl.col("survival") <= 0.5 + 1e-12)["day"].min()  # type: ignore[return-value]


def reached_by(curve: pl.DataFrame, day: int) -> float | None:
    """What share of buyers has come back within so many days?

    Args:
        curve: one curve of ``time_to_second_order``.
        day: days since the first order.

    Returns:
        1 − survival, 0–1; None without buyers, or beyond the last day on which anybody was still watched.

    Raises:
        ContractError: a required column is missing.
    """
    require(curve, "curve", "day", "survival")
    past = curve.filter(pl.col("day") <= day).sort("day")
    if past.is_empty() or curve.filter(pl.col("day") >= day).is_empty():
        return None
    return 1.0 - float(past["survival"][-1])
