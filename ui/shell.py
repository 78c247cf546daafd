"""The frame every page is drawn in: first start, page list, filters from the URL, and the one error handler."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import streamlit as st

from schema.errors import CatchlightError
from ui import links
from ui.first_start import make_demo
from ui.page_list import WITHOUT_DATA, page_list
from ui.signin import admit, leave
from ui.view import begin_view, end_view, snapshot_of
from ui.view_as import bar
from ui.warmup import warm_up
from ui.welcome import choose_data, no_data_yet

_HERE = Path(__file__).parent


def main() -> None:
    """Draw one run."""
    st.set_page_config(
        page_title="Catchlight", page_icon=str(_HERE / "mark.png"), layout="wide", initial_sidebar_state=216
    )
    st.html(_HERE / "looks.css")
    st.logo(str(_HERE / "wordmark.svg"), icon_image=str(_HERE / "mark.png"), size="large")
    seat = admit()
    if seat is None:
        return
    page = st.navigation(page_list())
    st.set_page_config(page_title=f"{page.title} · Catchlight")
    end_view()
    bar()
    make_demo()
    warm_up()
    path = page.url_path or "overview"
    filters = links.read_filters(path)
    mode = choose_data(filters)
    snapshot = snapshot_of(mode)
    if snapshot is None and path not in WITHOUT_DATA:
        no_data_yet(mode)
        return
    if snapshot is not None:
        begin_view(path, snapshot, filters)
    page.run()


try:
    main()
except CatchlightError as error:
    st.error(str(error), icon=":material/error:")
except Exception:
    error_id = uuid.uuid4().hex[:8]
    logging.getLogger("catchlight").exception("Error %s", error_id)
    st.error(
        f"Something went wrong on our side (error {error_id}). Your data are unchanged; reload the page to go on.",
        icon=":material/error:",
    )
finally:
    end_view()
    leave()
