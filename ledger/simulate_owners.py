"""Whose customer would each have been under another binding policy?"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from ledger import store
from ledger.facts import binding_facts
from ledger.rules import policies
from ledger.spells import spells
from metrics.binding import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.sharing import BindingPolicy
    from warehouse.api import Snapshot


@dataclasses.dataclass(frozen=True, slots=True)
class Owners:
    """Spells of ownership (mart ``Bindings``) of two scenarios; one object twice where they are the same."""

    before: pl.DataFrame
    after: pl.DataFrame


def owners_under(snapshot: Snapshot, before: BindingPolicy, after: BindingPolicy, first: dt.date) -> Owners:
    """Spells under two policies: those of the ledger where the policy is the one in force, else decided anew.

    A policy that is not in force holds as if from ``first`` on; what happened earlier was decided as it was.
    """
    history = policies(snapshot.mode)
    now = in_force(history, snapshot)
    known = snapshot.read("bindings")
    if known.is_empty():
        known = spells(store.binding_log(snapshot.mode))

    def owners(policy: BindingPolicy) -> pl.DataFrame:
        if not _alike(policy, now):
            return _decided(snapshot, _with_other(history, policy, _midnight(snapshot, first)))
        return _decided(snapshot, history) if known.is_empty() else known

    own = owners(before)
    return Owners(own, own if _alike(before, after) else owners(after))


def owners_changed(owners: Owners, snapshot: Snapshot) -> int:
    """How many customers end the last complete day with different owners?"""
    if owners.after is owners.before:
        return 0
    own, other = (_owners_at(one, _midnight(snapshot, snapshot.as_of)) for one in (owners.before, owners.after))
    both = own.join(other, on="customer_key", how="inner", suffix="_after")
    return both.filter(pl.col("store_id").ne_missing(pl.col("store_id_after"))).height


def in_force(history: Sequence[BindingPolicy], snapshot: Snapshot) -> BindingPolicy:
    """The policy that decides at the end of the snapshot's last complete day; the first one before any has begun."""
    end = _midnight(snapshot, snapshot.as_of)
    begun = [one for one in history if one.effective_from is None or one.effective_from < end]
    return max(begun, key=lambda one: (_start(one), one.version)) if begun else history[0]


def _start(policy: BindingPolicy) -> dt.datetime:
    return policy.effective_from or dt.datetime.min.replace(tzinfo=dt.UTC)


def _alike(one: BindingPolicy, other: BindingPolicy) -> bool:
    """Whether two policies decide alike; from when on and under which number does not matter."""
    return dataclasses.replace(one, version=other.version, effective_from=other.effective_from) == other


def _with_other(history: Sequence[BindingPolicy], policy: BindingPolicy, since: dt.datetime) -> list[BindingPolicy]:
    earlier = [one for one in history if _start(one) < since]
    version = max(one.version for one in history) + 1
    return [*earlier, dataclasses.replace(policy, version=version, effective_from=since)]


def _decided(snapshot: Snapshot, history: Sequence[BindingPolicy]) -> pl.DataFrame:
    facts = binding_facts(snapshot, store.decisions(snapshot.mode))
    decided = decide(facts, history, _midnight(snapshot, snapshot.as_of)).spells
    never = pl.lit(None, pl.Datetime("us", "UTC"))
    log = decided.with_row_index("seq", offset=1).with_columns(
        arrived_at=never, bound_at="known_at", recorded_at="known_at"
    )
    return spells(log)


def _owners_at(every: pl.DataFrame, end: dt.datetime) -> pl.DataFrame:
    lasts = (pl.col("valid_from") < end) & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= end))
    return every.filter(lasts).select("customer_key", "store_id")


def _midnight(snapshot: Snapshot, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(snapshot.zone or "UTC")).astimezone(dt.UTC)
