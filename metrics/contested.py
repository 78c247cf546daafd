"""Where does nobody know for sure whose a customer is?

Between two stores lies a strip in which the doubt about a home is wider than the difference of the ways. With bindings
it is what the ledger found; without, each home's doubt is set against its two nearest open stores (T15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_choice import confidence
from metrics.cells import parent
from metrics.nearest import nearest_k
from metrics.rules import require, share, without_staff
from metrics.travel import metres_between_rows

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONTESTED_BELOW: Final = 0.80
_DOUBT_M: Final = {"address": 100.0, "registration": 300.0}
_USUAL_DOUBT_M: Final = 200.0


def contested_homes(people: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """How sure is the nearest store of each located customer?

    Args:
        people: ``People``; homes known only by city are left out.
        places: ``Places`` that are open.

    Returns:
        One row per located customer while any store has a position: ``customer_key, cell`` (resolution 9),
        ``confidence``.

    Raises:
        ContractError: a required column is missing.
    """
    require(people, "people", "customer_key", "home_src", "home_lat", "home_lng", "home_cell", "home_precision_m")
    homes = without_staff(people).filter(pl.col("home_src").ne_missing("city")).drop_nulls(["home_lat", "home_cell"])
    guess = pl.col("home_src").replace_strict(_DOUBT_M, default=_USUAL_DOUBT_M, return_dtype=pl.Float64)
    doubt = pl.when(pl.col("home_precision_m") > 0).then(pl.col("home_precision_m")).otherwise(guess)
    homes = homes.select(
        "customer_key", pl.col("home_cell").alias("cell"), pl.col("home_lat").alias("lat"),
        pl.col("home_lng").alias("lng"), doubt.alias("doubt"),
    )  # fmt: skip
    ranked = nearest_k(homes, places, 2)
    first = ranked.filter(pl.col("rank") == 1)
    second = ranked.filter(pl.col("rank") == 2).select(  # noqa: PLR2004  (the runner-up)
        "customer_key", other="near_store_id", other_m="near_m"
    )
    both = first.join(second, on="customer_key", how="left", maintain_order="left")
    at = [_positions(places, both[name]) for name in ("near_store_id", "other")]
    sure = confidence(
        both["near_m"].to_numpy(),
        both["other_m"].fill_null(float("inf")).to_numpy(),
        metres_between_rows(*at[0], *at[1]),
        both["doubt"].to_numpy(),
    )
    return both.select("customer_key", "cell", pl.Series("confidence", sure, dtype=pl.Float64))


def _positions(places: pl.DataFrame, ids: pl.Series) -> tuple[Floats, Floats]:
    at = ids.to_frame("store_id").join(places.select("store_id", "lat", "lng"), on="store_id", how="left")
    return at["lat"].to_numpy().astype(np.float64), at["lng"].to_numpy().astype(np.float64)


def bound_now(bindings: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """Whose is each customer at an instant?

    Args:
        bindings: ``Bindings``.
        as_of: the instant (UTC).

    Returns:
        The spells that hold then; at most one a customer.

    Raises:
        ContractError: a required column is missing.
    """
    require(bindings, "bindings", "customer_key", "valid_from", "valid_to")
    ends = pl.col("valid_to").is_null() | (pl.col("valid_to") > as_of)
    return bindings.filter(pl.col("valid_from") <= as_of, ends)


def contested_cells(sure: pl.DataFrame, resolution: int) -> pl.DataFrame:
    """In which cells is it unsure whose the customers are?

    Args:
        sure: ``customer_key, cell, confidence``, a row a customer, and ``status`` where the ledger gave one.
        resolution: of the cells.

    Returns:
        One row per cell with a customer, most contested first: ``cell, customers, contested`` (confidence below 0.8,
        or so called by the ledger) and ``share`` (contested ÷ customers).

    Raises:
        ContractError: a required column is missing.
    """
    require(sure, "customers", "customer_key", "cell", "confidence")
    doubtful = (pl.col("confidence") < CONTESTED_BELOW).fill_null(value=False)
    if "status" in sure.columns:
        doubtful = doubtful | (pl.col("status") == "contested")
    return (
        sure.select(parent(pl.col("cell"), resolution).alias("cell"), doubtful.alias("_in_doubt"))
        .drop_nulls("cell")
        .group_by("cell")
        .agg(pl.len().cast(pl.Int64).alias("customers"), pl.col("_in_doubt").sum().cast(pl.Int64).alias("contested"))
        .with_columns(share=share(pl.col("contested"), pl.col("customers")))
        .sort("contested", "customers", "cell", descending=[True, True, False])
    )
