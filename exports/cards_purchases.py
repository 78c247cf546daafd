"""How the Purchases page's answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers import headlines
from charts.purchases import gaps_histogram, lorenz_curve, orders_histogram, rfm_grid, segment_bars
from charts.retention import cohort_triangle, survival_curve
from charts.value import value_bars
from exports import natives
from exports.desk import Desk, shows
from exports.document import Card
from metrics.survival import median_day
from schema.language import say

if TYPE_CHECKING:
    from answers.answer import Answer


@shows("purchases/frequency")
def frequency(desk: Desk, answer: Answer) -> Card:
    """How many bought how often."""
    title, said = headlines.frequency(answer), say("Buyers by days with an order, in the period")
    if answer.is_empty:
        return Card("frequency", title, said, answer, empty=say("No buyer is known here."))
    figure = orders_histogram(answer.table, desk.theme, highlight=1)
    return Card("frequency", title, said, answer, figure, native=natives.frequency(answer, desk.theme))


@shows("purchases/gaps")
def gaps(desk: Desk, answer: Answer) -> Card:
    """How long until the next order."""
    title, said = headlines.gaps(answer), say("Days from one order-day to the next, same buyer")
    if answer.is_empty:
        return Card("gaps", title, said, answer, empty=say("Nobody ordered on two days in this period."))
    return Card("gaps", title, said, answer,
                gaps_histogram(answer.table, desk.theme, median_day=headlines.median_gap(answer)))  # fmt: skip


@shows("purchases/lorenz")
def lorenz(desk: Desk, answer: Answer) -> Card:
    """How much the best buyers bring."""
    facts = desk.ask("purchases/concentration")
    title, said = headlines.concentration(facts), say("Share of net sales by share of buyers")
    if facts.is_empty or answer.is_empty:
        return Card("lorenz", title, said, answer, empty=say("No buyer is known here."))
    fact = facts.table.row(0, named=True)
    figure = lorenz_curve(answer.table, desk.theme, gini=fact["gini"], top_share=(0.2, fact["top_fifth_share"]))
    return Card("lorenz", title, said, answer, figure)


@shows("purchases/second")
def second(desk: Desk, answer: Answer) -> Card:
    """When buyers come back."""
    whole = desk.ask("purchases/second")
    median = median_day(whole.table)
    title, said = headlines.second_order(whole, median), say("Kaplan–Meier: buyers back by day since the first order")
    if answer.is_empty:
        return Card("second", title, said, answer,
                    empty=say("No buyer is known by name here, so nobody can be seen coming back."))  # fmt: skip
    figure = survival_curve(headlines.top_groups(answer.table), desk.theme, median_day=median)
    return Card("second", title, said, answer, figure)


@shows("purchases/cohorts")
def cohorts(desk: Desk, answer: Answer) -> Card:
    """Which months' buyers stay."""
    title, said = say("Retention by month of first order"), say("Share of the month's buyers who ordered again")
    if answer.is_empty:
        return Card("cohorts", title, said, answer, empty=say("Cohorts need buyers that are known."))
    return Card("cohorts", title, said, answer, cohort_triangle(answer.table, desk.theme))


@shows("purchases/rfm")
def rfm(desk: Desk, answer: Answer) -> Card:
    """How recently and how often."""
    title, said = say("Recency × frequency"), say("Buyers by RFM score as of {day}", day=str(desk.asked.to_on))
    if answer.is_empty:
        return Card("rfm", title, said, answer, empty=say("RFM needs buyers that are known."))
    return Card("rfm", title, said, answer, rfm_grid(answer.table, desk.theme, currency=desk.asked.currency))


def segments(desk: Desk, answer: Answer) -> Card:
    """Which segments bring what; of the same answer as the grid."""
    title, said = headlines.segments(answer), say("Buyers and net sales by segment")
    if answer.is_empty:
        return Card("segments", title, said, answer, empty=say("RFM needs buyers that are known."))
    rows = headlines.by_segment(answer)
    figure = segment_bars(rows, desk.theme, currency=desk.asked.currency)
    return Card("segments", title, said, answer, figure, native=natives.segments(answer, desk.theme))


@shows("purchases/value")
def value(desk: Desk, answer: Answer) -> Card:
    """Who will buy, and what it is worth."""
    title, said = headlines.expected(answer), say(headlines.EXPECTED_SAID)
    if answer.is_empty:
        return Card("value", title, said, answer, empty=headlines.why_off(answer))
    figure = value_bars(answer.table, desk.theme, currency=desk.asked.currency)
    chart = natives.expected(answer, desk.theme)
    return Card("value", title, said, answer, figure, native=chart, said=headlines.said_of(answer, desk.asked.unknown))
