"""Slow imports happen in the background while the first page is read."""

from __future__ import annotations

import gc
import importlib
import threading

import streamlit as st

_LATER = (
    "scipy.spatial",
    "scipy.sparse",
    "scipy.optimize",
    "scipy.special",
    "pandas",
    "pydeck",
    "plotly.graph_objects",
    "xlsxwriter",
)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import what the first table and the first map need, once a server."""
    thread = threading.Thread(target=_import_all, name="warm-up", daemon=True)
    thread.start()
    return thread


def _import_all() -> None:
    for name in _LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a million objects of libraries never go away: no later collection need walk over them
