"""What the first visitor would wait for happens in the background while the server starts: imports, rows, and sums."""

from __future__ import annotations

import gc
import importlib
import logging
import threading
import time
from typing import Final

import streamlit as st
from streamlit import runtime

from schema.errors import CatchlightError
from schema.language import speaking

_LATER: Final = (
    "scipy.spatial",
    "scipy.sparse",
    "scipy.optimize",
    "scipy.special",
    "pydeck",
    "plotly.graph_objects",
    "xlsxwriter",
)
_QUESTIONS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("overview", "overview/kpis", {}),
    ("overview", "overview/weekly", {}),
    ("dwell", "dwell/heatmap", {"medians": "no"}),
    ("overview", "overview/funnel", {}),
    ("overview", "overview/findings", {}),
    ("dwell", "dwell/lingered", {}),
    ("dwell", "dwell/cross", {}),
    ("purchases", "purchases/rfm", {}),
    ("products", "products/attach", {}),
    ("catchment", "catchment/radii", {}),
    ("audiences", "audiences/lingered", {}),
)
"""Page, address and options of what needs the sums that every other question of these pages rests on."""
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
_asking: Final = threading.Lock()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import what the first table and the first map need, once a server."""
    thread = threading.Thread(target=_import_all, name="warm-up", daemon=True)
    thread.start()
    return thread


def start_warm_up() -> threading.Thread:
    """As soon as the server answers, import all and make the sums that the owner's first pages rest on.

    Called once when the server starts; it never makes the server wait. Visitors who come earlier wait for what they
    need themselves.
    """
    thread = threading.Thread(target=_when_ready, name="warm-up-answers", daemon=True)
    thread.start()
    return thread


def _when_ready() -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not runtime.exists() and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
    warm_up().join()
    warm_answers()


def warm_answers() -> bool:
    """Ask one question after the other for the owner, so that rows are loaded and sums are made.

    Returns:
        Whether all were answered: not when there are no data, when they were replaced meanwhile, or while another
        thread is at it. What fails here fails nobody: whoever asks is told then.
    """
    if not _asking.acquire(blocking=False):
        return False
    from polars.exceptions import PolarsError  # noqa: PLC0415  (the server answers before it is there)

    try:
        with speaking("en"):  # there is no screen yet that could be asked
            return _ask_all()
    except (CatchlightError, OSError, PolarsError) as error:
        logging.getLogger("catchlight").info("Not warmed up: %s", error)
        return False
    finally:
        _asking.release()


def _ask_all() -> bool:
    from answers.periods import context  # noqa: PLC0415  (slow imports, in the background)
    from answers.registry import ask  # noqa: PLC0415
    from schema.filters import Filters  # noqa: PLC0415
    from schema.scope import LOCAL_OWNER  # noqa: PLC0415
    from ui.view import marts_of, snapshot_of  # noqa: PLC0415
    from warehouse import api as warehouse  # noqa: PLC0415

    snapshot = snapshot_of(warehouse.current_mode())
    if snapshot is None:
        return False
    marts = marts_of(snapshot, LOCAL_OWNER)
    for page, address, options in _QUESTIONS:
        ask(address, context(Filters(), LOCAL_OWNER, snapshot, marts, page=page), **options)
    return True


def _import_all() -> None:
    from charts.kept import import_pandas  # noqa: PLC0415  (slow imports, in the background)

    import_pandas()
    for name in _LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a million objects of libraries never go away: no later collection need walk over them
