"""How the Dwell page's answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import polars as pl

from answers import headlines
from answers.spike_frame import framed
from charts.dwell import coverage_bars, cross_heatmap, daypart_heatmap, dwell_quadrant, hour_of_week_heatmap
from exports import natives
from exports.desk import Desk, plain_card, shows
from exports.document import Card
from schema.language import later, say

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from answers.answer import Answer
    from charts.blocks import Measure

COLUMN: Final[dict[str, str]] = {
    "index": "index", "minutes": "minutes", "median": "median_dwell_s", "linger": "linger_rate",
}  # fmt: skip
WORDS: Final = {
    "index": later("Dwell index by local hour · 100 = what group and hour alone explain"),
    "minutes": later("Minutes of dwell a week, by local hour"),
    "median": later("Median dwell of a view, seconds, by local hour"),
    "linger": later("Share of views that linger, by local hour"),
}
MOST_GROUPS: Final = 14
WEEKLY_DAYS: Final = 91
"""Shorter periods leave most hours of the week below 30 known views."""


def measure_of(desk: Desk) -> Measure:
    """The measure that the page's URL chooses."""
    return cast("Measure", desk.choice("measure", list(COLUMN)))


def heat_answer(desk: Desk) -> Answer:
    """The heatmap's rows: by hour of the week where the period is long enough."""
    medians = "yes" if measure_of(desk) == "median" else "no"
    address = "dwell/heatmap" if desk.asked.days >= WEEKLY_DAYS else "dwell/dayparts"
    return desk.ask(address, group=desk.choice("rows", ["category", "product"]), medians=medians)


@shows("dwell/heatmap")
@shows("dwell/dayparts")
def heat(desk: Desk, answer: Answer) -> Card:
    """When in the week people linger on what."""
    measure = measure_of(desk)
    column = COLUMN[measure] if COLUMN[measure] in answer.table.columns else "index"
    measure = measure if column == COLUMN[measure] else "index"
    spikes = desk.ask("dwell/spikes")
    title, said = headlines.spike(spikes), f"{say(WORDS[measure])} · {desk.asked.snapshot.zone}"
    if answer.is_empty:
        return Card("heat", title, said, answer, empty=say("No dwell here."))
    weekly = answer.address == "dwell/heatmap"
    time = ("hour_of_week",) if weekly else ("is_weekend", "hour")
    rows = answer.table.filter(pl.col("rank") <= MOST_GROUPS).select("group", *time, "known_views", value=column)
    paint = hour_of_week_heatmap if weekly else daypart_heatmap
    return Card(
        "heat",
        title,
        said,
        answer,
        paint(rows, desk.theme, measure=measure, frame=_framed(desk, spikes, weekly=weekly)),
    )


def _framed(desk: Desk, spikes: Answer, *, weekly: bool) -> tuple[str, list[int]] | None:
    """The hours of the strongest finding, where the picture shows what it is about."""
    if measure_of(desk) != "index" or desk.choice("rows", ["category", "product"]) != "category":
        return None
    return framed(spikes, weekly=weekly)


@shows("dwell/quadrant")
def quadrant(desk: Desk, answer: Answer) -> Card:
    """What is looked at and not bought."""
    title, said = headlines.hesitation(answer), say("One dot a product, size = viewers · lines at the medians")
    if answer.is_empty:
        return Card("quadrant", title, said, answer,
                    empty=say("Too few members with 14 days behind their first view to tell what sells."))  # fmt: skip
    figure: go.Figure = dwell_quadrant(answer.table, desk.theme, highlight=headlines.worst_hesitation(answer))
    return Card("quadrant", title, said, answer, figure)


@shows("dwell/lingered")
def lingered(desk: Desk, answer: Answer) -> Card:
    """Who nearly bought what."""
    del desk
    title, said = headlines.lingered(answer), say("Members of the last 14 days, most interest first")
    if answer.is_empty:
        return Card("lingered", title, said, answer,
                    empty=say("Nobody lingered without buying in these 14 days, or no member is known."))  # fmt: skip
    rows = answer.table.select("product_id", "people", "interest", "sizes_available").head(8)
    return Card("lingered", title, said, answer, shown=rows)


@shows("dwell/cross")
def cross(desk: Desk, answer: Answer) -> Card:
    """Who lingers on what."""
    title, said = say("Who lingers on what"), say("Median dwell, seconds · place is the member's own store")
    if answer.is_empty:
        return Card("cross", title, said, answer, empty=say("No views to compare here."))
    rows = headlines.largest(answer.table, rows=12, columns=9)
    cells = rows.select("row", "column", "known_views", value="median_dwell_s")
    return Card("cross", title, said, answer, cross_heatmap(cells, desk.theme, measure="median"))


@shows("dwell/coverage")
def coverage(desk: Desk, answer: Answer) -> Card:
    """On what evidence a view's dwell rests."""
    title, said = headlines.coverage(answer), say("Views by the evidence their dwell rests on")
    if answer.is_empty:
        return Card("coverage", title, said, answer, empty=say("No views here."))
    rows = headlines.with_channel_names(answer.table)
    chart = natives.coverage(answer, desk.theme)
    return Card("coverage", title, said, answer, coverage_bars(rows, desk.theme), native=chart)


@shows("dwell/products")
def products(desk: Desk, answer: Answer) -> Card:
    """Which products hold attention."""
    del desk
    return plain_card(answer, say("Which products hold people's attention"), say("Most attention first"))
