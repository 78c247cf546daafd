"""Do all channels know the same people, and is everything there once, in time and to the cent?"""

from schema.language import say
from ui.cards import nothing_here, page_head, trust_line
from ui.sync import head_office_cards, match_cards, person_cards, source_cards
from ui.sync_after import after_cards
from ui.view import current_view

view = current_view()
page_head(say("Sync"), say("Do all channels know the same people, and is everything there once and in time?"))
channels = view.ask("sync/channels")
if channels.is_empty:
    nothing_here(
        say("No orders match. Widen the period or the filters."),
        remedy=say("Or load orders."),
        link=("data", say("Load orders")),
    )
else:
    match_cards(view, channels)
person_cards(view)
source_cards(view)
after_cards(view)
if view.scope.role != "agent":
    head_office_cards(view)
trust_line(channels)
