"""Small worlds to bind customers in: places are metres north and east of one point near Shanghai; times are local."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from metrics.binding import BindingFacts
from schema.marts import Territories

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

ZONE = "Asia/Shanghai"
UTC = pl.Datetime("us", "UTC")
LAT, LNG = 31.0, 121.0
NORTH_M = 111_195.08  # metres a degree on the mean sphere
EAST_M = 95_313.4  # the same along the parallel of 31° N

_CUSTOMERS: dict[str, PolarsDataType] = {
    "customer_key": pl.Int64, "registered_at": UTC, "home_lat": pl.Float64, "home_lng": pl.Float64,
    "home_src": pl.String, "home_precision_m": pl.Float64, "city": pl.String,
}  # fmt: skip
_FIXES: dict[str, PolarsDataType] = {
    "customer_key": pl.Int64, "fixed_at": UTC, "lat": pl.Float64, "lng": pl.Float64, "accuracy_m": pl.Float64,
    "src": pl.String, "context_store_id": pl.String, "fix_id": pl.String,
}  # fmt: skip
_CLAIMS: dict[str, PolarsDataType] = {
    "customer_key": pl.Int64,
    "at": UTC,
    "store_id": pl.String,
    "guide_id": pl.String,
    "method": pl.String,
}
_ORDERS: dict[str, PolarsDataType] = {"customer_key": pl.Int64, "paid_at": UTC, "store_id": pl.String}
_STORES: dict[str, PolarsDataType] = {
    "store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64, "opened_on": pl.Date, "closed_on": pl.Date,
    "accepts_binding": pl.Boolean, "agent_id": pl.String, "area_m2": pl.Float64, "city": pl.String,
    "district": pl.String, "zone": pl.String,
}  # fmt: skip
_TERRITORIES: dict[str, PolarsDataType] = {name: rule.dtype for name, rule in Territories.columns().items()}


def local(text: str) -> dt.datetime:
    """An instant, as a clock in Shanghai shows it: ``2026-01-10 20:00:00`` or ``2026-01-10``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)


def at_m(north: float, east: float = 0.0) -> dict[str, float]:
    return {"lat": LAT + north / NORTH_M, "lng": LNG + east / EAST_M}


def store(store_id: str, north: float, east: float = 0.0, **about: Any) -> dict[str, Any]:
    return {"store_id": store_id, **at_m(north, east), "accepts_binding": True, **about}


def customer(key: int, registered: str, north: float | None = None, east: float = 0.0, **about: Any) -> dict[str, Any]:
    row = {"customer_key": key, "registered_at": local(registered), **about}
    if north is not None:
        place = at_m(north, east)
        row |= {"home_lat": place["lat"], "home_lng": place["lng"], "home_src": about.get("home_src", "address")}
    return row


def fix(key: int, at: str, north: float, east: float = 0.0, **about: Any) -> dict[str, Any]:
    row = {"customer_key": key, "fixed_at": local(at), **at_m(north, east), "src": "gps", "accuracy_m": 20.0}
    return row | {"fix_id": f"{key}-{at}"} | about


def claim(key: int, at: str, store_id: str, method: str = "scan", guide_id: str | None = None) -> dict[str, Any]:
    return {"customer_key": key, "at": local(at), "store_id": store_id, "method": method, "guide_id": guide_id}


def order(key: int, at: str, store_id: str | None = None) -> dict[str, Any]:
    return {"customer_key": key, "paid_at": local(at), "store_id": store_id}


def territory(territory_id: str, kind: str, value: str, **about: Any) -> dict[str, Any]:
    return {"territory_id": territory_id, "kind": kind, "value": value, "protects": "binding", **about}


def facts(
    stores: list[dict[str, Any]],
    customers: list[dict[str, Any]],
    *,
    fixes: list[dict[str, Any]] | None = None,
    claims: list[dict[str, Any]] | None = None,
    orders: list[dict[str, Any]] | None = None,
    territories: list[dict[str, Any]] | None = None,
) -> BindingFacts:
    return BindingFacts(
        pl.DataFrame(customers, schema=_CUSTOMERS),
        pl.DataFrame(fixes or [], schema=_FIXES),
        pl.DataFrame(claims or [], schema=_CLAIMS),
        pl.DataFrame(orders or [], schema=_ORDERS),
        pl.DataFrame(stores, schema=_STORES),
        pl.DataFrame(territories or [], schema=_TERRITORIES),
        ZONE,
    )


def owner_at(spells: pl.DataFrame, key: int, at: str) -> str | None:
    """Whose the customer was: the latest row that had begun by then."""
    rows = spells.filter(pl.col("customer_key") == key, pl.col("valid_from") <= local(at))
    found: str | None = rows["store_id"][-1]
    return found


def told(spells: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the spells; instants as the local clock shows them."""
    shown = [
        pl.col(c).dt.convert_time_zone(ZONE).dt.strftime("%Y-%m-%d %H:%M:%S") if spells[c].dtype == UTC else pl.col(c)
        for c in columns
    ]
    return spells.select(shown).rows()
