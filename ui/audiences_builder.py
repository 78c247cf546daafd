"""Who is meant: groups of conditions as the link has them, and a form that adds one more to the link."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import streamlit as st

from answers.audience_words import STATUS_WORDS, TIER_WORDS, words
from answers.audiences import read
from answers.known import names, options
from schema.audience import NEVER, OR, PARAMETER, Condition, Definition
from schema.days import month
from schema.language import later, say
from schema.wording import CHANNEL_LABELS, SEGMENT_LABELS
from ui import links
from ui.cards import card
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.view import View

KIND_WORDS: Final = {
    "lingered": later("Lingered, not bought"),
    "interest": later("Interest in a product"),
    "dwell": later("Dwell"),
    "bought": later("Bought"),
    "segment": later("RFM segment"),
    "cohort": later("First order"),
    "place": later("Home"),
    "binding": later("Belongs to"),
    "channel": later("Channel"),
    "value": later("Expected value"),
    "contact": later("Last contact"),
}
_GOODS: Final = {"product": later("Product"), "category": later("Category")}
_AREAS: Final = {"city": later("City"), "tier": later("Trade area"), "cell": later("Map cell")}
_OWNERS: Final = {"store": later("Store"), "agent": later("Agent"), "status": later("Binding")}
_USUAL: Final = {"interest": 60, "dwell": 300, "value": 1_000, "contact": 30}


def given(view: View) -> Definition:
    """Who is meant, read from the link before any widget."""
    return read(view.asked, tuple(st.query_params.get_all(PARAMETER)))


def builder(view: View, found: Definition) -> None:
    """The groups with a cross beside each condition, and below them the form for another one."""
    about = say("All conditions of a group hold; alternatives such as two segments count once. One group is enough.")
    with card(say("Who is meant"), about, key="who"):
        if found.unreadable:
            st.warning(
                plain(" ".join(found.unreadable)) + " " + say("So nobody is selected."),
                icon=":material/filter_alt_off:",
            )
            st.button(say("Start anew"), key="who-clear", on_click=links.write, args=(PARAMETER, ()))
            return
        texts = found.texts
        at = 0
        for number, group in enumerate(found.groups):
            if number:
                st.caption(say("or"))
                at += 1
            for one in group:
                _row(view, one, texts, at)
                at += 1
        _add(view, found)


def _row(view: View, one: Condition, texts: tuple[str, ...], at: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"whorow-{at}"):
        st.markdown(plain(words(view.asked, one)), width="stretch")
        st.button(
            "", icon=":material/close:", key=f"who-drop-{at}", type="tertiary",
            help=say("Remove this condition"), on_click=_without, args=(texts, at),
        )  # fmt: skip


def _without(texts: tuple[str, ...], at: int) -> None:
    """The link without one condition, and without a group that is left empty."""
    rest = [*texts[:at], *texts[at + 1 :]]
    kept = [one for n, one in enumerate(rest) if one != OR or (0 < n < len(rest) - 1 and rest[n - 1] != OR)]
    links.write(PARAMETER, kept)


def _add(view: View, found: Definition) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="whoadd"):
        kind = st.selectbox(
            say("Condition"), list(KIND_WORDS), format_func=lambda one: say(KIND_WORDS[one]), key="who-kind", width=210
        )
        one = _fields(view, kind)
    with st.container(horizontal=True, vertical_alignment="bottom", key="whoadd2"):
        is_not = st.checkbox(say("Must not hold"), key="who-not")
        first = not found.groups
        made = "" if one is None else (one.text if not is_not else f"not:{one.text}")
        st.button(
            say("Add"), key="who-add", type="primary", icon=":material/add:", disabled=not made,
            on_click=links.write, args=(PARAMETER, (*found.texts, made)),
        )  # fmt: skip
        if not first:
            st.button(
                say("Add as an alternative group"), key="who-or", disabled=not made,
                on_click=links.write, args=(PARAMETER, (*found.texts, OR, made)),
            )  # fmt: skip


def _fields(view: View, kind: str) -> Condition | None:
    """What the form says now; None while something is missing."""
    least = float(_least(view, kind)) if kind in _USUAL else 0.0
    known = options(view.marts)
    if kind in {"value", "contact"}:
        return Condition(kind, least=least)
    if kind == "dwell":
        category = _one(say("On"), ["", *known["category"]], "who-on", lambda one: one or say("All categories"))
        return Condition(kind, of=category or "", least=least)
    if kind in {"lingered", "bought", "interest"}:
        what = _one(say("Of a"), list(_GOODS), "who-goods", lambda one: say(_GOODS[one])) or "product"
        called = names(view.marts)["product"] if what == "product" else {}
        of = _one(say(_GOODS[what]), known[what], f"who-{what}", lambda one: _named(one, called))
        return None if of is None else Condition(kind, what, of, least)
    if kind == "cohort":
        of = _one(say("Month"), [NEVER, *_months(view)], "who-month", _month)
    else:
        found = _placed(view, kind, known)
        if found is None or isinstance(found, Condition):
            return found
        of = found
    return None if of is None else Condition(kind, of=of)


def _placed(view: View, kind: str, known: dict[str, list[str]]) -> Condition | str | None:
    """Segments and channels as their ids; homes and owners as a condition."""
    if kind in {"segment", "channel"}:
        labels = SEGMENT_LABELS if kind == "segment" else CHANNEL_LABELS
        return _one(say(KIND_WORDS[kind]), known[kind], f"who-{kind}", lambda one: say(labels.get(one, one)))
    parts = _AREAS if kind == "place" else _OWNERS
    what = _one(say("By"), list(parts), f"who-by-{kind}", lambda one: say(parts[one])) or next(iter(parts))
    if what == "cell":
        of: str | None = st.text_input(say("H3 cell"), key="who-cell", placeholder="8830e1d8b3fffff", width=210).strip()
    elif what == "tier":
        tier = _one(say("Tier"), list(TIER_WORDS), "who-tier", lambda one: say(TIER_WORDS[one]))
        store = _store(view, known)
        of = f"{tier}:{store}" if store else None
    elif what == "status":
        of = _one(say("Binding"), list(STATUS_WORDS), "who-status", lambda one: say(STATUS_WORDS[one]))
    elif what == "store":
        of = _store(view, known)
    else:
        called = names(view.marts)["agent"] if what == "agent" else {}
        of = _one(say(parts[what]), known[what], f"who-{what}", lambda one: _named(one, called))
    made = Condition(kind, what, of or "")
    return None if not of or read(view.asked, (made.text,)).unreadable else made


def _store(view: View, known: dict[str, list[str]]) -> str | None:
    called = names(view.marts)["store"]
    return _one(say("Store"), known["store"], "who-store", lambda one: _named(one, called))


def _least(view: View, kind: str) -> float:
    label = {
        "interest": say("At least, s"), "dwell": say("At least, s"), "contact": say("Not for, days"),
        "value": say("At least, {currency}", currency=view.asked.currency),
    }[kind]  # fmt: skip
    return st.number_input(label, min_value=0, max_value=10**9, value=_USUAL[kind], key=f"who-least-{kind}", width=150)


def _one(label: str, values: list[str], key: str, shown: Callable[[str], str]) -> str | None:
    return st.selectbox(label, values, key=key, format_func=shown, width=230)


def _named(one: str, called: dict[str, str | None]) -> str:
    name = called.get(one) or one
    return one if name == one else f"{one} {name}"


def _months(view: View) -> list[str]:
    first, last = view.snapshot.first_on, view.asked.to_on
    at, found = (first or last).replace(day=1), []
    while at <= last:
        found.append(f"{at:%Y-%m}")
        at = (at + dt.timedelta(days=32)).replace(day=1)
    return found[::-1]


def _month(one: str) -> str:
    return say("Not bought yet") if one == NEVER else month(dt.date.fromisoformat(f"{one}-01"))
