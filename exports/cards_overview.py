"""How the Overview's answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import headlines
from charts.numbers import percent, show
from charts.overview import funnel_bars, ranking_bars, trend_chart
from exports import natives
from exports.desk import Desk, plain_card, shows
from exports.document import Card, KeyFigure
from schema.language import from_python, say
from schema.wording import KPIS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Answer

_VISIBLE: Final = 0.05
"""A change that rounds to 0.0 has no direction."""
_LESS_IS_BETTER: Final = frozenset({"return_rate"})
FIRST: Final = ("net_minor", "orders", "average_order_value_minor", "conversion_rate", "return_rate", "new_members")
"""The Overview's key figures."""
MORE: Final = ("buyers", "repeat_rate", "dwell_minutes", "linger_rate", "online_share")
SHARING: Final = ("binding_coverage", "binding_timely", "pool_accrued_minor", "hq_retained_minor")
"""Its further rows; the last one once the ledger holds anything."""
PURCHASES: Final = ("net_minor", "orders", "buyers", "average_order_value_minor", "repeat_rate", "return_rate")
"""Those of the Purchases page."""


def key_figures(desk: Desk, wanted: Sequence[str]) -> tuple[KeyFigure, ...]:
    """Key figures with their change on the period before, as the page's first row shows them."""
    rows = {row["kpi"]: row for row in desk.ask("overview/kpis").table.iter_rows(named=True)}
    found = []
    for kpi in wanted:
        word, row = KPIS[kpi], rows[kpi]
        unit = {"minor units": desk.asked.currency}.get(word.unit, word.unit)
        change = _change(row["value"], row["previous"], word.unit)
        rises = None if not change else (change > 0) != (kpi in _LESS_IS_BETTER)
        told = "" if change is None else _signed(change, word.unit)
        found.append(KeyFigure(say(word.label), show(row["value"], unit), told, rises))
    return tuple(found)


def _change(value: float | None, previous: float | None, unit: str) -> float | None:
    if value is None or previous is None or (unit != "rate" and not previous):
        return None
    change = (value - previous) * 100 if unit == "rate" else (value / previous - 1) * 100
    return change if abs(change) >= _VISIBLE else None


def _signed(change: float, unit: str) -> str:
    number = from_python(f"{change:+.1f}").replace("-", "−")
    return say("{n} pp", n=number) if unit == "rate" else f"{number} %"


@shows("overview/trend")
def trend(desk: Desk, answer: Answer) -> Card:
    """Sales day by day beside the period before."""
    title, said = (
        headlines.sales_trend(answer),
        say("Net sales per day, {currency} · grey: the period before", currency=desk.asked.currency),
    )
    if answer.is_empty:
        return Card("trend", title, said, answer, empty=say("No orders in this period."))
    daily = answer.table.rename({"net_minor": "value", "previous_minor": "previous"})
    figure = trend_chart(daily, desk.theme, unit=desk.asked.currency, finding=headlines.peak(answer))
    return Card("trend", title, said, answer, figure, native=natives.trend(answer, desk.theme))


@shows("overview/ranking")
def ranking(desk: Desk, answer: Answer) -> Card:
    """Who leads and who moved."""
    title, said = headlines.leaders(answer), say("Net sales · change on the period before")
    if answer.is_empty:
        return Card("ranking", title, said, answer, empty=say("No sales to rank here."))
    rows = answer.table.select("change", group="label", value="net_minor").head(headlines.SHOWN)
    figure = ranking_bars(rows, desk.theme, unit=desk.asked.currency, highlight=headlines.growing(answer))
    return Card("ranking", title, said, answer, figure, native=natives.ranking(answer, desk.theme))


@shows("overview/funnel")
def funnel(desk: Desk, answer: Answer) -> Card:
    """At which step people leave."""
    title, said = headlines.funnel(answer), say("Share of {n} visitors, each step", n=answer.n)
    if answer.is_empty:
        return Card("funnel", title, said, answer, empty=say("No visits here."))
    rows, weakest = headlines.funnel_rows(answer), headlines.weakest_label(answer)
    figure = funnel_bars(rows, desk.theme, highlight=weakest)
    return Card("funnel", title, said, answer, figure, native=natives.funnel(answer, desk.theme))


@shows("overview/findings")
def findings(desk: Desk, answer: Answer) -> Card:
    """What is worth a look, ranked."""
    del desk
    if answer.is_empty:
        return Card(
            "findings",
            say("Worth a look"),
            say("Ranked by surprise"),
            answer,
            empty=say("Nothing stands out in this period."),
        )
    numbers = [_number(value, unit) for value, unit in answer.table.select("value", "unit").iter_rows()]
    rows = answer.table.select(pl.Series("number", numbers, dtype=pl.String), "sentence", "detail")
    return Card("findings", say("Worth a look"), say("Ranked by surprise"), answer, shown=rows)


def _number(value: float, unit: str) -> str:
    """A finding's number as the page has it."""
    if unit == "index":
        return f"{value:.0f}"
    return percent(value, 0) if unit == "rate" else show(value, unit)


@shows("data/report")
def report(desk: Desk, answer: Answer) -> Card:
    """Whether every row is accounted for."""
    del desk
    wanted = ("source", "shape", "loaded_at", "rows_in", "accepted", "updated", "duplicate", "quarantined", "released")
    rows = answer.table.select(name for name in wanted if name in answer.table.columns)
    return plain_card(
        answer, say("Every row is accounted for"), say("Rows in = accepted + duplicate + set aside"), table=rows
    )
