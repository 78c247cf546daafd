"""The key figures of one period, each with what it was computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from answers import buyers, cubes, figures_sharing, first_looks, narrow
from answers.figure import Figure, figure
from answers.memo import once
from answers.periods import MATURE_RETURN_DAYS, ending, mature
from answers.product_attention import is_ordered
from metrics.conversion import conversion
from metrics.overview import new_members
from metrics.visit_cells import totals
from schema.wording import KPIS

if TYPE_CHECKING:
    from collections.abc import Collection

    from answers.answer import Context

CONVERSION_DAYS: Final = 14
FIGURES: Final = (
    "net_minor",
    "orders",
    "average_order_value_minor",
    "conversion_rate",
    "return_rate",
    "dwell_minutes",
    "linger_rate",
    "new_members",
    "binding_coverage",
    "binding_timely",
    "pool_accrued_minor",
    "hq_retained_minor",
)
"""Those that mean something for a single week."""

_SHARING: Final = {
    "binding_coverage": figures_sharing.binding_coverage,
    "binding_timely": figures_sharing.binding_timely,
    "pool_accrued_minor": figures_sharing.pool_accrued,
}


def figures(asked: Context, only: Collection[str] = tuple(KPIS)) -> dict[str, Figure]:
    """Key figures of a period by id; those that nothing stands behind are None, never 0."""
    found: dict[str, Figure] = {}
    found |= _money(asked)
    found |= _attention(asked)
    if "return_rate" in only:
        found["return_rate"] = _return_rate(mature(asked, MATURE_RETURN_DAYS))
    if "repeat_rate" in only:
        found["repeat_rate"] = _repeat_rate(ending(asked, 365))
    if "conversion_rate" in only:
        found["conversion_rate"] = conversion_of(mature(asked, CONVERSION_DAYS))
    if "new_members" in only:
        found["new_members"] = _new_members(asked)
    found |= {kpi: told(asked) for kpi, told in _SHARING.items() if kpi in only}
    if "hq_retained_minor" in only:
        found["hq_retained_minor"] = figures_sharing.hq_retained(asked, found.get("net_minor"))
    unknown = Figure(None, 0, asked.from_on, asked.to_on)
    return {kpi: found.get(kpi, unknown) for kpi in KPIS if kpi in only}


@once
def _money(asked: Context) -> dict[str, Figure]:
    if asked.marts.orders.is_empty():
        return {}
    summary = buyers.summary(asked)
    if summary.is_empty():
        zero = figure(asked, 0.0, 0)
        return {"net_minor": zero, "orders": zero, "buyers": zero if names_members(asked) else figure(asked, None, 0)}
    row = summary.row(0, named=True)
    n = int(row["orders"])
    sums = buyers.money(asked).between(asked.from_on, asked.to_on)
    return {
        "net_minor": figure(asked, row["net_minor"], n),
        "orders": figure(asked, n, n),
        "buyers": figure(asked, row["buyers"] if names_members(asked) else None, n),
        "average_order_value_minor": figure(asked, row["average_order_value_minor"], n),
        "online_share": figure(asked, sums["net_online"] / sums["net"] if sums["net"] else None, n),
    }


@once
def _attention(asked: Context) -> dict[str, Figure]:
    if asked.marts.visits.is_empty():
        return {}
    attention = totals(cubes.days(asked))
    if attention.is_empty():
        return {}
    row = attention.row(0, named=True)
    return {
        "dwell_minutes": figure(asked, row["dwell_minutes"], row["known_views"]),
        "linger_rate": figure(asked, row["linger_rate"], row["known_views"]),
    }


@once
def _return_rate(asked: Context) -> Figure:
    sums = buyers.money(asked).between(asked.from_on, asked.to_on)
    is_known = sums["gross"] > 0 and knows_refunds(asked)
    return figure(asked, sums["refunded"] / sums["gross"] if is_known else None, sums["orders"])


def names_members(asked: Context) -> bool:
    """Whether any order of the scope says who bought; else nobody knows how many did."""
    orders = asked.marts.orders
    return orders["customer_key"].null_count() < orders.height


def knows_refunds(asked: Context) -> bool:
    """Whether the shop's refunds were ever loaded; a shop that never had one looks the same, and is not told 0 %."""
    marts = asked.marts
    return not marts.refunds.is_empty() or bool((marts.orders["refunded_minor"] != 0).any())


@once
def _repeat_rate(asked: Context) -> Figure:
    summary = buyers.summary(asked, "known")
    if summary.is_empty():
        return figure(asked, None, 0)
    row = summary.row(0, named=True)
    return figure(asked, row["repeat_rate"], int(row["buyers"]))


@once
def conversion_of(asked: Context) -> Figure:
    """Who viewed anything and bought something soon after? Of a period that is old enough."""
    if is_ordered(asked.marts):
        found = first_looks.counts(asked)
        return figure(asked, found.rate, found.mature)
    seen = cubes.looks(asked)
    if seen.is_empty():
        return figure(asked, None, 0)
    table = conversion(seen, narrow.numbered(asked, "later_lines"), as_of=asked.as_of, days=CONVERSION_DAYS)
    if table.is_empty():
        return figure(asked, None, 0)
    row = table.row(0, named=True)
    return figure(asked, row["conversion_rate"], int(row["mature_viewers"]))


@once
def _new_members(asked: Context) -> Figure:
    n = new_members(narrow.people(asked), asked.from_on, asked.to_on)
    return figure(asked, n, n or 0)
