"""Why is this customer whose? One customer's decision told again, and made again to see whether it comes out the same."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import sqlalchemy as sa

from ledger import store, tables
from ledger.bind_changes import changes
from ledger.facts import binding_facts, horizon
from ledger.replay_grounds import ANOTHER, Candidate, Location, grounds_of, reasons, rounded, told_candidates
from ledger.rules import policies
from ledger.spells import pinned
from metrics.binding import decide
from records import database
from records.frames import read_frame
from schema.errors import RefusedError, UsageError
from schema.language import say
from schema.marts import Attempts

if TYPE_CHECKING:
    from metrics.binding import BindingFacts
    from schema.scope import Scope
    from schema.sharing import BindingPolicy
    from warehouse.api import Snapshot

__all__ = ["Attempt", "Candidate", "Location", "Replay", "Spell", "replay"]

_LOG: Final = [c for c in tables.bindings.columns if c.name in store.BINDING_LOG]
_TRIED: Final = [tables.binding_attempts.c[name] for name in ("seq", *Attempts.column_names())]
_BY_CLAIM: Final = ("scan", "guide", "first_purchase", "manual")
_CLAIM: Final = ("at", "method", "claimed_store_id", "guide_id")


@dataclass(frozen=True, slots=True)
class Spell:
    """A store owned the customer from ``valid_from`` until ``valid_to`` (None: still)."""

    store_id: str | None
    agent_id: str | None
    status: str
    method: str | None
    cause: str
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    protected_until: dt.datetime | None
    expires_at: dt.datetime | None
    bound_at: dt.datetime
    recorded_at: dt.datetime
    policy_version: int
    binding_id: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody claimed the customer, and what became of it."""

    at: dt.datetime
    claimed_store_id: str
    owner_store_id: str | None
    method: str
    outcome: str
    protected_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Replay:
    """One customer's bindings, the grounds of the first, and whether they come out the same again.

    Attributes:
        registered_at: when the customer registered.
        location: where the customer was taken to be, coarsely; None when that was not known or is not this viewer's.
        candidates: the stores that came into question, nearest first; those that were not open then are among them.
        tie_break: which rule told equally near stores apart; empty when none was needed.
        why: the first decision as sentences.
        policy_version: the binding policy that made it.
        spells: who owned the customer when, as known now.
        attempts: every claim after registration.
        rerun_same: whether the same facts decide the same again; None when neither facts nor candidates are left.
        rerun_from: ``facts``, ``candidates`` (the place is another now, or not kept any more) or ``nothing``.
        rerun_words: the same as a sentence.
        zone: the business zone, in which the sentences tell the time.
    """

    registered_at: dt.datetime
    location: Location | None
    candidates: tuple[Candidate, ...]
    tie_break: str
    why: tuple[str, ...]
    policy_version: int
    spells: tuple[Spell, ...]
    attempts: tuple[Attempt, ...]
    rerun_same: bool | None
    rerun_from: str
    rerun_words: str
    zone: str

    def to_json(self, pseudonym: str) -> str:
        """The evidence of a dispute under the customer's pseudonym: no id, no key, no exact place, distances in tens."""
        told = {
            "customer": pseudonym,
            **asdict(self),
            "candidates": [asdict(rounded(one, 10)) for one in self.candidates],
        }
        return json.dumps(told, ensure_ascii=False, indent=2, default=lambda at: at.isoformat())


def replay(snapshot: Snapshot, scope: Scope, customer_key: int) -> Replay:
    """Why is the customer whose they are, and does the decision come out the same again?

    Head office reads everything. An agent reads only the spells in which the customer was theirs, claims by or against
    their own stores, and of the decision only what made the customer theirs; other stores have no name.

    Args:
        snapshot: the facts to decide on again.
        scope: who asks.
        customer_key: about whom.

    Raises:
        UsageError: the ledger knows no such customer, or this viewer may not know of them.
        RefusedError: the viewer has no role that may read bindings.
        StorageError: the data folder or the ledger cannot be read.
    """
    if scope.role not in {"owner", "agent"}:
        msg = say("Only head office and agents read bindings.")
        raise RefusedError(msg)
    log, tried = _kept(snapshot, customer_key)
    spells = store.spells(log)
    mine = spells if scope.role != "agent" else spells.filter(pl.col("agent_id") == scope.agent_id)
    if mine.is_empty():
        msg = say("There is no such customer among those whose bindings you may read.")
        raise UsageError(msg)
    decisions = store.decisions(snapshot.mode).filter(pl.col("customer_key") == customer_key)
    facts = replace(
        binding_facts(snapshot, decisions, customer_keys=pl.Series([customer_key], dtype=pl.Int64)), pinned=pinned(log)
    )
    in_force = policies(snapshot.mode)
    first = log.filter(pl.format("B-{}", "seq") == spells["binding_id"][0]).row(0, named=True)
    location, candidates = grounds_of(first, facts, in_force)
    same, rerun_from, words = _again(snapshot, facts, in_force, decisions, spells, first)
    about_me = scope.role != "agent" or first["agent_id"] == scope.agent_id
    zone = snapshot.zone or "UTC"
    shown = tuple(_discreet(one, scope) for one in candidates) if about_me else ()
    return Replay(
        registered_at=first["registered_at"],
        location=location if about_me else None,
        candidates=shown,
        tie_break=first["tie_break"] if about_me else "",
        why=reasons(first, location, shown, zone) if about_me else (say("Another store owned the customer first."),),
        policy_version=first["policy_version"],
        spells=_told_spells(mine, scope),
        attempts=_attempts(tried, scope),
        rerun_same=same,
        rerun_from=rerun_from,
        rerun_words=words,
        zone=zone,
    )


def _told_spells(spells: pl.DataFrame, scope: Scope) -> tuple[Spell, ...]:
    """The ledger's numbers run over all agents' customers: gaps between an agent's own would count the others'."""
    if scope.role == "agent":
        spells = spells.with_columns(binding_id=pl.format("own-{}", pl.int_range(1, pl.len() + 1)))
    return tuple(Spell(**{name: row[name] for name in Spell.__dataclass_fields__}) for row in spells.to_dicts())


def _kept(snapshot: Snapshot, customer_key: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The customer's rows of the ledger."""
    if not database.exists(snapshot.mode):
        msg = say("Nobody is bound yet: a binding run (python -m ledger bind) gives every member an owner.")
        raise UsageError(msg)
    log, tried = tables.bindings.c, tables.binding_attempts.c
    with database.reading(snapshot.mode) as connection:
        rows = read_frame(connection, sa.select(*_LOG).where(log.customer_key == customer_key).order_by(log.seq), _LOG)
        claims = read_frame(
            connection, sa.select(*_TRIED).where(tried.customer_key == customer_key).order_by(tried.seq), _TRIED
        )
    return rows, claims.unique(_CLAIM, keep="last", maintain_order=True).sort("at", "seq")


def _again(
    snapshot: Snapshot, facts: BindingFacts, in_force: tuple[BindingPolicy, ...], decisions: pl.DataFrame,
    spells: pl.DataFrame, first: dict[str, Any],
) -> tuple[bool | None, str, str]:  # fmt: skip
    """Decide once more and compare with what the ledger says."""
    if facts.customers.is_empty():
        return None, "nothing", say("The customer's facts were deleted; the ledger's rows stand as they were written.")
    now = dt.datetime.now(dt.UTC)
    decided = decide(facts, in_force, horizon(snapshot, now, decisions)).spells
    if decided.is_empty():
        return _by_candidates(first, facts)
    nobody = pl.DataFrame(
        schema={"customer_key": pl.Int64, "arrived_at": pl.Datetime("us", "UTC"), "bound_at": pl.Datetime("us", "UTC")}
    )
    if changes(decided, spells, nobody, now).filter("owner_changed").is_empty():
        stands = decided.filter("is_pinned", pl.col("valid_from") == first["valid_from"]).height
        if stands and first["method"] not in _BY_CLAIM:
            return _by_candidates(first, facts)
        return True, "facts", say("Decided again from the stored facts: the same owner at every instant.")
    return False, "facts", (
        say("Decided again from the stored facts it comes out otherwise: they have changed since. The next binding run "
        "writes the correction down.")
    )  # fmt: skip


def _by_candidates(first: dict[str, Any], facts: BindingFacts) -> tuple[bool | None, str, str]:
    """The exact place is gone; the distances kept with the binding still tell whether the owner was the nearest."""
    kept = told_candidates(first, facts)
    if not kept or first["method"] != "geo":
        return (
            None,
            "nothing",
            say(
                "The place it was decided on is not known any more, and the decision did not rest on distances: it stands as it "
                "was written."
            ),
        )
    tied = {one.store_id for one in kept if first["tie_break"] or one.distance_m == kept[0].distance_m}
    same = first["store_id"] in tied
    if same:
        return same, "candidates", say(
            "The place it was decided on is not known any more, so it stands as it was written; by the distances kept with "
            "the binding the owner was the nearest."
        )  # fmt: skip
    return same, "candidates", say(
        "The place it was decided on is not known any more, so it stands as it was written; by the distances kept with the "
        "binding the owner was not the nearest."
    )  # fmt: skip


def _discreet(one: Candidate, scope: Scope) -> Candidate:
    """Head office sees metres, others tens; to an agent another's store has no name and is hundreds of metres away."""
    if scope.role == "owner":
        return one
    if scope.role != "agent" or one.agent_id == scope.agent_id:
        return rounded(one, 10)
    return replace(rounded(one, 100), store_id=ANOTHER, agent_id=None)


def _attempts(tried: pl.DataFrame, scope: Scope) -> tuple[Attempt, ...]:
    if scope.role == "agent":
        mine = [pl.col(side).eq_missing(pl.lit(scope.agent_id)) for side in ("claimed_agent_id", "owner_agent_id")]
        tried = tried.filter(pl.any_horizontal(*mine)).with_columns(
            claimed_store_id=pl.when(mine[0]).then("claimed_store_id").otherwise(pl.lit(ANOTHER)),
            owner_store_id=pl.when(mine[1] | pl.col("owner_store_id").is_null())
            .then("owner_store_id")
            .otherwise(pl.lit(ANOTHER)),
        )
    return tuple(Attempt(**{name: row[name] for name in Attempt.__dataclass_fields__}) for row in tried.to_dicts())
