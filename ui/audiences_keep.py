"""Saved audiences: open one, keep what the link says under a name, take one away."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

import streamlit as st

from answers.audiences import NARROWING, reserved
from records import audiences as records
from records.audiences import MOST_NAME, Audience
from schema.audience import PARAMETER
from schema.days import day_year
from schema.errors import CatchlightError
from schema.language import plural, say
from ui import links
from ui.cards import card
from ui.plain import plain

if TYPE_CHECKING:
    from schema.audience import Definition
    from ui.view import View

_SAID: Final = "_audience_said"


def keep_card(view: View, found: Definition, customers: int) -> None:
    """The list of what was saved, and a name for what the link says now."""
    kept = records.audiences(view.snapshot.mode, view.scope)
    about = say("Counted anew whenever they are opened; every change is a new version")
    with card(say("Saved audiences"), about, key="saved"):
        for one in kept:
            _saved(view, one)
        if not kept:
            st.caption(say("None yet."))
        if found.groups and not found.unreadable and view.scope.may_write:
            _name(view, found, customers)
        if told := st.session_state.pop(_SAID, None):
            st.caption(plain(told))


def row_key(one: Audience) -> str:
    """What a saved audience is called in the browser: ids are numbered over the whole company and would count others'."""
    return sha256(one.name.casefold().encode()).hexdigest()[:16]


def _saved(view: View, one: Audience) -> None:
    key = row_key(one)
    with st.container(horizontal=True, vertical_alignment="center", key=f"saved-{key}"):
        st.button(plain(one.name), key=f"open-{key}", icon=":material/groups:", on_click=_open, args=(one,))
        then = day_year(one.made_for - dt.timedelta(days=1))
        size = plural("{n} customer", "{n} customers", one.customers)
        st.caption(say("{size} on {day}, version {version}", size=size, day=then, version=one.version), width="stretch")
        if view.scope.may_write and st.button(
            "", key=f"gone-{key}", icon=":material/delete:", type="tertiary",
            help=say("Take it away; its versions stay in the log"),
        ):  # fmt: skip
            _keep(view, replace(one, is_deleted=True), say("{name} is gone.", name=one.name))


def _open(one: Audience) -> None:
    links.write(PARAMETER, one.who)
    narrowed = parse_qs(one.narrowed)
    for name in NARROWING:
        links.write(name, narrowed.get(name, ()))
    st.session_state["who-name"] = one.name


def _name(view: View, found: Definition, customers: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="whoname"):
        name = st.text_input(say("Name"), key="who-name", max_chars=MOST_NAME, placeholder=say("Such as: wool eve"))
        pairs = [(one, value) for one in NARROWING for value in getattr(view.filters, one)]
        wanted = Audience(
            "", name.strip(), found.texts, view.asked.to_on + dt.timedelta(days=1), view.snapshot.number, customers,
            narrowed=urlencode(pairs),
        )  # fmt: skip
        if st.button(say("Save"), key="who-save", icon=":material/save:", disabled=not name.strip()):
            _keep(view, wanted, say("Saved as {name}.", name=name.strip()))


def _keep(view: View, wanted: Audience, told: str) -> None:
    """Keep it, under a name that is there already as that one's next version, and draw the page anew."""
    mode, scope = view.snapshot.mode, view.scope
    try:
        same = [one for one in records.audiences(mode, scope) if one.name.casefold() == wanted.name.casefold()]
        if same and not wanted.audience_id:
            wanted = replace(wanted, audience_id=same[0].audience_id, version=same[0].version)
        records.keep(mode, scope, wanted, taken=reserved())
    except CatchlightError as refusal:
        told = str(refusal)
    st.session_state[_SAID] = told
    st.rerun()
