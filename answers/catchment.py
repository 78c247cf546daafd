"""Catchment: where does each store really draw from, and who collides?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers import narrow, people_rows
from answers.catchment_neighbours import published_pair
from answers.customers import named
from answers.drawing import areas, draw, of_places, outward, own, placed
from answers.grid import RESOLUTION, level
from answers.known import NAMES
from answers.memo import of_rows
from answers.presenting import PUBLISHED
from answers.registry import Result, address
from metrics import catchment as metrics
from metrics.areas import dominance
from metrics.cells import cell_hex
from metrics.flows import TRIP
from metrics.overlap import overlap_matrix, shared_cells
from metrics.tiers import radii_of, radii_outward, store_customers
from metrics.trips import Trips
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import later, say
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

_OVERLAP_DAYS = 730
_STRAIGHT = later("Distances are straight-line (great-circle).")
_TIERS = later(
    "A store's customers are members with a valid order there in the period and a known home. Cells by customers: those up "
    "to 60 % of them are primary, to 80 % secondary, to 95 % tertiary, the rest fringe."
)
_OVERLAP = later(
    "Overlap index = Σ over cells of the smaller of the two shares of demand, over distinct located buyers at physical "
    "stores in the last 24 months, whatever the period chosen. Jaccard and a_in_b compare trade areas by true cell area."
)


def _located(
    asked: Context, table: pl.DataFrame, rows: pl.DataFrame | None = None, notes: tuple[str, ...] = ()
) -> Result:
    """A result over the distinct customers of some orders, or of the period's, with the share whose home is known."""
    if rows is None:
        many, known = placed(asked)
    else:
        keys = rows.select("customer_key").drop_nulls().unique()
        homes = asked.marts.people.drop_nulls("home_cell").filter(pl.col("home_src") != "city").select("customer_key")
        many, known = keys.height, keys.join(homes, on="customer_key", how="semi").height
    share = known / many if many else None
    return Result(table, many, say("customers"), share, say("of customers have a known home"), (*notes, say(_STRAIGHT)))


def _hex(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(cell_hex(pl.col("cell")).alias("cell"))


@address(
    "catchment/cells",
    "store_id, cell, customers, tier",
    meaning=later("Each store's customers by home cell, with their trade-area tier."),
    definition=_TIERS,
    options=RESOLUTION,
)
def cells(asked: Context, resolution: int | str = 8) -> Result:
    """Where does each store draw from? One row per store and cell, most customers first within a store."""
    table, assumed = areas(asked, level(resolution))
    notes = (say("No order names its store: the nearest store is assumed."),) if assumed else ()
    return _located(asked, _hex(table), notes=notes)


@address(
    "catchment/radii",
    "store_id, customers, r60_m, r80_m, r95_m, is_sufficient",
    meaning=later("Distance within which 60, 80 and 95 % of a store's located customers live."),
    definition=(_TIERS, later("Stores with fewer than 50 located customers are flagged.")),
)
def radii(asked: Context) -> Result:
    """How far does each store reach? One row per store."""
    cells = outward(asked, 8)
    found = radii_of(areas(asked, 8)[0], "store_id") if cells is None else spelled(radii_outward(cells, "store_id"))
    return _located(asked, found)


def _collide(asked: Context, by: str, size: int) -> pl.DataFrame:
    """Located buyers at physical stores in the last 24 months, whatever the period and place filters."""
    return own(asked, _at_stores(asked.marts, f"{by}_id", asked.as_of, size), "group", f"{by}_id")


@of_rows
def _at_stores(marts: Marts, column: str, as_of: dt.date, size: int) -> pl.DataFrame:
    first = as_of - dt.timedelta(days=_OVERLAP_DAYS)
    rows = spelled(marts.orders.filter(pl.col("local_on").is_between(first, as_of, closed="left")))
    buyers = store_customers(rows, marts.people, by=column, resolution=size, channels=OFFLINE_CHANNELS)
    return buyers.rename({column: "group"})


@of_rows
def _matrix(marts: Marts, by: str, as_of: dt.date, size: int, own: bool) -> pl.DataFrame:  # noqa: FBT001
    """Every ordered pair; no filter changes it, so a server computes it once."""
    column = f"{by}_id"
    buyers = _at_stores(marts, column, as_of, size)
    return overlap_matrix(of_places(marts, buyers, "group", column) if own else buyers, marts.places, by=column)


@address(
    "catchment/overlap",
    "a, b, overlap_index, jaccard, a_in_b, b_in_a, customers_b_in_ta_a, shared_buyers, n_a, n_b",
    meaning=later("How much two stores or agents draw on the same cells; one row an ordered pair."),
    definition=_OVERLAP,
    options={"by": ("store", "agent"), "resolution": None},
)
def overlap(asked: Context, by: str = "store", resolution: int | str = 8) -> Result:
    """Who collides? One row per ordered pair, highest index first."""
    buyers = _collide(asked, by, level(resolution))
    table = _matrix(asked.marts, by, asked.as_of, level(resolution), asked.scope.role == "agent")
    wanted = _pairs(asked, by)
    if wanted is not None:
        table = table.filter(pl.col("a").is_in(wanted) | pl.col("b").is_in(wanted))
    notes = (say("Overlap is measured over the last 24 months, whatever the period chosen."), say(_STRAIGHT))
    return Result(table, buyers["customer_key"].n_unique(), say("located buyers at stores"), notes=notes)


def _pairs(asked: Context, by: str) -> list[str] | None:
    """Stores or agents that the place filters name; None when they name none."""
    chosen = asked.filters
    if not (chosen.store or chosen.agent or chosen.city):
        return None
    return narrow.places(asked)[f"{by}_id"].drop_nulls().unique().to_list()


@address(
    "catchment/pair",
    "cell, share_a, share_b, customers_a, customers_b, both",
    meaning=later("The cells two stores or agents draw from, with each side's share of its demand."),
    definition=_OVERLAP,
    options={"by": ("store", "agent"), "a": None, "b": None, "resolution": None},
)
def pair(asked: Context, a: str = "", b: str = "", by: str = "store", resolution: int | str = 8) -> Result:
    """Where do two of them meet? One row per cell of either; without a pair none.

    Presenters read two agents from published cells (``catchment/neighbours``), without counts: agents consist of stores,
    and parts could be subtracted.

    Raises:
        UsageError: one of them is not here.
    """
    buyers = _collide(asked, by, level(resolution))
    here = {*asked.marts.places[f"{by}_id"], *buyers["group"], ""}
    for side in (a, b):
        if side not in here and not asked.unknown:
            msg = say("No {name} {value} here.", name=say(NAMES[by]), value=side[:60])
            raise UsageError(msg)
    if asked.scope.role == "presenter" and by == PUBLISHED["catchment/pair"]:
        return published_pair(asked, a, b)
    table = _hex(shared_cells(buyers, a, b))
    n = buyers.filter(pl.col("group").is_in([a, b]))["customer_key"].n_unique()
    return Result(table, n, say("located buyers of either"), notes=(say(_STRAIGHT),))


@address(
    "catchment/nearest",
    "customer_id, store_id, distance_m",
    meaning=later("Each located customer's nearest open store."),
    definition=later(
        "Great-circle distance from the home to the nearest store open at as-of; city-only homes left out."
    ),
)
def nearest(asked: Context) -> Result:
    """Which store is nearest to whom? One row per located customer, by id; only the owner reads the shop's own ids."""
    people = narrow.people(asked)
    located = people.drop_nulls("nearest_store_id").filter(pl.col("home_src") != "city")
    table = named(asked, located).select(
        "customer_id", pl.col("nearest_store_id").alias("store_id"), pl.col("nearest_m").alias("distance_m")
    )
    share = located.height / people.height if people.height else None
    return Result(table, people.height, say("customers"), share, say("have a known home"), (say(_STRAIGHT),))


@address(
    "catchment/customers",
    "cell, customers",
    meaning=later("Known customers by home cell."),
    options=RESOLUTION,
)
def customers(asked: Context, resolution: int | str = 8) -> Result:
    """Where do customers live? One row per cell, most customers first."""
    size, known, chosen = level(resolution), people_rows.at_home(asked.marts), people_rows.chosen(asked)
    table = people_rows.cells(asked.marts, size)
    many, located = len(known), int(np.count_nonzero(known))
    if chosen is not None:
        table = people_rows.homes(asked.marts, size).counted(chosen)
        many, located = (int(np.count_nonzero(flags)) for flags in (chosen, known & chosen))
    return Result(_hex(table), many, say("customers"), located / many if many else None, say("have a known home"))


@address(
    "catchment/sales",
    "cell, customers, orders, net_minor",
    meaning=later("Net sales by the home cell of the buyer."),
    options=RESOLUTION,
)
def sales(asked: Context, resolution: int | str = 8) -> Result:
    """Where does the money live? One row per cell, most money first."""
    rows = narrow.numbered(asked, "orders")
    return _located(asked, _hex(metrics.sales_by_cell(rows, asked.marts.people, level(resolution))))


@address(
    "catchment/penetration",
    "cell, members, buyers, penetration",
    meaning=later("Buyers ÷ located members, by home cell."),
    options=RESOLUTION,
)
def penetration(asked: Context, resolution: int | str = 8) -> Result:
    """Where do members buy? One row per cell."""
    table = metrics.penetration(narrow.numbered(asked, "orders"), narrow.people(asked), level(resolution))
    return _located(asked, _hex(table))


@address(
    "catchment/actual",
    "cell, actual_store_id, nearest_store_id, orders, leakage",
    meaning=later("The store each cell really buys at beside its nearest store."),
    definition=later(
        "Modal store over located orders at physical stores; leakage is the share of orders not at the then-nearest "
        "open store."
    ),
    options=RESOLUTION,
)
def actual(asked: Context, resolution: int | str = 8) -> Result:
    """Do they go to the nearest store? One row per cell with a located store order."""
    rows = narrow.orders(asked, *TRIP)
    table = metrics.nearest_vs_actual(rows, asked.marts.people, asked.marts.places, level(resolution))
    return _located(asked, _hex(table))


@address(
    "catchment/leakage",
    "group, orders, away, leakage, inflow, median_detour_m",
    meaning=later("Located store orders made away from the nearest then-open store, by city or store."),
    definition=later(
        "Leakage: located orders of customers nearest to it that went elsewhere ÷ their orders. Inflow: the same seen "
        "from the receiving store."
    ),
    options={"by": ("city", "store")},
)
def leakage(asked: Context, by: str = "city") -> Result:
    """Who loses to whom? One row per city or store."""
    if asked.filters.category or asked.filters.product:
        rows = narrow.orders(asked, *TRIP)
        return _located(asked, metrics.leakage(rows, asked.marts.people, asked.marts.places, by=by))
    made = _trips(asked.marts)
    table = made.leakage(made.among(*narrow.where(asked, "orders")), asked.marts.places, by)
    return _located(asked, table)


@of_rows
def _trips(marts: Marts) -> Trips:
    """Of all orders, made once: a period is a stretch of them, a filter a choice."""
    return Trips.of(marts.orders, marts.people, marts.places)


@address(
    "catchment/interest",
    "cell, dwell_share, sales_share, difference",
    meaning=later("Cells with much product dwell and few sales (and the reverse)."),
    definition=later(
        "Difference = the cell's share of known dwell − its share of net sales, in members with a known home."
    ),
    options=RESOLUTION,
)
def interest(asked: Context, resolution: int | str = 8) -> Result:
    """Where is interest that does not sell? One row per cell, widest gap first."""
    seen = narrow.numbered(asked, "visits")
    table = metrics.interest_minus_sales(seen, narrow.numbered(asked, "lines"), asked.marts.people, level(resolution))
    people = metrics.customers_by_cell(narrow.people(asked), level(resolution))
    return _located(asked, _hex(table.join(people, on="cell", how="left", maintain_order="left")), seen)


@address(
    "catchment/dominance",
    "cell, leader, dominance, effective_stores",
    meaning=later("The leading store of each cell, its share, and how many stores effectively share the cell."),
    definition=later("Dominance = largest share of a cell's customers; effective stores = 1 ÷ Σ share²."),
    options=RESOLUTION,
)
def leaders(asked: Context, resolution: int | str = 8) -> Result:
    """Whose ground is it? One row per cell."""
    buyers, _ = draw(asked, level(resolution))
    return _located(asked, _hex(dominance(buyers.rename({"store_id": "group"}))))


@address("catchment/homes", "home_src, customers", meaning=later("How each customer's home became known."))
def homes(asked: Context) -> Result:
    """How far can the map be trusted? One row per way a home was found; null is unknown."""
    people = narrow.people(asked)
    return Result(metrics.home_coverage(people), people.height, say("customers"))
