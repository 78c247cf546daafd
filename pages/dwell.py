"""When and on what do people linger; who, near which store; does it sell?"""

from answers import headlines
from answers.spike_frame import framed
from charts.blocks import Measure
from charts.dwell import coverage_bars, cross_heatmap, daypart_heatmap, dwell_quadrant, hour_of_week_heatmap
from ui.cards import card, draw, nothing_here, page_head, trust_line
from ui.layout import Choice, columns, toolbar
from ui.selection import marked, said
from ui.tables import show_table
from ui.view import current_view

MEASURES: dict[Measure, str] = {"index": "Index", "minutes": "Minutes", "median": "Median s", "linger": "Linger rate"}
COLUMN: dict[Measure, str] = {
    "index": "index",
    "minutes": "minutes",
    "median": "median_dwell_s",
    "linger": "linger_rate",
}
WORDS = {
    "index": "Dwell index by local hour · 100 = what group and hour alone explain",
    "minutes": "Minutes of dwell a week, by local hour",
    "median": "Median dwell of a view, seconds, by local hour",
    "linger": "Share of views that linger, by local hour",
}
MOST_GROUPS = 14
WEEKLY_DAYS = 91  # shorter periods leave most hours of the week below 30 known views

view = current_view()
page_head("Dwell", "When and on what do people linger, and does it sell?")
group = Choice("Rows", "rows", {"category": "Categories", "product": "Products"})
measure = Choice("Measure", "measure", MEASURES)
weekly = view.asked.days >= WEEKLY_DAYS and not view.is_phone
medians = "yes" if measure.value == "median" else "no"
heat = view.ask("dwell/heatmap" if weekly else "dwell/dayparts", group=group.value, medians=medians)
spikes = view.ask("dwell/spikes")
hours: tuple[int, ...] = ()
among: tuple[str, ...] = ()
with card(
    headlines.spike(spikes), f"{WORDS[measure.value]} · {view.asked.snapshot.zone}", heat, key="heat"
) as as_table:
    if heat.is_empty:
        nothing_here("No dwell here.", remedy="Load events: views with leave or hide, or with their foreground time.")
    else:
        with toolbar("heatbar"):
            group.draw()
            measure.draw()
        if not as_table:
            time = ("hour_of_week",) if weekly else ("is_weekend", "hour")
            rows = heat.table.filter(heat.table["rank"] <= MOST_GROUPS)
            rows = rows.select("group", *time, "known_views", value=COLUMN[measure.value])
            paint = hour_of_week_heatmap if weekly else daypart_heatmap
            frame = framed(spikes, weekly=weekly) if group.value == "category" and measure.value == "index" else None
            figure = paint(rows, view.theme, measure=measure.value, frame=frame, selectable=True)
            hours, among = marked(draw(figure, key="heat", selectable=True), figure)
            said(hours, among)
left, right = columns(1.3, 1)
with left:
    quadrant = view.ask("dwell/quadrant", hours=hours, among=among)
    with card(
        headlines.hesitation(quadrant),
        "One dot a product, size = viewers · lines at the medians",
        quadrant,
        key="quadrant",
    ) as as_table:
        if quadrant.is_empty:
            nothing_here(
                "Too few members with 14 days behind their first view to tell what sells. Choose a longer period.",
                remedy="Or load events with customers, and order lines.",
            )
        elif not as_table:
            draw(
                dwell_quadrant(quadrant.table, view.theme, highlight=headlines.worst_hesitation(quadrant)),
                key="quadrant",
            )
with right:
    nearly = view.ask("dwell/lingered")
    with card(
        headlines.lingered(nearly), "Members of the last 14 days, most interest first", nearly, key="lingered"
    ) as as_table:
        if nearly.is_empty:
            nothing_here(
                "Nobody lingered without buying in these 14 days, or no member is known.",
                remedy="Members need a customer id in your events.",
            )
        elif not as_table:
            wanted = ["product_id", "people", "interest", "sizes_available"]
            show_table(nearly.table.head(8), key="lingered-top", columns=wanted, rank="interest", height=330)
left, right = columns(1.3, 1)
with left:
    by = Choice(
        "By", "by", {"channel": "Channel", "city": "City", "agent": "Agent", "store": "Store", "segment": "Segment"}
    )
    cross = view.ask("dwell/cross", by=by.value, group=group.value, hours=hours, among=among)
    with card(
        "Who lingers on what", "Median dwell, seconds · place is the member's own store", cross, key="cross"
    ) as as_table:
        by.draw()
        if cross.is_empty:
            nothing_here("No views to compare here.", remedy="Load events that name products.")
        elif not as_table:
            rows = headlines.largest(cross.table, rows=12, columns=9)
            draw(
                cross_heatmap(
                    rows.select("row", "column", "known_views", value="median_dwell_s"), view.theme, measure="median"
                ),
                key="cross",
            )
with right:
    coverage = view.ask("dwell/coverage")
    with card(
        headlines.coverage(coverage), "Views by the evidence their dwell rests on", coverage, key="coverage"
    ) as as_table:
        if coverage.is_empty:
            nothing_here("No views here.", remedy="Load events: views of products.")
        elif not as_table:
            draw(coverage_bars(headlines.with_channel_names(coverage.table), view.theme), key="coverage")
trust_line(heat)
