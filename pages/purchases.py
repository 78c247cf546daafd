"""Do they come back, when, and which are worth how much?"""

from schema.language import say
from ui.cards import nothing_here, page_head, trust_line
from ui.kpis import key_figures
from ui.layout import columns
from ui.purchases import (
    cohorts_card,
    concentration_card,
    frequency_card,
    gaps_card,
    rfm_card,
    second_card,
    segments_card,
)
from ui.sellers import ways_card
from ui.value_card import value_card
from ui.view import current_view

FIGURES = ("net_minor", "orders", "buyers", "average_order_value_minor", "repeat_rate", "return_rate")

view = current_view()
page_head(say("Purchases"), say("Do they come back, when, and which are worth how much?"))
summary = view.ask("purchases/summary")
if summary.is_empty:
    nothing_here(
        say("No orders match. Widen the period or the filters."),
        remedy=say("Or load orders."),
        link=("data", say("Load orders")),
    )
else:
    key_figures(view, FIGURES, key="kpis", lines=False)
    for place, part in zip(columns(1, 1, 1), (frequency_card, gaps_card, concentration_card), strict=True):
        with place:
            part(view)
    left, right = columns(1, 1)
    with left:
        second_card(view)
    with right:
        cohorts_card(view)
    left, right = columns(1, 1)
    with left:
        rfm = rfm_card(view)
    with right:
        segments_card(view, rfm)
    ways_card(view)
    value_card(view)
    trust_line(summary, *((rfm,) if rfm.notes else ()))
