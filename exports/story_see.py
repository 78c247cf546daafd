"""Pictures of the pages Overview, Dwell and Purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl

from answers import headlines
from charts.dwell import cross_heatmap, daypart_heatmap, hour_of_week_heatmap
from charts.evidence import coverage_bars, lingered_bars
from charts.numbers import count, percent, show, signed_percent
from charts.overview import funnel_bars, ranking_bars, trend_chart
from charts.purchases import gaps_histogram, lorenz_curve, orders_histogram, rfm_grid, segment_bars
from charts.quadrant import dwell_quadrant
from charts.retention import cohort_triangle, survival_curve
from charts.slide_lines import index_lines
from charts.value import value_bars
from exports import natives
from exports.story_finding import found_number
from exports.story_found import Found, Number, Said
from exports.story_kinds import Kind, register
from metrics.dwell import indexed
from metrics.survival import median_day
from schema.language import from_python, later, say
from schema.phrases import whole_percent
from schema.wording import KPIS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import plotly.graph_objects as go

    from answers.answer import Answer
    from charts.blocks import Measure
    from charts.theme import Theme
    from exports.document import Native

_FIGURES: Final = ("net_minor", "orders", "average_order_value_minor", "conversion_rate", "return_rate", "new_members")
_COLUMN: Final = {"index": "index", "minutes": "minutes", "median": "median_dwell_s", "linger": "linger_rate"}
_MEASURED: Final = {
    "index": later("Dwell index by local hour · 100 = what group and hour alone explain"),
    "minutes": later("Minutes of dwell a week, by local hour"),
    "median": later("Median dwell of a view, seconds, by local hour"),
    "linger": later("Share of views that linger, by local hour"),
}
_GROUPS: Final = 9
_EVENING: Final = 18
"""Local hour."""
_THINGS: Final = {2: later("Two"), 3: later("Three"), 4: later("Four"), 5: later("Five")}
_SOME: Final = {1: later("one"), 2: later("two"), 3: later("three"), 4: later("four"), 5: later("five")}
_LESS_IS_BETTER: Final = frozenset({"return_rate"})


def _numbers(found: Found, _: Theme) -> tuple[Number, ...]:
    rows = {row["kpi"]: row for row in found.main.table.iter_rows(named=True)}
    return tuple(_number(name, rows[name], found.main.currency) for name in _FIGURES if name in rows)


def _number(kpi: str, row: dict[str, Any], currency: str) -> Number:
    word = KPIS[kpi]
    unit = {"minor units": currency}.get(word.unit, word.unit)
    value, before = row["value"], row["previous"]
    change, tone = "", 0
    if value is not None and before:
        rise = (value - before) * 100 if word.unit == "rate" else (value / before - 1) * 100
        signed = from_python(f"{rise:+.1f}").replace("-", "−")
        change = say("{n} pp", n=signed) if word.unit == "rate" else f"{signed}\u202f%"
        tone = (1 if rise > 0 else -1) * (-1 if kpi in _LESS_IS_BETTER else 1) if abs(rise) >= 0.05 else 0  # noqa: PLR2004
    return Number(say(word.label), show(value, unit), change, tone)


def _sales_said(found: Found) -> str:
    rows = {row["kpi"]: row for row in found.main.table.iter_rows(named=True)}
    row = rows.get("net_minor")
    if row is None or not row["value"] or not row["previous"]:
        return say("Key figures")
    return say(
        "Net sales *{change}* on the period before", change=signed_percent(row["value"] / row["previous"] - 1, 0)
    )


def _figure_facts(found: Found) -> dict[str, str]:
    rows = {row["kpi"]: row for row in found.main.table.iter_rows(named=True)}
    told = {kpi: _number(kpi, row, found.main.currency) for kpi, row in rows.items() if kpi in KPIS}
    return {kpi.removesuffix("_minor"): one.value for kpi, one in told.items()} | {
        f"{kpi.removesuffix('_minor')}_change": one.change for kpi, one in told.items()
    }


def _findings(found: Found, _: Theme) -> tuple[Said, ...]:
    return tuple(
        Said(found_number(row["value"], row["unit"]), row["sentence"], row["detail"])
        for row in found.main.table.head(5).iter_rows(named=True)
    )


def _findings_facts(found: Found) -> dict[str, str]:
    things = say(_SOME.get(found.main.table.height, later("some")))
    return _figure_facts(Found(found.more["figures"])) | {"things": things}


def _findings_said(found: Found) -> str:
    things = found.main.table.height
    if things == 1:
        return say("*One thing* needs you")
    word = _THINGS.get(things)
    return say("Nothing stands out") if word is None else say("*{number} things* need you", number=say(word))


def _trend(found: Found, theme: Theme) -> go.Figure:
    daily = found.main.table.rename({"net_minor": "value", "previous_minor": "previous"})
    return trend_chart(daily, theme, unit=found.main.currency, finding=headlines.peak(found.main))


def _ranking(found: Found, theme: Theme) -> go.Figure:
    rows = found.main.table.select("change", group="label", value="net_minor").head(headlines.SHOWN)
    return ranking_bars(rows, theme, unit=found.main.currency, highlight=headlines.growing(found.main))


def _heat(found: Found, theme: Theme) -> go.Figure:
    measure = cast("Measure", found.given("measure", "index"))
    measure = measure if _COLUMN.get(measure) in found.main.table.columns else "index"
    weekly = "hour_of_week" in found.main.table.columns
    time = ("hour_of_week",) if weekly else ("is_weekend", "hour")
    rows = found.main.table.filter(pl.col("rank") <= _GROUPS)
    rows = rows.select("group", *time, "known_views", value=_COLUMN[measure])
    paint = hour_of_week_heatmap if weekly else daypart_heatmap
    spike = _spike(found)
    frame = None
    if spike and measure == "index" and found.options.get("group", "category") == "category":
        hours = range(spike["first_hour"], spike["last_hour"] + 1)
        frame = (spike["group"], [day * 24 + hour for day in range(7 if weekly else 2) for hour in hours])
    return paint(rows, theme, measure=measure, frame=frame)


def _heat_said(found: Found) -> str:
    if found.given("measure", "index") == "index":
        return _starred(headlines.spike(found.more["spikes"]), _spike(found).get("group", ""))
    table = found.main.table
    if table.is_empty():
        return say("Dwell through the week")
    hour = (pl.col("hour_of_week") % 24) if "hour_of_week" in table.columns else pl.col("hour")
    whole, evening = (float(part["dwell_s"].sum()) for part in (table, table.filter(hour >= _EVENING)))
    late = evening / whole if whole else 0.0
    return say("In the evening *everything* is busy: {late} of all dwell from 18 to 24 h", late=whole_percent(late))


def _heat_about(found: Found) -> str:
    return say(_MEASURED.get(found.given("measure", "index"), _MEASURED["index"]))


def _spike(found: Found) -> dict[str, Any]:
    answer = found.more.get("spikes")
    return {} if answer is None or answer.is_empty else answer.table.row(0, named=True)


def _spike_facts(found: Found) -> dict[str, str]:
    row = _spike(found)
    if not row:
        return {}
    return {
        "group": str(row["group"]).lower(),
        "index": from_python(f"{row['index']:.0f}"),
        "first": str(row["first_hour"]),
        "until": str(row["last_hour"] + 1),
        "views": count(row["n"]),
    }


def _hours(found: Found, theme: Theme) -> go.Figure:
    row = _spike(found)
    if not row or "hour_of_week" not in found.main.table.columns:
        return _heat(found, theme)
    cells = found.main.table.group_by("group", (pl.col("hour_of_week") % 24).alias("hour")).agg(
        pl.col("views").sum(),
        pl.col("known_views").sum(),
        total_dwell_s=pl.col("dwell_s").sum(),
        _dwell=pl.col("dwell_s").sum(),
        _n=pl.col("known_views").sum(),
        linger_rate=pl.lit(None, dtype=pl.Float64),
    )
    by_hour = indexed(cells, ["hour"])
    top = by_hour.group_by("group").agg(pl.col("dwell_s").sum()).sort("dwell_s", "group", descending=[True, False])
    shown = [*top["group"].head(_GROUPS - 1), row["group"]]
    return index_lines(
        by_hour.filter(pl.col("group").is_in(shown)),
        theme,
        highlight=row["group"],
        hours=(row["first_hour"], row["last_hour"]),
        number=from_python(f"{row['index']:.0f}"),
        alt=headlines.spike(found.more["spikes"]),
    )


def _starred(sentence: str, subject: str) -> str:
    """The sentence with its subject between stars, where it names it."""
    at = sentence.lower().find(subject.lower()) if subject else -1
    return sentence if at < 0 else f"{sentence[:at]}*{sentence[at : at + len(subject)]}*{sentence[at + len(subject) :]}"


def _quadrant_said(found: Found) -> str:
    return _starred(headlines.hesitation(found.main), headlines.worst_hesitation(found.main) or "")


def _quadrant_facts(found: Found) -> dict[str, str]:
    worst = headlines.worst_hesitation(found.main)
    if worst is None:
        return {}
    row = found.main.table.filter(pl.col("product_id") == worst).row(0, named=True)
    return {
        "product": worst,
        "name": str(row["name"]),
        "rate": percent(row["conversion_rate"]),
        "dwell": say("{n} s", n=f"{row['median_dwell_s']:.0f}").replace(" ", "\u00a0"),
        "viewers": count(row["viewers"]),
    }


def _lingered_facts(found: Found) -> dict[str, str]:
    if found.main.is_empty:
        return {}
    row = found.main.table.row(0, named=True)
    sizes = row.get("sizes_available")
    return {
        "product": str(row["product_id"]),
        "people": count(row["people"]),
        "sizes": "—" if sizes is None else percent(sizes, 0),
    }


def _lingered(found: Found, theme: Theme) -> go.Figure:
    rows = found.main.table.head(8).rename({"interest": "interest_s"})
    return lingered_bars(rows, theme, highlight=str(rows["product_id"][0]))


def _second(found: Found, theme: Theme) -> go.Figure:
    return survival_curve(headlines.top_groups(found.main.table), theme, median_day=_middle(found))


def _middle(found: Found) -> float | None:
    return None if "group" in found.main.table.columns else median_day(found.main.table)


def _lorenz(found: Found, theme: Theme) -> go.Figure:
    facts = found.more["concentration"].table
    fact = facts.row(0, named=True) if facts.height else {"gini": None, "top_fifth_share": None}
    top = None if fact["top_fifth_share"] is None else (0.2, fact["top_fifth_share"])
    return lorenz_curve(found.main.table, theme, gini=fact["gini"], top_share=top)


def _spikes(_: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "dwell/spikes", {}


def _of(chart: Callable[[Answer, Theme], Native]) -> Callable[[Found, Theme], Native]:
    """A chart of the main answer alone."""
    return lambda found, theme: chart(found.main, theme)


_HEAT: Final = {
    "says": _heat_said,
    "about": _heat_about,
    "needs": {"spikes": _spikes},
    "facts": _spike_facts,
}

for _kind in (
    Kind("overview.figures", "overview/kpis", _sales_said, lambda _: say("Key figures · change on the period before"),
         _numbers, facts=_figure_facts, cards=(("overview", "kpis"),)),
    Kind("overview.findings", "overview/findings", _findings_said, lambda _: say("Ranked by surprise"), _findings,
         needs={"figures": lambda _: ("overview/kpis", {})}, facts=_findings_facts,
         cards=(("overview", "findings"),)),
    Kind("overview.trend", "overview/trend", lambda f: headlines.sales_trend(f.main),
         lambda f: say("Net sales per day, {currency} · grey: the period before", currency=f.main.currency), _trend,
         cards=(("overview", "trend"),),
         native=_of(natives.trend)),
    Kind("overview.ranking", "overview/ranking", lambda f: headlines.leaders(f.main),
         lambda f: say("Net sales, {currency} · change on the period before", currency=f.main.currency), _ranking,
         cards=(("overview", "ranking"),),
         native=_of(natives.ranking)),
    Kind("overview.funnel", "overview/funnel", lambda f: headlines.funnel(f.main),
         lambda f: say("Share of {n} visitors, each step", n=f.main.n),
         lambda f, t: funnel_bars(headlines.funnel_rows(f.main), t, highlight=headlines.weakest_label(f.main)),
         cards=(("overview", "funnel"),),
         native=_of(natives.funnel)),
    Kind("dwell.heat", "dwell/heatmap", draw=_heat, cards=(("dwell", "heat"),), **_HEAT),  # type: ignore[arg-type]
    Kind("dwell.dayparts", "dwell/dayparts", draw=_heat, cards=(("dwell", "heat"),), **_HEAT),  # type: ignore[arg-type]
    Kind("dwell.hours", "dwell/heatmap", draw=_hours, **_HEAT),  # type: ignore[arg-type]
    Kind("dwell.quadrant", "dwell/quadrant", _quadrant_said,
         lambda _: say("One dot a product, size = viewers · lines at the medians"),
         lambda f, t: dwell_quadrant(f.main.table, t, highlight=headlines.worst_hesitation(f.main)),
         facts=_quadrant_facts, cards=(("dwell", "quadrant"),)),
    Kind("dwell.lingered", "dwell/lingered",
         lambda f: _starred(headlines.lingered(f.main), _lingered_facts(f).get("product", "")),
         lambda _: say("Members of the last 14 days who lingered and did not buy"), _lingered, facts=_lingered_facts,
         cards=(("dwell", "lingered"),)),
    Kind("dwell.cross", "dwell/cross", lambda _: say("Who lingers on what"),
         lambda _: say("Median dwell, seconds · place is the member's own store"),
         lambda f, t: cross_heatmap(
             headlines.largest(f.main.table, rows=9, columns=9).select(
                 "row", "column", "known_views", value="median_dwell_s"), t, measure="median"),
         cards=(("dwell", "cross"),)),
    Kind("dwell.coverage", "dwell/coverage", lambda f: headlines.coverage(f.main),
         lambda _: say("Views by the evidence their dwell rests on"),
         lambda f, t: coverage_bars(headlines.with_channel_names(f.main.table), t), cards=(("dwell", "coverage"),),
         native=_of(natives.coverage)),
    Kind("purchases.frequency", "purchases/frequency", lambda f: headlines.frequency(f.main),
         lambda _: say("Buyers by days with an order, in the period"),
         lambda f, t: orders_histogram(f.main.table, t, highlight=1), cards=(("purchases", "frequency"),),
         native=_of(natives.frequency)),
    Kind("purchases.gaps", "purchases/gaps", lambda f: headlines.gaps(f.main),
         lambda _: say("Days from one order-day to the next, same buyer"),
         lambda f, t: gaps_histogram(f.main.table, t, median_day=headlines.median_gap(f.main)),
         cards=(("purchases", "gaps"),)),
    Kind("purchases.lorenz", "purchases/lorenz", lambda f: headlines.concentration(f.more["concentration"]),
         lambda _: say("Share of net sales by share of buyers"), _lorenz,
         needs={"concentration": lambda _: ("purchases/concentration", {})}, cards=(("purchases", "lorenz"),)),
    Kind("purchases.second", "purchases/second", lambda f: headlines.second_order(f.main, _middle(f)),
         lambda _: say("Buyers back by day since the first order"), _second, cards=(("purchases", "second"),)),
    Kind("purchases.cohorts", "purchases/cohorts", lambda _: say("Retention by month of first order"),
         lambda _: say("Share of the month's buyers who ordered again"), lambda f, t: cohort_triangle(f.main.table, t),
         cards=(("purchases", "cohorts"),)),
    Kind("purchases.rfm", "purchases/rfm", lambda _: say("Recency × frequency"), lambda _: say("Buyers by RFM score"),
         lambda f, t: rfm_grid(f.main.table, t, currency=f.main.currency), cards=(("purchases", "rfm"),)),
    Kind("purchases.segments", "purchases/rfm", lambda f: headlines.segments(f.main),
         lambda _: say("Buyers and net sales by segment"),
         lambda f, t: segment_bars(headlines.by_segment(f.main), t, currency=f.main.currency),
         cards=(("purchases", "segments"),),
         native=_of(natives.segments)),
    Kind("purchases.value", "purchases/value", lambda f: headlines.expected(f.main), lambda _: say(headlines.EXPECTED_SAID),
         lambda f, t: value_bars(f.main.table, t, currency=f.main.currency), cards=(("purchases", "value"),),
         native=_of(natives.expected)),
):  # fmt: skip
    register(_kind)
