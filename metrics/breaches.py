"""Who stands on ground that was promised to somebody else?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.cells import cell_centre
from metrics.territories import in_force, inside

if TYPE_CHECKING:
    import datetime as dt

BREACHES: Final[dict[str, type[pl.DataType]]] = {
    "territory_id": pl.String,
    "agent_id": pl.String,
    "kind": pl.String,
    "other_agent_id": pl.String,
    "other_id": pl.String,
    "count": pl.Int64,
    "is_earlier": pl.Boolean,
    "protects": pl.String,
}


def breaches(
    territories: pl.DataFrame, places: pl.DataFrame, cells: pl.DataFrame, bound: pl.DataFrame, on: dt.date
) -> pl.DataFrame:
    """Which stores, bindings and territories of others lie in each territory?

    Args:
        territories: ``Territories``.
        places: ``Places`` that are open.
        cells: ``metrics.territories.territory_cells`` of the territories that hold.
        bound: ``Bindings`` that hold on the day.
        on: the local day.

    Returns:
        One row per breach (``BREACHES``): ``kind`` is ``store`` (``other_id`` is a store of another agent, in a
        territory that protects openings; ``is_earlier``: it traded before the territory began), ``binding``
        (``count`` customers bound to another agent, in one that protects bindings) or ``overlap`` (``other_id`` is a
        territory of another agent, ``count`` their common cells of resolution 8). Head office's own stores count as
        another's; what has no owner does not.

    Raises:
        ContractError: a required column is missing.
    """
    held = in_force(territories, on)
    parts = [
        pl.DataFrame(schema=BREACHES),
        _stores(in_force(territories, on, "opening"), places),
        _bindings(in_force(territories, on, "binding"), places, bound),
        _overlaps(held, cells),
    ]
    return pl.concat(parts).sort("territory_id", "kind", "other_agent_id", "other_id", nulls_last=True)


def _stores(held: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    here = places.drop_nulls(["lat", "lng"])
    owners = here.with_row_index("row").select(
        pl.col("row").cast(pl.Int64), "opened_on", other_agent_id="agent_id", other_id="store_id"
    )
    found = inside(here, held, here).join(owners, on="row").join(_owners(held), on="territory_id")
    others = found.filter(_is_others(), pl.col("other_id").ne_missing(pl.col("store_id")))
    return others.select(
        "territory_id",
        "agent_id",
        pl.lit("store").alias("kind"),
        "other_agent_id",
        "other_id",
        pl.lit(1, pl.Int64).alias("count"),
        _is_earlier("opened_on").alias("is_earlier"),
        "protects",
    )


def _bindings(held: pl.DataFrame, places: pl.DataFrame, bound: pl.DataFrame) -> pl.DataFrame:
    owned = bound.filter(pl.col("store_id").is_not_null()).drop_nulls("cell")
    counted = owned.group_by("cell", pl.col("agent_id").alias("other_agent_id")).agg(pl.len().alias("_customers"))
    at = cell_centre(counted.sort("cell", "other_agent_id")).with_row_index("row")
    found = inside(at, held, places.drop_nulls(["lat", "lng"])).join(
        at.select(pl.col("row").cast(pl.Int64), "other_agent_id", "_customers"), on="row"
    )
    others = found.join(_owners(held), on="territory_id").filter(_is_others())
    summed = others.group_by("territory_id", "agent_id", "protects", "other_agent_id").agg(
        pl.col("_customers").sum().cast(pl.Int64).alias("count")
    )
    return summed.select(
        "territory_id",
        "agent_id",
        pl.lit("binding").alias("kind"),
        "other_agent_id",
        pl.lit(None, pl.String).alias("other_id"),
        "count",
        pl.lit(None, pl.Boolean).alias("is_earlier"),
        "protects",
    )


def _overlaps(held: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    mine = cells.select("cell", "territory_id", "agent_id", "protects")
    theirs = cells.select("cell", other_id="territory_id", other_agent_id="agent_id")
    both = mine.join(theirs, on="cell").join(held.select("territory_id", "valid_from"), on="territory_id")
    both = both.filter(pl.col("territory_id") != pl.col("other_id"), _is_others())
    began = held.select(other_id="territory_id", _other_from="valid_from")
    summed = both.group_by("territory_id", "agent_id", "other_agent_id", "other_id", "protects", "valid_from").agg(
        pl.len().cast(pl.Int64).alias("count")
    )
    return summed.join(began, on="other_id").select(
        "territory_id",
        "agent_id",
        pl.lit("overlap").alias("kind"),
        "other_agent_id",
        "other_id",
        "count",
        _is_earlier("_other_from").alias("is_earlier"),
        "protects",
    )


def _owners(held: pl.DataFrame) -> pl.DataFrame:
    return held.select("territory_id", "agent_id", "store_id", "protects", "valid_from")


def _is_others() -> pl.Expr:
    return pl.col("agent_id").ne_missing(pl.col("other_agent_id"))


def _is_earlier(began: str) -> pl.Expr:
    """Whether something was there before the territory; nothing precedes one that holds since ever."""
    earlier = pl.col(began).is_null() | (pl.col(began) < pl.col("valid_from"))
    return pl.col("valid_from").is_not_null() & earlier.fill_null(value=False)
