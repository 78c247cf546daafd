"""Whose ground: flows between stores, the contested strip, territories and who stands in them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from answers import narrow
from answers.catchment_depth import distance_note, own_note
from answers.grid import RESOLUTION, level
from answers.memo import of_rows
from answers.registry import Result, address
from metrics.breaches import breaches
from metrics.cells import cell_hex
from metrics.contested import bound_now, contested_cells, contested_homes
from metrics.flow_groups import flow_groups, travel_trips
from metrics.openings import open_on
from metrics.territories import in_force, territory_cells
from schema.language import later, say

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

_TERRITORY: Final = later(
    "Territories that hold at as-of, as cells of resolution 8. A radius is drawn around its store; a district is where its "
    "stores and the customers nearest to them are, as no border is known."
)


@address(
    "catchment/flow",
    "nearest, actual, customers, net_minor, orders, share, median_detour_m",
    meaning=later("Located store orders by the nearest then-open store and the one really bought at."),
    definition=later(
        "Orders at physical stores of customers with a known home. Nearest: the store nearest to the home among "
        "those open on the day; share: of all orders with that nearest store, agent or city. Empty actual: another's store."
    ),
    options={"by": ("store", "agent", "city")},
)
def flow(asked: Context, by: str = "store") -> Result:
    """From whose neighbourhood to whose till? One row per pair with an order, most orders first."""
    rows = narrow.orders(asked)
    trips, share = travel_trips(rows, asked.marts.people, asked.marts.places, asked.marts.travel)
    table = flow_groups(trips, asked.marts.places, by)
    keys = rows.filter(pl.col("customer_key").is_not_null())["customer_key"].n_unique()
    found = trips["customer_key"].n_unique()
    notes = (distance_note(asked.marts, share), *own_note(asked))
    return Result(table, trips.height, say("located orders at stores"), found / keys if keys else None,
                  say("of customers have a known home and bought at a store"), notes)  # fmt: skip


@address(
    "catchment/contested",
    "cell, customers, contested, share",
    meaning=later("Cells in which it is unsure whose customers they are."),
    definition=later(
        "Contested: the chance that the nearest store is really the nearest, given the doubt about the home, is below "
        "0.8. From the ledger's bindings at as-of; without any, assumed from homes and the stores open at as-of."
    ),
    options=RESOLUTION,
)
def contested(asked: Context, resolution: int | str = 8) -> Result:
    """Where is the contested strip? One row per cell, most contested customers first."""
    size = level(resolution)
    if asked.marts.bindings.is_empty():
        people = narrow.people(asked).select("customer_key")
        sure = _doubts(asked.marts, asked.as_of).join(people, on="customer_key", how="semi", maintain_order="left")
        notes: tuple[str, ...] = (say("No bindings: whose a customer would be is assumed from the home."),)
    else:
        sure, notes = _bound(asked).filter(pl.col("status").is_in(["exact", "contested"])), ()
    table = contested_cells(sure, size).with_columns(cell_hex(pl.col("cell")).alias("cell"))
    total = narrow.people(asked).height
    share = min(1.0, sure.height / total) if total else None
    straight = say("Distances are straight-line (great-circle).")
    return Result(table, sure.height, say("customers"), share, say("have a place that is known"), (*notes, straight))


@of_rows
def _doubts(marts: Marts, as_of: dt.date) -> pl.DataFrame:
    return contested_homes(marts.people, open_on(marts.places, as_of))


def _bound(asked: Context) -> pl.DataFrame:
    """Spells at as-of of the stores that the place filters leave."""
    midnight = dt.datetime.combine(asked.as_of, dt.time(), ZoneInfo(asked.snapshot.zone)).astimezone(dt.UTC)
    held = bound_now(asked.marts.bindings, midnight)
    chosen = asked.filters
    if not (chosen.store or chosen.agent or chosen.city):
        return held
    return held.join(narrow.places(asked).select("store_id"), on="store_id", how="semi")


@address(
    "catchment/territories",
    "cell, territory_id, agent_id, store_id, kind, protects",
    meaning=later("The ground promised to agents and stores, cell by cell."),
    definition=_TERRITORY,
)
def territories(asked: Context) -> Result:
    """Which ground was promised to whom? One row per territory and cell."""
    cells = _cells(asked.marts, asked.as_of)
    table = _narrowed(asked, cells).with_columns(cell_hex(pl.col("cell")).alias("cell"))
    held = in_force(asked.marts.territories, asked.as_of)
    lost = held.join(cells, on="territory_id", how="anti")["territory_id"].to_list()
    notes = (
        (say("Nothing can be drawn for {territories}: no such store, cell or district.", territories=", ".join(lost)),)
        if lost
        else ()
    )
    return Result(table, table["territory_id"].n_unique(), say("territories"), notes=(*notes, *own_note(asked)))


@of_rows
def _cells(marts: Marts, as_of: dt.date) -> pl.DataFrame:
    homes = marts.people.filter(pl.col("home_src").ne_missing("city")).select(lat="home_lat", lng="home_lng")
    held = in_force(marts.territories, as_of)
    districts = held.filter(pl.col("kind") == "district")
    known = homes if districts.height else homes.clear()
    return territory_cells(held, open_on(marts.places, as_of), known)


@address(
    "catchment/breaches",
    "territory_id, agent_id, kind, other_agent_id, other_id, count, is_earlier, protects",
    meaning=later("Stores, bindings and territories of others on promised ground."),
    definition=(
        _TERRITORY,
        later(
            "Store: another's store in a territory that protects opening (earlier: it was there first). "
            "Binding: customers bound to another in one that protects binding. Overlap: cells also promised to another."
        ),
    ),
)
def breached(asked: Context) -> Result:
    """Who stands on somebody else's ground? One row per breach."""
    places = open_on(asked.marts.places, asked.as_of)
    midnight = dt.datetime.combine(asked.as_of, dt.time(), ZoneInfo(asked.snapshot.zone)).astimezone(dt.UTC)
    bound = bound_now(asked.marts.bindings, midnight)
    cells = _cells(asked.marts, asked.as_of)
    table = _narrowed(asked, breaches(asked.marts.territories, places, cells, bound, asked.as_of))
    notes = (say("An agent sees the own territories alone."),) if asked.scope.role == "agent" else ()
    held = in_force(asked.marts.territories, asked.as_of)
    return Result(table, held.height, say("territories"), notes=notes)


def _narrowed(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    """Territories of the agents and stores that the place filters name."""
    chosen = asked.filters
    if not (chosen.store or chosen.agent or chosen.city):
        return table
    here = narrow.places(asked)
    held = asked.marts.territories.filter(
        pl.col("agent_id").is_in(here["agent_id"].drop_nulls().implode())
        | pl.col("store_id").is_in(here["store_id"].implode())
    )
    return table.join(held.select("territory_id"), on="territory_id", how="semi", maintain_order="left")
