"""The words of Streamlit's own file field in the language of the page: it has no setting for them, so the style says them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.language import say
from ui.tongue import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIELD: Final = '[data-testid="stFileUploaderDropzone"]'
_BUTTON: Final = f"{_FIELD} > span button span[data-has-shortcut]"
_ABOUT: Final = f'{_FIELD} [data-testid="stFileUploaderDropzoneInstructions"]'


def in_words(types: Sequence[str]) -> None:
    """Say button and limits of the page's file fields as the reader does; English is the field's own language.

    Args:
        types: endings of the files that are taken.
    """
    if spoken() == "en":
        return
    size = str(st.get_option("server.maxUploadSize"))
    about = say("Up to {size} MB each · {types}", size=size, types=", ".join(types).upper())
    st.html(
        "<style>"
        f'{_BUTTON} [data-testid="stMarkdownContainer"], {_ABOUT} > * {{ display: none; }}'
        f"{_BUTTON}::after {{ content: {_text(say('Upload'))}; }}"
        f"{_ABOUT}::after {{ content: {_text(about)}; font-size: .875rem; opacity: .75; }}"
        "</style>"
    )


def _text(words: str) -> str:
    """Words as a style sheet quotes them; what could end the style ends it not."""
    return json.dumps(words, ensure_ascii=False).replace("<", "\\3c ")
