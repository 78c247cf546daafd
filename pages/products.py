"""For a product, or two side by side: the time, frequency, amount and place of its customers."""

from schema.language import say
from ui.audiences_link import send_link
from ui.cards import nothing_here, page_head, trust_line
from ui.layout import columns
from ui.products import (
    amount_card,
    attach_card,
    choose_products,
    days_card,
    distance_card,
    figures_row,
    frequency_card,
    hours_card,
    map_card,
    returns_card,
    sizes_card,
)
from ui.view import current_view

view = current_view()
page_head(say("Products"), say("Who buys it: when, how often, for how much, and where do they live?"))
chosen = choose_products(view)
if not chosen:
    nothing_here(
        say("No product here yet."),
        remedy=say("Load order lines or events that name products."),
        link=("data", say("Load data")),
    )
else:
    figures_row(view, chosen)
    send_link(chosen[0], key="product")
    left, right = columns(1.6, 1)
    with left:
        hours_card(view, chosen)
    with right:
        frequency_card(view, chosen)
    left, right = columns(1.6, 1)
    with left:
        map_card(view, chosen)
    with right:
        distance_card(view, chosen)
    for pair in ((amount_card, days_card), (returns_card, sizes_card)):
        for place, part in zip(columns(1, 1), pair, strict=True):
            with place:
                part(view, chosen)
    attach_card(view, chosen)
    trust_line(view.ask("products/buyers", product=chosen[0]))
