"""The cards of the Dwell page: when and on what people linger, and whether it sells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from answers import headlines
from answers.spike_frame import framed
from charts.dwell import coverage_bars, cross_heatmap, daypart_heatmap, dwell_quadrant, hour_of_week_heatmap
from schema.language import later, say
from ui.audiences_link import send_link
from ui.cards import card, draw, nothing_here
from ui.layout import Choice, toolbar
from ui.parts import part
from ui.selection import marked, said
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from charts.blocks import Measure
    from ui.view import View

    Marked = tuple[tuple[int, ...], tuple[str, ...]]

MEASURES: Final[dict[Measure, str]] = {
    "index": later("Index"), "minutes": later("Minutes"), "median": later("Median s"), "linger": later("Linger rate")
}  # fmt: skip
_COLUMN: Final[dict[Measure, str]] = {
    "index": "index", "minutes": "minutes", "median": "median_dwell_s", "linger": "linger_rate"
}  # fmt: skip
_WORDS: Final = {
    "index": later("Dwell index by local hour · 100 = what group and hour alone explain"),
    "minutes": later("Minutes of dwell a week, by local hour"),
    "median": later("Median dwell of a view, seconds, by local hour"),
    "linger": later("Share of views that linger, by local hour"),
}
_BY: Final = {
    "channel": later("Channel"),
    "city": later("City"),
    "agent": later("Agent"),
    "store": later("Store"),
    "segment": later("Segment"),
}
_MOST_GROUPS: Final = 14
_WEEKLY_DAYS: Final = 91
"""Shorter periods leave most hours of the week below 30 known views."""


def heat_card(view: View, group: Choice[str]) -> tuple[Answer, Marked]:
    """Dwell by hour. Returns its answer, and the hours and groups that were marked in it."""
    measure = Choice(say("Measure"), "measure", MEASURES)
    weekly = view.asked.days >= _WEEKLY_DAYS and not view.is_phone
    medians = "yes" if measure.value == "median" else "no"
    heat = view.ask("dwell/heatmap" if weekly else "dwell/dayparts", group=group.value, medians=medians)
    spikes = view.ask("dwell/spikes")
    found: Marked = ((), ())
    title, about = headlines.spike(spikes), f"{say(_WORDS[measure.value])} · {view.asked.snapshot.zone}"
    with card(title, about, heat, key="heat") as as_table:
        if heat.is_empty:
            nothing_here(
                say("No dwell here."),
                remedy=say("Load events: views with leave or hide, or with their foreground time."),
            )
            return heat, found
        with toolbar("heatbar"):
            group.draw()
            measure.draw()
        if not as_table:
            time = ("hour_of_week",) if weekly else ("is_weekend", "hour")
            rows = heat.table.filter(heat.table["rank"] <= _MOST_GROUPS)
            rows = rows.select("group", *time, "known_views", value=_COLUMN[measure.value])
            paint = hour_of_week_heatmap if weekly else daypart_heatmap
            frame = framed(spikes, weekly=weekly) if group.value == "category" and measure.value == "index" else None
            figure = paint(rows, view.theme, measure=measure.value, frame=frame, selectable=True)
            found = marked(draw(figure, key="heat", selectable=True), figure)
            said(*found)
    return heat, found


def quadrant_card(view: View, hours: tuple[int, ...], among: tuple[str, ...]) -> None:
    """What is looked at long and what sells, of the marked hours and groups."""
    quadrant = view.ask("dwell/quadrant", hours=hours, among=among)
    about = say("One dot a product, size = viewers · lines at the medians")
    with card(headlines.hesitation(quadrant), about, quadrant, key="quadrant") as as_table:
        if quadrant.is_empty:
            nothing_here(
                say("Too few members with 14 days behind their first view to tell what sells. Choose a longer period."),
                remedy=say("Or load events with customers, and order lines."),
            )
        elif not as_table:
            worst = headlines.worst_hesitation(quadrant)
            draw(dwell_quadrant(quadrant.table, view.theme, highlight=worst), key="quadrant")


def lingered_card(view: View) -> None:
    """What members lingered on without buying."""
    nearly = view.ask("dwell/lingered")
    about = say("Members of the last 14 days, most interest first")
    with card(headlines.lingered(nearly), about, nearly, key="lingered") as as_table:
        if nearly.is_empty:
            nothing_here(
                say("Nobody lingered without buying in these 14 days, or no member is known."),
                remedy=say("Members need a customer id in your events."),
            )
        elif not as_table:
            wanted = ["product_id", "people", "interest", "sizes_available"]
            show_table(
                nearly.table.head(8),
                key="lingered-top",
                columns=wanted,
                phone=("product_id", "people", "sizes_available"),
                rank="interest",
                height=330,
            )
            send_link(str(nearly.table["product_id"][0]), key="lingered")


@part("cross")
def cross_card(view: View, group: str, hours: tuple[int, ...], among: tuple[str, ...]) -> None:
    """Who lingers on what, of the marked hours and groups."""
    by = Choice(say("By"), "by", _BY)
    cross = view.ask("dwell/cross", by=by.value, group=group, hours=hours, among=among)
    about = say("Median dwell, seconds · place is the member's own store")
    with card(say("Who lingers on what"), about, cross, key="cross", own_frame=False) as as_table:
        by.draw(redraws=("cross",))
        if cross.is_empty:
            nothing_here(say("No views to compare here."), remedy=say("Load events that name products."))
        elif not as_table:
            rows = headlines.largest(cross.table, rows=12, columns=9)
            rows = rows.select("row", "column", "known_views", value="median_dwell_s")
            draw(cross_heatmap(rows, view.theme, measure="median"), key="cross")


def coverage_card(view: View) -> None:
    """How much of dwell is known, and on what evidence."""
    coverage = view.ask("dwell/coverage")
    about = say("Views by the evidence their dwell rests on")
    with card(headlines.coverage(coverage), about, coverage, key="coverage") as as_table:
        if coverage.is_empty:
            nothing_here(say("No views here."), remedy=say("Load events: views of products."))
        elif not as_table:
            draw(coverage_bars(headlines.with_channel_names(coverage.table), view.theme), key="coverage")
