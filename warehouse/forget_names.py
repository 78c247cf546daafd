"""Who is meant by what was typed: an id is kept as it is or hashed, by how it looks or by what its column was called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.errors import UsageError
from schema.language import say
from schema.secret import hash_key, stored_id
from warehouse.forgotten import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schema.settings import DataMode
    from warehouse.snapshots import Snapshot

_SHOWN: Final = 10


@dataclass(frozen=True)
class Named:
    """One person as typed.

    Attributes:
        forms: how the id may be stored: as other ids are, and hashed as a telephone number's column hashes all of its
            values. The first is what may be shown.
    """

    forms: tuple[str, ...]

    @property
    def marks(self) -> frozenset[str]:
        """What is kept of them once they are forgotten, whatever form their id had."""
        return frozenset(mark_of(one) for one in self.forms)


@dataclass(frozen=True)
class Meant:
    """Who was found.

    Attributes:
        rows: ``customer_id, customer_key`` of those who are there; no key where only positions wait for them.
        people: those who are there, as typed.
        already: how many were forgotten before.
    """

    rows: pl.DataFrame
    people: tuple[Named, ...]
    already: int


def named(customers: str | Sequence[str], reason: str) -> tuple[Named, ...]:
    """Everybody who was typed, each once.

    Args:
        customers: ids as the source has them.
        reason: why, for the log; it must hold none of them.

    Raises:
        UsageError: nobody is named, or the reason names somebody.
    """
    asked = sorted({one.strip() for one in ([customers] if isinstance(customers, str) else customers)})
    if not asked or "" in asked:
        msg = say("Say which customer: the id of the source.")
        raise UsageError(msg)
    if any(one in reason for one in asked):
        msg = say("The reason names the customer, and it is kept for good. Say it without the id.")
        raise UsageError(msg)
    key = hash_key()
    forms = {(stored_id(key, one), stored_id(key, one, always=True)) for one in asked}
    return tuple(Named(tuple(dict.fromkeys(both))) for both in sorted(forms))


def forms_of(people: Iterable[Named]) -> list[str]:
    """Every form of their ids."""
    return sorted({form for one in people for form in one.forms})


def found(mode: DataMode, base: Snapshot | None, people: Sequence[Named]) -> Meant:
    """Who of them is there, and who was forgotten before.

    Raises:
        UsageError: nothing was imported yet, or somebody is neither there nor forgotten.
    """
    if base is None:
        msg = say("There are no {mode} data yet, so there is nobody to forget.", mode=say(mode))
        raise UsageError(msg)
    forms = forms_of(people)
    known = base.read("customer_keys").filter(pl.col("customer_id").is_in(forms))
    waiting = base.read("orphan_location_fixes").select("customer_id").filter(pl.col("customer_id").is_in(forms))
    marks = set(base.read("forgotten")["mark"])
    there = {*known["customer_id"], *waiting["customer_id"]}
    here = tuple(one for one in people if there.intersection(one.forms))
    already = [one for one in people if one not in here and marks & one.marks]
    if missing := [one.forms[0] for one in people if one not in here and one not in already]:
        msg = say(
            "No customer {ids} in the {mode} data ({missing} of {given} are not known), so nobody was forgotten. Give the ids as the source has them.",
            ids=", ".join(missing[:_SHOWN]),
            mode=say(mode),
            missing=len(missing),
            given=len(people),
        )
        raise UsageError(msg)
    alone = waiting.unique().join(known, on="customer_id", how="anti").with_columns(customer_key=pl.lit(None, pl.Int64))
    return Meant(pl.concat([known, alone]), here, len(already))
