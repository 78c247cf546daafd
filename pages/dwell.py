"""When and on what do people linger; who, near which store; does it sell?"""

from schema.language import say
from ui.cards import page_head, trust_line
from ui.dwell import coverage_card, cross_card, heat_card, lingered_card, quadrant_card
from ui.layout import Choice, columns
from ui.view import current_view

view = current_view()
page_head(say("Dwell"), say("When and on what do people linger, and does it sell?"))
group = Choice(say("Rows"), "rows", {"category": say("Categories"), "product": say("Products")})
heat, (hours, among) = heat_card(view, group)
left, right = columns(1.3, 1)
with left:
    quadrant_card(view, hours, among)
with right:
    lingered_card(view)
left, right = columns(1.3, 1)
with left:
    cross_card(view, group.value, hours, among)
with right:
    coverage_card(view)
trust_line(heat)
