"""Decisions that stand although the place they were made on is another now, or is not known any more.

Whoever moves house, and whoever's exact point is made coarser after its term, keeps the store: a decision that the
ledger holds is taken as it stands when the place now known for its instant is not the one it was made on. The place is
the same when it lies in the same cell (resolution 9) and is not known less exactly than then. A decision on an
unchanged place is made anew from the facts like every other, so that a store's corrected coordinates still count.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_places import CITY, EXACT, ROUGH, Places, Whereabouts, whereabouts
from metrics.binding_policy import DAY
from metrics.binding_spells import lower_bound
from metrics.binding_stores import NOBODY
from metrics.rules import require
from schema.sharing import METHODS, STATUSES, TIE_BREAKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.binding_policy import Policies
    from metrics.binding_spells import Spells
    from metrics.binding_stores import Bools, Floats, Ints, Stores

_UTC: Final = pl.Datetime("us", "UTC")
_VERBATIM: Final = {
    "cause": pl.String(), "status": pl.String(), "tie_break": pl.String(), "dist_m": pl.Float64(), "runner_store_id": pl.String(),
    "runner_dist_m": pl.Float64(), "accuracy_m": pl.Float64(), "confidence": pl.Float64(), "cell": pl.Int64(),
    "policy_version": pl.Int64(), "candidates_json": pl.String(),
}  # fmt: skip

PINNED: Final = pl.Schema(
    {
        "customer_key": pl.Int64(),
        "valid_from": _UTC,
        "store_id": pl.String(),
        "method": pl.String(),
    }
    | _VERBATIM
)
"""What the ledger holds: the rows of its log that no later one covers, a row a customer and instant."""

_NO_WORSE_M: Final = 0.05
_BY_PLACE: Final = ["geo", "territory", "city"]
_BY_CLOSING: Final = ["store_closed"]


@dataclass(frozen=True)
class Pins:
    """The ledger's rows about the people of one decision, by customer and time.

    Attributes:
        frame: ``PINNED``, in any order.
        at: which row of the frame each row is.
        since: their ``valid_from``, microseconds.
        cell: their cell; 0 without.
        accuracy_m: their 68 % radius; not a number without.
        first: first row of each customer; one more at the end.
        stores: all stores.
        known: what is known of places, once the first decisions that stand are found.
        kept: row of the first decision that stands, by customer.
    """

    frame: pl.DataFrame
    at: Ints
    since: Ints
    cell: Ints
    accuracy_m: Floats
    first: Ints
    stores: Stores
    known: Whereabouts | None = None
    kept: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(cls, people: pl.DataFrame, frame: pl.DataFrame, stores: Stores) -> Pins:
        """Read them; rows about nobody of the ``people`` (``i, customer_key``) are left out."""
        require(frame, "pinned", *PINNED)
        about = people.select("customer_key", "i")
        said = frame.select([pl.col(name).cast(kind) for name, kind in PINNED.items()])
        keys = said.select("customer_key", "valid_from", "cell", "accuracy_m").with_row_index("at")
        rows = keys.join(about, on="customer_key").sort("i", "valid_from")
        return cls(
            said,
            rows["at"].cast(pl.Int64).to_numpy(),
            rows["valid_from"].dt.timestamp("us").to_numpy(),
            rows["cell"].fill_null(0).to_numpy(),
            rows["accuracy_m"].to_numpy(),
            np.searchsorted(rows["i"].to_numpy(), np.arange(people.height + 1)),
            stores,
        )

    def __len__(self) -> int:
        """How many rows there are."""
        return self.since.size

    def at_registration(self, registered: Ints, has_code: Bools, known: Whereabouts) -> Ints:
        """Whose first decision stands as the ledger has it? Its row for each customer; ``NOBODY`` for all others."""
        kept = np.full(registered.size, NOBODY)
        if not len(self):
            return kept
        everybody = np.arange(registered.size)
        who = np.flatnonzero((self._elsewhere(everybody, registered, known.first) != NOBODY) & ~has_code)
        row = self._find(who, registered[who])
        learnt = np.zeros(who.size, dtype=np.bool_)
        for later in (known.hint, known.better):
            learnt |= self._is_there(row, later.take(who))
        learnt &= (self._column("cause", row) != "registered").to_numpy() & (self.cell[row] != 0)
        usable = self._is_by(row, _BY_PLACE) & ~learnt
        kept[who[usable]] = row[usable]
        return kept

    def goes_on(self, who: Ints, at: Ints) -> Bools:
        """Whether the ledger has a row about each customer from an instant on."""
        if not len(self):
            return np.zeros(who.size, dtype=np.bool_)
        last: Bools = self.since[self.first[who + 1] - 1] >= at
        return last & (self.first[who + 1] > self.first[who])

    def by_place(self, who: Ints, at: Ints, places: Places) -> Ints:
        """The ledger's decision by place for each customer and instant, where the place was another."""
        return self._only(self._elsewhere(who, at, places), _BY_PLACE)

    def by_closing(self, who: Ints, at: Ints, places: Places, before: Spells) -> Ints:
        """The same for hand-overs, where the spell before is the one that the ledger has before it."""
        row = self._only(self._elsewhere(who, at, places), _BY_CLOSING)
        told = np.flatnonzero(row != NOBODY)
        told = told[row[told] > self.first[who[told]]]
        last = row[told] - 1
        goes_on = (self.since[last] == before.since[told]) & (self.cell[last] == before.cell[told])
        goes_on &= self._owner(last) == before.owner[told]
        out = np.full(who.size, NOBODY)
        out[told[goes_on]] = row[told[goes_on]]
        return out

    def describe(self, new: Spells, at: Ints, places: Places) -> None:
        """What a code or claim decided rests on no place: where the customer was stays as the ledger has it."""
        if not len(self):
            return
        row = self._elsewhere(new.who[at], new.since[at], places)
        at, row = at[row != NOBODY], row[row != NOBODY]
        same = (self._owner(row) == new.owner[at]) & (_numbers(self._column("method", row), METHODS) == new.method[at])
        self._tell(new, at[same], row[same])

    def enter(self, new: Spells, at: Ints, row: Ints) -> None:
        """Put the ledger's decisions in the place of some of the new spells; their terms stay those of the facts."""
        new.owner[at] = self._owner(row)
        new.method[at] = _numbers(self._column("method", row), METHODS)
        new.tie[at] = _numbers(self._column("tie_break", row), TIE_BREAKS)
        self._tell(new, at, row)

    def verbatim(self, spells: pl.DataFrame, row: Ints) -> pl.DataFrame:
        """Decided spells with the grounds of those that stand as the ledger has them, to the letter."""
        told = np.flatnonzero(row != NOBODY)
        if not told.size:
            return spells
        said = self.frame[self.at[row[told]]].select(*_VERBATIM)
        stand = spells[told].with_columns(said.get_columns())
        order = np.arange(spells.height)
        order[told] = spells.height + np.arange(told.size)
        return pl.concat([spells, stand])[order]

    def is_unsure(self, row: Ints) -> Bools:
        """Whether a better place may still replace the decision: provisional ones, and nobody's."""
        return self._column("status", row).is_in(["provisional", "unassigned"]).to_numpy()

    def is_provisional(self, row: Ints) -> Bools:
        """Whether the decision was provisional."""
        return (self._column("status", row) == "provisional").to_numpy()

    def _tell(self, new: Spells, at: Ints, row: Ints) -> None:
        new.pin[at] = row
        new.status[at] = _numbers(self._column("status", row), STATUSES)
        new.cell[at], new.accuracy_m[at] = self.cell[row], self.accuracy_m[row]
        for name in ("dist_m", "confidence"):
            vars(new)[name][at] = self._column(name, row).to_numpy()

    def _elsewhere(self, who: Ints, at: Ints, places: Places) -> Ints:
        """The ledger's row of each customer and instant, if it was decided on another place than this one."""
        if not len(self):
            return np.full(who.size, NOBODY)
        row = self._find(who, at)
        rows = np.flatnonzero((row != NOBODY) & ~self._is_there(row, places))
        rows = rows[~self._is_known(row[rows], who[rows])]
        out = np.full(who.size, NOBODY)
        out[rows] = row[rows]
        towns = np.flatnonzero((row != NOBODY) & (self.cell[row] == 0) & ~places.is_placed)
        of_city = (self._column("method", row[towns]) == "city").fill_null(value=False).to_numpy()
        towns = towns[of_city]
        gone = (places.kind[towns] != CITY) | self.stores.takes(self._owner(row[towns]), at[towns])
        out[towns[gone]] = row[towns[gone]]
        return out

    def _is_there(self, row: Ints, places: Places) -> Bools:
        """Is it the place that the row was decided on? Cities cannot be compared: all are one place here."""
        worse = places.accuracy_m > self.accuracy_m[row] + _NO_WORSE_M
        same: Bools = np.where(self.cell[row] == 0, ~places.is_placed, (places.cell == self.cell[row]) & ~worse)
        return same

    def _is_known(self, row: Ints, who: Ints) -> Bools:
        """Is it any place of those whose decisions are made from the facts? Then an act alone led to another one."""
        if self.known is None:
            return np.zeros(who.size, dtype=np.bool_)
        first, hint, better = (one.take(who) for one in (self.known.first, self.known.hint, self.known.better))
        later = self._is_there(row, hint) | self._is_there(row, better)
        is_any = self._is_there(row, first) | (later & (self.cell[row] != 0))
        of_facts: Bools = is_any & (self.kept[who] == NOBODY)
        return of_facts

    def _find(self, who: Ints, at: Ints) -> Ints:
        row = lower_bound(self.since, self.first[who], self.first[who + 1], at)
        inside = np.flatnonzero(row < self.first[who + 1])
        out = np.full(who.size, NOBODY)
        hit = inside[self.since[row[inside]] == at[inside]]
        out[hit] = row[hit]
        return out

    def _only(self, row: Ints, methods: list[str]) -> Ints:
        told = np.flatnonzero(row != NOBODY)
        out = np.full(row.size, NOBODY)
        usable = told[self._is_by(row[told], methods)]
        out[usable] = row[usable]
        return out

    def _is_by(self, row: Ints, methods: list[str]) -> Bools:
        """Whether rows were decided so, for nobody or for a store that is still known."""
        method, store = self._column("method", row), self._column("store_id", row)
        by_these = method.is_in(methods).fill_null(value=False).to_numpy() & (self._owner(row) != NOBODY)
        usable: Bools = by_these | (method.is_null() & store.is_null()).to_numpy()
        return usable

    def _owner(self, row: Ints) -> Ints:
        return self.stores.row_of(self._column("store_id", row))

    def _column(self, name: str, row: Ints) -> pl.Series:
        return self.frame[name].gather(pl.Series(self.at[row], dtype=pl.Int64))


def upgradeable(
    known: Whereabouts,
    pins: Pins,
    kept: Ints,
    people: pl.DataFrame,
    fixes: pl.DataFrame,
    policies: Policies,
    until: int,
) -> Whereabouts:
    """Which better place may still replace a first decision that stands?

    A place by fix counts from its own time, a home from when it was known (``home_known_at``), and only within the
    policy's days of registration. Nobody's customers who were somewhere take a place only if it is known more exactly;
    a rough one only if they were nowhere.

    Args:
        known: what is known of everybody's places.
        pins: the ledger's rows.
        kept: row of the first decision that stands, by customer; ``NOBODY`` for none.
        people: as for ``whereabouts``.
        fixes: as for ``whereabouts``.
        policies: all policies.
        until: the horizon.
    """
    who = np.flatnonzero(kept != NOBODY)
    who = who[pins.is_unsure(kept[who])]
    if not who.size:
        return known
    registered = people["registered_us"].to_numpy()[who]
    days = policies.per_row(policies.at(registered), [p.upgrade_days for p in policies.all])
    late = pl.Series(_home_known(people)[who] > registered + days * DAY)
    some = people[who].with_columns(
        home_lat=pl.when(~late).then("home_lat"), i=pl.Series(np.arange(who.size), dtype=pl.Int64)
    )
    theirs = fixes.join(some.select("customer_key"), on="customer_key", how="semi")
    found = whereabouts(some, theirs, policies, until)
    row = kept[who]
    nowhere, surer = pins.cell[row] == 0, found.better
    surer = _either(found.first.kind == EXACT, found.first, surer)
    may = nowhere | pins.is_provisional(row) | (surer.accuracy_m < pins.accuracy_m[row])
    rough = _either(found.first.kind == ROUGH, found.first, found.hint)
    return replace(
        known,
        hint=_put(known.hint, who, _not_before(rough, registered, nowhere)),
        better=_put(known.better, who, _not_before(surer, registered, may)),
    )


def _home_known(people: pl.DataFrame) -> Ints:
    return people["home_known_us"].fill_null(np.iinfo(np.int64).min).to_numpy()


def _either(which: Bools, one: Places, other: Places) -> Places:
    """The one's places where said, else the other's."""
    parts = {}
    for part in fields(Places):
        a, b = getattr(one, part.name), getattr(other, part.name)
        parts[part.name] = np.where(which[:, None] if a.ndim > 1 else which, a, b)
    return Places(**parts)


def _not_before(places: Places, registered: Ints, may: Bools) -> Places:
    never = np.iinfo(np.int64).max
    return replace(places, known=np.where(may, np.maximum(places.known, registered), never))


def _put(every: Places, who: Ints, some: Places) -> Places:
    parts = {}
    for part in fields(Places):
        parts[part.name] = getattr(every, part.name).copy()
        parts[part.name][who] = getattr(some, part.name)
    return Places(**parts)


def _numbers(words: pl.Series, known: Sequence[str]) -> Ints:
    numbers = pl.Series(np.arange(len(known)), dtype=pl.Int64)
    return (
        words.replace_strict(pl.Series(known), numbers, default=NOBODY, return_dtype=pl.Int64)
        .fill_null(NOBODY)
        .to_numpy()
    )
