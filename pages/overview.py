"""What changed, where is money leaking, is the data fit?"""

from answers import headlines
from charts.overview import funnel_bars, trend_chart
from schema.language import say
from ui.cards import card, draw, nothing_here, page_head, trust_line
from ui.findings import checks, worth_a_look
from ui.kpis import FIRST, MORE, key_figures, sharing_figures
from ui.layout import columns
from ui.ranking import ranking_card
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
            daily, peak = headlines.daily(trend), headlines.peak(trend)
            draw(trend_chart(daily, view.theme, unit=view.asked.currency, finding=peak), key="trend")
with right:
    worth_a_look(view)
first, second, third = columns(1, 1, 1)
with first:
    ranking_card(view)
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
