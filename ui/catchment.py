"""The cards of the Catchment page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from answers import pairs
from answers.known import owner_names
from answers.presenting import RESOLUTION
from charts.numbers import percent
from charts.overlap import overlap_heatmap, overlap_strip, pair_bars
from schema.language import later, say
from ui import links, maps
from ui.cards import card, draw, nothing_here, plain
from ui.layout import Choice, pick
from ui.tables import show_table

if TYPE_CHECKING:
    import polars as pl

    from ui.view import View

_SUBTITLES = {
    "customers": later("Known customers by home cell"),
    "sales": later("Net sales by the buyer's home cell"),
    "penetration": later("Buyers ÷ located members; cells with fewer than 5 members are blank"),
    "nearest": later("Colour: store most bought at · mark: not the nearest"),
    "tiers": later("60 % of the customers live in primary cells, 80 % up to secondary, 95 % up to tertiary"),
    "overlap": later("Share of each one's located buyers, last 24 months · amber: both"),
    "interest": later("Share of the focus's dwell minus share of its net sales, in points"),
    "contested": later("Share of a cell's customers whose nearest store is in doubt · cells of fewer than 5 are blank"),
    "territories": later("Ground promised to agents and stores · mark: breached"),
}
_MISSING = {
    "customers": later("No home is known here. Load customers with an address or a location, or choose another layer."),
    "territories": later("No territory is loaded. The section Territories says how; or choose another layer."),
}
_CELL = "cell"
_MATRIX = 12
LAYER = Choice(later("Layer"), "layer", maps.LAYERS)
COMPARE = Choice(later("Compare"), "compare", {"agent": later("Agents"), "store": later("Stores")})
_SIZES = Choice(later("Cell size"), "cells", maps.resolutions())


def compared(view: View) -> str:
    """Whether stores or agents are compared.

    An agent compares their own stores, and neighbours in a card of their own; a presenter compares agents.
    """
    return {"agent": "store", "presenter": "agent"}.get(view.scope.role) or str(COMPARE.value)


def _compare(view: View) -> None:
    if view.scope.role == "owner":
        COMPARE.draw()


def names_of(view: View) -> dict[str, str]:
    """Names of stores and agents by id."""
    return owner_names(view.marts)


def map_card(view: View, found_pairs: pl.DataFrame) -> tuple[maps.Layer, int]:
    """The map and what it is focused on. Returns what is drawn and at which resolution."""
    name = LAYER.value
    names = names_of(view)
    title, chosen, place = _focus(view, name, found_pairs, names)
    size = int(RESOLUTION) if view.scope.role == "presenter" else maps.level(_SIZES.value, place, name)
    found = maps.layer(view, name, place, size, **chosen)
    with card(title, f"{say(_SUBTITLES[name])} · H3 r{size}", found.answer, key="map") as as_table:
        LAYER.draw()
        with st.container(horizontal=True, vertical_alignment="bottom", key="mapbar"):
            _pickers(view, name, found_pairs, names)
            if view.scope.role != "presenter":  # cells of one size are presented
                _SIZES.draw()
        if found.cells.is_empty():
            nothing_here(say(_MISSING.get(name, _MISSING["customers"])))
        elif not as_table:
            cell = st.query_params.get(_CELL)
            picked = maps.show(
                view,
                found,
                key=f"{name}-{size}",
                selected=cell if _fits(cell, found) else None,
                note="" if name == "territories" else unknown_homes(view),
            )
            if picked is not None and picked != cell:
                links.write(_CELL, [picked])
                st.rerun()  # so that the map frames the cell
    return found, size


def unknown_homes(view: View) -> str:
    """How many customers are on no map, for a legend; nothing where all are."""
    coverage = view.ask("catchment/customers", resolution=6).coverage
    if coverage is None or coverage >= 1:
        return ""
    return say("Home unknown for {share} of customers", share=percent(1 - coverage))


def pair_cards(view: View, found_pairs: pl.DataFrame) -> None:
    """Who collides: one pair by every measure, beside all the others, and the matrix."""
    answer = view.ask("catchment/overlap", by=compared(view))
    names = names_of(view)
    pair = pairs.one_pair(found_pairs, st.query_params.get("pair"))
    if pair is None:
        with card(say("Overlap"), say("Needs two with located buyers at physical stores"), answer, key="nopair"):
            _compare(view)
            nothing_here(say("No two of them have located buyers at physical stores."))
        return
    with card(
        pairs.shares(pair, names), pairs.legend(pair, names) + say("Last 24 months"), answer, key="pair"
    ) as as_table:
        _compare(view)
        if not as_table:
            draw(pair_bars(pairs.measures(pair, names), view.theme, highlight=say("Overlap index")), key="pair")
    labels = pairs.labelled(found_pairs, names if compared(view) == "agent" else {})
    with card(
        pairs.others(found_pairs),
        say("Overlap index of {height} pairs", height=found_pairs.height),
        answer,
        key="strip",
    ) as as_table:
        if not as_table:
            draw(overlap_strip(labels.head(400), view.theme, highlight=labels["label"][0]), key="strip")


def matrix_card(view: View, found_pairs: pl.DataFrame) -> None:
    """The matrix of the groups that collide most."""
    answer = view.ask("catchment/overlap", by=compared(view))
    if found_pairs.is_empty():
        return
    names = names_of(view)
    top = found_pairs.head(40)
    most = list(dict.fromkeys(side for row in top.select("a", "b").iter_rows() for side in row))[:_MATRIX]
    shown = found_pairs.filter(found_pairs["a"].is_in(most) & found_pairs["b"].is_in(most))
    with card(
        say("Who collides with whom"),
        say("Overlap index, % · the {most} that overlap most", most=len(most)),
        answer,
        key="matrix",
    ) as t:
        if not t:
            top_pair = (found_pairs["a"][0], found_pairs["b"][0])
            draw(overlap_heatmap(shown, view.theme, labels=names, highlight=top_pair), key="matrix")


def leakage_card(view: View, *, narrow: bool = False) -> None:
    """Who buys away from the nearest store, by city; in a narrow card without the number of orders."""
    answer = view.ask("catchment/leakage", by="city")
    with card(
        say("Orders away from the nearest store"),
        say("Located store orders, by city of the nearest store"),
        answer,
        key="leak",
    ) as t:
        if answer.is_empty:
            nothing_here(say("Needs store orders of customers whose home is known."))
        elif not t:
            columns = ["group", "orders", "leakage", "inflow", "median_detour_m"]
            columns = columns[::2] if view.is_phone else [columns[0], *columns[2:]] if narrow else columns
            show_table(
                answer.table.head(10), key="leaktable", columns=columns, height=min(330, 38 + 36 * answer.table.height)
            )


def _focus(view: View, name: str, found_pairs: pl.DataFrame, names: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """Title, what the layer is about, and where the map is focused."""
    if name == "overlap":
        pair = pairs.one_pair(found_pairs, st.query_params.get("pair"))
        if pair is not None:
            chosen = {"by": compared(view), "a": str(pair["a"]), "b": str(pair["b"])}
            return (
                say(
                    "Where {a} and {b} meet",
                    a=names.get(chosen["a"], chosen["a"]),
                    b=names.get(chosen["b"], chosen["b"]),
                ),
                chosen,
                "pair",
            )
        return say("Overlap"), {"by": compared(view), "a": "", "b": ""}, "pair"
    if name == "tiers":
        store = links.option("of", _stores(view) or [""])
        return (
            say("Trade area of {store}", store=names.get(store, store)) if store else say("Trade area"),
            {"store": store},
            "store",
        )
    place = links.option("where", maps.places(view))
    layer = say(maps.LAYERS[name])
    if place == maps.EVERYWHERE:
        return say("{layer} everywhere", layer=layer), {}, place
    return say("{layer} in {city}", layer=layer, city=place), {}, place


def _pickers(view: View, name: str, found_pairs: pl.DataFrame, names: dict[str, str]) -> None:
    if name == "overlap":
        words = {
            key: " × ".join(names.get(side, side) for side in key.split("|"))
            for key in pairs.keys(found_pairs.head(200))
        }
        pick(say("Pair"), "pair", list(words), words)
    elif name == "tiers":
        pick(say("Store"), "of", _stores(view), names)
    else:
        pick(say("Focus"), "where", maps.places(view), {maps.EVERYWHERE: say("Everywhere")})


def _stores(view: View) -> list[str]:
    """Stores with a trade area, most customers first; those of the filter only, when it names some."""
    radii = view.ask("catchment/radii").table
    return [str(store) for store in radii.sort("customers", "store_id", descending=[True, False])["store_id"]]


def _fits(cell: str | None, found: maps.Layer) -> bool:
    return cell is not None and cell in set(maps.cell_ids(found))


def cell_card(view: View, found: maps.Layer, size: int) -> None:
    """What is known of one cell: clicked on the map, or picked from the list, a second way to the same choice."""
    ids = maps.cell_ids(found)
    cell = st.query_params.get(_CELL)
    picked = cell if cell is not None and cell in set(ids) else None
    with card(
        say("One cell") if picked is None else say("Cell {picked}", picked=picked),
        say("Click one on the map, or pick it here, fullest first"),
        key="cell",
    ):
        if not ids:
            return
        options = ids[:200] if picked is None or picked in ids[:200] else [picked, *ids[:200]]
        st.session_state["pick-cell"] = picked
        st.selectbox(
            say("Cell"),
            options,
            key="pick-cell",
            placeholder=say("No cell picked"),
            label_visibility="collapsed",
            on_change=lambda: links.write(
                _CELL, [st.session_state["pick-cell"]] if st.session_state["pick-cell"] else ()
            ),
        )
        if picked is not None:
            for what, value in maps.cell_facts(view, picked, size).iter_rows():
                st.markdown(f"{plain(what)}: **{plain(value)}**")
            st.button(say("What if a store opened here?"), icon=":material/add_location_alt:", on_click=_try_here)


def _try_here() -> None:
    """Go to the section What if with the picked cell as the site."""
    for name in ("lat", "lng"):
        links.write(name, ())
    links.write("kind", ())
    links.write("section", ["whatif"])
