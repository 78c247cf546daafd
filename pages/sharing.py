"""Whose customer is it, since when, and where did every fen go?"""

from ui.cards import page_head
from ui.layout import Choice
from ui.sharing_binding import binding_tab
from ui.sharing_money import money_tab
from ui.sharing_rules import rules_tab
from ui.sharing_start import first_binding, say_result
from ui.sharing_statements import statements_tab
from ui.view import current_view

TABS = {
    "binding": "Binding",
    "statements": "Statements",
    "money": "Money",
    "rules": "Rules",
}
DRAWN = {
    "binding": binding_tab,
    "statements": statements_tab,
    "money": money_tab,
    "rules": rules_tab,
}
WITHOUT_BINDINGS = ("rules",)

view = current_view()
page_head("Sharing", "Whose customer is it, and where did every fen go?")
tab = Choice("Part of the page", "tab", TABS)
tab.draw()
say_result()
if view.marts.bindings.is_empty() and tab.value not in WITHOUT_BINDINGS and not view.asked.unknown:
    first_binding(view)
else:
    DRAWN[tab.value](view)
