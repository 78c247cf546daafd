"""The cards of the Purchases page: how often, how long between, how concentrated, and who comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from schema.language import say
from ui.cards import card, draw, nothing_here
from ui.layout import Choice
from ui.parts import part

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View


def frequency_card(view: View) -> None:
    """How many buyers bought on how many days."""
    frequency = view.ask("purchases/frequency")
    about = say("Buyers by days with an order, in the period")
    with card(headlines.frequency(frequency), about, frequency, key="frequency") as as_table:
        if not as_table and not frequency.is_empty:
            draw(orders_histogram(frequency.table, view.theme, highlight=1), key="frequency")


def gaps_card(view: View) -> None:
    """How long it takes until a buyer buys again."""
    gaps = view.ask("purchases/gaps")
    about = say("Days from one order-day to the next, same buyer")
    with card(headlines.gaps(gaps), about, gaps, key="gaps") as as_table:
        if gaps.is_empty:
            nothing_here(say("Nobody ordered on two days in this period. Choose a longer one."))
        elif not as_table:
            draw(gaps_histogram(gaps.table, view.theme, median_day=headlines.median_gap(gaps)), key="gaps")


def concentration_card(view: View) -> None:
    """How much of the sales the best buyers bring."""
    lorenz = view.ask("purchases/lorenz")
    facts = view.ask("purchases/concentration")
    with card(
        headlines.concentration(facts), say("Share of net sales by share of buyers"), lorenz, key="lorenz"
    ) as as_table:
        if not as_table and not facts.is_empty:
            fact = facts.table.row(0, named=True)
            top = (0.2, fact["top_fifth_share"])
            draw(lorenz_curve(lorenz.table, view.theme, gini=fact["gini"], top_share=top), key="lorenz")


@part("second")
def second_card(view: View) -> None:
    """Who comes back, by day since the first order."""
    split = Choice(
        say("Split by"),
        "split",
        {"": say("All"), "channel": say("Channel"), "city": say("City"), "category": say("Category")},
    )
    whole = view.ask("purchases/second")
    curve = view.ask("purchases/second", by=split.value) if split.value else whole
    median = median_day(whole.table)
    about = say("Kaplan–Meier: buyers back by day since the first order")
    with card(headlines.second_order(whole, median), about, curve, key="second", own_frame=False) as as_table:
        split.draw(redraws=("second",))
        if curve.is_empty:
            nothing_here(
                say("No buyer is known here, so nobody can be seen coming back."),
                remedy=say("Load orders with a customer id."),
            )
        elif not as_table:
            draw(survival_curve(headlines.top_groups(curve.table), view.theme, median_day=median), key="second")


def cohorts_card(view: View) -> None:
    """Who came back month by month, by month of the first order."""
    cohorts = view.ask("purchases/cohorts")
    about = say("Share of the month's buyers who ordered again")
    with card(say("Retention by month of first order"), about, cohorts, key="cohorts") as as_table:
        if cohorts.is_empty:
            nothing_here(say("Cohorts need buyers that are known."), remedy=say("Load orders with a customer id."))
        elif not as_table:
            draw(cohort_triangle(cohorts.table, view.theme), key="cohorts")


def rfm_card(view: View) -> Answer:
    """Buyers by recency and frequency. Returns its answer."""
    preset = Choice(say("Scores"), "rfm", {"fixed": say("Fixed bins"), "quintiles": say("Quintiles of my base")})
    rfm = view.ask("purchases/rfm", preset=preset.value)
    about = say("Buyers by RFM score as of {day}", day=view.asked.to_on)
    with card(say("Recency × frequency"), about, rfm, key="rfm") as as_table:
        preset.draw()
        if rfm.is_empty:
            nothing_here(say("RFM needs buyers that are known."), remedy=say("Load orders with a customer id."))
        elif not as_table:
            draw(rfm_grid(rfm.table, view.theme, currency=view.asked.currency), key="rfm")
    return rfm


def segments_card(view: View, rfm: Answer) -> None:
    """Buyers and money by segment, of the same answer."""
    with card(headlines.segments(rfm), say("Buyers and net sales by segment"), rfm, key="segments") as as_table:
        if not as_table and not rfm.is_empty:
            draw(segment_bars(headlines.by_segment(rfm), view.theme, currency=view.asked.currency), key="segments")
