"""The next campaign, before it is sent: what it could prove, its two lists, and the day it went out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from answers import campaign_plan
from exports import campaign_words as said
from exports.campaign_list import campaign_list
from exports.contacts import LEAST_REASON
from records import audiences, campaigns
from records.campaigns import MOST_NAME, MOST_WINDOW_DAYS
from schema.errors import CatchlightError
from schema.language import language, plural, say, speaking
from ui.audience_results import fresh
from ui.cards import card, nothing_here, plain
from ui.downloads import refuse_if_changed
from ui.tables import show_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.campaigns import Campaign
    from ui.view import View

_TABLE: Final = ("people", "treated", "holdout", "detectable_lift", "incremental")
_SAID: Final = "_campaign_said"


def plan_card(view: View) -> None:
    """Choose an audience, see what it could prove, draw the holdout. Drawn for owners in their own right.

    Args:
        view: who looks.
    """
    if view.scope.role != "owner" or not view.scope.may_write:
        return
    mode = view.snapshot.mode
    names = [one.name for one in audiences.audiences(mode, view.scope)]
    chosen = st.session_state.get("plan-audience", "")
    days = int(st.session_state.get("plan-days", 14))
    try:
        people = campaign_plan.reachable_count(view.asked, chosen if chosen in names else "")
    except CatchlightError as refusal:
        st.warning(plain(str(refusal)), icon=":material/edit_off:")
        return
    answer = fresh(view, "audiences/planned", days=str(days), **({"people": str(people)} if people > 1 else {}))
    with card(said.planned_title(answer), said.planned_about(answer), answer, key="planned") as as_table:
        left, middle, right = st.columns([2, 2, 1])
        left.selectbox(
            say("Audience"), ["", *names], key="plan-audience",
            format_func=lambda one: plain(one) if one else say("Everybody who may be written to"),
        )  # fmt: skip
        name = middle.text_input(say("Name of the campaign"), key="plan-name", max_chars=MOST_NAME)
        right.number_input(say("Days measured"), 1, MOST_WINDOW_DAYS, 14, key="plan-days")
        if answer.is_empty:
            nothing_here(say("No customer is known here, so nothing can be planned."))
        elif not as_table:
            show_table(answer.table, key="planned", columns=_TABLE, phone=("people", "holdout", "detectable_lift"))
        ready = bool(name.strip()) and people > 1
        if st.button(say("Draw both lists"), disabled=not ready, key="plan-draw", icon=":material/call_split:"):
            _act(lambda: _planned(view, name, chosen if chosen in names else "", days))
        st.caption(
            say("A tenth is held out by a hash of the customer's id, five hundred at least; nobody chooses who.")
        )
    _say()
    for one in campaigns.campaigns(mode):
        if one.sent_on is None:
            _waiting(view, one)


def _planned(view: View, name: str, audience: str, days: int) -> str:
    made = campaign_plan.plan(view.asked, name=name, audience=audience, days=days)
    return say("{campaign} is drawn: {treated} to write to, {holdout} held out.", campaign=made.name,
               treated=made.treated_count, holdout=made.holdout_count)  # fmt: skip


def _waiting(view: View, one: Campaign) -> None:
    """A campaign that is planned: its list, the day it is sent, or nothing of it."""
    mode, key = view.snapshot.mode, one.name
    about = plural("{n} customer to write to", "{n} customers to write to", one.treated_count)
    held = plural("{n} held out", "{n} held out", one.holdout_count)
    title = say("{campaign} waits to be sent", campaign=one.name)
    with card(title, f"{about} · {held}", key=f"waiting-{key}"):
        reason = st.text_input(
            say("Reason"), key=f"plan-reason-{key}", max_chars=300,
            help=say("Kept in the audit log, with your name and the number of contacts, before the file is made."),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"plan-bar-{key}"):
            st.download_button(
                say("Export whom to write to"), _handed_out(view, key, reason), file_name="campaign.csv", mime="text/csv",
                disabled=len(reason.strip()) < LEAST_REASON, on_click="ignore", key=f"plan-file-{key}",
                icon=":material/download:",
            )  # fmt: skip
            on = st.date_input(say("Sent on"), view.asked.as_of, key=f"plan-on-{key}", format="YYYY-MM-DD")
            if st.button(say("It was sent"), key=f"plan-sent-{key}", icon=":material/send:"):
                _act(lambda: _sent(view, key, on))
            if st.button(say("Withdraw"), key=f"plan-gone-{key}", icon=":material/undo:"):
                _act(lambda: campaigns.withdraw(mode, view.scope, key))


def _sent(view: View, name: str, on: object) -> str:
    campaigns.send(view.snapshot.mode, view.scope, name, on)  # type: ignore[arg-type]
    return say("{campaign} is measured from that day on.", campaign=name)


def _handed_out(view: View, name: str, reason: str) -> Callable[[], bytes]:
    """The file, made and logged when the button is pressed, for whom it still may be."""
    spoken = language()

    def make() -> bytes:
        with speaking(spoken):
            refuse_if_changed(view.scope)
            return campaign_list(view.snapshot, view.scope, name, reason=reason)

    return make


def _act(step: Callable[[], str | None]) -> None:
    """Do it and say so on the next run; a refusal at once, as it was worded."""
    try:
        st.session_state[_SAID] = step()
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/gavel:")
        return
    st.rerun()


def _say() -> None:
    if words := st.session_state.pop(_SAID, None):
        st.success(plain(words), icon=":material/check:")
