"""Who may look, as what, and what was done?"""

from schema.language import say
from ui.cards import nothing_here, page_head
from ui.layout import Choice
from ui.people import may_manage, say_done
from ui.people_eyes import eyes_part
from ui.people_log import log_part
from ui.people_viewers import viewers_part

SECTIONS = {"viewers": say("Who may look"), "log": say("Audit log"), "viewas": say("View as")}
PARTS = {"viewers": viewers_part, "log": log_part, "viewas": eyes_part}

page_head(say("People"), say("Who may look, as what, and what was done?"), filters=False)
if not may_manage():
    nothing_here(say("This page is for the owner."), link=("overview", say("To the Overview")))
else:
    section = Choice(say("Section"), "section", SECTIONS)
    section.draw()
    say_done()
    PARTS[section.value]()
