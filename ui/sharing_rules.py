"""The Rules tab: who gets which part of which sale, and how a customer gets an owner. Nothing is saved before *Save*."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from charts.numbers import count
from ledger import api as ledger
from schema.errors import CatchlightError, UsageError
from ui.cards import card, plain
from ui.layout import columns
from ui.sharing_policy import policy_card
from ui.sharing_rule_rows import BOUND_WORDS, FULFILLED_WORDS, ROLE_ORDER, ROLE_WORDS, SOLD_WORDS, row_of, rules_of
from ui.sharing_start import work
from ui.sharing_words import is_owner, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.sharing import Rule
    from ui.sharing_start import Told
    from ui.view import View

_LEGAL = "Decision support, not legal advice."
_ROUND = "_rules_round"


def rules_tab(view: View) -> None:
    """Draw the tab."""
    mode = view.snapshot.mode
    every = ledger.rules_for(view.snapshot, view.scope)
    saved = ledger.newest(every, view.asked.as_of)
    now = saved or (() if every else ledger.proposed_rules(mode, view.asked.as_of))
    version = ledger.book_version(mode)
    state = f"version {version}" if version else "a proposal to start from; nothing is shared before it is saved"
    with card("Who gets which part of which sale", f"Parts of a rule's pool add up to 100 % · {state}", key="rules"):
        if is_owner(view):
            _editor(view, now)
        else:
            _sentences(view, now)
    left, right = columns(1.4, 1)
    with left:
        policy_card(view)
    with right:
        _versions(every)


def _editor(view: View, now: Sequence[Rule]) -> None:
    round_ = st.session_state.get(_ROUND, 0)
    rows = st.data_editor(
        [row_of(rule) for rule in now],
        key=f"rules-{ledger.book_version(view.snapshot.mode)}-{round_}",
        num_rows="dynamic",
        hide_index=True,
        column_config=_columns(),
        row_height=36,
        placeholder="—",
    )
    try:
        wanted = rules_of(rows, now)
    except UsageError as missing:
        st.warning(plain(str(missing)), icon=":material/edit_off:")
        return
    _sentences(view, wanted)
    changed = wanted != tuple(now) or (ledger.book_version(view.snapshot.mode) == 0 and bool(wanted))
    with st.container(horizontal=True, vertical_alignment="center", key="rulesbar"):
        if st.button(
            "Save as a new version", type="primary", disabled=not changed, key="rules-save", icon=":material/save:"
        ):
            _save(view, wanted)
        if wanted != tuple(now) and st.button("Undo the changes", key="rules-undo", icon=":material/undo:"):
            st.session_state[_ROUND] = round_ + 1
            st.rerun()
    st.caption(
        f"Nothing is saved before you press Save. A settled month never changes; open months are corrected. {_LEGAL}"
    )


def _columns() -> dict[str, Any]:
    config = st.column_config
    percent = partial(config.NumberColumn, min_value=0.0, max_value=100.0, step=0.01, format="%g")
    return {
        "rule_id": config.TextColumn("Rule", width="small", max_chars=12),
        "name": config.TextColumn("Name", width=240, max_chars=60),
        "pool": percent("Pool, % of net", help="Part of the net sales that is shared."),
        **{role: percent(ROLE_WORDS[role]) for role in ROLE_ORDER},
        "sold": config.SelectboxColumn("Sold", options=list(SOLD_WORDS.values()), required=True, default="anywhere"),
        "fulfilled": config.SelectboxColumn(
            "Handed over by", options=list(FULFILLED_WORDS.values()), required=True, default="anybody"
        ),
        "bound": config.SelectboxColumn(
            "Bought by", options=list(BOUND_WORDS.values()), required=True, default="anybody"
        ),
        "effective_from": config.DateColumn("From", format="YYYY-MM-DD", help="First day of payment."),
        "effective_to": config.DateColumn(
            "To", format="YYYY-MM-DD", help="First day it no longer holds; empty is open."
        ),
        "priority": config.NumberColumn("Priority", step=1, help="Where several rules fit a sale, the highest wins."),
        "channels": config.TextColumn("Only channels", help="Separated by commas; empty is all."),
        "categories": config.TextColumn("Only categories", help="Separated by commas; empty is all."),
        "products": config.TextColumn("Only products", help="Separated by commas; empty is all."),
        "agents": config.TextColumn("Only agents", help="Agents' ids, separated by commas; empty is all."),
        "levels": config.TextColumn("Only levels", help="Levels of agents, separated by commas; empty is all."),
    }


def _sentences(view: View, rules: Sequence[Rule]) -> None:
    names = names_of(view)
    said = [f"- **{plain(rule.rule_id)}** {plain(ledger.sentence(rule, names=names))}" for rule in rules]
    st.markdown("\n".join(said) or "No rule: nothing is shared.")


def _save(view: View, wanted: Sequence[Rule]) -> None:
    mode = view.snapshot.mode
    try:
        version = ledger.save_rules(mode, wanted, by=view.scope)
    except CatchlightError as refusal:
        for line in str(refusal).splitlines():
            st.error(plain(line), icon=":material/gavel:")
        return

    def step(told: Told) -> str:
        ledger.run(mode, by=view.scope, progress=told)
        return f"Saved as version {version}; what is not settled is booked by it."

    work("Booking by the new rules", step)


def _versions(every: Sequence[Rule]) -> None:
    """Every version of every rule, newest first."""
    with card("All versions", f"{count(len(every))} versions; none is ever removed", key="versions"):
        for rule in sorted(every, key=lambda one: (one.effective_from, one.rule_id), reverse=True)[:20]:
            until = "open" if rule.effective_to is None else f"to {rule.effective_to}"
            st.markdown(
                f"**{plain(rule.rule_id)} v{rule.version}** {plain(rule.name)} · from {rule.effective_from}, {until}"
            )
