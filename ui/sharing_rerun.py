"""One decision told again: the stores that came into question, the reasons, and whether it comes out the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from charts.sharing_replay import candidate_strip
from ledger import api as ledger
from ledger.replay import Replay, replay
from schema.errors import CatchlightError
from schema.language import language, say
from ui.cards import card, draw, plain
from ui.sharing_words import store_name

if TYPE_CHECKING:
    from ui.view import View

_MOST = 6


def why_card(view: View, customer: int) -> None:
    """Candidates with their distances, the reasons in words, and *Re-run*."""
    with card(
        say("Why this store"), say("The first decision: distance in a straight line, of the stores nearby"), key="why"
    ):
        try:
            with st.spinner(say("Deciding once more …")):
                told = replayed(view, customer)
        except CatchlightError as refusal:
            st.markdown(plain(str(refusal)))
            return
        shown = told.candidates[:_MOST]
        if shown:
            rows = [(_name(view, one.store_id, was_open=one.was_open), one.distance_m, one.is_owner) for one in shown]
            draw(candidate_strip(rows, view.theme, tie_m=_tie_m(view, told)), key="why")
        st.markdown("\n".join(f"- {plain(_with_names(view, line, told))}" for line in told.why))
        if st.button(say("Re-run the decision"), key="rerun", icon=":material/replay:"):
            _say(told)


def _tie_m(view: View, told: Replay) -> float:
    """How much farther counted as equally near, by the policy that decided."""
    found = [policy.tie_m for policy in ledger.policies(view.snapshot.mode) if policy.version == told.policy_version]
    return float(found[0]) if found else 0.0


def replayed(view: View, customer: int) -> Replay:
    """The customer's replay as this viewer may read it; decided once more for every snapshot.

    Raises:
        CatchlightError: the ledger knows no such customer, or this viewer may not read of them.
    """
    at = (view.snapshot.mode, view.snapshot.number, view.snapshot.published_at, language())
    return _replayed(at, view.scope.key, customer, view)


@st.cache_resource(max_entries=200, show_spinner=False)
def _replayed(at: tuple[object, ...], scope: tuple[str, str], customer: int, _view: View) -> Replay:
    del at, scope  # its reasons are sentences, kept apart by language
    return replay(_view.snapshot, _view.scope, customer)


def _say(told: Replay) -> None:
    if told.rerun_same is None:
        st.info(plain(told.rerun_words), icon=":material/info:")
    elif told.rerun_same:
        st.success(plain(told.rerun_words), icon=":material/check_circle:")
    else:
        st.warning(plain(told.rerun_words), icon=":material/difference:")


def _with_names(view: View, line: str, told: Replay) -> str:
    """A reason with stores called what people call them."""
    for store_id in sorted((one.store_id for one in told.candidates), key=len, reverse=True):
        name = store_name(view, store_id).replace("\\", "\\\\")
        line = re.sub(rf"(?<![\w-]){re.escape(store_id)}(?![\w-])", name, line, flags=re.ASCII)
    return line


def _name(view: View, store_id: str, *, was_open: bool) -> str:
    name = store_name(view, store_id)
    return name if was_open else say("{name} (not open then)", name=name)
