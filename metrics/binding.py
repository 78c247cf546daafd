"""Whose customer is whose, from when to when, and what became of every attempt to take one over?

``decide`` is a function of the facts alone: the same facts give the same spells, in whatever order the rows come and
however often it runs. What was known when, who wrote it and where it is kept is the ledger's business.

**At registration** (T16): whoever's code was scanned with it, if the policy hears scans; else by place: a territory
first (``territory_first``), the nearest store that was open and takes customers, the store of the city where only the
city is known, nobody. Stores equally near (within ``tie_m``) are told apart by territory, by a visit in the last
``visit_days``, by age, by id. Farther than ``far_m`` from every store: nobody's.

**Later**: a place learnt in time replaces a provisional one, from registration on, unless the customer was taken over
before; claims count after protection, which runs from registration or takeover, whenever the decision was made; the
store's closing hands its customers on with their protection; without a paid order for ``validity_days`` the binding is
decided anew by place. A new store changes nothing. Nobody's customers are not protected from anybody, and become a
store's without a claim only by a better place, or when validity would have run out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_areas import Areas
from metrics.binding_choice import Chooser, confidence
from metrics.binding_claims import read_claims, visits_of, with_registration
from metrics.binding_clock import Orders
from metrics.binding_pinned import PINNED, Pins, upgradeable
from metrics.binding_places import whereabouts
from metrics.binding_policy import Policies, microseconds
from metrics.binding_rounds import Rounds
from metrics.binding_stores import CANDIDATES, EVER, NOBODY, Stores
from metrics.rules import require
from schema.marts import Attempts, Bindings, Territories
from schema.sharing import CAUSES, METHODS, OUTCOMES, STATUSES, TIE_BREAKS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from metrics.binding_claims import Claims
    from metrics.binding_spells import Spells, Tried
    from metrics.binding_stores import Floats, Ints
    from schema.sharing import BindingPolicy

__all__ = ["BindingFacts", "Decided", "confidence", "decide"]

_UTC: Final = pl.Datetime("us", "UTC")
_NOT_DECIDED: Final = {"binding_id", "end_reason", "arrived_at", "bound_at", "valid_to", "recorded_at"}
_MARTS: Final = {name: rule.dtype for name, rule in Bindings.columns().items() if name not in _NOT_DECIDED}

SPELLS: Final = pl.Schema(
    _MARTS | {"candidates_json": pl.String(), "order": pl.Int64(), "known_at": _UTC, "is_pinned": pl.Boolean()}
)
"""Columns of ``Decided.spells``: those of the mart ``Bindings`` that a decision can know, and four more.

``candidates_json``: the nearest open stores then, as ``[["S1",1180.0],…]`` (id, metres); null where none was looked
up. ``order``: 0, 1, 2 … in the customer's history as it became known. ``known_at``: when what decided it happened.
``is_pinned``: its place is another now or lost, and its grounds are the ledger's.
"""

_PEOPLE: Final = ("home_lat", "home_lng", "home_src", "home_precision_m", "city")


def _nothing_pinned() -> pl.DataFrame:
    return pl.DataFrame(schema=PINNED)


def _no_territories() -> pl.DataFrame:
    return pl.DataFrame(schema={name: rule.dtype for name, rule in Territories.columns().items()})


@dataclass(frozen=True)
class BindingFacts:
    """All that a binding may depend on. Rows in any order; times are UTC.

    Attributes:
        customers: ``customer_key, registered_at, home_lat, home_lng, home_src, home_precision_m, city``; those without
            a time of registration are never bound. ``home_known_at``, if there is such a column, says since when the
            home was known; it matters only where a pinned decision could be bettered by it.
        fixes: ``customer_key, fixed_at, lat, lng, accuracy_m, src, context_store_id, fix_id``.
        claims: ``customer_key, at, store_id, guide_id, method`` (scan, guide or manual), one row an act.
        orders: valid paid orders: ``customer_key, paid_at, store_id`` (the shop it was sold in; null for online).
        stores: ``store_id, lat, lng, opened_on, closed_on, accepts_binding, agent_id``, and ``area_m2, city, district,
            zone`` if known. Days begin at midnight of the store's zone, else of the business zone.
        territories: the mart ``Territories``; only those that protect ``binding`` count.
        zone: the business zone (IANA).
        pinned: what the ledger holds already (``metrics.binding_pinned.PINNED``), one row a customer and instant. A
            decision by place stands as it is there where the place now known for its instant is another (another cell
            of resolution 9, or known less exactly); all others are decided from the facts. Empty: the facts alone.
    """

    customers: pl.DataFrame
    fixes: pl.DataFrame
    claims: pl.DataFrame
    orders: pl.DataFrame
    stores: pl.DataFrame
    territories: pl.DataFrame = field(default_factory=_no_territories)
    zone: str = "UTC"
    pinned: pl.DataFrame = field(default_factory=_nothing_pinned)


@dataclass(frozen=True)
class Decided:
    """What ``decide`` found.

    Attributes:
        spells: ``SPELLS``, by customer and ``order``. A later row holds from its ``valid_from`` on, whatever earlier
            rows say: a provisional spell and the one that replaced it from the same instant are both here.
        attempts: the mart ``Attempts``, by customer and time: every claim from registration on except the code that
            the customer registered with.
        next_at: ``customer_key, next_at``: from when on time alone changes something more (validity runs out, the
            store closes); null for never. Facts from ``until`` on are not in it.
    """

    spells: pl.DataFrame
    attempts: pl.DataFrame
    next_at: pl.DataFrame


def decide(
    facts: BindingFacts, policies: Sequence[BindingPolicy], until: dt.datetime, *, candidates_to_m: float = 0.1
) -> Decided:
    """Who owned each customer when, and what became of every claim?

    Args:
        facts: what happened.
        policies: all policies; at each registration, claim, closing and expiry the one then in force decides. None
            is the default policy.
        until: nothing from this instant on has happened yet.
        candidates_to_m: to how many metres ``candidates_json`` tells distances; decisions rest on exact ones.

    Raises:
        ContractError: a column is missing; names the table and the column.
    """
    require(facts.customers, "customers", "customer_key", "registered_at", *_PEOPLE)
    require(facts.orders, "orders", "customer_key", "paid_at", "store_id")
    horizon = microseconds(until)
    in_force = Policies(policies)
    people = _people(facts.customers, horizon)
    stores = Stores.of(facts.stores, facts.zone)
    registered = people["registered_us"].to_numpy()
    claims = read_claims(people, facts.claims, facts.orders, stores, in_force, horizon)
    chooser = Chooser(
        stores,
        Areas(facts.territories, stores, facts.zone),
        visits_of(people, facts.claims, facts.orders, stores),
        people["city"].cast(pl.String).str.strip_chars().str.to_lowercase(),
    )
    places = whereabouts(people, facts.fixes, in_force, horizon)
    orders = Orders(people, facts.orders, horizon)
    by_code = with_registration(claims, registered, stores, in_force)
    pins = Pins.of(people, facts.pinned, stores)
    kept = pins.at_registration(registered, by_code != NOBODY, places)
    places = upgradeable(places, pins, kept, people, facts.fixes, in_force, horizon)
    pins = replace(pins, known=places, kept=kept)
    rounds = Rounds(stores, in_force, chooser, places, claims, orders, registered, horizon, pins, kept)
    spells, tried = rounds.run(by_code)
    expires = orders.expiry_as_of(spells.who, spells.clock, spells.validity, np.minimum(spells.ended, horizon))
    found = pins.verbatim(_spells(spells, expires, people, stores, claims, in_force, candidates_to_m), spells.pin)
    ahead = pl.DataFrame({"customer_key": people["customer_key"], "next_at": _instants(rounds.next_at)})
    return Decided(found, _attempts(tried, people, stores, claims), ahead)


def _people(customers: pl.DataFrame, horizon: int) -> pl.DataFrame:
    rows = customers.drop_nulls(["customer_key", "registered_at"]).with_columns(
        registered_us=pl.col("registered_at").dt.timestamp("us")
    )
    rows = rows.filter(pl.col("registered_us") < horizon).unique("customer_key", keep="first", maintain_order=True)
    known = pl.col("home_known_at").dt.timestamp("us") if "home_known_at" in rows.columns else pl.lit(None, pl.Int64)
    rows = rows.sort("customer_key").select(
        "customer_key", "registered_at", "registered_us", *_PEOPLE, home_known_us=known
    )
    return rows.with_columns(i=pl.Series(np.arange(rows.height), dtype=pl.Int64))


def _spells(
    spells: Spells, expires: Ints, people: pl.DataFrame, stores: Stores, claims: Claims, policies: Policies, to_m: float
) -> pl.DataFrame:
    nobody = spells.owner == NOBODY
    version = np.array([policy.version for policy in policies.all], dtype=np.int64)
    start = np.flatnonzero(np.diff(spells.who, prepend=-1))
    order = np.arange(spells.who.size) - np.repeat(start, np.diff(start, append=spells.who.size))
    columns = {
        "customer_key": people["customer_key"].gather(spells.who),
        "store_id": _named(stores.ids, spells.owner),
        "agent_id": _named(stores.agent_ids, spells.owner),
        "status": _words(STATUSES, spells.status),
        "method": _words(METHODS, np.where(nobody, NOBODY, spells.method)),
        "cause": _words(CAUSES, spells.cause),
        "tie_break": _words(TIE_BREAKS, spells.tie),
        "guide_id": _named(claims.guides, np.where(nobody, NOBODY, spells.guide)),
        "registered_at": people["registered_at"].cast(_UTC).gather(spells.who),
        "valid_from": _instants(spells.since),
        "protected_until": _instants(spells.protected),
        "expires_at": _instants(np.where(nobody, EVER, expires)),
        "dist_m": _measured(spells.dist_m),
        "runner_store_id": _named(stores.ids, spells.runner),
        "runner_dist_m": _measured(np.where(spells.runner == NOBODY, np.nan, spells.runner_m)),
        "accuracy_m": _measured(spells.accuracy_m),
        "confidence": _measured(spells.confidence),
        "cell": pl.Series(spells.cell).replace(0, None),
        "policy_version": pl.Series(version[spells.policy]),
        "candidates_json": _candidates(spells.near, spells.near_m, stores, to_m),
        "order": pl.Series(order),
        "known_at": _instants(spells.known),
        "is_pinned": pl.Series(spells.pin != NOBODY),
    }
    return pl.DataFrame({name: columns[name].cast(kind) for name, kind in SPELLS.items()})


def _attempts(tried: Tried, people: pl.DataFrame, stores: Stores, claims: Claims) -> pl.DataFrame:
    rows = tried.claim
    columns = {
        "customer_key": people["customer_key"].gather(claims.who[rows]),
        "at": _instants(claims.at[rows]),
        "claimed_store_id": claims.store_ids.gather(rows),
        "claimed_agent_id": _named(stores.agent_ids, claims.store[rows]),
        "owner_store_id": _named(stores.ids, tried.owner),
        "owner_agent_id": _named(stores.agent_ids, tried.owner),
        "method": _words(METHODS, claims.method[rows]),
        "guide_id": _named(claims.guides, claims.guide[rows]),
        "outcome": _words(OUTCOMES, tried.outcome),
        "protected_until": _instants(tried.protected),
    }
    return pl.DataFrame({name: columns[name].cast(rule.dtype) for name, rule in Attempts.columns().items()})


def _named(names: pl.Series, rows: Ints) -> pl.Series:
    return names.gather(pl.Series(rows, dtype=pl.Int64).replace(NOBODY, None))


def _words(words: Sequence[str], numbers: Ints) -> pl.Series:
    return _named(pl.Series(words, dtype=pl.String), numbers)


def _instants(at: Ints) -> pl.Series:
    return pl.Series(at, dtype=pl.Int64).replace(EVER, None).cast(_UTC)


def _measured(values: Floats) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)


def _candidates(near: Ints, near_m: Floats, stores: Stores, to_m: float) -> pl.Series:
    """The nearest stores as JSON, nearest first, to so many metres."""
    quoted = pl.Series([json.dumps(one, ensure_ascii=False) for one in stores.ids], dtype=pl.String)
    parts = []
    for place in range(CANDIDATES):
        frame = pl.DataFrame(
            {"id": _named(quoted, near[:, place]), "m": np.round(np.round(near_m[:, place] / to_m) * to_m, 1)}
        )
        parts.append(frame.select(pl.format("[{},{}]", "id", "m").alias(str(place)))[str(place)])
    joined = pl.DataFrame(parts).select(
        text=pl.concat_str(pl.all(), separator=",", ignore_nulls=True), none=pl.col("0").is_null()
    )
    return joined.select(pl.when(~pl.col("none")).then(pl.format("[{}]", "text")).alias("candidates_json")).to_series()
