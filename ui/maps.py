"""The Catchment page's map: one layer at a time, focused on one place, with its cells clickable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from answers.memo import of_rows
from charts import maps
from charts.basemap import style_url
from charts.map_cells import LOW
from schema.language import later, say
from ui import catchment_layers
from ui.cards import draw_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from answers.answer import Answer
    from schema.marts import Marts
    from ui.view import View

LAYERS: Final = {
    "customers": later("Customers"),
    "sales": later("Sales"),
    "penetration": later("Penetration"),
    "nearest": later("Nearest vs actual"),
    "tiers": later("Trade area"),
    "overlap": later("Overlap"),
    "interest": later("Interest − sales"),
    "contested": later("Contested"),
    "territories": later("Territories"),
}
EVERYWHERE: Final = "everywhere"
_MARGIN: Final = 0.22
"""Degrees of ground around a city's stores: about 24 km."""
_RESOLUTIONS: Final = {"auto": later("Auto"), "6": "36 km²", "7": "5 km²", "8": later("0.7 km²")}
_CLICK: Final = "_last_click"
"""A click stays in the map's state; only a new one changes the choice."""
_DRAWN: Final = ("value", "group", "differs")
"""Columns added for the map; the table and the CSV of its card are those of the address."""
_FEW_MEMBERS: Final = 5
"""A penetration over fewer members is noise, so its cell is not drawn."""


@dataclass(frozen=True)
class Layer:
    """A layer as answered: what stands behind it, how to draw it, and what it says about each cell."""

    answer: Answer
    cells: pl.DataFrame
    kind: str
    options: dict[str, Any]


def places(view: View) -> list[str]:
    """Where the map may be focused: the city with most customers first, then all others, then everywhere."""
    people = view.ask("catchment/customers", resolution=6)
    return [EVERYWHERE] if people.is_empty else [*_cities(view.marts), EVERYWHERE]


@of_rows
def _cities(marts: Marts) -> list[str]:
    """Where owners' customers live, most first."""
    cities = marts.people.drop_nulls("owner_city").group_by("owner_city").len()
    ranked: list[str] = cities.sort("len", "owner_city", descending=[True, False])["owner_city"].to_list()
    return ranked


def resolutions() -> dict[str, str]:
    """Cell sizes on offer, by H3 resolution."""
    return dict(_RESOLUTIONS)


def level(wanted: str, where: str, name: str = "") -> int:
    """The resolution to draw: as wanted, else fine for one city and coarse for a country.

    A difference of two shares needs more people in a cell than a count does.
    """
    if wanted != "auto":
        return int(wanted)
    if where == EVERYWHERE:
        return 5
    return 7 if name == "interest" else 8


def layer(view: View, name: str, where: str, resolution: int, **chosen: str) -> Layer:
    """Ask for one layer's cells and keep those in focus.

    Args:
        view: this run's view.
        name: one of ``LAYERS``.
        where: a city, or everywhere.
        resolution: H3 resolution.
        **chosen: ``store`` for tiers; ``by``, ``a``, ``b`` for overlap.
    """
    kind, answer, options = _asked(view, name, resolution, chosen)
    cells = answer.table.with_columns(pl.col("cell").str.to_integer(base=16, dtype=pl.Int64))
    cells = _in_focus(view, cells, where, chosen)
    as_asked = replace(answer, table=answer.table.drop(_DRAWN, strict=False))
    return Layer(as_asked, _within(cells) if name == "interest" else cells, kind, options)


def show(
    view: View, found: Layer, *, key: str, selected: str | None, note: str = "", site: tuple[float, float] | None = None
) -> str | None:
    """Draw the layer; returns the newly clicked cell (hex), else the one selected before.

    Args:
        view: this run's view.
        found: as ``layer`` gives it.
        key: unique on the page.
        selected: the cell that is framed.
        note: said in the legend, such as how many homes are unknown.
        site: a place in question, drawn as a store that is not there yet.
    """
    draw = getattr(maps, found.kind)
    below = ground(view, found, selected)
    if site is not None:
        below["stores"] = pl.concat([below["stores"], _proposed(site)], how="diagonal_relaxed")
    drawn = draw(found.cells, **found.options, **below)
    state = draw_map(replace(drawn, note=f"{note} · {drawn.note}" if note else drawn.note), key=key)
    clicked = maps.picked_cell(state.selection.objects) if state is not None else None
    last = st.session_state.get(_CLICK)
    st.session_state[_CLICK] = clicked
    return f"{clicked:x}" if clicked is not None and clicked != last else selected


def show_still(view: View, found: Layer, *, key: str, note: str) -> None:
    """Draw a second map of the page, in which a click chooses nothing."""
    drawn = getattr(maps, found.kind)(found.cells, **found.options, **ground(view, found), is_low=True)
    draw_map(replace(drawn, note=f"{note} · {drawn.note}"), key=key, height=LOW[1])


def _proposed(site: tuple[float, float]) -> pl.DataFrame:
    return pl.DataFrame(
        {"store_id": ["-"], "name": [say("New site")], "lat": [site[0]], "lng": [site[1]], "is_datum_suspect": [False]}
    )


def ground(view: View, found: Layer, selected: str | None = None) -> dict[str, Any]:
    """What every map shares: theme, offline style, stores nearby, and the cell picked."""
    return {
        "theme": view.theme,
        "style_url": style_url(view.theme, str(st.get_option("server.baseUrlPath") or "")),
        "stores": _stores(view, found),
        "phone": view.is_phone,
        "selected": int(selected, 16) if selected else None,
    }


def shared_layer(answer: Answer) -> Layer:
    """The published cells that an agent shares with a neighbour, by the smaller of both shares."""
    cells = answer.table.select(
        pl.col("cell").str.to_integer(base=16, dtype=pl.Int64), pl.col("share_both").alias("value")
    )
    return Layer(answer, cells, "cell_map", {"measure": "shared demand", "unit": "%"})


def product_layer(view: View, answers: Sequence[Answer], names: Sequence[str], where: str) -> Layer:
    """The home cells of one product's buyers in focus, or of two side by side as shares of each one's buyers."""
    sides = [
        answer.table.select(pl.col("cell").str.to_integer(base=16, dtype=pl.Int64), pl.col("customers").alias("value"))
        for answer in answers
    ]
    if len(sides) == 1:
        options = {"measure": "customers", "unit": later("buyers")}
        return Layer(answers[0], _in_focus(view, sides[0], where, {}), "cell_map", options)
    shares = [
        side.select("cell", (pl.col("value") / pl.col("value").sum()).alias(f"share_{letter}"))
        for side, letter in zip(sides, "ab", strict=True)
    ]
    cells = shares[0].join(shares[1], on="cell", how="full", coalesce=True).sort("cell")
    options = {"name_a": names[0], "name_b": names[1]}
    return Layer(answers[0], _in_focus(view, cells, where, {}), "pair_map", options)


def _asked(view: View, name: str, resolution: int, chosen: dict[str, str]) -> tuple[str, Answer, dict[str, Any]]:
    if name == "overlap":
        return "pair_map", view.ask("catchment/pair", resolution=resolution, **chosen), _pair_names(view, chosen)
    if name == "tiers":
        answer = view.ask("catchment/cells", resolution=resolution)
        return "tier_map", _only(answer, pl.col("store_id") == chosen.get("store", "")), {}
    if name == "nearest":
        answer = view.ask("catchment/actual", resolution=resolution)
        names = dict(view.marts.places.select("store_id", "name").iter_rows())
        named = answer.table.with_columns(
            pl.col("actual_store_id").alias("group"),
            (pl.col("actual_store_id") != pl.col("nearest_store_id")).alias("differs"),
        )
        return "categorical_map", _with(answer, named), {"title": say("Store most bought at"), "names": names}
    if name == "interest":
        answer = view.ask("catchment/interest", resolution=resolution)
        options = {"title": say("Interest minus sales"), "low": say("more sales"), "high": say("more interest")}
        return "diverging_map", _with(answer, answer.table.with_columns(pl.col("difference").alias("value"))), options
    if name in {"contested", "territories"}:
        return getattr(catchment_layers, name)(view, resolution)  # type: ignore[no-any-return]
    answer = view.ask(f"catchment/{name}", resolution=resolution)
    column, unit = {
        "customers": ("customers", later("customers")),
        "sales": ("net_minor", view.asked.currency),
        "penetration": ("penetration", "%"),
    }[name]
    table = answer.table.with_columns(pl.col(column).alias("value"))
    if name == "penetration":
        table = table.filter(pl.col("members") >= _FEW_MEMBERS)
    return "cell_map", _with(answer, table), {"measure": name, "unit": unit}


def _pair_names(view: View, chosen: dict[str, str]) -> dict[str, Any]:
    column = "agent_name" if chosen["by"] == "agent" else "name"
    names = dict(view.marts.places.select(f"{chosen['by']}_id", column).drop_nulls().unique().iter_rows())
    a, b = chosen["a"], chosen["b"]
    return {"name_a": names.get(a, a), "name_b": names.get(b, b), "id_a": a, "id_b": b}


def _with(answer: Answer, table: pl.DataFrame) -> Answer:
    return replace(answer, table=table)


def _only(answer: Answer, rows: pl.Expr) -> Answer:
    return _with(answer, answer.table.filter(rows))


def _in_focus(view: View, cells: pl.DataFrame, where: str, chosen: dict[str, str]) -> pl.DataFrame:
    """Cells within reach of the focused city's stores; a store's or a pair's own cells are all in focus."""
    if where == EVERYWHERE or chosen or cells.is_empty():
        return cells
    stores = view.marts.places.filter(pl.col("city") == where).drop_nulls(["lat", "lng"])
    if stores.is_empty():
        return cells
    from metrics.cells import cell_centre  # noqa: PLC0415  (h3 loads only for a focused map)

    box = [(float(stores[c].min()) - _MARGIN, float(stores[c].max()) + _MARGIN) for c in ("lat", "lng")]  # type: ignore[arg-type]
    return cell_centre(cells).filter(pl.col("lat").is_between(*box[0]), pl.col("lng").is_between(*box[1]))


def _within(cells: pl.DataFrame) -> pl.DataFrame:
    """Interest minus sales with shares of what is in focus, so that a city's cells add up to nothing."""
    parts = [pl.col(c) / pl.col(c).sum() for c in ("dwell_share", "sales_share")]
    return cells.with_columns((parts[0] - parts[1]).alias("value")).filter(pl.col("value").is_finite())


def _stores(view: View, found: Layer) -> pl.DataFrame:
    """Open stores near what is drawn."""
    stores = view.marts.places.drop_nulls(["lat", "lng"]).filter(pl.col("closed_on").is_null())
    if found.cells.is_empty() or "lat" not in found.cells.columns:
        return stores
    near = [
        pl.col(c).is_between(found.cells[c].min() - _MARGIN / 2, found.cells[c].max() + _MARGIN / 2)  # type: ignore[operator]
        for c in ("lat", "lng")
    ]
    return stores.filter(*near)


def cell_facts(view: View, cell: str, resolution: int) -> pl.DataFrame:
    """What is known of one cell, layer by layer: ``what, value`` as words for people."""
    from charts.numbers import count, money, percent  # noqa: PLC0415

    rows: list[tuple[str, str]] = []
    for address, wanted in (
        ("catchment/customers", (("customers", say("Customers living here"), count),)),
        (
            "catchment/sales",
            (
                ("orders", say("Orders"), count),
                ("net_minor", say("Net sales"), lambda v: money(v, view.asked.currency)),
            ),
        ),
        ("catchment/penetration", (("penetration", say("Members who bought"), percent),)),
        (
            "catchment/actual",
            (("actual_store_id", say("Most bought at"), str), ("nearest_store_id", say("Nearest store"), str)),
        ),
    ):
        found = view.ask(address, resolution=resolution).table.filter(pl.col("cell") == cell)
        rows += [(words, tell(found[column][0]) if found.height else "—") for column, words, tell in wanted]
    return pl.DataFrame(rows, schema=["what", "value"], orient="row")


def cell_ids(found: Layer) -> list[str]:
    """The layer's cells in its order (fullest first), as hex ids."""
    return [f"{cell:x}" for cell in found.cells["cell"]]
