"""Who is worth a word, who of them may be written to, and did it work?"""

from schema.language import say
from ui.audience_plan import plan_card
from ui.audience_results import results_card
from ui.audiences import ranking_card, who_cards
from ui.audiences_builder import builder, given
from ui.audiences_export import export_card
from ui.audiences_keep import keep_card
from ui.cards import nothing_here, page_head, trust_line
from ui.layout import columns
from ui.view import current_view

view = current_view()
found = given(view)
page_head(say("Audiences"), say("Who is worth a word, who may be written to, and did it work?"))
if view.scope.role == "presenter":
    nothing_here(say("Audiences are of single customers: they are not presented."))
else:
    left, right = columns(1.4, 1)
    with left:
        builder(view, found)
    reach = who_cards(view, found) if found.groups and not found.unreadable else None
    with right:
        keep_card(view, found, reach.n if reach else 0)
    if reach is not None and view.scope.role == "owner" and view.scope.may_write:
        export_card(view, found, dict(reach.table.iter_rows()).get("reachable") or 0)
    ranking = ranking_card(view)
results_card(view)
plan_card(view)
if view.scope.role != "presenter":
    trust_line(*([reach] if reach else []), ranking)
