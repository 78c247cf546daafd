"""On what grounds was a customer bound first: the place, the stores that came into question, and why in words."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from metrics.binding_places import whereabouts
from metrics.binding_policy import Policies, microseconds
from metrics.binding_stores import CANDIDATES, EVER, Stores, on_sphere
from metrics.cells import cell_text, parent
from schema.language import from_python, later, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from metrics.binding import BindingFacts
    from schema.sharing import BindingPolicy

ANOTHER: Final = later("another store")
SHOWN_RESOLUTION: Final = 8
"""The cell that is shown: about 0.7 km²."""

_MOST: Final = 8
_TIES: Final = {
    "territory": later("it lies in that store's territory"),
    "visited": later("the customer had visited it in the days before"),
    "opened": later("it opened earlier"),
    "store_id": later("its id comes first, everything else being equal"),
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where the customer was taken to be.

    Attributes:
        cell: H3 cell of about 0.7 km², as text; never the exact point.
        accuracy_m: 68 % radius.
        source: gps, address, fuzzy, registration or given; empty when the exact point is not kept any more.
    """

    cell: str
    accuracy_m: float | None
    source: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A store that came into question: how far, whether it was open and took customers then, whether it was chosen."""

    store_id: str
    agent_id: str | None
    distance_m: float | None
    was_open: bool
    is_owner: bool


def rounded(one: Candidate, metres: int) -> Candidate:
    """The same store with its distance in whole steps of so many metres."""
    if one.distance_m is None:
        return one
    return replace(one, distance_m=float(round(one.distance_m / metres) * metres))


def grounds_of(
    first: dict[str, Any], facts: BindingFacts, policies: Sequence[BindingPolicy]
) -> tuple[Location | None, tuple[Candidate, ...]]:
    """Where was the customer taken to be, and which stores came into question?

    While the exact point is kept, all stores are measured, also those that were not open; else the candidates kept with
    the binding are told.

    Args:
        first: the ledger's row.
        facts: those of this customer alone.
        policies: all policies.
    """
    point = _point(first, facts, policies)
    location = None
    if first["cell"] is not None:
        coarse = pl.select(parent(pl.lit(first["cell"], pl.Int64), SHOWN_RESOLUTION)).item()
        location = Location(cell_text(coarse), first["accuracy_m"], _source(point, facts) if point else "")
    candidates = _measured(first, facts, point) if point else told_candidates(first, facts)
    return location, candidates


def told_candidates(first: dict[str, Any], facts: BindingFacts) -> tuple[Candidate, ...]:
    """The nearest open stores as they were written down with the binding."""
    agents = dict(facts.stores.select("store_id", "agent_id").iter_rows())
    pairs = json.loads(first["candidates_json"] or "[]")
    return tuple(
        Candidate(store_id, agents.get(store_id), metres, was_open=True, is_owner=store_id == first["store_id"])
        for store_id, metres in pairs
    )


def _point(first: dict[str, Any], facts: BindingFacts, policies: Sequence[BindingPolicy]) -> tuple[float, float] | None:
    """The exact point, if it is still kept."""
    if facts.customers.is_empty() or first["cell"] is None:
        return None
    people = facts.customers.with_columns(
        i=pl.lit(0, pl.Int64), registered_us=pl.col("registered_at").dt.timestamp("us")
    )
    known = whereabouts(people, facts.fixes, Policies(policies), EVER)
    for place in (known.better, known.hint, known.first):
        if place.is_placed[0] and place.cell[0] == first["cell"] and place.accuracy_m[0] == first["accuracy_m"]:
            return float(place.lat[0]), float(place.lng[0])
    return None


def _source(point: tuple[float, float], facts: BindingFacts) -> str:
    fixes = facts.fixes.filter(pl.col("lat") == point[0], pl.col("lng") == point[1]).sort("fixed_at", "fix_id")
    src = fixes["src"].fill_null("gps") if fixes.height else facts.customers["home_src"].fill_null("given")
    return str(src[0])


def _measured(first: dict[str, Any], facts: BindingFacts, point: tuple[float, float]) -> tuple[Candidate, ...]:
    """The nearest stores that were open, and those that were not but lie nearer than the farthest of these."""
    stores = Stores.of(facts.stores, facts.zone)
    here = np.repeat(on_sphere(pl.Series([point[0]]), pl.Series([point[1]])), len(stores), axis=0)
    every = np.arange(len(stores))
    metres = stores.metres(every, here)
    was_open = stores.takes(every, np.full(len(stores), microseconds(first["valid_from"])))
    near = [int(row) for row in np.lexsort((every, metres)) if np.isfinite(metres[row])]
    last = [row for row in near if was_open[row]][:CANDIDATES][-1:]
    reach = metres[last[0]] if last else np.inf
    owner = [row for row in near if stores.ids[row] == first["store_id"]]
    shown = [row for row in near if metres[row] <= reach][:_MOST]
    return tuple(
        Candidate(
            stores.ids[row],
            stores.agent_ids[row],
            round(float(metres[row]), 1),
            was_open=bool(was_open[row]),
            is_owner=stores.ids[row] == first["store_id"],
        )
        for row in shown + [row for row in owner if row not in shown]
    )


def reasons(
    first: dict[str, Any], location: Location | None, candidates: Sequence[Candidate], zone: str
) -> tuple[str, ...]:
    """The first decision as sentences; stores are called as in ``candidates``."""
    said = [say("Registered {at}.", at=_at(first["registered_at"], zone))]
    if location is not None:
        metres = round(location.accuracy_m or 0)
        said.append(
            say("The location used is good to {metres} m ({source}).", metres=metres, source=location.source)
            if location.source
            else say("The location used is good to {metres} m.", metres=metres)
        )
    said.append(_decided(first, candidates))
    if first["tie_break"]:
        said.append(say("Other stores were equally near; it won because {why}.", why=say(_TIES[first["tie_break"]])))
    if first["status"] == "contested":
        said.append(
            say(
                "Contested: the nearest store is really the nearest with {confidence} chance only.",
                confidence=from_python(f"{first['confidence']:.0%}"),
            )
        )
    if first["protected_until"] is None:
        said.append(say("Nobody may ever take the customer over."))
    elif first["store_id"] is not None:
        said.append(say("Nobody may take the customer over before {at}.", at=_at(first["protected_until"], zone)))
    said.append(say("Binding policy version {version}.", version=first["policy_version"]))
    return tuple(said)


def _decided(first: dict[str, Any], candidates: Sequence[Candidate]) -> str:
    owner, method = first["store_id"], first["method"]
    if owner is None:
        if not candidates:
            return say("Nobody's: no usable location is known.")
        near = candidates[0]
        return say(
            "Nobody's: the nearest, {store}, is {distance} away.",
            store=say(near.store_id),
            distance=_about(near.distance_m),
        )
    if method in {"scan", "guide"}:
        if first["guide_id"]:
            return say(
                "The code of guide {guide} of {store} was scanned with it.", guide=first["guide_id"], store=owner
            )
        return say("The code of {store} was scanned with it.", store=owner)
    then = [one for one in candidates if one.was_open and not one.is_owner and one.distance_m is not None]
    said = _chosen(owner, method, first["dist_m"])
    if not then:
        return said
    return f"{said} " + say(
        "The next was {store}, {distance}.", store=say(then[0].store_id), distance=_about(then[0].distance_m)
    )


def _chosen(store: str, method: str, metres: float | None) -> str:
    """How a binding to a store came about that no code was scanned for."""
    if method == "city":
        return say("Only the city is known, and {store} serves it.", store=store)
    if method == "manual":
        return say("Head office gave the customer to {store}.", store=store)
    if metres is None:
        in_area, by_distance = later("It lies in the territory of {store}."), later("{store} was chosen by distance.")
        return say(in_area if method == "territory" else by_distance, store=store)
    if method == "territory":
        return say("It lies in the territory of {store}, {distance} away.", store=store, distance=_about(metres))
    return say("{store} was chosen by distance, {distance} away.", store=store, distance=_about(metres))


def _about(metres: float | None) -> str:
    """Tens of metres: sentences travel, and exact distances to several stores would give the place away."""
    return say("an unknown distance") if metres is None else say("about {metres} m", metres=round(metres / 10) * 10)


def _at(at: dt.datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
