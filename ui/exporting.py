"""The Export menu of a page: what is on screen as a file, made when a button is pressed, for whoever presses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from exports.cards_audiences import last_of_each
from exports.forms import EXPORTED, MIME, NOT_EXPORTED
from exports.noted import told_address
from schema.filters import FILTER_NAMES
from schema.language import later, say
from ui.downloads import handing_out
from ui.export_progress import Work, pressed, watch
from ui.opened import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.stories import Story
    from ui.view import View

_FORMS: Final = {
    "pptx": (later("Slides (PPTX)"), ":material/co_present:", later("Charts and tables that can be edited")),
    "xlsx": (later("Workbook (XLSX)"), ":material/table:", later("Every table, with definitions")),
    "html": (later("One file (HTML)"), ":material/html:", later("Opens without a network; print it for a PDF")),
    "png": (later("Picture (PNG)"), ":material/image:", later("The whole page as one picture")),
    "svg": (later("Drawing (SVG)"), ":material/draw:", later("The same, sharp at any size")),
    "zip": (later("Tables (CSV)"), ":material/folder_zip:", later("One CSV a table, in a ZIP")),
}


def export_menu(view: View) -> None:
    """A popover with one button a form; nothing is made before one is pressed."""
    given = {name: st.query_params.get_all(name) for name in st.query_params if name not in FILTER_NAMES}
    options = last_of_each(given)
    if view.page not in EXPORTED or any((view.page, *pair) in NOT_EXPORTED for pair in options.items()):
        return
    _menu(
        view,
        say("What this page shows now, with its filters. A file takes a second or two."),
        f"{view.page}_{view.asked.from_on}_{view.asked.to_on}",
        lambda form, work: _made(view, options, form, work),
    )


def story_menu(view: View, story: Story) -> None:
    """The same for a whole story, from its kept results."""
    _menu(
        view,
        say("The whole story with its notes. A file takes some seconds."),
        f"{story.story_id}_{story.as_of}",
        lambda form, work: _told(view, story, form, work),
    )


def _menu(view: View, about: str, stem: str, made: Callable[[str, Work], Callable[[], bytes]]) -> None:
    room = opened(say("Export"), key="export", page=view.page, icon=":material/ios_share:")
    if room is None:
        return
    with room:
        st.caption(about)
        works = {form: Work(say(label)) for form, (label, _, _) in _FORMS.items()}
        _buttons(stem, works, {form: work.around(made(form, work)) for form, work in works.items()})


@st.fragment
def _buttons(stem: str, works: dict[str, Work], made: dict[str, Callable[[], bytes]]) -> None:
    """One a form; a press runs this part of the page alone, to show how far the file is."""
    for form, (label, icon, said) in _FORMS.items():
        st.download_button(
            say(label),
            data=made[form],
            file_name=f"{stem}.{form}",
            mime=MIME[form],
            icon=icon,
            help=say(said),
            key=f"export-{form}",
            on_click=pressed,
            args=(works[form],),
            width="stretch",
        )
    watch()


def _made(view: View, options: dict[str, str], form: str, work: Work) -> Callable[[], bytes]:
    """The file, made and logged when it is asked for; it says what the page said."""

    def made() -> tuple[bytes, int]:
        from exports.desk import Desk  # noqa: PLC0415  (what writes files loads with the first one)
        from exports.forms import document_bytes  # noqa: PLC0415
        from exports.pages import page_document  # noqa: PLC0415

        desk = Desk(view.asked, theme=view.theme, options=options, is_strict=False)
        document = page_document(view.page, desk)
        return document_bytes(document, form, work.parts_of(document)), document.rows

    return handing_out(made, address=told_address(view.page, view.filters, options), form=form)


def _told(view: View, story: Story, form: str, work: Work) -> Callable[[], bytes]:
    """A story's file, made and logged when it is asked for."""
    mode, scope, theme = view.snapshot.mode, view.scope, view.theme

    def made() -> tuple[bytes, int]:
        from exports.forms import document_bytes  # noqa: PLC0415
        from exports.story_document import story_document  # noqa: PLC0415

        document = story_document(mode, scope, story.story_id, theme=theme)
        return document_bytes(document, form, work.parts_of(document)), document.rows

    return handing_out(made, address=f"story?story={story.story_id}", form=form)
