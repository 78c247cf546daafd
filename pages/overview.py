"""What changed, where is money leaking, is the data fit?"""

from answers import headlines
from charts.overview import funnel_bars, ranking_bars, trend_chart
from schema.language import say
from ui.cards import card, draw, nothing_here, page_head, trust_line
from ui.findings import checks, worth_a_look
from ui.kpis import FIRST, MORE, key_figures, sharing_figures
from ui.layout import Choice, columns
from ui.view import current_view

view = current_view()
page_head(say("Overview"), say("What changed, where is money leaking, is the data fit?"))
key_figures(view, FIRST, key="kpis")
left, right = columns(1.9, 1, key="firstrow")
with left:
    trend = view.ask("overview/trend")
    with card(
        headlines.sales_trend(trend),
        say("Net sales per day, {currency} · grey: the period before", currency=view.asked.currency),
        trend,
        key="trend",
    ) as as_table:
        if trend.is_empty:
            nothing_here(say("No orders in this period."), remedy=say("Choose another, or load orders."))
        elif not as_table:
            daily = trend.table.rename({"net_minor": "value", "previous_minor": "previous"})
            draw(trend_chart(daily, view.theme, unit=view.asked.currency, finding=headlines.peak(trend)), key="trend")
with right:
    worth_a_look(view)
first, second, third = columns(1, 1, 1)
with first:
    by = Choice(say("Rank by"), "rank", {"city": say("City"), "agent_id": say("Agent"), "channel": say("Channel")})
    group = view.ask("overview/ranking", by=by.value)
    with card(
        headlines.leaders(group), say("Net sales · change on the period before"), group, key="ranking"
    ) as as_table:
        by.draw()
        if group.is_empty:
            nothing_here(say("No sales to rank in this period."), remedy=say("Choose another, or load orders."))
        elif not as_table:
            rows = group.table.select("change", group="label", value="net_minor").head(headlines.SHOWN)
            draw(
                ranking_bars(rows, view.theme, unit=view.asked.currency, highlight=headlines.growing(group)),
                key="ranking",
            )
with second:
    steps = view.ask("overview/funnel")
    with card(
        headlines.funnel(steps), say("Share of {n} visitors, each step", n=steps.n), steps, key="funnel"
    ) as as_table:
        if steps.is_empty:
            nothing_here(say("No visits here."), remedy=say("Load events: views of products."))
        elif not as_table:
            draw(
                funnel_bars(headlines.funnel_rows(steps), view.theme, highlight=headlines.weakest_label(steps)),
                key="funnel",
            )
with third:
    checks(view)
key_figures(view, MORE, key="kpis-more", lines=False)
sharing_figures(view, key="kpis-sharing")
trust_line(view.ask("overview/kpis"))
