"""The numbers of a what-if. The form shows what the URL says and writes what was submitted back into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from answers.sharing_simulation import CHANGES
from schema.language import later, say
from schema.sharing import ALWAYS, CHOICES, NEVER
from ui import links
from ui.cards import card
from ui.sharing_scenario import POINTS, days_of, points_of, written
from ui.sharing_words import CHOICES as CHOICE_WORDS

if TYPE_CHECKING:
    from ledger.simulate import Scenario

_LABELS: Final = {
    "pool": (
        later("Pool"),
        later("Percentage points of net added to the pool; all its receivers get more or less alike."),
    ),
    "agent_share": (
        later("Agent"),
        later("Percentage points of net added for the agent alone; the others keep their amounts."),
    ),
    "store_share": (later("Store"), later("Percentage points of net added for the bound store alone.")),
    "guide_share": (later("Guide"), later("Percentage points of net added for the guide alone.")),
}
_MOST: Final = 20.0
_MOST_DAYS: Final = 3_650
_CONTESTABLE: Final = later("Now {days}. {always}: always contestable. {never}: never.")
_FOR_EVER: Final = later("Now {days}. {always}: for ever. {never}: never.")
_ALL: Final = later("All that share")


def form(now: Scenario, said: dict[str, str]) -> None:
    """Draw the form; what is submitted goes into the URL and is compared there."""
    policy = now.policy
    points = {name: points_of(said.get(name, "")) for name in POINTS}
    rules = ["", *(rule.rule_id for rule in now.rules if rule.pool_bps)]
    one = next((rule for rule, value in points.values() if rule in rules and value), "")
    values = {
        "rule": one,
        **{name: max(-_MOST, min(_MOST, value)) for name, (_, value) in points.items()},
        "protection": max(NEVER, min(_MOST_DAYS, days_of(said.get("protection", ""), policy.protection_days))),
        "validity": max(NEVER, min(_MOST_DAYS, days_of(said.get("validity", ""), policy.validity_days))),
        "choose": said.get("policy") if said.get("policy") in CHOICES else policy.choose,
    }
    stamp = "&".join(f"{name}={said[name]}" for name in CHANGES if name in said)
    if st.session_state.get("_whatif_form") != stamp:  # the URL changed: the form shows it, whatever was typed before
        st.session_state["_whatif_form"] = stamp
        for name, value in values.items():
            st.session_state[f"wi-{name}"] = value
    with (
        card(say("What if …"), say("Points of net sales added to the rules, and other bindings"), key="whatif-form"),
        st.form("whatif", border=False),
    ):
        st.selectbox(
            say("In which rules"), rules, format_func=lambda rule: rule or say(_ALL), key=_kept("rule", values["rule"])
        )
        left, right = st.columns(2, gap="small")
        for index, (name, (label, meaning)) in enumerate(_LABELS.items()):
            (left, right)[index % 2].number_input(
                say(label),
                min_value=-_MOST,
                max_value=_MOST,
                step=0.5,
                format="%.2f",
                help=say(meaning),
                key=_kept(name, values[name]),
            )
        for place, name, label, days in (
            (left, "protection", say("Protected, days"), policy.protection_days),
            (right, "validity", say("Valid, days"), policy.validity_days),
        ):
            now_words = _CONTESTABLE if name == "protection" else _FOR_EVER
            meaning = say(now_words, days=str(days), always=str(ALWAYS), never=str(NEVER))
            place.number_input(
                label, min_value=NEVER, max_value=_MOST_DAYS, step=30, help=meaning, key=_kept(name, values[name])
            )
        st.selectbox(
            say("Who gets a new customer"),
            CHOICES,
            format_func=lambda key: say(CHOICE_WORDS[key]),
            key=_kept("choose", values["choose"]),
        )
        st.form_submit_button(say("Compare"), type="primary", icon=":material/balance:", on_click=_submit, args=(now,))


def _kept(name: str, value: object) -> str:
    """The widget's key; a value that was lost while another tab was open is set again."""
    key = f"wi-{name}"
    st.session_state.setdefault(key, value)
    return key


def _submit(now: Scenario) -> None:
    held = {name: st.session_state[f"wi-{name}"] for name in (*POINTS, "rule", "protection", "validity", "choose")}
    points = {name: float(held[name]) for name in POINTS}
    said = written(
        held["rule"], points, now.policy, int(held["protection"]), int(held["validity"]), str(held["choose"])
    )
    for name in CHANGES:
        links.write(name, [said[name]] if name in said else ())
