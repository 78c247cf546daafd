"""The findings of the Catchment page's deeper cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.language import from_python, later, plural, say
from schema.phrases import percent, whole_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from answers.answer import Answer
    from answers.registry import Result

    HasTable = Answer | Result

OWN: Final = later("Head office")
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
        return (
            say("Nobody buys away from the nearest")
            if answer.table.height
            else say("From whose neighbourhood to whose till")
        )
    start, end = pair
    row = answer.table.filter(pl.col("nearest").eq_missing(pl.lit(start)), pl.col("actual").eq_missing(pl.lit(end)))
    share = percent(float(row["share"][0]))
    return say(
        "{share} of the orders nearest to {start} are made at {end}",
        share=share,
        start=_name(start, names, nobody),
        end=_name(end, names, nobody),
    )


def drawn(answer: HasTable) -> pl.DataFrame:
    """Stores that draw past a nearer one, most such orders first: the answer's columns and ``drawn`` (orders)."""
    many = (pl.col("inflow") * pl.col("received")).round().cast(pl.Int64).alias("drawn")
    ranked = answer.table.with_columns(many).filter(pl.col("drawn") >= 1)
    return ranked.sort("drawn", "group", descending=[True, False])


def inflow(answer: HasTable, names: Mapping[str, str]) -> str:
    """``Beijing Mall draws 31 % of its orders past a nearer store, 3.5 km out of their way``."""
    ranked = drawn(answer)
    if ranked.is_empty() or ranked["drawn"][0] < _FEWEST:
        return say("Who draws people past a nearer store")
    row = ranked.row(0, named=True)
    detour = from_python(f"{row['median_inflow_detour_m'] / 1000:.1f} km")
    name = names.get(row["group"], row["group"])
    return say(
        "{store} draws {part} of its orders past a nearer store, a detour of {detour}",
        store=name,
        part=whole_percent(row["inflow"]),
        detour=detour,
    )


def size_and_distance(answer: HasTable) -> str:
    """``Size and distance foretell the store better than the nearest in 8 of 8 cities``."""
    fitted = answer.table.filter(~pl.col("is_fallback")).drop_nulls(["log_loss", "baseline_log_loss"])
    if fitted.is_empty():
        return say("What size and distance weigh")
    cities = fitted.filter(pl.col("city").is_not_null()) if fitted.height > 1 else fitted
    better = int((cities["log_loss"] < cities["baseline_log_loss"]).sum())
    if cities.height > 1:
        return say(
            "Size and distance foretell the store better than the nearest in {better} of {cities} cities",
            better=better,
            cities=cities.height,
        )
    if better:
        return say("Size and distance foretell the store better than the nearest here")
    return say("Size and distance foretell the store better than the nearest nowhere")


def distance_weighs(answer: HasTable) -> str:
    """``Twice the distance, a quarter of the chance``: what β says, in words."""
    fitted = answer.table.filter(~pl.col("is_fallback"))
    if fitted.is_empty():
        return say("What size and distance weigh")
    row = fitted.row(0, named=True)
    near, large = 2 ** -row["beta"], 2 ** row["alpha"]
    return say(
        "Twice as far leaves {near} of the pull; twice the floor makes it {large} times",
        near=whole_percent(near),
        large=from_python(f"{large:.1f}"),
    )


def fallbacks(answer: HasTable) -> list[str]:
    """Where no model could be fitted, and what is assumed there."""
    rows = answer.table.filter("is_fallback").iter_rows(named=True)
    return [_fallback(row) for row in rows]


def _fallback(row: Mapping[str, Any]) -> str:
    values = {
        "city": row["city"] or say("All cities"),
        "alpha": from_python(f"{row['alpha']:g}"),
        "beta": from_python(f"{row['beta']:g}"),
    }
    if row["reason"]:
        return say(
            "{city}: α = {alpha} and β = {beta} are assumed, not fitted ({reason}).",
            reason=say(row["reason"]),
            **values,
        )
    return say("{city}: α = {alpha} and β = {beta} are assumed, not fitted.", **values)


def exceptions(answer: HasTable, names: Mapping[str, str]) -> list[str]:
    """Stores that draw more than size and place explain; the fit leaves them out."""
    return [
        say(
            "{store} has {part} more orders than its size and place explain ({observed} against {expected}). "
            "The fit leaves it out.",
            store=names.get(row["store_id"], row["store_id"]),
            part=percent(row["ratio"] - 1),
            observed=row["observed"],
            expected=round(row["expected"]),
        )
        for row in answer.table.filter("is_exception").iter_rows(named=True)
    ]


def opening(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """``45 % of Tianfu's sales came from Brocade Park (90 % interval 7 to 88 %)``."""
    new, old = (names.get(str(row[side]), str(row[side])) for side in ("new_store", "store_id"))
    if row["rate"] is None:
        return say("What {new} took from {old} cannot be told yet", new=new, old=old)
    if row["rate"] <= 0:
        return say("{old} lost nothing to {new}", old=old, new=new) + _between(row["low"], row["high"])
    said = say("{part} of {new}'s sales came from {old}", part=whole_percent(row["rate"]), new=new, old=old)
    return said + _between(row["low"], row["high"])


def opening_doubt(row: Mapping[str, Any]) -> str:
    """How far the interval and the placebo let one believe the rate, in words."""
    if row["rate"] is None or row["low"] is None or row["high"] is None:
        return say("No interval: there are too few customers or no control store.")
    said = (
        say("The interval leaves out zero: something was taken, how much stays open.")
        if row["low"] > 0
        else say("The interval holds zero: it is not proven that anything was taken.")
    )
    if row["placebo_share"] is None:
        return said
    chance = say(
        "By chance alone, {part} of the controls fell as far behind.", part=whole_percent(row["placebo_share"])
    )
    return f"{said} {chance}"


def encroached(row: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """``It would take 38 % of Wuxi Lake Station's core customers``; a franchisee's store is called so."""
    if row is None:
        return say("It would take nobody's core customers")
    part, name = whole_percent(row["encroachment"]), names.get(str(row["store_id"]), str(row["store_id"]))
    if row["agent_id"] is None:
        return say("It would take {part} of {store}'s core customers", part=part, store=name)
    return say("It would take {part} of a franchisee's core: {store}", part=part, store=name)


def breach(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One breach as a sentence."""
    mine = _name(row["agent_id"], names, OWN)
    other = _name(row["other_agent_id"], names, OWN)
    ground = {"territory": row["territory_id"], "mine": mine, "other": other}
    if row["kind"] == "store":
        store = names.get(str(row["other_id"]), str(row["other_id"]))
        if row["is_earlier"]:
            return say(
                "{store} of {other} stands in {territory} (promised to {mine}); it was there first.",
                store=store,
                **ground,
            )
        return say("{store} of {other} stands in {territory} (promised to {mine}).", store=store, **ground)
    if row["kind"] == "binding":
        return say(
            "{count} customers who live in {territory} (promised to {mine}) are bound to {other}.",
            count=row["count"],
            **ground,
        )
    if row["other_id"] is None:
        return say(
            "{count} cells of {territory} (promised to {mine}) are also promised to {other}.",
            count=row["count"],
            **ground,
        )
    return say(
        "{count} cells of {territory} (promised to {mine}) are also promised to {other} as {id}.",
        count=row["count"],
        id=row["other_id"],
        **ground,
    )


def breached(answer: HasTable) -> str:
    """``3 breaches in 2 territories``, or that every promise is kept."""
    table = answer.table
    if table.is_empty():
        return say("Nobody stands on somebody else's ground")
    many, where = table.height, table["territory_id"].n_unique()
    if where == 1:
        return plural("{n} breach in 1 territory", "{n} breaches in 1 territory", many)
    return say("{n} breaches in {territories} territories", n=many, territories=where)


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    ends = {"low": f"{100 * low:.0f}".replace("-", "−"), "high": f"{100 * high:.0f}".replace("-", "−")}
    return " " + say("(90 % interval {low} to {high} %)", **ends)


def _name(key: str | None, names: Mapping[str, str], nobody: str) -> str:
    return say(nobody) if key is None else names.get(key, key)
