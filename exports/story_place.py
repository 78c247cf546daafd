"""Pictures of the page Catchment: maps, overlap and openings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import catchment_headlines, pairs
from charts import maps
from charts.cannibalisation import before_after
from charts.map_cells import marked_cell
from charts.numbers import percent
from charts.overlap import overlap_heatmap, overlap_strip, pair_bars
from exports import story_grid
from exports.story_kinds import Kind, register
from schema.language import from_python, later, plural, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go

    from charts.theme import Theme
    from exports.story_found import Found, Grid, Picture

_STYLE: Final = "/app/static/style-light.json"
"""Only a page's own map asks for it; a picture is drawn on the server."""
_AROUND: Final = 0.22
"""Degrees of ground around a city's stores: about 24 km."""
_MOST: Final = 12
_LAYERS: Final = {
    "customers": ("catchment/customers", later("Known customers by home cell"), later("Customers")),
    "sales": ("catchment/sales", later("Net sales by the buyer's home cell"), later("Sales")),
    "penetration": ("catchment/penetration", later("Buyers ÷ located members"), later("Penetration")),
    "interest": ("catchment/interest", later("Share of the dwell minus share of the net sales, in points"), later("Interest minus sales")),
}  # fmt: skip


def _ground(found: Found, theme: Theme, cells: pl.DataFrame) -> dict[str, Any]:
    stores = found.places.drop_nulls(["lat", "lng"]).filter(pl.col("closed_on").is_null())
    if "lat" in cells.columns and cells.height:
        stores = stores.filter(
            pl.col(side).is_between(cells[side].min() - _AROUND / 2, cells[side].max() + _AROUND / 2)  # type: ignore[operator]
            for side in ("lat", "lng")
        )
    marked = marked_cell(found.given("cell"), cells["cell"])
    return {"theme": theme, "style_url": _STYLE, "stores": stores, "is_low": True, "selected": marked}


def _cells(found: Found) -> pl.DataFrame:
    """The cells in focus, with where they lie: those around the stores of the city that the page was focused on."""
    from metrics.cells import cell_centre  # noqa: PLC0415  (h3 loads with the first map)

    cells = found.main.table.with_columns(pl.col("cell").str.to_integer(base=16, dtype=pl.Int64))
    placed = cell_centre(cells)
    stores = found.places.filter(pl.col("city") == found.given("where")).drop_nulls(["lat", "lng"])
    if stores.is_empty():
        return placed
    return placed.filter(
        pl.col(side).is_between(stores[side].min() - _AROUND, stores[side].max() + _AROUND)  # type: ignore[operator]
        for side in ("lat", "lng")
    )


def _map(found: Found, theme: Theme) -> Picture:
    layer = found.main.address.split("/")[1]
    if found.main.is_empty:
        return story_grid.grid(found)
    cells = _cells(found)
    ground = _ground(found, theme, cells)
    if layer == "interest":
        both = [pl.col(name) / pl.col(name).sum() for name in ("dwell_share", "sales_share")]
        cells = cells.with_columns((both[0] - both[1]).alias("value")).filter(pl.col("value").is_finite())
        drawn = cells.select("cell", "value")
        return maps.diverging_map(
            drawn, title=say("Interest minus sales"), low=say("more sales"), high=say("more interest"), **ground
        )
    column, unit = {
        "customers": ("customers", later("customers")),
        "sales": ("net_minor", found.main.currency),
        "penetration": ("penetration", "%"),
    }[layer]
    drawn = cells.select("cell", value=column)
    return maps.cell_map(drawn, measure=layer, unit=unit, **ground)  # type: ignore[arg-type]


def _map_said(found: Found) -> str:
    name = say(_LAYERS[found.main.address.split("/")[1]][2])
    where = found.given("where")
    is_city = bool(where) and not found.places.filter(pl.col("city") == where).is_empty()
    return say("{layer} in *{city}*", layer=name, city=where) if is_city else say("{layer} by cell", layer=name)


def _pair_map(found: Found, theme: Theme) -> Picture:
    if found.main.is_empty:
        return story_grid.grid(found)
    from metrics.cells import cell_centre  # noqa: PLC0415

    cells = cell_centre(found.main.table.with_columns(pl.col("cell").str.to_integer(base=16, dtype=pl.Int64)))
    a, b = str(found.options.get("a", "")), str(found.options.get("b", ""))
    names = {"name_a": found.names.get(a, a), "name_b": found.names.get(b, b), "id_a": a, "id_b": b}
    drawn = cells.select("cell", "share_a", "share_b")
    return maps.pair_map(drawn, **names, **_ground(found, theme, cells))  # type: ignore[arg-type]


def _pair_said(found: Found) -> str:
    a, b = (str(found.options.get(side, "")) for side in ("a", "b"))
    share = found.more["overlap"].table.filter(pl.col("a") == a, pl.col("b") == b)["overlap_index"].drop_nulls()
    named = {"a": found.names.get(a, a), "b": found.names.get(b, b)}
    if share.len():
        return say("{a} and {b} share *{overlap}* of their demand", overlap=whole_percent(share[0]), **named)
    return say("Where {a} and {b} meet", **named)


def _ranked(found: Found) -> pl.DataFrame:
    return pairs.unordered(found.main).drop_nulls("overlap_index")


def _strip(found: Found, theme: Theme) -> go.Figure:
    labels = pairs.labelled(_ranked(found), found.names)
    return overlap_strip(labels.head(400), theme, highlight=labels["label"][0] if labels.height else None)


def _strip_said(found: Found) -> str:
    ranked = _ranked(found)
    if ranked.is_empty():
        return say("Overlap of demand")
    pair = ranked.row(0, named=True)
    a, b = (found.names.get(str(pair[side]), str(pair[side])) for side in ("a", "b"))
    return say("{a} and {b} share *{overlap}* of their demand", a=a, b=b, overlap=whole_percent(pair["overlap_index"]))


def _overlap_facts(found: Found) -> dict[str, str]:
    ranked = _ranked(found)
    if ranked.is_empty():
        return {}
    top = ranked["overlap_index"]
    pair = ranked.row(0, named=True)
    return {
        "a": found.names.get(str(pair["a"]), str(pair["a"])),
        "b": found.names.get(str(pair["b"]), str(pair["b"])),
        "overlap": whole_percent(top[0]),
        "others": whole_percent(top[1]) if top.len() > 1 else "—",
        "pairs": str(ranked.height),
    }


def _matrix(found: Found, theme: Theme) -> go.Figure:
    ranked = _ranked(found)
    most = list(dict.fromkeys(side for row in ranked.head(40).select("a", "b").iter_rows() for side in row))[:_MOST]
    shown = ranked.filter(pl.col("a").is_in(most), pl.col("b").is_in(most))
    top = (shown["a"][0], shown["b"][0]) if shown.height else None
    return overlap_heatmap(shown, theme, labels=found.names, highlight=top)


def _bars(found: Found, theme: Theme) -> Picture:
    pair = pairs.one_pair(_ranked(found), found.given("pair"))
    if pair is None:
        return story_grid.grid(found)
    return pair_bars(pairs.measures(pair, found.names), theme, highlight=say("Overlap index"))


def _bars_said(found: Found) -> str:
    pair = pairs.one_pair(_ranked(found), found.given("pair"))
    return say("Overlap of demand") if pair is None else pairs.shares(pair, found.names)


def _case(found: Found) -> dict[str, Any] | None:
    table = found.main.table
    return table.row(0, named=True) if table.height else None


def _opening(found: Found, theme: Theme) -> go.Figure | Grid:
    row = _case(found)
    if row is None or row["rate"] is None or not row["pre_minor"]:
        return story_grid.grid(found)
    neighbour = found.names.get(row["store_id"], row["store_id"])
    return before_after(
        row, found.more["controls"].table, theme, neighbour=neighbour, currency=found.main.currency, names=found.names
    )


def _opening_said(found: Found) -> str:
    row = _case(found)
    if row is None:
        return say("New stores and their neighbours")
    said = catchment_headlines.opening({**row, "low": None}, found.names)  # the interval stands below
    return (
        said if row["rate"] is None else said.replace(whole_percent(row["rate"]), f"*{whole_percent(row['rate'])}*", 1)
    )


def _opening_about(found: Found) -> str:
    row = _case(found)
    if row is None:
        return say("Difference in differences")
    against = plural(
        "The neighbour's sales, the year before = 100, against {n} store elsewhere",
        "The neighbour's sales, the year before = 100, against {n} stores elsewhere",
        row["controls"],
    )
    if row["low"] is None:
        return against
    between = say("90 % interval {low} to {high}", low=percent(row["low"], 0), high=percent(row["high"], 0))
    return f"{against} · {between}"


def _opening_facts(found: Found) -> dict[str, str]:
    row = _case(found)
    if row is None or row["rate"] is None:
        return {}
    new, old = (found.names.get(str(row[side]), str(row[side])) for side in ("new_store", "store_id"))
    bounds = {name: "—" if row[name] is None else whole_percent(row[name]) for name in ("low", "high")}
    km = say("{n} km", n=from_python(f"{row['distance_m'] / 1000:.1f}")).replace(" ", "\u00a0")
    return {"new": new, "old": old, "rate": whole_percent(row["rate"]), "distance": km, **bounds}


def _same(options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "catchment/controls", dict(options)


def _by(options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "catchment/overlap", {"by": options.get("by", "store")}


for _layer, (_address, _about, _) in _LAYERS.items():
    register(
        Kind(
            f"catchment.{_layer}",
            _address,
            _map_said,
            lambda _, about=_about: say(about),  # type: ignore[misc]
            _map,
            has_places=True,
            cards=(("catchment", "map"),),
        )
    )

for _kind in (
    Kind("catchment.pair", "catchment/pair", _pair_said,
         lambda _: say("Share of each one's located buyers, last 24 months · amber: both"), _pair_map,
         needs={"overlap": _by}, has_places=True, cards=(("catchment", "map"),)),
    Kind("catchment.strip", "catchment/overlap", _strip_said,
         lambda f: say("Overlap index of {pairs} pairs, last 24 months", pairs=str(_ranked(f).height)), _strip, facts=_overlap_facts,
         has_places=True, cards=(("catchment", "strip"),)),
    Kind("catchment.matrix", "catchment/overlap", _strip_said, lambda _: say("Overlap index, % · those that overlap most"),
         _matrix, facts=_overlap_facts, has_places=True, cards=(("catchment", "matrix"),)),
    Kind("catchment.bars", "catchment/overlap", _bars_said, lambda _: say("One pair by every measure, last 24 months"), _bars,
         facts=_overlap_facts, has_places=True, cards=(("catchment", "pair"),)),
    Kind("catchment.opening", "catchment/cannibalisation", _opening_said, _opening_about, _opening,
         needs={"controls": _same}, facts=_opening_facts, has_places=True, cards=(("catchment", "impact"),)),
):  # fmt: skip
    register(_kind)
