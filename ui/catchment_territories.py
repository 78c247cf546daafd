"""The Territories section: what was promised to whom, and who stands on somebody else's ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import streamlit as st

from answers import catchment_headlines as headlines
from answers.catchment_depth import distance_note
from charts.numbers import count
from schema.language import later, plural, say
from ui import links
from ui.cards import card, nothing_here, plain, trust_line
from ui.catchment import names_of
from ui.layout import columns
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_CELL_KM2: Final = 0.737
"""Average area of a cell of resolution 8."""
_MOST: Final = 30
_KINDS: Final = {"radius_m": later("radius, m"), "h3_set": later("cells"), "district": later("district")}
_FILES: Final = later("""
**territories.csv**, one row a territory:

| Column | What it holds |
|---|---|
| territory_id | its id |
| agent_id, store_id | whose it is; the store is needed for a radius |
| kind | radius_m, h3_set or district |
| value | metres; H3 cells separated by blanks; or a district's name |
| protects | opening, binding or delivery; several separated by blanks |
| valid_from, valid_to | first day, and first day after; may be empty |

**travel.csv**, one row a cell and store, replaces straight lines by real ways:

| Column | What it holds |
|---|---|
| cell | H3 cell, resolution 5 to 9 |
| store_id | the store |
| distance_m or duration_s | by road or on foot; either is enough |
""")


def territories_section(view: View) -> None:
    """Draw the section."""
    cells, breaches = view.ask("catchment/territories"), view.ask("catchment/breaches")
    if view.marts.territories.is_empty():
        _none_loaded(view)
    else:
        left, right = columns(1.3, 1)
        with left:
            _table_card(view, cells)
        with right:
            _breaches_card(view, breaches)
    st.caption(plain(distance_note(view.marts)))
    trust_line(cells, breaches)


def _none_loaded(view: View) -> None:
    nothing_here(
        say(
            "No territory is loaded. A territory is ground promised to an agent or a store: a radius, a set of cells or a "
            "district."
        ),
        link=("data", say("Load territories.csv")),
    )
    with card(
        say("How to load territories and travel distances"), say("Two files, each by itself or both"), key="howto"
    ):
        st.markdown(say(_FILES))
        if not view.marts.travel.is_empty():
            st.markdown(
                say(
                    "Travel distances are loaded for **{n}** cells and stores.",
                    n=count(view.marts.travel.height),
                )
            )


def _table_card(view: View, cells: Answer) -> None:
    names = names_of(view)
    held = view.marts.territories
    with card(
        plural("{n} territory", "{n} territories", held.height),
        say("Ground promised, with the area of its cells"),
        cells,
        key="promised",
    ) as as_table:
        if as_table:
            return
        areas = cells.table.group_by("territory_id").agg((pl.len() * _CELL_KM2).round(1).alias("area"))
        named = held.join(areas, on="territory_id", how="left").select(
            pl.col("territory_id").alias(say("Territory")),
            pl.coalesce("agent_id", "store_id", pl.lit(say(headlines.OWN))).replace(names).alias(say("Promised to")),
            pl.col("kind").replace({kind: say(words) for kind, words in _KINDS.items()}).alias(say("Kind")),
            pl.col("value").str.slice(0, 24).alias(say("Value")),
            pl.col("area").alias(say("Area, km²")),
            pl.col("protects").alias(say("Protects")),
            pl.col("valid_from").alias(say("Valid from")),
            pl.col("valid_to").alias(say("Valid to")),
        )
        show_table(named, key="promisedtable", height=min(420, 42 + 36 * named.height))
        st.button(say("Show on the map"), icon=":material/map:", on_click=_to_map)


def _to_map() -> None:
    links.write("layer", ["territories"])
    links.write("section", ())


def _breaches_card(view: View, breaches: Answer) -> None:
    names = names_of(view)
    with card(
        headlines.breached(breaches),
        say("Others' stores, bindings and promises on promised ground"),
        breaches,
        key="breaches",
    ) as as_table:
        if as_table:
            return
        if breaches.is_empty:
            st.markdown(say("Every promise that holds today is kept."))
        rows = breaches.table.head(_MOST).iter_rows(named=True)
        st.markdown("\n".join(f"- {plain(headlines.breach(row, names))}" for row in rows))
        if breaches.table.height > _MOST:
            st.caption(say("{n} more are in the table behind the ⓘ.", n=count(breaches.table.height - _MOST)))
