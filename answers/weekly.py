"""The key figures of twelve weeks at once: what can be added is added up day by day in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from answers import buyers, cubes, figures_sharing, narrow
from answers.figures import CONVERSION_DAYS, conversion_of, knows_refunds
from answers.periods import MATURE_RETURN_DAYS, mature, over
from answers.product_attention import is_ordered
from metrics.bound_latency import latency
from metrics.conversion import conversion_by
from metrics.windows import window_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Context
    from metrics.windows import Window

    Values = list[float | None]


def weekly_values(asked: Context, weeks: Sequence[Context]) -> dict[str, Values]:
    """Each figure of ``figures.FIGURES`` for weeks that lie seven days apart, as ``figures`` tells them one by one.

    Args:
        asked: the question.
        weeks: the same question over each week, the oldest first.
    """
    found = _money(asked, weeks) | _attention(asked, weeks)
    found["return_rate"] = _return_rates(asked, weeks)
    found["conversion_rate"] = _conversion_rates(asked, weeks)
    found["new_members"] = _new_members(asked, weeks)
    found["binding_coverage"] = [figures_sharing.binding_coverage(week).value for week in weeks]
    found["binding_timely"] = _timely(asked, weeks)
    return found | _shares(asked, weeks, found["net_minor"])


def _days(weeks: Sequence[Context]) -> list[Window]:
    return [(week.from_on, week.to_on) for week in weeks]


def _all(asked: Context, windows: Sequence[Window]) -> Context:
    return over(asked, min(start for start, _ in windows), max(end for _, end in windows))


def _money(asked: Context, weeks: Sequence[Context]) -> dict[str, Values]:
    names = ("net_minor", "orders", "average_order_value_minor")
    if asked.marts.orders.is_empty():
        return {name: [None] * len(weeks) for name in names}
    windows = _days(weeks)
    whole = _all(asked, windows)
    sold = [buyers.money(asked).between(*window) for window in windows]
    unlinked = narrow.numbered(whole, "refunds").filter(pl.col("order_key").is_null())
    back = window_sums(unlinked, windows, back=pl.col("goods_minor").sum())
    net = [now["gross"] - now["refunded"] - then["back"] for now, then in zip(sold, back, strict=True)]
    orders = [now["purchases"] for now in sold]
    average = [(2 * total + count) // (2 * count) if count else None for total, count in zip(net, orders, strict=True)]
    return {
        names[0]: [float(total) for total in net],
        names[1]: [float(count) for count in orders],
        names[2]: [*average],
    }


def _attention(asked: Context, weeks: Sequence[Context]) -> dict[str, Values]:
    names = ("dwell_minutes", "linger_rate")
    if asked.marts.visits.is_empty():
        return {name: [None] * len(weeks) for name in names}
    windows = _days(weeks)
    sums = window_sums(
        cubes.days(_all(asked, windows)),
        windows,
        dwell=pl.col("dwell_ms").sum(),
        known=pl.col("known_views").sum(),
        lingers=pl.col("lingers").sum(),
        judged=pl.col("judged").sum(),
    )
    return {
        names[0]: [week["dwell"] / 60_000 if week["known"] else None for week in sums],
        names[1]: [_share(week["lingers"], week["judged"]) for week in sums],
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _return_rates(asked: Context, weeks: Sequence[Context]) -> Values:
    if not knows_refunds(asked):
        return [None] * len(weeks)
    windows = _days([mature(week, MATURE_RETURN_DAYS) for week in weeks])
    sums = [buyers.money(asked).between(*window) for window in windows]
    return [_share(week["refunded"], week["gross"]) for week in sums]


def _conversion_rates(asked: Context, weeks: Sequence[Context]) -> Values:
    """Weeks that are too young give way to the latest that is not, which may lie across two of the others."""
    looked = [mature(week, CONVERSION_DAYS) for week in weeks]
    last = weeks[-1].to_on
    aligned = [week for week in looked if (last - week.to_on).days % 7 == 0]
    if not aligned or is_ordered(asked.marts):
        return [conversion_of(week).value for week in looked]
    whole = _all(asked, _days(aligned))
    week_on = (
        pl.lit(last) - pl.duration(days=6) - pl.duration(days=7 * ((last - pl.col("local_on")).dt.total_days() // 7))
    )
    views = cubes.looks(whole).select(
        "customer_key", "at", "local_on", "product_id", "category", week_on=week_on.cast(pl.Date)
    )
    table = conversion_by(
        views, narrow.numbered(whole, "later_lines"), "week_on", as_of=asked.as_of, days=CONVERSION_DAYS
    )
    rates = dict(table.select("week_on", "conversion_rate").iter_rows())
    return [
        rates.get(week.from_on) if (last - week.to_on).days % 7 == 0 else conversion_of(week).value for week in looked
    ]


def _new_members(asked: Context, weeks: Sequence[Context]) -> Values:
    people = narrow.people(asked)
    if not people["registered_on"].count():
        return [None] * len(weeks)
    joined = people.filter(~pl.col("is_staff"))
    sums = window_sums(joined, _days(weeks), "registered_on", joined=pl.len().cast(pl.Int64))
    return [float(week["joined"]) for week in sums]


def _timely(asked: Context, weeks: Sequence[Context]) -> Values:
    if asked.marts.bindings.is_empty():
        return [None] * len(weeks)
    windows = _days(weeks)
    whole = _all(asked, windows)
    rows = figures_sharing.registered(asked).filter(pl.col("registered_on").is_between(whole.from_on, whole.to_on))
    days = latency(rows, zone=asked.snapshot.zone)
    sums = window_sums(days, windows, "day", bound=pl.col("bound").sum(), timely=pl.col("timely").sum())
    return [_share(week["timely"], week["bound"]) for week in sums]


def _shares(asked: Context, weeks: Sequence[Context], net: Values) -> dict[str, Values]:
    nothing: Values = [None] * len(weeks)
    if figures_sharing.untold(asked) or asked.marts.shares.is_empty():
        return {"pool_accrued_minor": nothing, "hq_retained_minor": nothing}
    rows, windows = figures_sharing.entries(asked), _days(weeks)
    amount = pl.col("amount_minor").sum()
    given = window_sums(rows.filter(pl.col("kind").is_in(figures_sharing.GIVEN)), windows, given=amount)
    pool: Values = [float(week["given"]) for week in given]
    if asked.scope.role == "agent":
        return {"pool_accrued_minor": pool, "hq_retained_minor": nothing}
    left = rows.filter(pl.col("kind").is_in(figures_sharing.MOVED) & (pl.col("receiver_kind") != "fund"))
    gone = window_sums(left, windows, "order_on", gone=amount)
    kept: Values = [None if total is None else total - week["gone"] for total, week in zip(net, gone, strict=True)]
    return {"pool_accrued_minor": pool, "hq_retained_minor": kept}
