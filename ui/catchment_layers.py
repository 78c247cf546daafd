"""Two more layers of the Catchment map: where it is unsure whose customers they are, and what was promised to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers.catchment_headlines import OWN
from answers.known import owner_names
from charts.map_cells import parents
from schema.language import say

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

FEW_CUSTOMERS: Final = 5
"""A share of fewer customers is noise, so its cell is not drawn."""
_PROMISED: Final = 8
"""Resolution in which territories are kept."""

Asked = tuple[str, "Answer", dict[str, Any]]


def contested(view: View, resolution: int) -> Asked:
    """Cells with the share of their customers whose nearest store is doubtful."""
    answer = view.ask("catchment/contested", resolution=resolution)
    return "contested_map", replace(answer, table=answer.table.filter(pl.col("customers") >= FEW_CUSTOMERS)), {}


def territories(view: View, resolution: int) -> Asked:
    """Promised cells, one row each, with whoever they were promised to first and whether that is breached."""
    answer = view.ask("catchment/territories")
    rows = answer.table.with_columns(_int(pl.col("cell")).alias("_at"), _owner())
    lifted = rows.with_columns(parents(rows["_at"], min(resolution, _PROMISED)).alias("_at"))
    strangers = _strangers(view, min(resolution, _PROMISED))
    cells = (
        lifted.sort("territory_id")
        .group_by("_at", maintain_order=True)
        .agg(
            pl.col("group").first(),
            pl.col("territory_id").unique(maintain_order=True).str.join(" ").alias("territories"),
            (pl.col("group").n_unique() > 1).alias("breached"),
        )
        .with_columns((pl.col("breached") | pl.col("_at").is_in(strangers.implode())).alias("breached"))
    )
    hexed = [f"{cell:x}" for cell in cells["_at"]]
    table = cells.with_columns(pl.Series("cell", hexed, dtype=pl.String)).drop("_at")
    return "territory_map", replace(answer, table=table), {"names": owner_names(view.marts)}


def _strangers(view: View, resolution: int) -> pl.Series:
    """Cells in which another's store stands on promised ground."""
    others = view.ask("catchment/breaches").table.filter(pl.col("kind") == "store")["other_id"]
    at = view.marts.places.filter(pl.col("store_id").is_in(others.implode())).drop_nulls("cell")["cell"]
    return parents(at, resolution)


def _owner() -> pl.Expr:
    return pl.coalesce("agent_id", "store_id", pl.lit(say(OWN))).alias("group")


def _int(cell: pl.Expr) -> pl.Expr:
    return cell.str.to_integer(base=16, dtype=pl.Int64)
