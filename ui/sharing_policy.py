"""The binding policy in words and as a form: how a customer gets an owner, and how long nobody may take them over."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import streamlit as st

from ledger import api as ledger
from schema.errors import CatchlightError
from schema.language import later, say
from schema.sharing import ALWAYS, CHOICES, NEVER
from ui.cards import card, plain
from ui.sharing_start import bind_now
from ui.sharing_words import CHOICES as CHOICE_WORDS
from ui.sharing_words import is_owner

if TYPE_CHECKING:
    from schema.sharing import BindingPolicy
    from ui.view import View

_CLAIMS: Final = {
    "scan": later("a scan in a store"),
    "guide": later("a guide's code"),
    "first_purchase": later("a first purchase"),
}


def policy_card(view: View) -> None:
    """The newest policy in a sentence, and the form for the next version."""
    every = ledger.policies(view.snapshot.mode)
    policy = every[-1]
    with card(
        say("How a customer gets an owner"),
        say("Binding policy, version {version}", version=policy.version),
        key="policy",
    ):
        st.markdown(plain(ledger.policy_sentence(policy)))
        if is_owner(view):
            with st.expander(say("Change the policy"), icon=":material/edit:"):
                _form(view, policy)


def _form(view: View, policy: BindingPolicy) -> None:
    with st.form("policy", border=False):
        choose = st.selectbox(
            say("Who gets a new customer"),
            CHOICES,
            index=CHOICES.index(policy.choose),
            format_func=lambda key: say(CHOICE_WORDS[key]),
        )
        claims = st.multiselect(
            say("What may claim a customer"),
            list(_CLAIMS),
            default=list(policy.claims),
            format_func=lambda key: say(_CLAIMS[key]),
            placeholder=say("Choose options"),
        )
        protection = st.number_input(
            say("Protected for so many days"),
            value=policy.protection_days,
            min_value=NEVER,
            max_value=3_650,
            help=say(
                "Counted from registering. {always}: others may claim the customer at any time. {never}: never.",
                always=str(ALWAYS),
                never=str(NEVER),
            ),
        )
        validity = st.number_input(
            say("Valid for so many days"),
            value=policy.validity_days,
            min_value=ALWAYS,
            max_value=3_650,
            help=say(
                "Without a paid order so long, the owner is decided anew. {always}: valid for ever.", always=str(ALWAYS)
            ),
        )
        tie = st.number_input(
            say("Equally near up to, metres"), value=float(policy.tie_m), min_value=0.0, max_value=5_000.0, step=10.0,
            help=say("Stores whose distances differ by at most so much count as equally near."),
        )  # fmt: skip
        since = st.date_input(say("In force from"), value=view.asked.as_of, format="YYYY-MM-DD")
        st.caption(
            say(
                "Protection: {always} is none, so that anybody may claim at any time; {never} is for ever. "
                "Validity: {always} is for ever.",
                always=str(ALWAYS),
                never=str(NEVER),
            )
        )
        if st.form_submit_button(say("Save as a new version"), icon=":material/save:") and isinstance(since, dt.date):
            start = dt.datetime.combine(since, dt.time(), ZoneInfo(view.asked.snapshot.zone)).astimezone(dt.UTC)
            wanted = dataclasses.replace(
                policy, choose=choose, claims=tuple(claims), protection_days=int(protection), validity_days=int(validity),
                tie_m=float(tie), effective_from=start,
            )  # fmt: skip
            _save(view, wanted)


def _save(view: View, policy: BindingPolicy) -> None:
    try:
        ledger.save_policy(view.snapshot.mode, policy, by=view.scope)
    except CatchlightError as refusal:
        for line in str(refusal).splitlines():
            st.error(plain(line), icon=":material/gavel:")
        return
    bind_now(view)
