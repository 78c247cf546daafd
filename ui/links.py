"""The URL is the state: read it before any widget, write only what changed, carry it from page to page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from schema.filters import FILTER_NAMES, Filters, parse_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Context

_LAST = "_last_query"
_PAGE = "_last_page"


def read_filters(page: str) -> Filters:
    """Filters of this run: those in the URL, or on a fresh page of the same visit those of the page before.

    Args:
        page: the path of the page about to be drawn.
    """
    here = {name: st.query_params.get_all(name) for name in st.query_params}
    moved = st.session_state.get(_PAGE, page) != page
    if moved and not here:
        carried = {name: values for name, values in st.session_state.get(_LAST, {}).items() if name in FILTER_NAMES}
        if carried:
            st.query_params.from_dict(carried)
        here = carried
    st.session_state[_PAGE] = page
    st.session_state[_LAST] = here
    return parse_filters({name: values for name, values in here.items() if name in FILTER_NAMES})


def current_page() -> str:
    """The path of the page that was drawn last."""
    return str(st.session_state.get(_PAGE, "overview"))


def carried(name: str) -> str:
    """What the page before had in its address under a name, for a page that is opened with none; else empty."""
    return next(iter(st.session_state.get(_LAST, {}).get(name, ())), "")


def write(name: str, values: Sequence[str]) -> None:
    """Set one parameter (empty removes it); all others stay as they are, even those nobody understands."""
    if values:
        st.query_params[name] = list(values) if len(values) > 1 else values[0]
    elif name in st.query_params:
        del st.query_params[name]


def clear() -> None:
    """Remove every filter; the choice between demo and real data stays."""
    for name in FILTER_NAMES:
        if name not in {"data", "lang"}:
            write(name, ())


def option(name: str, allowed: Sequence[str]) -> str:
    """A page's own parameter (such as ``measure``): the URL's value if it is allowed, else the first."""
    value = st.query_params.get(name)
    return value if value is not None and value in allowed else allowed[0]


def full_link(asked: Context, path: str) -> str:
    """A link that shows the same thing tomorrow: dates and as-of written out."""
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    fixed: dict[str, list[str]] = {
        **given,
        "from": [asked.from_on.isoformat()],
        "to": [asked.to_on.isoformat()],
        "as_of": [asked.as_of.isoformat()],
        "data": [asked.snapshot.mode],
    }
    base = (st.context.url or "").split("?")[0].rstrip("/")
    root = base if base.endswith(f"/{path}") or not path or path == "overview" else f"{base}/{path}"
    return f"{root}?{urlencode([(name, value) for name, values in fixed.items() for value in values])}"
