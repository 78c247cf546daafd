"""Where does each store really draw from, and who collides?"""

from schema.language import say
from ui.cards import page_head
from ui.catchment_flows import flows_section
from ui.catchment_map import map_section
from ui.catchment_openings import openings_section
from ui.catchment_territories import territories_section
from ui.catchment_whatif import whatif_section
from ui.layout import Choice
from ui.view import current_view

SECTIONS = {
    "map": (say("Map"), map_section),
    "flows": (say("Flows"), flows_section),
    "openings": (say("New stores"), openings_section),
    "whatif": (say("What if"), whatif_section),
    "territories": (say("Territories"), territories_section),
}

view = current_view()
page_head(say("Catchment"), say("Where does each store really draw from, and who collides?"))
section = Choice(say("Part of the page"), "section", {name: words for name, (words, _) in SECTIONS.items()})
section.draw()
SECTIONS[section.value][1](view)
