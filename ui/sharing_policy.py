"""The binding policy in words and as a form: how a customer gets an owner, and how long nobody may take them over."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import streamlit as st

from ledger import api as ledger
from schema.errors import CatchlightError
from schema.sharing import ALWAYS, CHOICES, NEVER
from ui.cards import card, plain
from ui.sharing_start import bind_now
from ui.sharing_words import CHOICES as CHOICE_WORDS
from ui.sharing_words import is_owner

if TYPE_CHECKING:
    from schema.sharing import BindingPolicy
    from ui.view import View

_CLAIMS: Final = {"scan": "a scan in a store", "guide": "a guide's code", "first_purchase": "a first purchase"}


def policy_card(view: View) -> None:
    """The newest policy in a sentence, and the form for the next version."""
    every = ledger.policies(view.snapshot.mode)
    policy = every[-1]
    with card("How a customer gets an owner", f"Binding policy, version {policy.version}", key="policy"):
        st.markdown(plain(ledger.policy_sentence(policy)))
        if is_owner(view):
            with st.expander("Change the policy", icon=":material/edit:"):
                _form(view, policy)


def _form(view: View, policy: BindingPolicy) -> None:
    with st.form("policy", border=False):
        choose = st.selectbox(
            "Who gets a new customer", CHOICES, index=CHOICES.index(policy.choose), format_func=CHOICE_WORDS.__getitem__
        )
        claims = st.multiselect(
            "What may claim a customer", list(_CLAIMS), default=list(policy.claims), format_func=_CLAIMS.__getitem__
        )
        protection = st.number_input(
            "Protected for so many days",
            value=policy.protection_days,
            min_value=NEVER,
            max_value=3_650,
            help=f"Counted from registering. {ALWAYS}: others may claim the customer at any time. {NEVER}: never.",
        )
        validity = st.number_input(
            "Valid for so many days",
            value=policy.validity_days,
            min_value=ALWAYS,
            max_value=3_650,
            help=f"Without a paid order so long, the owner is decided anew. {ALWAYS}: valid for ever.",
        )
        tie = st.number_input(
            "Equally near up to, metres", value=float(policy.tie_m), min_value=0.0, max_value=5_000.0, step=10.0,
            help="Stores whose distances differ by at most so much count as equally near.",
        )  # fmt: skip
        since = st.date_input("In force from", value=view.asked.as_of, format="YYYY-MM-DD")
        st.caption(
            f"Protection: {ALWAYS} is none, so that anybody may claim at any time; {NEVER} is for ever. "
            f"Validity: {ALWAYS} is for ever."
        )
        if st.form_submit_button("Save as a new version", icon=":material/save:") and isinstance(since, dt.date):
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
