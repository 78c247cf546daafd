"""Groups that cannot be one person: who of them can, and which identity would have joined the others?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

MOST_PHONES: Final = 2
"""Telephones a person may have: one for work, one for home. More are several people."""

_STRENGTH: Final = {"unionid": 0, "card": 1, "phone": 2}
_TWO, _MANY = "two_unionids", "many_phones"


@dataclass(slots=True)
class _Person:
    """Customers joined so far, and what limits who may join them."""

    name: int
    customers: list[int]
    unionids: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)

    def refuses(self, other: _Person) -> str:
        """Why the two cannot be one; empty when they can."""
        if len(self.unionids | other.unionids) > 1:
            return _TWO
        return _MANY if len(self.phones | other.phones) > MOST_PHONES else ""


def separate(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which persons are there in groups that cannot be one?

    Identities are taken strongest kind first, then by their earliest sighting, then by hash. Each joins its holders,
    the earliest holder first, to the first of them, except where two unionids or three telephones would meet.
    The same rows give the same persons in whatever order they are.

    Args:
        rows: ``customer_key, id_type, id_hash, first_seen``; all usable identities of the groups, once each.

    Returns:
        ``customer_key, person`` of the groups' customers; and ``id_type, id_hash, kind, customer_key, person``: holders
        of each identity that is now of several persons.
    """
    of: dict[int, _Person] = {}
    holders: dict[tuple[str, str], list[tuple[bool, Any, int]]] = {}
    for key, kind, value, seen in rows.select("customer_key", "id_type", "id_hash", "first_seen").iter_rows():
        person = of.setdefault(key, _Person(key, [key]))
        if kind == "unionid":
            person.unionids.add(value)
        elif kind == "phone":
            person.phones.add(value)
        holders.setdefault((kind, value), []).append((seen is None, seen or 0, key))
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
        one, two = of[first], of[other]
        if one is two or one.refuses(two):
            continue
        kept, gone = (one, two) if len(one.customers) >= len(two.customers) else (two, one)
        kept.name = min(one.name, two.name)
        kept.customers += gone.customers
        kept.unionids |= gone.unionids
        kept.phones |= gone.phones
        of.update(dict.fromkeys(gone.customers, kept))


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
