"""The Map section: one layer at a time, who collides with whom, and who buys away from the nearest store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers.pairs import unordered
from ui.cards import trust_line
from ui.catchment import cell_card, compared, leakage_card, map_card, matrix_card, pair_cards
from ui.catchment_datum import datum_note
from ui.catchment_neighbours import neighbours_row
from ui.layout import columns

if TYPE_CHECKING:
    from ui.view import View


def map_section(view: View) -> None:
    """Draw the section."""
    datum_note(view)
    overlap = view.ask("catchment/overlap", by=compared(view))
    pairs = unordered(overlap)
    left, right = columns(2, 1)
    with left:
        shown, size = map_card(view, pairs)
    with right:
        pair_cards(view, pairs)
        cell_card(view, shown, size)
    if view.scope.role == "agent":
        neighbours_row(view)
    left, right = columns(1, 1)
    with left:
        matrix_card(view, pairs)
    with right:
        leakage_card(view)
    trust_line(view.ask("catchment/customers"), overlap, view.ask("catchment/leakage", by="city"))
