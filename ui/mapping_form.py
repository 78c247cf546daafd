"""Correct what a file was taken for: its kind, its columns, and the answers nobody can guess."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

import streamlit as st
from babel.numbers import list_currencies

from exports.labels import column_label
from loaders.synonyms import synonyms
from schema.language import later, say
from schema.mapping import SHAPES
from ui.cards import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from loaders.load import Inspection
    from schema.mapping import Mapping

_NONE: Final = "—"
_KINDS: Final = {
    "orders": later("Orders, one row an order"),
    "order_lines": later("Order lines, one row a product bought"),
    "refunds": later("Refunds"),
    "events": later("Visits and events"),
    "stores": later("Stores"),
    "agents": later("Agents"),
    "guides": later("Shopping guides"),
    "products": later("Products"),
    "availability": later("Sizes out of stock"),
    "territories": later("A territory"),
    "travel": later("A way from a cell to a store"),
    "customers": later("Customers"),
    "identities": later("Identities"),
    "location_fixes": later("Location fixes"),
    "bills": later("Bills of a platform, one row a day"),
    "complaints": later("Complaints"),
    "campaign_sends": later("Messages of campaigns run elsewhere"),
    "ignore": later("Leave this out"),
}
_EARLIEST: Final = dt.date(1990, 1, 1)
_CHOICES: Final = {
    "date_order": {"": later("Decide by the values"), "dmy": later("day / month / year"), "mdy": later("month / day / year"), "ymd": later("year / month / day")},
    "decimal": {"": later("Decide by the values"), ".": "1,234.50", ",": "1.234,50"},
    "datum": {"": later("Not said"), "WGS-84": later("WGS-84 (GPS, phones)"), "GCJ-02": later("GCJ-02 (Chinese maps)"), "BD-09": later("BD-09 (Baidu)")},
}  # fmt: skip
_WORDS: Final = {
    "date_order": later("Order of dates"),
    "decimal": later("Decimal mark"),
    "datum": later("Coordinates are in"),
}


def mapping_form(found: Inspection, key: str) -> Mapping:
    """Show what was detected and return it as corrected. Nothing is stored.

    Args:
        found: what the file seems to be.
        key: unique to the source.
    """
    mapping = found.mapping
    asked = {question.key for question in found.questions}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = st.selectbox(
            say("One row is"),
            SHAPES,
            index=SHAPES.index(mapping.shape),
            format_func=lambda kind: say(_KINDS[kind]),
            key=f"{key}-shape",
        )
        answers = _answers(mapping, asked, key)
    columns = _columns(found, shape, key) if shape != "ignore" else {}
    same = shape == mapping.shape
    chosen = columns if columns or not same else mapping.columns
    return mapping.with_answers(shape=shape, columns=chosen, **answers)


def questions(found: Inspection) -> None:
    """Say what only the owner can answer."""
    for question in found.questions:
        st.warning(plain(str(question)), icon=":material/help:")


def _answers(mapping: Mapping, asked: set[str], key: str) -> dict[str, str]:
    out: dict[str, str] = {}
    if "zone" in asked or mapping.zone:
        zones = sorted(available_timezones())
        guess = mapping.zone or st.context.timezone or "UTC"
        out["zone"] = st.selectbox(
            say("Time zone"), zones, index=zones.index(guess) if guess in zones else None, placeholder=say("Choose an option"), key=f"{key}-zone"
        ) or ""  # fmt: skip
    if "currency" in asked or mapping.currency:
        codes = sorted(list_currencies())
        index = codes.index(mapping.currency) if mapping.currency in codes else None
        out["currency"] = st.selectbox(
            say("Currency"), codes, index=index, placeholder=say("Choose"), key=f"{key}-currency"
        ) or ""  # fmt: skip
    if "day_one" in asked or mapping.day_one:
        day = dt.date.fromisoformat(mapping.day_one) if mapping.day_one else None
        first = st.date_input(say("Date of day 1"), day, min_value=_EARLIEST, key=f"{key}-day-one")
        out["day_one"] = first.isoformat() if isinstance(first, dt.date) else ""
    for name, choices in _CHOICES.items():
        now = getattr(mapping, name)
        if name in asked or now:
            out[name] = st.selectbox(
                say(_WORDS[name]), list(choices), index=list(choices).index(now) if now in choices else 0,
                format_func=_saying(choices), key=f"{key}-{name}",
            )  # fmt: skip
    return out


def _saying(words: dict[str, str]) -> Callable[[str], str]:
    return lambda choice: say(words[choice])


def _columns(found: Inspection, shape: str, key: str) -> dict[str, str]:
    """A select box for each canonical column: those in use first, the others behind a switch."""
    mapped = found.mapping.columns if shape == found.mapping.shape else {}
    possible = {name: found.candidates.get(name, ()) for name in synonyms(shape)}
    needed = {
        question.key.removeprefix("columns.") for question in found.questions if question.key.startswith("columns.")
    }
    first = [name for name in possible if name in mapped or name in needed]
    others = [name for name in possible if name not in first]
    chosen: dict[str, str] = {}
    with st.container(horizontal=True, key=f"{key}-columns"):
        for name in first:
            chosen[name] = _one_column(found, name, mapped.get(name, ""), possible[name], key)
    if others and st.toggle(say("Show {n} more columns", n=str(len(others))), key=f"{key}-more", value=not first):
        with st.container(horizontal=True, key=f"{key}-others"):
            for name in others:
                chosen[name] = _one_column(found, name, "", possible[name], key)
    extra = {name: column for name, column in mapped.items() if name not in possible}
    return {**extra, **{name: column for name, column in chosen.items() if column}}


def _one_column(found: Inspection, name: str, now: str, likely: tuple[str, ...], key: str) -> str:
    options = [_NONE, *dict.fromkeys([*likely, *found.columns])]
    chosen = st.selectbox(
        column_label(name), options, index=options.index(now) if now in options else 0, key=f"{key}-{name}", width=210
    )
    return "" if chosen == _NONE else chosen
