"""Where somebody wanted to go when the door stopped them: kept on the server while they sign in, then they go there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

if TYPE_CHECKING:
    from collections.abc import Sequence

_COOKIE: Final = "_streamlit_xsrf"
_KEPT_S: Final = 600.0
_MOST: Final = 2_000
_LONGEST: Final = 2_000
_EMPTY: Final = "_door_came_back"


@dataclass(frozen=True)
class Way:
    """A page's path and its query.

    Attributes:
        path: such as ``dwell``; empty for the front page.
        query: names and values.
        until: when it is forgotten.
    """

    path: str
    query: dict[str, list[str]]
    until: float


_WAYS: Final[dict[bytes, Way]] = {}
"""By browser: Streamlit gives each a random token that lives as long as its window's cookies."""


def remember() -> None:
    """Keep this address for when the person comes back signed in."""
    browser = _browser()
    if browser is None:
        return
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if sum(len(name) + sum(map(len, values)) for name, values in query.items()) > _LONGEST:
        query = {}
    _forget_old()
    path = urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[2]
    _WAYS[browser] = Way(path, query, time.monotonic() + _KEPT_S)


def came_back_empty() -> bool:
    """Whether this browser went off to sign in and is here again without: asked once a window, at its first door."""
    if _EMPTY not in st.session_state:
        way = _WAYS.get(_browser() or b"")
        st.session_state[_EMPTY] = way is not None and way.until >= time.monotonic()
    return bool(st.session_state[_EMPTY])


def forget() -> None:
    """The sign-in came through, and led nowhere."""
    _WAYS.pop(_browser() or b"", None)


def taken(pages: Sequence[str]) -> Way | None:
    """The address that this browser wanted before it signed in, once; None without one, or for no page of these."""
    browser = _browser()
    way = _WAYS.pop(browser, None) if browser is not None else None
    if way is None or way.until < time.monotonic() or (way.path not in pages and way.path):
        return None
    return way if way.path or way.query else None


def _browser() -> bytes | None:
    return decode_xsrf_token_string(st.context.cookies.get(_COOKIE, ""))[0]


def _forget_old() -> None:
    now = time.monotonic()
    for browser, way in list(_WAYS.items()):
        if way.until < now or len(_WAYS) >= _MOST:
            _WAYS.pop(browser, None)
