"""The first binding, the first shares, and the one way long work of the ledger is run from a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from charts.numbers import count
from ledger import api as ledger
from schema.errors import CatchlightError
from schema.language import say
from ui import links
from ui.cards import nothing_here, plain
from ui.sharing_words import is_owner
from ui.view import current_view
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.view import View

    Told = Callable[[float, str], None]

_SAID = "_sharing_said"


def work(title: str, step: Callable[[Told], str]) -> None:
    """Run long work of head office with a bar; its result is said on the next run, a refusal at once, as it was worded.

    Args:
        title: what is being done, such as ``Binding``.
        step: does it, tells its progress (share, words) and returns the sentence to show when it is done.
    """
    if not is_owner(current_view()) or not current_view().scope.may_write:
        st.error(say("Only head office does this, under its own name."), icon=":material/error:")
        return
    with st.status(f"{title} …", expanded=True) as status:
        bar = st.progress(0.0, f"{title} …")

        def told(share: float, text: str) -> None:
            bar.progress(max(0.0, min(1.0, share)), plain(text))

        try:
            st.session_state[_SAID] = step(told)
        except CatchlightError as refusal:
            status.update(label=say("{title} was refused", title=title), state="error")
            st.error(plain(str(refusal)), icon=":material/error:")
            return
        status.update(label=say("{title}: done", title=title), state="complete")
    st.rerun()


def say_result() -> None:
    """The sentence of what was just done, once."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.success(plain(said), icon=":material/check_circle:")


def bind_now(view: View) -> None:
    """Bind everybody, book what their orders earned, and publish it."""
    mode = view.snapshot.mode

    def step(told: Told) -> str:
        done = ledger.run(mode, by=view.scope, progress=told)
        many = count(done.customers)
        if ledger.rules(mode):
            return say("{n} customers have exactly one owner at every instant; their shares are booked.", n=many)
        return say(
            "{n} customers have exactly one owner at every instant; nothing is shared before rules are saved.", n=many
        )

    work(say("Binding"), step)


def bind_button(view: View) -> None:
    """Below the Binding tab: take in what is new."""
    if is_owner(view) and st.button(say("Bind what is new"), key="bind", icon=":material/person_pin_circle:"):
        bind_now(view)


def first_binding(view: View) -> None:
    """Nobody is bound yet: what binding is, and the button."""
    missing, remedy = _missing(view)
    if missing:
        nothing_here(missing, remedy=remedy, link=("data", say("Load customers and stores")))
        return
    with st.container(border=True, key="first-binding"):
        st.subheader(say("Nobody has an owner yet"), anchor=False)
        st.markdown(
            say(
                "Known: customers **{customers}**, stores **{stores}**.\n\n"
                "1. Each customer is bound to the store nearest to where they registered. A scan in a store or a guide's "
                "code wins over distance.\n"
                "2. For 90 days nobody can take them over; a year without an order, and it is decided anew.\n"
                "3. Every decision is written down with its reason, and nothing written is ever changed.",
                customers=count(registered(view)),
                stores=count(view.marts.places.height),
            )
        )
        if not is_owner(view):
            st.caption(say("Head office starts the binding."))
        elif st.button(say("Bind now"), type="primary", key="bind-first", icon=":material/person_pin_circle:"):
            bind_now(view)


def registered(view: View) -> int:
    """How many customers say when they registered; nobody else can be bound."""
    return int(warehouse.registrations(view.marts).people["registered_at"].count())


def _missing(view: View) -> tuple[str, str]:
    """What binding lacks before it can begin, and what to load; empty when it can."""
    people, places = view.marts.people, view.marts.places
    if people.is_empty() or places.is_empty():
        return (
            say("Binding gives every registered customer one owner: the nearest store."),
            say("Load customers with the moment and place they registered, and stores with their place."),
        )
    if not registered(view):
        return (
            say("No customer says when they registered, so nobody can be bound."),
            say("Load customers with that column (registered_at)."),
        )
    if not places["lat"].count():
        return say("No store has a place, so there is no nearest one."), say(
            "Load the stores with their positions (lat, lng)."
        )
    return "", ""


def book_now(view: View) -> None:
    """Book what orders earned since the last time, or under changed rules, and publish it."""
    mode = view.snapshot.mode

    def step(told: Told) -> str:
        ledger.run(mode, by=view.scope, progress=told)
        return say("Shares are booked up to now.")

    work(say("Booking shares"), step)


def first_shares(view: View) -> None:
    """Customers have owners, but no share is booked yet."""
    with st.container(border=True, key="first-shares"):
        st.subheader(say("No shares are booked yet"), anchor=False)
        rules = ledger.newest(ledger.rules(view.snapshot.mode))
        if not rules:
            st.markdown(
                say(
                    "Nothing is shared before head office has saved its rules. The tab **Rules** has five to start from."
                )
            )
            if is_owner(view) and st.button(say("To the rules"), key="torules", icon=":material/arrow_forward:"):
                links.write("tab", ["rules"])
                st.rerun()
            return
        st.markdown(say("Orders of bound customers earn shares by these rules:"))
        for rule in rules:
            st.markdown(f"- **{plain(rule.rule_id)}** {plain(ledger.sentence(rule, view.asked.currency))}")
        if not is_owner(view):
            st.caption(say("Head office books the shares."))
        elif st.button(say("Book shares now"), type="primary", key="book", icon=":material/payments:"):
            book_now(view)
