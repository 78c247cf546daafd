"""Correct what a file was taken for: its kind, its columns, and the answers nobody can guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

import streamlit as st
from babel.numbers import list_currencies

from exports.labels import column_label
from loaders.synonyms import synonyms
from schema.mapping import SHAPES
from ui.cards import plain

if TYPE_CHECKING:
    from loaders.load import Inspection
    from schema.mapping import Mapping

_NONE: Final = "—"
_KINDS: Final = {
    "orders": "Orders, one row an order",
    "order_lines": "Order lines, one row a product bought",
    "refunds": "Refunds",
    "events": "Visits and events",
    "stores": "Stores",
    "agents": "Agents",
    "guides": "Shopping guides",
    "products": "Products",
    "availability": "Sizes out of stock",
    "territories": "A territory",
    "travel": "A way from a cell to a store",
    "customers": "Customers",
    "identities": "Identities",
    "location_fixes": "Location fixes",
    "ignore": "Leave this out",
}
_CHOICES: Final = {
    "date_order": {"": "Decide by the values", "dmy": "day / month / year", "mdy": "month / day / year", "ymd": "year / month / day"},
    "decimal": {"": "Decide by the values", ".": "1,234.50", ",": "1.234,50"},
    "datum": {"": "Not said", "WGS-84": "WGS-84 (GPS, phones)", "GCJ-02": "GCJ-02 (Chinese maps)", "BD-09": "BD-09 (Baidu)"},
}  # fmt: skip
_WORDS: Final = {"date_order": "Order of dates", "decimal": "Decimal mark", "datum": "Coordinates are in"}


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
            "One row is", SHAPES, index=SHAPES.index(mapping.shape), format_func=_KINDS.__getitem__, key=f"{key}-shape"
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
            "Time zone", zones, index=zones.index(guess) if guess in zones else None, key=f"{key}-zone"
        ) or ""  # fmt: skip
    if "currency" in asked or mapping.currency:
        codes = sorted(list_currencies())
        index = codes.index(mapping.currency) if mapping.currency in codes else None
        out["currency"] = st.selectbox(
            "Currency", codes, index=index, placeholder="Choose", key=f"{key}-currency"
        ) or ""  # fmt: skip
    for name, choices in _CHOICES.items():
        now = getattr(mapping, name)
        if name in asked or now:
            out[name] = st.selectbox(
                _WORDS[name], list(choices), index=list(choices).index(now) if now in choices else 0,
                format_func=choices.__getitem__, key=f"{key}-{name}",
            )  # fmt: skip
    return out


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
    if others and st.toggle(f"Show {len(others)} more columns", key=f"{key}-more", value=not first):
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
