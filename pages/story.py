"""What do we say in the meeting, and in which order?"""

from schema.language import say
from ui import story_state
from ui.cards import nothing_here, page_head
from ui.story_edit import steps_part
from ui.story_list import pick_story, state_line
from ui.story_present import present
from ui.story_speaker import speaker
from ui.view import current_view

view = current_view()
if view.scope.role == "agent":
    page_head(say("Story"), say("What do we say in the meeting, and in which order?"), filters=False)
    nothing_here(
        say("Stories are of the whole company: head office makes them, presenters show them."),
        link=("overview", say("To the Overview")),
    )
else:
    found = story_state.all_stories(view)
    presented = story_state.chosen(story_state.PRESENT, found)
    spoken = story_state.chosen(story_state.SPEAK, found)
    if presented is not None:
        present(view, presented)
    elif spoken is not None:
        speaker(view, spoken)
    else:
        page_head(say("Story"), say("What do we say in the meeting, and in which order?"), filters=False)
        story = pick_story(view, found)
        if story is not None:
            state_line(view, story)
            steps_part(view, story)
