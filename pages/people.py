"""Who may look, as what, and what was done?"""

from ui.cards import nothing_here, page_head
from ui.layout import Choice
from ui.people import may_manage, say_done
from ui.people_eyes import eyes_part
from ui.people_log import log_part
from ui.people_viewers import viewers_part

SECTIONS = {"viewers": "Viewers", "log": "Audit log", "viewas": "View as"}
PARTS = {"viewers": viewers_part, "log": log_part, "viewas": eyes_part}

page_head("People", "Who may look, as what, and what was done?", filters=False)
if not may_manage():
    nothing_here("This page is for the owner.", link=("overview", "To the Overview"))
else:
    section = Choice("Section", "section", SECTIONS)
    section.draw()
    say_done()
    PARTS[section.value]()
