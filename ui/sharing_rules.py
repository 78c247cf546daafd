"""The Rules tab: who gets which part of which sale, and how a customer gets an owner. Nothing is saved before *Save*."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from ledger import api as ledger
from schema.errors import CatchlightError, UsageError
from schema.language import later, say
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

_LEGAL = later("Decision support, not legal advice.")
_ROUND = "_rules_round"


def rules_tab(view: View) -> None:
    """Draw the tab."""
    mode = view.snapshot.mode
    every = ledger.rules_for(view.snapshot, view.scope)
    saved = ledger.newest(every, view.asked.as_of)
    now = saved or (() if every else ledger.proposed_rules(mode, view.asked.as_of))
    version = ledger.book_version(mode)
    state = (
        say("version {version}", version=version)
        if version
        else say("a proposal to start from; nothing is shared before it is saved")
    )
    with card(
        say("Who gets which part of which sale"),
        say("Parts of a rule's pool add up to 100 %") + f" · {state}",
        key="rules",
    ):
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
            say("Save as a new version"), type="primary", disabled=not changed, key="rules-save", icon=":material/save:"
        ):
            _save(view, wanted)
        if wanted != tuple(now) and st.button(say("Undo the changes"), key="rules-undo", icon=":material/undo:"):
            st.session_state[_ROUND] = round_ + 1
            st.rerun()
    st.caption(
        say("Nothing is saved before you press Save. A settled month never changes; open months are corrected.")
        + " "
        + say(_LEGAL)
    )


def _columns() -> dict[str, Any]:
    config = st.column_config
    percent = partial(config.NumberColumn, min_value=0.0, max_value=100.0, step=0.01, format="%g")
    return {
        "rule_id": config.TextColumn(say("Rule"), width="small", max_chars=12),
        "name": config.TextColumn(say("Name"), width=240, max_chars=60),
        "pool": percent(say("Pool, % of net"), help=say("Part of the net sales that is shared.")),
        **{role: percent(say(ROLE_WORDS[role])) for role in ROLE_ORDER},
        "sold": _choice(say("Sold"), SOLD_WORDS),
        "fulfilled": _choice(say("Handed over by"), FULFILLED_WORDS),
        "bound": _choice(say("Bought by"), BOUND_WORDS),
        "effective_from": config.DateColumn(say("From"), format="YYYY-MM-DD", help=say("First day of payment.")),
        "effective_to": config.DateColumn(
            say("To"), format="YYYY-MM-DD", help=say("First day it no longer holds; empty is open.")
        ),
        "priority": config.NumberColumn(
            say("Priority"), step=1, help=say("Where several rules fit a sale, the highest wins.")
        ),
        "channels": config.TextColumn(say("Only channels"), help=say("Separated by commas; empty is all.")),
        "categories": config.TextColumn(say("Only categories"), help=say("Separated by commas; empty is all.")),
        "products": config.TextColumn(say("Only products"), help=say("Separated by commas; empty is all.")),
        "agents": config.TextColumn(say("Only agents"), help=say("Agents' ids, separated by commas; empty is all.")),
        "levels": config.TextColumn(
            say("Only levels"), help=say("Levels of agents, separated by commas; empty is all.")
        ),
    }


def _choice(label: str, words: dict[str, str]) -> Any:
    """A column whose cells are codes, shown in words."""
    return st.column_config.SelectboxColumn(
        label, options=list(words), format_func=lambda code: say(words[str(code)]), required=True, default="any"
    )


def _sentences(view: View, rules: Sequence[Rule]) -> None:
    names = names_of(view)
    said = [f"- **{plain(rule.rule_id)}** {plain(ledger.sentence(rule, names=names))}" for rule in rules]
    st.markdown("\n".join(said) or say("No rule: nothing is shared."))


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
        return say("Saved as version {version}; what is not settled is booked by it.", version=version)

    work(say("Booking by the new rules"), step)


def _versions(every: Sequence[Rule]) -> None:
    """Every version of every rule, newest first."""
    with card(say("All versions"), say("{n} versions; none is ever removed", n=len(every)), key="versions"):
        for rule in sorted(every, key=lambda one: (one.effective_from, one.rule_id), reverse=True)[:20]:
            holds = (
                say("from {first}, open", first=rule.effective_from)
                if rule.effective_to is None
                else say("from {first}, to {last}", first=rule.effective_from, last=rule.effective_to)
            )
            st.markdown(f"**{plain(rule.rule_id)} v{rule.version}** {plain(say(rule.name))} · {holds}")
