"""Whose customer is it, since when, and where did every cent go?"""

from schema.language import say
from ui.cards import page_head
from ui.layout import Choice
from ui.sharing_binding import binding_tab
from ui.sharing_disputes import disputes_tab
from ui.sharing_money import money_tab
from ui.sharing_replay import replay_tab
from ui.sharing_rules import rules_tab
from ui.sharing_start import first_binding, say_result
from ui.sharing_statements import statements_tab
from ui.sharing_whatif import whatif_tab
from ui.view import current_view

TABS = {
    "binding": (say("Binding"), binding_tab),
    "replay": (say("Replay"), replay_tab),
    "statements": (say("Statements"), statements_tab),
    "money": (say("Money"), money_tab),
    "rules": (say("Rules"), rules_tab),
    "whatif": (say("What if"), whatif_tab),
    "disputes": (say("Disputes"), disputes_tab),
}
WITHOUT_BINDINGS = ("rules",)
NOT_PRESENTED = ("replay", "disputes")

view = current_view()
page_head(say("Sharing"), say("Whose customer is it, and where did every cent go?"))
hidden = NOT_PRESENTED if view.scope.role == "presenter" else ()
shown = {name: words for name, (words, _) in TABS.items() if name not in hidden}
tab = Choice(say("Part of the page"), "tab", shown)
tab.draw()
say_result()
if view.marts.bindings.is_empty() and tab.value not in WITHOUT_BINDINGS and not view.asked.unknown:
    first_binding(view)
else:
    TABS[tab.value][1](view)
