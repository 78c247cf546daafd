"""Do they come back, when, and which are worth how much?"""

from answers import headlines
from charts.purchases import (
    cohort_triangle,
    gaps_histogram,
    lorenz_curve,
    orders_histogram,
    rfm_grid,
    segment_bars,
    survival_curve,
)
from metrics.survival import median_day
from ui.cards import card, draw, nothing_here, page_head, trust_line
from ui.kpis import key_figures
from ui.layout import Choice, columns
from ui.value_card import value_card
from ui.view import current_view

FIGURES = ("net_minor", "orders", "buyers", "average_order_value_minor", "repeat_rate", "return_rate")

view = current_view()
page_head("Purchases", "Do they come back, when, and which are worth how much?")
summary = view.ask("purchases/summary")
if summary.is_empty:
    nothing_here(
        "No orders match. Widen the period or the filters.", remedy="Or load orders.", link=("data", "Load orders")
    )
else:
    key_figures(view, FIGURES, key="kpis", lines=False)
    first, second, third = columns(1, 1, 1)
    with first:
        frequency = view.ask("purchases/frequency")
        with card(
            headlines.frequency(frequency), "Buyers by days with an order, in the period", frequency, key="frequency"
        ) as t:
            if not t and not frequency.is_empty:
                draw(orders_histogram(frequency.table, view.theme, highlight=1), key="frequency")
    with second:
        gaps = view.ask("purchases/gaps")
        with card(headlines.gaps(gaps), "Days from one order-day to the next, same buyer", gaps, key="gaps") as t:
            if gaps.is_empty:
                nothing_here("Nobody ordered on two days in this period. Choose a longer one.")
            elif not t:
                draw(gaps_histogram(gaps.table, view.theme, median_day=headlines.median_gap(gaps)), key="gaps")
    with third:
        lorenz = view.ask("purchases/lorenz")
        facts = view.ask("purchases/concentration")
        with card(headlines.concentration(facts), "Share of net sales by share of buyers", lorenz, key="lorenz") as t:
            if not t and not facts.is_empty:
                fact = facts.table.row(0, named=True)
                draw(
                    lorenz_curve(lorenz.table, view.theme, gini=fact["gini"], top_share=(0.2, fact["top_fifth_share"])),
                    key="lorenz",
                )
    left, right = columns(1, 1)
    with left:
        split = Choice("Split by", "split", {"": "All", "channel": "Channel", "city": "City", "category": "Category"})
        whole = view.ask("purchases/second")
        curve = view.ask("purchases/second", by=split.value) if split.value else whole
        median = median_day(whole.table)
        with card(
            headlines.second_order(whole, median),
            "Kaplan–Meier: buyers back by day since the first order",
            curve,
            key="second",
        ) as t:
            split.draw()
            if curve.is_empty:
                nothing_here(
                    "No buyer is known here, so nobody can be seen coming back.",
                    remedy="Load orders with a customer id.",
                )
            elif not t:
                draw(survival_curve(headlines.top_groups(curve.table), view.theme, median_day=median), key="second")
    with right:
        cohorts = view.ask("purchases/cohorts")
        with card(
            "Retention by month of first order", "Share of the month's buyers who ordered again", cohorts, key="cohorts"
        ) as t:
            if cohorts.is_empty:
                nothing_here("Cohorts need buyers that are known.", remedy="Load orders with a customer id.")
            elif not t:
                draw(cohort_triangle(cohorts.table, view.theme), key="cohorts")
    left, right = columns(1, 1)
    preset = Choice("Scores", "rfm", {"fixed": "Fixed bins", "quintiles": "Quintiles of my base"})
    rfm = view.ask("purchases/rfm", preset=preset.value)
    with left, card("Recency × frequency", f"Buyers by RFM score as of {view.asked.to_on}", rfm, key="rfm") as t:
        preset.draw()
        if rfm.is_empty:
            nothing_here("RFM needs buyers that are known.", remedy="Load orders with a customer id.")
        elif not t:
            draw(rfm_grid(rfm.table, view.theme, currency=view.asked.currency), key="rfm")
    with right:
        segments = headlines.by_segment(rfm)
        with card(headlines.segments(rfm), "Buyers and net sales by segment", rfm, key="segments") as t:
            if not t and not rfm.is_empty:
                draw(segment_bars(segments, view.theme, currency=view.asked.currency), key="segments")
    value_card(view)
    trust_line(summary, *((rfm,) if rfm.notes else ()))
