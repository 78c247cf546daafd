"""How the Catchment page's map section is shown in a file: the chosen layer, who collides, and who buys elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import pairs
from answers.known import owner_names
from charts import maps
from charts.map_cells import marked_cell, resolution
from charts.numbers import percent
from charts.overlap import overlap_heatmap, overlap_strip, pair_bars
from exports.desk import Desk, plain_card, shows
from exports.document import Card
from metrics.cells import cell_centre
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Answer
    from charts.map_view import MapView

LAYERS: Final = {
    "customers": (later("Customers"), later("Known customers by home cell")),
    "sales": (later("Sales"), later("Net sales by the buyer's home cell")),
    "penetration": (later("Penetration"), later("Buyers ÷ located members; cells with fewer than 5 members are blank")),
    "nearest": (later("Nearest vs actual"), later("Colour: store most bought at · mark: not the nearest")),
    "tiers": (
        later("Trade area"),
        later("60 % of the customers live in primary cells, 80 % up to secondary, 95 % up to tertiary"),
    ),
    "overlap": (later("Overlap"), later("Share of each one's located buyers, last 24 months · amber: both")),
    "interest": (
        later("Interest − sales"),
        later("Share of the focus's dwell minus share of its net sales, in points"),
    ),
    "contested": (
        later("Contested"),
        later("Share of a cell's customers whose nearest store is in doubt · cells of fewer than 5 are blank"),
    ),
}
"""Layer → its name and what its colours mean."""
EVERYWHERE: Final = "everywhere"
MARGIN: Final = 0.22
"""Degrees of ground around a city's stores: about 24 km."""
_FEW: Final = 5
_MATRIX: Final = 12
_MISSING: Final = later("No home is known here. Load customers with an address or a location, or choose another layer.")


def names_of(desk: Desk) -> dict[str, str]:
    """Names of stores and agents by id."""
    return owner_names(desk.asked.marts)


def places(desk: Desk) -> list[str]:
    """Where the map may be focused: the city with most customers first, then all others, then everywhere."""
    people = desk.ask("catchment/customers", resolution=6)
    cities = desk.asked.marts.people.drop_nulls("owner_city").group_by("owner_city").len()
    if people.is_empty or cities.is_empty():
        return [EVERYWHERE]
    return [*cities.sort("len", "owner_city", descending=[True, False])["owner_city"].to_list(), EVERYWHERE]


def compared(desk: Desk) -> str:
    """Whether stores or agents are compared, as the page does by role."""
    role = desk.asked.scope.role
    return {"agent": "store", "presenter": "agent"}.get(role) or desk.choice("compare", ["agent", "store"])


def map_card(desk: Desk) -> Card:
    """The map's chosen layer, focused as on the page."""
    name = desk.choice("layer", list(LAYERS))
    words, said = (say(one) for one in LAYERS[name])
    if name == "overlap":
        return _pair_card(desk)
    where = desk.choice("where", places(desk)) if name != "tiers" else ""
    wanted = desk.choice("cells", ["auto", "6", "7", "8"])
    size = int(wanted) if wanted != "auto" else 5 if where == EVERYWHERE else 7 if name == "interest" else 8

    def at(level: int) -> tuple[Answer, pl.DataFrame, str, dict[str, Any], str]:
        return _layer(desk, name, where, level)

    answer, cells, kind, options, title = at(size)
    title = title or (
        say("{layer} everywhere", layer=words)
        if where == EVERYWHERE
        else say("{layer} in {city}", layer=words, city=where)
    )
    return _card(
        desk, answer, title, sized(said, cells, size), (cells, kind, options, size), lambda level: at(level)[1:4]
    )


def sized(said: str, cells: pl.DataFrame, wanted: int) -> str:
    """What colours mean, and how large the cells are: those that are drawn, as presenters see one size whatever is wanted."""
    drawn = resolution(cells["cell"])
    return f"{said} · H3 r{wanted if drawn is None else drawn}"


def _card(
    desk: Desk, answer: Answer, title: str, said: str, drawn: tuple[pl.DataFrame, str, dict[str, Any], int],
    again: Callable[[int], tuple[pl.DataFrame, str, dict[str, Any]]],
) -> Card:  # fmt: skip
    cells, kind, options, size = drawn
    if cells.is_empty():
        return Card("map", title, said, answer, empty=say(_MISSING))

    def coarser(step: int) -> MapView | None:
        return None if size - step < COARSEST else _view(desk, *again(size - step))

    return Card("map", title, said, answer, map=_view(desk, cells, kind, options), coarser=coarser)


COARSEST: Final = 3
"""The resolution at which a country is a handful of cells."""


def _view(desk: Desk, cells: pl.DataFrame, kind: str, options: dict[str, Any]) -> MapView:
    stores = desk.asked.marts.places.drop_nulls(["lat", "lng"]).filter(pl.col("closed_on").is_null())
    if "lat" in cells.columns and cells.height:
        stores = stores.filter(
            pl.col(side).is_between(cells[side].min() - MARGIN / 2, cells[side].max() + MARGIN / 2)  # type: ignore[operator]
            for side in ("lat", "lng")
        )
    marked = marked_cell(desk.options.get("cell", ""), cells["cell"])
    ground = {"theme": desk.theme, "style_url": "", "stores": stores, "selected": marked}
    made: MapView = getattr(maps, kind)(cells, **options, **ground)
    return made


def _layer(desk: Desk, name: str, where: str, size: int) -> tuple[Answer, pl.DataFrame, str, dict[str, Any], str]:
    """One layer's answer, its cells in focus, how they are drawn, and a title of its own."""
    if name == "tiers":
        return _tiers(desk, size)
    address = {"nearest": "actual"}.get(name, name)
    answer = desk.ask(f"catchment/{address}", resolution=size)
    cells = _focused(desk, _numbered(answer.table), where)
    if name == "nearest":
        cells = cells.with_columns(
            pl.col("actual_store_id").alias("group"),
            (pl.col("actual_store_id") != pl.col("nearest_store_id")).alias("differs"),
        )
        return answer, cells, "categorical_map", {"title": say("Store most bought at"), "names": names_of(desk)}, ""
    if name == "interest":
        parts = [pl.col(c) / pl.col(c).sum() for c in ("dwell_share", "sales_share")]
        cells = cells.with_columns((parts[0] - parts[1]).alias("value")).filter(pl.col("value").is_finite())
        words = {"title": say("Interest minus sales"), "low": say("more sales"), "high": say("more interest")}
        return answer, cells, "diverging_map", words, ""
    if name == "contested":
        return answer, cells.filter(pl.col("customers") >= _FEW), "contested_map", {}, ""
    column, unit = {
        "customers": ("customers", later("customers")),
        "sales": ("net_minor", desk.asked.currency),
        "penetration": ("penetration", "%"),
    }[name]
    if name == "penetration":
        cells = cells.filter(pl.col("members") >= _FEW)
    return answer, cells.with_columns(value=column), "cell_map", {"measure": name, "unit": unit}, ""


def _tiers(desk: Desk, size: int) -> tuple[Answer, pl.DataFrame, str, dict[str, Any], str]:
    radii = desk.ask("catchment/radii").table.sort("customers", "store_id", descending=[True, False])
    store = desk.choice("of", [str(one) for one in radii["store_id"]] or [""])
    answer = desk.ask("catchment/cells", resolution=size)
    own = replace(answer, table=answer.table.filter(pl.col("store_id") == store))
    title = say("Trade area of {store}", store=names_of(desk).get(store, store)) if store else say("Trade area")
    return own, cell_centre(_numbered(own.table)), "tier_map", {}, title


def _numbered(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("cell").str.to_integer(base=16, dtype=pl.Int64))


def _focused(desk: Desk, cells: pl.DataFrame, where: str) -> pl.DataFrame:
    """Cells within reach of the focused city's stores."""
    if cells.is_empty():
        return cells
    placed = cell_centre(cells)
    stores = desk.asked.marts.places.filter(pl.col("city") == where).drop_nulls(["lat", "lng"])
    if where == EVERYWHERE or stores.is_empty():
        return placed
    return placed.filter(
        pl.col(side).is_between(stores[side].min() - MARGIN, stores[side].max() + MARGIN)  # type: ignore[operator]
        for side in ("lat", "lng")
    )


def _pairs(desk: Desk) -> tuple[Answer, pl.DataFrame]:
    answer = desk.ask("catchment/overlap", by=compared(desk))
    return answer, pairs.unordered(answer)


def _pair_card(desk: Desk) -> Card:
    """Where two of them meet."""
    _, ranked = _pairs(desk)
    said = say(LAYERS["overlap"][1])
    pair = pairs.one_pair(ranked, desk.options.get("pair"))
    a, b = ("", "") if pair is None else (str(pair["a"]), str(pair["b"]))
    names = names_of(desk)

    def at(level: int) -> tuple[Answer, pl.DataFrame]:
        answer = desk.ask("catchment/pair", by=compared(desk), a=a, b=b, resolution=level)
        return answer, cell_centre(_numbered(answer.table))

    answer, cells = at(8)
    options = {"name_a": names.get(a, a), "name_b": names.get(b, b), "id_a": a, "id_b": b}
    title = say("Overlap") if pair is None else say("Where {a} and {b} meet", a=options["name_a"], b=options["name_b"])
    return _card(
        desk,
        answer,
        title,
        sized(said, cells, 8),
        (cells, "pair_map", options, 8),
        lambda level: (at(level)[1], "pair_map", options),
    )


def overlap_cards(desk: Desk) -> tuple[Card, ...]:
    """One pair by every measure, all the others, and the matrix of those that collide most."""
    answer, ranked = _pairs(desk)
    pair = pairs.one_pair(ranked, desk.options.get("pair"))
    if pair is None:
        empty = say("No two of them have located buyers at physical stores.")
        said = say("Needs two with located buyers at physical stores")
        return (Card("nopair", say("Overlap"), said, answer, empty=empty),)
    names = names_of(desk)
    measures = pairs.measures(pair, names)
    one = pair_bars(measures, desk.theme, highlight=say("Overlap index"))
    labels = pairs.labelled(ranked, names if compared(desk) == "agent" else {})
    strip = overlap_strip(labels.head(400), desk.theme, highlight=labels["label"][0])
    return (
        Card("pair", pairs.shares(pair, names), f"{pairs.legend(pair, names)}{say('Last 24 months')}", answer, one),
        Card(
            "strip",
            pairs.others(ranked),
            say("Overlap index of {height} pairs", height=str(ranked.height)),
            answer,
            strip,
        ),
        matrix_card(desk, answer, ranked),
    )


@shows("catchment/overlap")
def overlap(desk: Desk, answer: Answer) -> Card:
    """Who collides with whom."""
    ranked = pairs.unordered(answer)
    if ranked.is_empty():
        return plain_card(answer, say("Overlap"))
    return matrix_card(desk, answer, ranked)


def matrix_card(desk: Desk, answer: Answer, ranked: pl.DataFrame) -> Card:
    """The matrix of the groups that collide most."""
    most = list(dict.fromkeys(side for row in ranked.head(40).select("a", "b").iter_rows() for side in row))[:_MATRIX]
    shown = ranked.filter(pl.col("a").is_in(most) & pl.col("b").is_in(most))
    figure = overlap_heatmap(shown, desk.theme, labels=names_of(desk), highlight=(ranked["a"][0], ranked["b"][0]))
    said = say("Overlap index, % · the {most} that overlap most", most=len(most))
    return Card("matrix", say("Who collides with whom"), said, answer, figure)


@shows("catchment/leakage")
def leakage(desk: Desk, answer: Answer) -> Card:
    """Who buys away from the nearest store."""
    del desk
    title, said = say("Orders away from the nearest store"), say("Located store orders, by city of the nearest store")
    if answer.is_empty:
        return Card("leak", title, said, answer, empty=say("Needs store orders of customers whose home is known."))
    rows = answer.table.select("group", "orders", "leakage", "inflow", "median_detour_m").head(10)
    return Card("leak", title, said, answer, shown=rows)


def _of_cells(kind: str) -> Callable[[Desk, Answer], Card]:
    def draw(desk: Desk, answer: Answer) -> Card:
        words, said = (say(one) for one in LAYERS[kind])
        cells = _focused(desk, _numbered(answer.table), EVERYWHERE)
        column = {"customers": "customers", "sales": "net_minor", "penetration": "penetration"}[kind]
        unit = {"customers": later("customers"), "sales": desk.asked.currency, "penetration": "%"}[kind]
        drawn = (cells.with_columns(value=column), "cell_map", {"measure": kind, "unit": unit}, COARSEST)
        return _card(desk, answer, say("{layer} everywhere", layer=words), said, drawn, lambda _: drawn[:3])

    return draw


for _kind in ("customers", "sales", "penetration"):
    shows(f"catchment/{_kind}")(_of_cells(_kind))


def unknown_homes(desk: Desk) -> str:
    """How many customers are on no map; empty where all are."""
    coverage = desk.ask("catchment/customers", resolution=6).coverage
    return (
        ""
        if coverage is None or coverage >= 1
        else say("Home unknown for {share} of customers.", share=percent(1 - coverage))
    )
