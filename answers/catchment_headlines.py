"""The findings of the Catchment page's deeper cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.phrases import percent, whole_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from answers.answer import Answer
    from answers.registry import Result

    HasTable = Answer | Result

OWN: Final = "Head office"
_FEWEST: Final = 30
"""Orders from elsewhere below which a store's inflow is no finding."""


def largest_flow(answer: HasTable) -> tuple[str | None, str | None] | None:
    """The pair (nearest, actual) with most orders away from the nearest; None when nobody leaves."""
    away = answer.table.filter(pl.col("nearest").ne_missing(pl.col("actual")))
    if away.is_empty():
        return None
    top = away.sort("orders", "nearest", "actual", descending=[True, False, False]).row(0, named=True)
    return top["nearest"], top["actual"]


def flows(answer: HasTable, names: Mapping[str, str], nobody: str = OWN) -> str:
    """``22.8 % of orders near Suzhou A are made at Wuxi B``: the largest flow from one to another."""
    pair = largest_flow(answer)
    if pair is None:
        return "Nobody buys away from the nearest" if answer.table.height else "From whose neighbourhood to whose till"
    start, end = pair
    row = answer.table.filter(pl.col("nearest").eq_missing(pl.lit(start)), pl.col("actual").eq_missing(pl.lit(end)))
    share = percent(float(row["share"][0]))
    return f"{share} of the orders nearest to {_name(start, names, nobody)} are made at {_name(end, names, nobody)}"


def drawn(answer: HasTable) -> pl.DataFrame:
    """Stores that draw past a nearer one, most such orders first: the answer's columns and ``drawn`` (orders)."""
    many = (pl.col("inflow") * pl.col("received")).round().cast(pl.Int64).alias("drawn")
    ranked = answer.table.with_columns(many).filter(pl.col("drawn") >= 1)
    return ranked.sort("drawn", "group", descending=[True, False])


def inflow(answer: HasTable, names: Mapping[str, str]) -> str:
    """``Beijing Mall draws 31 % of its orders past a nearer store, 3.5 km out of their way``."""
    ranked = drawn(answer)
    if ranked.is_empty() or ranked["drawn"][0] < _FEWEST:
        return "Who draws people past a nearer store"
    row = ranked.row(0, named=True)
    detour = f"{row['median_inflow_detour_m'] / 1000:.1f} km"
    name = names.get(row["group"], row["group"])
    return f"{name} draws {whole_percent(row['inflow'])} of its orders past a nearer store, a detour of {detour}"


def size_and_distance(answer: HasTable) -> str:
    """``Size and distance foretell the store better than the nearest in 8 of 8 cities``."""
    fitted = answer.table.filter(~pl.col("is_fallback")).drop_nulls(["log_loss", "baseline_log_loss"])
    if fitted.is_empty():
        return "What size and distance weigh"
    cities = fitted.filter(pl.col("city").is_not_null()) if fitted.height > 1 else fitted
    better = int((cities["log_loss"] < cities["baseline_log_loss"]).sum())
    of = f"in {better} of {cities.height} cities" if cities.height > 1 else "here" if better else "nowhere"
    return f"Size and distance foretell the store better than the nearest {of}"


def distance_weighs(answer: HasTable) -> str:
    """``Twice the distance, a quarter of the chance``: what β says, in words."""
    fitted = answer.table.filter(~pl.col("is_fallback"))
    if fitted.is_empty():
        return "What size and distance weigh"
    row = fitted.row(0, named=True)
    near, large = 2 ** -row["beta"], 2 ** row["alpha"]
    return f"Twice as far leaves {whole_percent(near)} of the pull; twice the floor makes it {large:.1f} times"


def fallbacks(answer: HasTable) -> list[str]:
    """Where no model could be fitted, and what is assumed there."""
    rows = answer.table.filter("is_fallback").iter_rows(named=True)
    return [
        f"{row['city'] or 'All cities'}: α = {row['alpha']:g} and β = {row['beta']:g} are assumed, not fitted"
        + (f" ({row['reason']})." if row["reason"] else ".")
        for row in rows
    ]


def exceptions(answer: HasTable, names: Mapping[str, str]) -> list[str]:
    """Stores that draw more than size and place explain; the fit leaves them out."""
    return [
        f"{names.get(row['store_id'], row['store_id'])} has {percent(row['ratio'] - 1)} more orders than its size and place "
        f"explain ({row['observed']:,} against {row['expected']:,.0f}). The fit leaves it out."
        for row in answer.table.filter("is_exception").iter_rows(named=True)
    ]


def opening(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """``45 % of Tianfu's sales came from Brocade Park (90 % interval 7 to 88 %)``."""
    new, old = (names.get(str(row[side]), str(row[side])) for side in ("new_store", "store_id"))
    if row["rate"] is None:
        return f"What {new} took from {old} cannot be told yet"
    if row["rate"] <= 0:
        return f"{old} lost nothing to {new}{_between(row['low'], row['high'])}"
    return f"{whole_percent(row['rate'])} of {new}'s sales came from {old}{_between(row['low'], row['high'])}"


def opening_doubt(row: Mapping[str, Any]) -> str:
    """How far the interval and the placebo let one believe the rate, in words."""
    if row["rate"] is None or row["low"] is None or row["high"] is None:
        return "No interval: there are too few customers or no control store."
    said = (
        "The interval leaves out zero: something was taken, how much stays open."
        if row["low"] > 0
        else "The interval holds zero: it is not proven that anything was taken."
    )
    if row["placebo_share"] is None:
        return said
    return f"{said} By chance alone, {whole_percent(row['placebo_share'])} of the controls fell as far behind."


def encroached(row: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """``It would take 38 % of Wuxi Lake Station's core customers``; a franchisee's store is called so."""
    if row is None:
        return "It would take nobody's core customers"
    whose = "a franchisee's core" if row["agent_id"] is not None else "core customers"
    name = names.get(str(row["store_id"]), str(row["store_id"]))
    if whose == "core customers":
        return f"It would take {whole_percent(row['encroachment'])} of {name}'s core customers"
    return f"It would take {whole_percent(row['encroachment'])} of a franchisee's core: {name}"


def breach(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One breach as a sentence."""
    mine = _name(row["agent_id"], names, OWN)
    other = _name(row["other_agent_id"], names, OWN)
    ground = f"{row['territory_id']} (promised to {mine})"
    if row["kind"] == "store":
        store = names.get(str(row["other_id"]), str(row["other_id"]))
        since = "; it was there first" if row["is_earlier"] else ""
        return f"{store} of {other} stands in {ground}{since}."
    if row["kind"] == "binding":
        return f"{row['count']:,} customers who live in {ground} are bound to {other}."
    return f"{row['count']:,} cells of {ground} are also promised to {other}{_as(row['other_id'])}."


def breached(answer: HasTable) -> str:
    """``3 breaches in 2 territories``, or that every promise is kept."""
    table = answer.table
    if table.is_empty():
        return "Nobody stands on somebody else's ground"
    many, where = table.height, table["territory_id"].n_unique()
    return f"{many} {'breach' if many == 1 else 'breaches'} in {where} {'territory' if where == 1 else 'territories'}"


def _as(other: str | None) -> str:
    return "" if other is None else f" as {other}"


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" (90 % interval {100 * low:.0f} to {100 * high:.0f} %)".replace("-", "−")


def _name(key: str | None, names: Mapping[str, str], nobody: str) -> str:
    return nobody if key is None else names.get(key, key)
