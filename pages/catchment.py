"""Where does each store really draw from, and who collides?"""

from answers.pairs import unordered
from ui.cards import page_head, trust_line
from ui.catchment import COMPARE, cell_card, leakage_card, map_card, matrix_card, pair_cards
from ui.layout import columns
from ui.view import current_view

view = current_view()
page_head("Catchment", "Where does each store really draw from, and who collides?")
overlap = view.ask("catchment/overlap", by=COMPARE.value)
pairs = unordered(overlap)
left, right = columns(2, 1)
with left:
    shown, size = map_card(view, pairs)
with right:
    pair_cards(view, pairs)
    cell_card(view, shown, size)
left, right = columns(1, 1)
with left:
    matrix_card(view, pairs)
with right:
    leakage_card(view)
trust_line(view.ask("catchment/customers"), overlap)
