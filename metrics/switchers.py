"""Who went over to a new store, with how much money, and whose customers live nearer to it?

Three different things: *exposure* (customers for whom the new store is nearer), *transfer* (money that known people
moved) and *impact* (what the neighbour lost against its controls, ``metrics.cannibalisation``). None stands for another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.rules import one_currency, require, share, without_staff
from schema.geodesy import haversine_m

if TYPE_CHECKING:
    import datetime as dt

    from metrics.openings import Opening

_SWITCHED: Final = {
    "new_store": pl.String, "store_id": pl.String, "customers": pl.Int64, "shared": pl.Int64, "switchers": pl.Int64,
    "before_minor": pl.Int64, "after_minor": pl.Int64, "new_minor": pl.Int64, "transfer_minor": pl.Int64,
}  # fmt: skip
_EXPOSED: Final = {
    "new_store": pl.String, "store_id": pl.String, "customers": pl.Int64, "exposed": pl.Int64, "exposure": pl.Float64,
}  # fmt: skip


def switchers(orders: pl.DataFrame, cases: list[Opening]) -> pl.DataFrame:
    """Which known customers of a neighbour went over to the new store?

    Args:
        orders: ``OrderFacts`` in one currency, every day of the data.
        cases: as ``metrics.openings.openings`` finds them.

    Returns:
        One row per new store and neighbour: ``customers`` (members who bought at the neighbour before the opening),
        ``shared`` (of these, who bought at the new store since), ``switchers`` (of these, who spend less a day at the
        neighbour than before). Of the switchers: ``before_minor`` (spend at the neighbour before the opening, brought
        to as many days as have passed since), ``after_minor`` (there since), ``new_minor`` (at the new store) and
        ``transfer_minor`` (Σ of the smaller of what they spend less there and what they spend at the new store).

    Raises:
        ContractError: a required column is missing.
        UsageError: the orders are in several currencies.
    """
    require(orders, "orders", "customer_key", "local_on", "store_id", "net_minor")
    one_currency(orders, "orders")
    if not cases:
        return pl.DataFrame(schema=_SWITCHED)
    known = without_staff(orders).filter(pl.col("customer_key").is_not_null())
    days = known["local_on"]
    rows = [_switched(known, case, days.min(), days.max()) for case in cases]  # type: ignore[arg-type]
    return pl.DataFrame(rows, schema=_SWITCHED, orient="row").sort("new_store", "store_id")


def _switched(known: pl.DataFrame, case: Opening, first: dt.date | None, last: dt.date | None) -> dict[str, object]:
    on, store, net = pl.col("local_on"), pl.col("store_id"), pl.col("net_minor")
    since = on >= case.opened_on
    at_own, at_new = store == case.store_id, store == case.new_store
    before_days = (case.opened_on - first).days if first else 0
    after_days = (last - case.opened_on).days + 1 if last else 0
    scale = after_days / before_days if before_days > 0 else 0.0
    people = (
        known.filter(at_own | at_new)
        .group_by("customer_key")
        .agg(
            (at_own & ~since).any().alias("was"),
            (at_new & since).any().alias("came"),
            (net.filter(at_own & ~since).sum() * scale).alias("before"),
            net.filter(at_own & since).sum().alias("after"),
            net.filter(at_new & since).sum().alias("new"),
        )
        .filter("was")
    )
    moved = people.filter("came")
    down = moved.filter(pl.col("after") < pl.col("before"))
    less = pl.min_horizontal(pl.col("before") - pl.col("after"), pl.col("new").clip(0))
    return {
        "new_store": case.new_store,
        "store_id": case.store_id,
        "customers": people.height,
        "shared": moved.height,
        "switchers": down.height,
        "before_minor": round(float(down["before"].sum())),
        "after_minor": down["after"].sum(),
        "new_minor": down["new"].sum(),
        "transfer_minor": round(float(down.select(less.sum()).item())),
    }


def exposure(orders: pl.DataFrame, people: pl.DataFrame, places: pl.DataFrame, cases: list[Opening]) -> pl.DataFrame:
    """For how many of a neighbour's customers is the new store the nearer one?

    Args:
        orders: ``OrderFacts``; those before the opening count.
        people: ``People``; homes known only by city are left out.
        places: ``Places``.
        cases: as ``metrics.openings.openings`` finds them.

    Returns:
        One row per new store and neighbour: ``new_store, store_id, customers`` (located members who bought at the
        neighbour before the opening), ``exposed`` (of these, who live nearer to the new store, in a straight line) and
        ``exposure`` (exposed ÷ customers).

    Raises:
        ContractError: a required column is missing.
    """
    require(orders, "orders", "customer_key", "local_on", "store_id")
    require(people, "people", "customer_key", "home_src", "home_lat", "home_lng")
    homes = people.filter(pl.col("home_src").ne_missing("city")).drop_nulls(["home_lat", "home_lng"])
    homes = homes.select("customer_key", "home_lat", "home_lng")
    bought = without_staff(orders).select("customer_key", "local_on", "store_id").drop_nulls()
    rows = [_exposed(bought, homes, places, case) for case in cases]
    table = pl.DataFrame(rows, schema=_EXPOSED, orient="row")
    return table.sort("new_store", "store_id")


def _exposed(bought: pl.DataFrame, homes: pl.DataFrame, places: pl.DataFrame, case: Opening) -> dict[str, object]:
    theirs = bought.filter(pl.col("store_id") == case.store_id, pl.col("local_on") < case.opened_on)
    located = homes.join(theirs, on="customer_key", how="semi")
    ways = [_metres_to(places, store) for store in (case.new_store, case.store_id)]
    counted = located.select(
        pl.len().alias("customers"), (ways[0] < ways[1]).sum().cast(pl.Int64).alias("exposed")
    ).with_columns(exposure=share(pl.col("exposed"), pl.col("customers")))
    return {"new_store": case.new_store, "store_id": case.store_id, **counted.row(0, named=True)}


def _metres_to(places: pl.DataFrame, store: str) -> pl.Expr:
    at = places.row(by_predicate=pl.col("store_id") == store, named=True)
    lat, lng = pl.lit(at["lat"], pl.Float64), pl.lit(at["lng"], pl.Float64)
    return haversine_m(pl.col("home_lat"), pl.col("home_lng"), lat, lng)
