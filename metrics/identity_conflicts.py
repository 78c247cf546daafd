"""Groups that cannot be one person: who of them can, and which identity would have joined the others?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

MOST_PHONES: Final = 2
"""Telephones a person may have: one for work, one for home. More are several people."""

_STRENGTH: Final = {"unionid": 0, "card": 1, "phone": 2}
_TWO, _MANY = "two_unionids", "many_phones"


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of customers whose identities contradict each other.

    Attributes:
        is_one: they are one person, whatever their identities say; else those of different groups never are.
        groups: customer keys of each person as they were told.
    """

    is_one: bool
    groups: tuple[tuple[int, ...], ...]

    @property
    def keys(self) -> frozenset[int]:
        """All the customers it is about."""
        return frozenset(key for group in self.groups for key in group)


@dataclass(slots=True)
class _Person:
    """Customers joined so far, and what limits who may join them: how many unionids and telephones they may have."""

    name: int
    customers: list[int]
    unionids: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    most: tuple[int, int] = (1, MOST_PHONES)
    sides: dict[int, int] = field(default_factory=dict)

    def refuses(self, other: _Person) -> bool:
        """Whether the two cannot be one; who was joined by a decision may have more identities, and gets no others."""
        unionids, phones = (max(sizes) for sizes in zip(self.most, other.most, strict=True))
        too_many = len(self.unionids | other.unionids) > unionids or len(self.phones | other.phones) > phones
        return too_many or self.is_parted(other)

    def is_parted(self, other: _Person) -> bool:
        """Whether somebody decided that the two are not one."""
        return any(other.sides.get(number, side) != side for number, side in self.sides.items())


def separate(rows: pl.DataFrame, decisions: Sequence[Decision] = ()) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which persons are there in groups that cannot be one, or of which somebody decided?

    What was decided comes first, the last word before those it contradicts.

    Identities are taken strongest kind first, then by their earliest sighting, then by hash. Each joins its holders,
    the earliest holder first, to the first of them, except where two unionids or three telephones would meet.
    The same rows give the same persons in whatever order they are.

    Args:
        rows: ``customer_key, id_type, id_hash, first_seen``; all usable identities of the groups, once each.
        decisions: oldest first, about customers of these groups and others who are here.

    Returns:
        ``customer_key, person`` of the groups' customers; and ``id_type, id_hash, kind, customer_key, person``: holders
        of each identity that is now of several persons.
    """
    of = {key: _Person(key, [key]) for decision in decisions for key in sorted(decision.keys)}
    holders: dict[tuple[str, str], list[tuple[bool, Any, int]]] = {}
    for key, kind, value, seen in rows.select("customer_key", "id_type", "id_hash", "first_seen").iter_rows():
        person = of.setdefault(key, _Person(key, [key]))
        if kind == "unionid":
            person.unionids.add(value)
        elif kind == "phone":
            person.phones.add(value)
        holders.setdefault((kind, value), []).append((seen is None, seen or 0, key))
    for number, decision in reversed(list(enumerate(decisions))):
        _obey(of, number, decision)
    held = {identity: rows_of for identity, rows_of in holders.items() if len(rows_of) > 1}
    for identity in sorted(held, key=lambda i: (_STRENGTH[i[0]], min(held[i])[:2], i[1])):
        _join(of, held[identity])
    people = pl.DataFrame(
        [(key, person.name) for key, person in of.items()],
        schema={"customer_key": pl.Int64, "person": pl.Int64},
        orient="row",
    )
    return people, _told(of, held.items())


def _join(of: dict[int, _Person], holders: list[tuple[bool, Any, int]]) -> None:
    """Join the holders of one identity to the first of them, where nothing speaks against it."""

    def rank(holder: tuple[bool, Any, int]) -> tuple[Hashable, ...]:
        person = of[holder[2]]
        return (*holder[:2], -len(person.customers), person.name)

    first, *others = [holder[2] for holder in sorted(holders, key=rank)]
    for other in others:
        if of[first] is not of[other] and not of[first].refuses(of[other]):
            _merge(of, of[first], of[other])


def _merge(of: dict[int, _Person], one: _Person, two: _Person) -> None:
    kept, gone = (one, two) if len(one.customers) >= len(two.customers) else (two, one)
    kept.name = min(one.name, two.name)
    kept.customers += gone.customers
    kept.unionids |= gone.unionids
    kept.phones |= gone.phones
    kept.most = max(kept.most[0], gone.most[0]), max(kept.most[1], gone.most[1])
    kept.sides |= gone.sides
    of.update(dict.fromkeys(gone.customers, kept))


def _obey(of: dict[int, _Person], number: int, decision: Decision) -> None:
    """Join or part, unless a later decision says otherwise."""
    if decision.is_one:
        first, *others = sorted(decision.keys) or [0]
        for other in others:
            if of[first] is not of[other] and not of[first].is_parted(of[other]):
                _merge(of, of[first], of[other])
                whole = of[first]
                whole.most = max(1, len(whole.unionids)), max(MOST_PHONES, len(whole.phones))
        return
    sides = {key: side for side, group in enumerate(decision.groups) for key in group}
    on_both = {
        of[key].name for key, side in sides.items() for other in of[key].customers if sides.get(other, side) != side
    }
    for key, side in sides.items():
        if not on_both:
            of[key].sides[number] = side


def _told(of: dict[int, _Person], held: Iterable[tuple[tuple[str, str], list[tuple[bool, Any, int]]]]) -> pl.DataFrame:
    rows = []
    for (kind, value), holders in held:
        people = {of[key].name: of[key] for _, _, key in holders}
        if len(people) == 1:
            continue
        unionids: set[str] = set().union(*(person.unionids for person in people.values()))
        why = _TWO if len(unionids) > 1 else _MANY
        rows += [(kind, value, why, key, of[key].name) for _, _, key in holders]
    schema = {"id_type": pl.String, "id_hash": pl.String, "kind": pl.String}
    return pl.DataFrame(rows, schema=schema | {"customer_key": pl.Int64, "person": pl.Int64}, orient="row")
