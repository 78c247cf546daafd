"""Which store owns a customer as of an instant, and how surely?

By the policy then in force: a territory first, the nearest open store with its tie-breaks, or the most likely one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_places import CITY, EXACT
from metrics.binding_policy import DAY
from metrics.binding_stores import CANDIDATES, NOBODY, nearest_open, to_metres
from schema.sharing import METHODS, STATUSES

if TYPE_CHECKING:
    from metrics.binding_areas import Areas
    from metrics.binding_places import Places
    from metrics.binding_stores import Bools, Floats, Ints, Stores
    from schema.sharing import BindingPolicy

ACCURACY_TO_SIGMA: Final = 1.5096
"""A 68 % radius is so many standard deviations of one coordinate (two independent, equal, normal coordinates)."""

HUFF_FLOOR_M: Final = 200.0
_CHUNK: Final = 10_000_000  # distances from places to all stores that are held at once

_EXACT, _CONTESTED, _PROVISIONAL, _UNASSIGNED = (
    STATUSES.index(s) for s in ("exact", "contested", "provisional", "unassigned")
)
_GEO, _TERRITORY, _CITY = (METHODS.index(m) for m in ("geo", "territory", "city"))


def confidence(nearest_m: Floats, second_m: Floats, between_m: Floats, accuracy_m: Floats) -> Floats:
    """How likely is the nearest store really the nearest (T15)?

    Args:
        nearest_m: from the fix to the nearest store, metres.
        second_m: to the second nearest; infinite when there is none.
        between_m: between these two stores.
        accuracy_m: 68 % radius of the fix.

    Returns:
        0.5 to 1: the normal distribution at the fix's distance from the line half way between the stores, in standard
        deviations. Stores at one place cannot be told apart (0.5); a single store is certain (1).
    """
    from scipy.special import ndtr  # noqa: PLC0415  (scipy loads with the first question that needs it)

    with np.errstate(divide="ignore", invalid="ignore"):
        to_bisector = (second_m**2 - nearest_m**2) / (2 * between_m)
        sure: Floats = ndtr(to_bisector / (accuracy_m / ACCURACY_TO_SIGMA))
    sure = np.where((to_bisector == 0) | (between_m == 0), 0.5, sure)
    return np.where(np.isinf(second_m), 1.0, np.where(np.isnan(nearest_m), np.nan, sure))


@dataclass(frozen=True)
class Choice:
    """One decision a row; words are numbers in the lists of ``schema.sharing``."""

    owner: Ints
    status: Ints
    method: Ints
    tie: Ints
    dist_m: Floats
    runner: Ints
    runner_m: Floats
    confidence: Floats
    near: Ints
    near_m: Floats


@dataclass(frozen=True)
class Chooser:
    """What every choice needs.

    Attributes:
        stores: all of them.
        areas: territories that protect binding.
        visits: ``i, store, at``: who was in which store when (row of the customer, row of the store, microseconds).
        city: lower-case city of each customer, as given.
    """

    stores: Stores
    areas: Areas
    visits: pl.DataFrame
    city: pl.Series

    def choose(self, policy: BindingPolicy, who: Ints, at: Ints, places: Places) -> Choice:
        """Whose are these customers as of these instants, before any claim is heard?

        Args:
            policy: in force at all these instants.
            who: rows of the customers.
            at: an instant each.
            places: where they were, as far as known; a row each.
        """
        owner = np.full(who.size, NOBODY, dtype=np.int64)
        method = np.zeros(who.size, dtype=np.int64)
        tie = np.zeros(who.size, dtype=np.int64)
        width = CANDIDATES
        near, near_m = np.full((who.size, width), NOBODY, dtype=np.int32), np.full((who.size, width), np.inf)
        placed = np.flatnonzero(places.is_placed)
        if placed.size:
            here = places.take(placed)
            some, metres = nearest_open(self.stores, here.at, at[placed], policy.tie_m)
            near[placed], near_m[placed] = some[:, :width], metres[:, :width]
            picked = self._pick(policy, who[placed], at[placed], here, some, metres)
            owner[placed], method[placed], tie[placed] = picked
        towns = np.flatnonzero(places.kind == CITY)
        owner[towns] = self._of_city(policy, who[towns], at[towns])
        method[towns] = _CITY
        dist_m = self.stores.metres(owner, places.at)
        sure = self._sure(near, near_m, places)
        status = np.where(sure < policy.contested_below, _CONTESTED, _EXACT)
        status = np.where(method == _TERRITORY, _EXACT, status)
        status = np.where(places.kind == EXACT, status, _PROVISIONAL)
        runner, runner_m = _runner(owner, near, near_m)
        return Choice(
            owner, np.where(owner == NOBODY, _UNASSIGNED, status), method, tie, dist_m, runner, runner_m, sure,
            near, near_m,
        )  # fmt: skip

    def _pick(
        self, policy: BindingPolicy, who: Ints, at: Ints, places: Places, near: Ints, near_m: Floats
    ) -> tuple[Ints, Ints, Ints]:
        """Owner, method and tie-break of customers with a place."""
        owner = np.where(near_m[:, 0] <= policy.far_m, near[:, 0], NOBODY)
        method, tie = np.full(who.size, _GEO), np.zeros(who.size, dtype=np.int64)
        if policy.choose == "huff":
            return self._likeliest(policy, at, places, owner), method, tie
        is_tied = near_m <= near_m[:, :1] + policy.tie_m
        rows, columns = np.nonzero(is_tied & (is_tied.sum(axis=1) > 1)[:, None] & (owner != NOBODY)[:, None])
        self._break(policy, who, at, places, (rows, near[rows, columns]), near[:, 0], owner, tie)
        if policy.choose == "territory_first" and self.areas:
            held = self.areas.holders(places.lat, places.lng, places.at, at, near[:, 0])
            self._settle(policy, who, at, places, held, near[:, 0], owner, method, tie)
        return owner, method, tie

    def _settle(
        self, policy: BindingPolicy, who: Ints, at: Ints, places: Places, held: tuple[Ints, Ints], nearest: Ints,
        owner: Ints, method: Ints, tie: Ints,
    ) -> None:  # fmt: skip
        """The nearest of the stores whose territory it is, with the same tie-breaks."""
        rows, stores = held
        usable = self.stores.takes(stores, at[rows])
        rows, stores = rows[usable], stores[usable]
        metres = np.nan_to_num(self.stores.metres(stores, places.at[rows]), nan=np.inf)
        least = np.full(who.size, np.inf)
        np.minimum.at(least, rows, metres)
        close = (metres <= least[rows] + policy.tie_m) | np.isinf(least[rows])
        rows, stores = rows[close], stores[close]
        method[rows], tie[rows] = _TERRITORY, 0
        owner[rows] = stores
        several = np.bincount(rows, minlength=who.size)[rows] > 1
        self._break(policy, who, at, places, (rows[several], stores[several]), nearest, owner, tie)

    def _break(
        self, policy: BindingPolicy, who: Ints, at: Ints, places: Places, tied: tuple[Ints, Ints], nearest: Ints,
        owner: Ints, tie: Ints,
    ) -> None:  # fmt: skip
        """Territory, then a store visited lately, then the one opened earlier, then the smaller id; writes the winners."""
        rows, stores = tied
        if not rows.size:
            return
        outside = ~self._in_territory(rows, stores, at, places, nearest)
        unseen = ~self._visited(who[rows], stores, at[rows], policy.visit_days * DAY)
        opened = self.stores.opened[stores]
        order = np.lexsort((stores, opened, unseen, outside, rows))
        rows, keys = rows[order], np.column_stack((outside, unseen, opened, stores))[order]
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        best = np.repeat(keys[first], np.diff(first, append=rows.size), axis=0)
        level = np.argmax(keys != best, axis=1) + 1
        level[first] = 0
        owner[rows[first]] = keys[first, 3]
        tie[rows[first]] = np.maximum.reduceat(level, first)

    def _in_territory(self, rows: Ints, stores: Ints, at: Ints, places: Places, nearest: Ints) -> Bools:
        if not self.areas:
            return np.zeros(rows.size, dtype=np.bool_)
        some, back = np.unique(rows, return_inverse=True)
        here = places.take(some)
        held, of = self.areas.holders(here.lat, here.lng, here.at, at[some], nearest[some])
        inside: Bools = np.isin(back * len(self.stores) + stores, held * len(self.stores) + of)
        return inside

    def _visited(self, who: Ints, stores: Ints, at: Ints, within: int) -> Bools:
        pairs = pl.DataFrame({"i": who, "store": stores, "now": at, "row": np.arange(who.size)})
        seen = pairs.join(self.visits, on=["i", "store"]).filter(
            pl.col("at") <= pl.col("now"), pl.col("at") >= pl.col("now") - within
        )
        found = np.zeros(who.size, dtype=np.bool_)
        found[seen["row"].to_numpy()] = True
        return found

    def _likeliest(self, policy: BindingPolicy, at: Ints, places: Places, owner: Ints) -> Ints:
        """The store of the largest area^α · distance^−β within reach; of equal ones the smaller id."""
        best = owner.copy()
        pull = np.log(np.maximum(self.stores.area_m2, 1e-9)) * policy.huff_alpha
        step = max(1, _CHUNK // max(len(self.stores), 1))
        for start in range(0, owner.size, step):
            rows = np.arange(start, min(start + step, owner.size))
            chord = np.sqrt(np.maximum(2 - 2 * places.at[rows] @ self.stores.at.T, 0))
            metres = to_metres(np.nan_to_num(chord, nan=2.0))
            every = np.broadcast_to(np.arange(len(self.stores)), metres.shape)
            able = self.stores.takes(every, at[rows][:, None]) & (metres <= policy.far_m)
            score = pull - policy.huff_beta * np.log(np.maximum(metres, HUFF_FLOOR_M))
            likely = np.argmax(np.where(able, np.round(score, 9), -np.inf), axis=1)
            best[rows] = np.where(owner[rows] == NOBODY, NOBODY, likely)
        return best

    def _of_city(self, policy: BindingPolicy, who: Ints, at: Ints) -> Ints:
        names = {city.strip().casefold(): store for city, store in policy.cities}
        if not names or not who.size:
            return np.full(who.size, NOBODY, dtype=np.int64)
        ids = self.city.gather(who).replace_strict(names, default=None, return_dtype=pl.String)
        stores = self.stores.row_of(ids)
        return np.where(self.stores.takes(stores, at), stores, NOBODY)

    def _sure(self, near: Ints, near_m: Floats, places: Places) -> Floats:
        first, second = near[:, 0], near[:, 1]
        between = np.full(first.size, np.nan)
        both = np.flatnonzero(second != NOBODY)
        between[both] = self.stores.metres(first[both], self.stores.at[second[both]])
        nearest = np.where(first == NOBODY, np.nan, near_m[:, 0])
        found = confidence(nearest, near_m[:, 1], between, places.accuracy_m)
        return np.where(first == NOBODY, np.nan, np.round(found, 6))


def _runner(owner: Ints, near: Ints, near_m: Floats) -> tuple[Ints, Floats]:
    """The nearest store that is not the owner; nobody's customers have none."""
    second = (near[:, 0] == owner).astype(np.int64)
    rows = np.arange(owner.size)
    runner = np.where(owner == NOBODY, NOBODY, near[rows, second])
    return runner, np.where(runner == NOBODY, np.nan, near_m[rows, second])
