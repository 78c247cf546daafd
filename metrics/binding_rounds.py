"""All customers' histories at once: in each round everybody's next change is found and made.

A change is, in this order when two fall on one instant: validity running out, the owner's store closing, a better place
becoming known, a claim that is granted. Rounds go on until nothing more happens before the horizon; their number is
the longest history's, whatever the number of customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.binding_claims import MANUAL
from metrics.binding_places import EXACT, NOWHERE
from metrics.binding_spells import Spells, Tried, blank, ranges
from metrics.binding_stores import CANDIDATES, EVER, NOBODY, nearest_open
from schema.sharing import CAUSES, METHODS, OUTCOMES, STATUSES

if TYPE_CHECKING:
    from metrics.binding_choice import Chooser
    from metrics.binding_claims import Claims
    from metrics.binding_clock import Orders
    from metrics.binding_pinned import Pins
    from metrics.binding_places import Places, Whereabouts
    from metrics.binding_policy import Policies
    from metrics.binding_stores import Bools, Floats, Ints, Stores

_REGISTERED, _UPGRADED, _TAKEOVER, _CLOSED, _EXPIRED, _MANUAL = (
    CAUSES.index(c) for c in ("registered", "upgraded", "takeover", "store_closed", "expired", "manual")
)
_EXACT, _PROVISIONAL, _UNASSIGNED = (STATUSES.index(s) for s in ("exact", "provisional", "unassigned"))
_BY_CLOSING: Final = METHODS.index("store_closed")
_ACCEPTED, _PROTECTED, _POLICY, _NO_CHANGE = (
    OUTCOMES.index(o) for o in ("accepted", "rejected_protected", "rejected_policy", "no_change")
)
_NO_CHANGE_LEFT: Final = -1
_EXPIRY, _CLOSING, _HINT, _BETTER, _CLAIM = range(5)


@dataclass
class Rounds:
    """The world the rounds run in, and everybody's current spell.

    Attributes:
        stores: all stores.
        policies: all policies.
        chooser: decides by place.
        places: what is known of places.
        claims: all claims.
        orders: all orders.
        registered: when each customer registered, microseconds.
        until: nothing from this instant on happens.
        pins: what the ledger holds.
        kept: its row for those whose first decision stands; ``NOBODY`` for all others.
        next_at: after ``run``: when each customer's next change comes, microseconds; ``EVER`` for never.
    """

    stores: Stores
    policies: Policies
    chooser: Chooser
    places: Whereabouts
    claims: Claims
    orders: Orders
    registered: Ints
    until: int
    pins: Pins
    kept: Ints
    next_at: Ints = field(init=False)
    _made: list[Spells] = field(default_factory=list)
    _tried: list[Tried] = field(default_factory=list)

    def run(self, registration: Ints) -> tuple[Spells, Tried]:
        """Every spell in the order in which it became known, customer by customer, and every attempt.

        Args:
            registration: row of the claim that each customer registered with; ``NOBODY`` for none.
        """
        everybody = np.arange(self.registered.size)
        self._registration = registration
        self._place = [self.places.first, self.places.hint, self.places.better]
        self._which = np.zeros(everybody.size, dtype=np.int64)
        self._at_claim = self.claims.first[:-1] + _before(self.claims, self.registered)
        registered = self._with_code(everybody, self._decide(everybody, self.registered, _REGISTERED))
        self._stand(registered, self.kept)
        self._now = registered.without_candidates()
        self._ended = [np.full(everybody.size, EVER)]
        self._number = everybody.copy()
        self._made.append(registered)
        self.next_at = np.full(everybody.size, EVER)
        active = everybody
        while active.size:
            active = self._round(active)
        return self._result()

    def _round(self, active: Ints) -> Ints:
        """Make everybody's next change; returns those who had one."""
        at_claim, row = self._next_claim(active)
        times = np.stack([self._expiry(active), self._closing(active), *self._learnt(active), at_claim])
        kind = np.argmin(times, axis=0)
        when = times[kind, np.arange(active.size)]
        self.next_at[active] = when
        self._note(active, when, np.where(kind == _CLAIM, row, NOBODY))
        goes_on = np.flatnonzero(when < self.until)
        active, kind, when, row = active[goes_on], kind[goes_on], when[goes_on], row[goes_on]
        for which in range(5):
            here = np.flatnonzero(kind == which)
            if here.size:
                self._change(which, active[here], when[here], row[here])
        return active

    def _change(self, kind: int, who: Ints, when: Ints, claim: Ints) -> None:
        if kind == _EXPIRY:
            new = self._anew(who, when)
        elif kind == _CLOSING:
            new = self._hand_over(who, when)
        elif kind == _CLAIM:
            new = self._granted(who, when, claim)
        else:
            self._which[who] = 1 if kind == _HINT else 2
            new = self._decide(who, self.registered[who], _UPGRADED)
            new.known = when
        self._enter(who, when, new)

    def _enter(self, who: Ints, when: Ints, new: Spells) -> None:
        """Make spells current; somebody who stays nobody's keeps the spell, only its clock begins anew."""
        stays = (new.cause == _EXPIRED) & (new.owner == NOBODY) & (self._now.owner[who] == NOBODY)
        self._now.clock[who[stays]] = when[stays]
        told = np.flatnonzero(~stays)
        who, when, new = who[told], when[told], new.take(told)
        flat = np.concatenate(self._ended) if len(self._ended) > 1 else self._ended[0]
        flat[self._number[who]] = when
        self._ended = [flat, np.full(who.size, EVER)]
        self._number[who] = flat.size + np.arange(who.size)
        self._now.enter(who, new)
        self._made.append(new)

    # What may happen next

    def _expiry(self, who: Ints) -> Ints:
        now = self._now
        ends = self.orders.expiry(who, now.clock[who], now.validity[who])
        futile = (now.owner[who] == NOBODY) & (self._placed(who).kind == NOWHERE)
        if len(self.pins):
            told = np.flatnonzero(futile)
            told = told[self.pins.goes_on(who[told], ends[told])]
            futile[told] = np.minimum(*self._learnt(who[told])) < EVER
        return np.where(futile, EVER, ends)

    def _closing(self, who: Ints) -> Ints:
        owner = self._now.owner[who]
        if not len(self.stores):
            return np.full(who.size, EVER)
        closed = np.where(owner == NOBODY, EVER, self.stores.closed[owner])
        return np.where(closed > self._now.since[who], closed, EVER)

    def _learnt(self, who: Ints) -> tuple[Ints, Ints]:
        now = self._now
        first = np.isin(now.cause[who], (_REGISTERED, _UPGRADED, _CLOSED)) & (now.clock[who] == self.registered[who])
        which = self._which[who]
        nobody, unsure = now.status[who] == _UNASSIGNED, now.status[who] == _PROVISIONAL
        hint = np.where(first & nobody & (which == 0), self.places.hint.known[who], EVER)
        better = np.where(first & (nobody | unsure) & (which < 2), self.places.better.known[who], EVER)  # noqa: PLR2004
        return hint, better

    def _next_claim(self, who: Ints) -> tuple[Ints, Ints]:
        """When is somebody's next claim granted, and which is it?"""
        flat, of = ranges(self._at_claim[who], self.claims.first[who + 1])
        granted = np.flatnonzero(self._outcome(flat, who[of]) == _ACCEPTED)
        first = granted[np.flatnonzero(np.diff(of[granted], prepend=-1))]
        at, row = np.full(who.size, EVER), np.full(who.size, NOBODY)
        at[of[first]], row[of[first]] = self.claims.at[flat[first]], flat[first]
        return at, row

    def _outcome(self, claim: Ints, who: Ints) -> Ints:
        """What becomes of claims against the current owners."""
        claims, now = self.claims, self._now
        own = (claims.store[claim] == now.owner[who]) & (claims.store[claim] != NOBODY)
        held = ~claims.overrides[claim] & (claims.at[claim] < now.protected[who])
        refused = np.where(held, _PROTECTED, _POLICY)
        found = np.where(own, _NO_CHANGE, np.where(held | ~claims.may[claim], refused, _ACCEPTED))
        return np.where(claim == self._registration[who], _NO_CHANGE_LEFT, found)

    def _note(self, who: Ints, when: Ints, granted: Ints) -> None:
        """Keep what became of the claims before the next change, and of the claim that is the change."""
        claims = self.claims
        start = self._at_claim[who]
        flat, of = ranges(start, claims.first[who + 1])
        heard = np.where(granted[of] == NOBODY, claims.at[flat] < when[of], flat <= granted[of])
        heard &= claims.at[flat] < self.until
        self._at_claim[who] = start + np.bincount(of[heard], minlength=who.size)
        flat, of = flat[heard], of[heard]
        outcome = self._outcome(flat, who[of])
        flat, of, outcome = (x[outcome != _NO_CHANGE_LEFT] for x in (flat, of, outcome))
        now = self._now
        self._tried.append(Tried(flat, now.owner[who[of]], now.protected[who[of]], outcome))

    # What then holds

    def _placed(self, who: Ints) -> Places:
        """The best place known of each."""
        here = self.places.first.take(who)
        for which, places in ((1, self.places.hint), (2, self.places.better)):
            rows = np.flatnonzero(self._which[who] == which)
            if rows.size:
                some = places.take(who[rows])
                for name in vars(here):
                    vars(here)[name][rows] = vars(some)[name]
        return here

    def _decide(self, who: Ints, at: Ints, cause: int) -> Spells:
        places = self._placed(who)
        number = self.policies.at(at)
        new = blank(who, places)
        for policy, rows in self.policies.groups(at):
            choice = self.chooser.choose(policy, who[rows], at[rows], places.take(rows))
            for name, values in vars(choice).items():
                vars(new)[name][rows] = values
        new.cause[:] = cause
        new.since, new.clock, new.known = at.copy(), at.copy(), at.copy()
        new.policy = number
        new.validity = self.policies.validity(number)
        new.protected = np.where(new.owner == NOBODY, at, self.policies.protected(number, at))
        return new

    def _anew(self, who: Ints, when: Ints) -> Spells:
        """Validity ran out: by the place now known, unless the ledger decided then on another."""
        at_home = (self.kept[who] != NOBODY) & (self.places.first.kind[who] == EXACT)
        self._which[who[at_home]] = 0
        new = self._decide(who, when, _EXPIRED)
        places = self._placed(who)
        stood = (self._now.pin[who] != NOBODY) & (self._now.owner[who] == NOBODY)
        new.owner[stood & (places.known > when)] = NOBODY  # until their place was known
        self._stand(new, self.pins.by_place(who, when, places))
        return new

    def _stand(self, new: Spells, row: Ints) -> None:
        """Let the ledger's decisions stand where there is a row, with the rights that the policy gives the owner."""
        told = np.flatnonzero(row != NOBODY)
        if not told.size:
            return
        self.pins.enter(new, told, row[told])
        since = new.since[told]
        right = self.policies.protected(self.policies.at(since), since)
        new.protected[told] = np.where(new.owner[told] == NOBODY, since, right)
        new.guide[told] = NOBODY

    def _with_code(self, who: Ints, new: Spells) -> Spells:
        """Those who registered with a code belong to its store, wherever they were."""
        claim = self._registration[who]
        rows = np.flatnonzero(claim != NOBODY)
        claim = claim[rows]
        new.owner[rows], new.guide[rows] = self.claims.store[claim], self.claims.guide[claim]
        new.method[rows], new.status[rows], new.tie[rows] = self.claims.method[claim], _EXACT, 0
        new.dist_m[rows] = self.stores.metres(new.owner[rows], self.places.first.at[who[rows]])
        first = (new.near[rows, 0] == new.owner[rows]).astype(np.int64)
        new.runner[rows], new.runner_m[rows] = new.near[rows, first], new.near_m[rows, first]
        since = self.registered[who[rows]]
        new.protected[rows] = self.policies.protected(self.policies.at(since), since)
        self.pins.describe(new, rows, self.places.first.take(who[rows]))
        return new

    def _granted(self, who: Ints, when: Ints, claim: Ints) -> Spells:
        places = self._placed(who)
        new = blank(who, places)
        new.owner, new.guide, new.method = (
            x[claim] for x in (self.claims.store, self.claims.guide, self.claims.method)
        )
        new.status[:] = _EXACT
        new.cause = np.where(new.method == MANUAL, _MANUAL, _TAKEOVER)
        new.since, new.clock, new.known = when, when, when
        new.policy = self.policies.at(when)
        new.validity = self.policies.validity(new.policy)
        new.protected = self.policies.protected(new.policy, when)
        new.dist_m = self.stores.metres(new.owner, places.at)
        self.pins.describe(new, np.arange(who.size), places)
        return new

    def _hand_over(self, who: Ints, when: Ints) -> Spells:
        """The same agent's nearest open store within reach, else the nearest; right and clock go on."""
        old = self._now.take(who)
        new = old.take(np.arange(who.size))
        places = self._placed(who)
        start = np.where(places.is_placed[:, None], places.at, self.stores.at[old.owner])
        reach = np.array([p.handover_m for p in self.policies.all])[self.policies.at(when)]
        far = np.array([p.far_m for p in self.policies.all])[self.policies.at(when)]
        owner = np.full(who.size, NOBODY)
        near, near_m = np.full((who.size, CANDIDATES), NOBODY), np.full((who.size, CANDIDATES), np.inf)
        able = np.flatnonzero(np.isfinite(start[:, 0]))
        some, metres = nearest_open(self.stores, start[able], when[able], float(reach.max()))
        near[able], near_m[able] = some[:, :CANDIDATES], metres[:, :CANDIDATES]
        owner[able] = self._heir(some, metres, self.stores.agent[old.owner[able]], reach[able], far[able])
        new.owner, new.since, new.known = owner, when, when
        new.policy = self.policies.at(when)
        new.cause[:], new.method[:], new.tie[:] = _CLOSED, _BY_CLOSING, 0
        new.pin[:] = NOBODY
        new.cell, new.accuracy_m = places.cell, places.accuracy_m
        new.status = np.where(owner == NOBODY, _UNASSIGNED, old.status)
        new.dist_m = self.stores.metres(owner, places.at)
        runner = np.arange(who.size), (near[:, 0] == owner).astype(np.int64)
        new.runner, new.runner_m = near[runner], near_m[runner]
        new.near, new.near_m = near, near_m
        row = self.pins.by_closing(who, when, places, old)
        self.pins.enter(new, np.flatnonzero(row != NOBODY), row[row != NOBODY])
        new.protected = np.where(new.owner == NOBODY, when, old.protected)
        return new

    def _heir(self, near: Ints, near_m: Floats, agent: Ints, reach: Floats, far: Floats) -> Ints:
        same: Bools = (agent != NOBODY)[:, None] & (near != NOBODY) & (near_m <= reach[:, None])
        same &= self.stores.agent[near] == agent[:, None]
        rows = np.arange(len(near))
        nearest = np.where(near_m[:, 0] <= far, near[:, 0], NOBODY)
        return np.where(same.any(axis=1), near[rows, np.argmax(same, axis=1)], nearest)

    def _result(self) -> tuple[Spells, Tried]:
        order = np.argsort(np.concatenate([one.who for one in self._made]), kind="stable")
        every = {}
        for name in [name for name in vars(self._made[0]) if name != "ended"]:
            every[name] = np.concatenate([vars(one).pop(name) for one in self._made])[order]
        every["ended"] = np.concatenate(self._ended)[order]
        nothing = np.empty(0, dtype=np.int64)
        self._tried.append(Tried(nothing, nothing, nothing, nothing))
        tried = {name: np.concatenate([vars(one)[name] for one in self._tried]) for name in vars(self._tried[0])}
        by_claim = np.argsort(tried["claim"], kind="stable")
        return Spells(**every), Tried(**{name: values[by_claim] for name, values in tried.items()})


def _before(claims: Claims, registered: Ints) -> Ints:
    """How many claims of each customer came before registration: they are no attempts."""
    early = claims.at < registered[claims.who]
    return np.bincount(claims.who[early], minlength=registered.size)
