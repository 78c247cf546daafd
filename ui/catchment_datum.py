"""Stores whose position looks shifted: one click converts them, and their customers are bound anew."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from charts.numbers import count, percent
from ledger import api as ledger
from metrics.contested import bound_now
from schema.language import plural, say
from ui.cards import plain
from ui.sharing_start import say_result, work
from ui.sharing_words import is_owner
from ui.view import marts_of, snapshot_of
from warehouse import api as warehouse

if TYPE_CHECKING:
    from ui.sharing_start import Told
    from ui.view import View

_RIGHT: Final = "GCJ-02"
_GIVEN: Final = "WGS-84"
_FIXED: Final = "_datum_fixed"


def datum_note(view: View) -> None:
    """A note above the map while stores look shifted, with the correction for the owner; afterwards the way back."""
    say_result()
    suspect = view.marts.places.filter("is_datum_suspect")
    if suspect.is_empty():
        _undo(view)
        return
    ids = suspect["store_id"].to_list()
    names = ", ".join(suspect["name"].fill_null(suspect["store_id"]).head(6))
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="datum"):
        st.markdown(
            ":material/wrong_location: &nbsp; "
            + plural(
                "**{n} store looks like {right} labelled {given}**, some 500 m off: {names}.",
                "**{n} stores look like {right} labelled {given}**, some 500 m off: {names}.",
                len(ids),
                right=_RIGHT,
                given=_GIVEN,
                names=plain(names),
            ),
            width="stretch",
        )
        if is_owner(view):
            with st.popover(say("Correct them"), icon=":material/my_location:"):
                st.markdown(
                    say(
                        "Their positions are read as {datum}, and every customer whose nearest store changes is bound anew, with "
                        "a row in the ledger. Nothing written is deleted; it can be taken back here in this visit.",
                        datum=_RIGHT,
                    )
                )
                sure = st.checkbox(say("I have checked one of them on a map"), key="datum-sure")
                if st.button(say("Convert and bind anew"), type="primary", disabled=not sure, key="datum-fix"):
                    st.session_state[_FIXED] = (view.snapshot.mode, ids)
                    _convert(view, ids, _RIGHT)


def _undo(view: View) -> None:
    mode, ids = st.session_state.get(_FIXED, ("", []))
    if mode != view.snapshot.mode or not is_owner(view) or not set(ids) <= set(view.marts.places["store_id"]):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="datum-back"):
        words = plural(
            "{n} store is read as {datum} now.", "{n} stores are read as {datum} now.", len(ids), datum=_RIGHT
        )
        st.markdown(words, width="content")
        if st.button(say("Take it back"), key="datum-undo", icon=":material/undo:"):
            del st.session_state[_FIXED]
            _convert(view, ids, _GIVEN)


def _convert(view: View, ids: list[str], datum: str) -> None:
    mode = view.snapshot.mode

    def step(told: Told) -> str:
        told(0.02, say("Converting the positions"))
        before = _owners(view)
        warehouse.fix_datum(mode, ids, datum, view.scope)
        if view.marts.bindings.is_empty():
            return _read_as(ids, datum) + " " + say("Nobody is bound yet.")
        ledger.run(mode, by=view.scope, progress=lambda share, words: told(0.1 + 0.85 * share, words))
        return _result(view, ids, datum, before)

    work(say("Correcting positions"), step)


def _result(view: View, ids: list[str], datum: str, before: pl.DataFrame) -> str:
    """How many of the customers these stores held have another owner now."""
    snapshot = snapshot_of(view.snapshot.mode)
    fresh = marts_of(snapshot, view.scope).bindings if snapshot is not None else view.marts.bindings
    after = _at(view, fresh).rename({"store_id": "now"})
    both = before.join(after, on="customer_key", how="full", coalesce=True)
    touched = pl.col("store_id").is_in(ids)
    held = both.filter(touched).height
    lost = both.filter(touched & pl.col("store_id").ne_missing(pl.col("now"))).height
    won = both.filter(pl.col("now").is_in(ids) & pl.col("store_id").ne_missing(pl.col("now"))).height
    share = percent(lost / held) if held else percent(0, 0)
    changed = say(
        "{share} of their bindings were re-evaluated: {lost} of {held} customers have another owner now, and {won} came "
        "to them. Shares of open months follow them.",
        share=share,
        lost=count(lost),
        held=count(held),
        won=count(won),
    )
    return f"{_read_as(ids, datum)} {changed}"


def _read_as(ids: list[str], datum: str) -> str:
    return plural("{n} store is read as {datum}.", "{n} stores are read as {datum}.", len(ids), datum=datum)


def _owners(view: View) -> pl.DataFrame:
    return _at(view, view.marts.bindings)


def _at(view: View, bindings: pl.DataFrame) -> pl.DataFrame:
    """Who owns each customer at as-of: ``customer_key, store_id``."""
    midnight = dt.datetime.combine(view.asked.as_of, dt.time(), ZoneInfo(view.snapshot.zone)).astimezone(dt.UTC)
    return bound_now(bindings, midnight).select("customer_key", "store_id").unique("customer_key")
