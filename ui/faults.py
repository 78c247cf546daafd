"""The one place on screen where any fault becomes words: round a whole page, and round a part that is drawn alone."""

from __future__ import annotations

import logging
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from schema.errors import CatchlightError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def told() -> Iterator[None]:
    """Say what was refused in its own words, and of anything else that it is our fault, with an id that the log has too."""
    try:
        yield
    except CatchlightError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        error_id = uuid.uuid4().hex[:8]
        logging.getLogger("catchlight").exception("Error %s", error_id)
        st.error(
            say(
                "Something went wrong on our side (error {error_id}). Your data are unchanged; reload the page to go on.",
                error_id=error_id,
            ),
            icon=":material/error:",
        )
