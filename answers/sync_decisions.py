"""Sync, decisions: what head office said of identities in conflict, and what there is to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers.customers import named
from answers.persons import as_registered
from answers.registry import Result, address
from answers.sync import unified
from records import identity_decisions
from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from answers.answer import Context

_SCHEMA: Final[dict[str, Any]] = {
    "decision": pl.String, "verdict": pl.String, "customer_key": pl.Int64, "person": pl.Int64, "decided_by": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@address(
    "sync/decisions",
    "decision, verdict, customer_id, person, decided_by, decided_at",
    meaning=later("What was decided of identities in conflict, by whom and when."),
    definition=later(
        "one: they are one person, whatever their identities say. apart: customers of different person numbers never "
        "are. Decisions hold for every import and whoever looks, the last word before earlier ones, until they are taken back."
    ),
)
def decisions(asked: Context) -> Result:
    """Who was said to be one person? One row per decision and customer, newest decision first. The owner alone."""
    found = identity_decisions.decisions(asked.snapshot.mode, asked.scope)
    rows = [
        (one.decision_id, "one" if one.is_one else "apart", key, number, one.changed_by, one.changed_at)
        for one in found
        for number, group in enumerate(one.groups, start=1)
        for key in group
    ]
    table = named(asked, pl.DataFrame(rows, schema=_SCHEMA, orient="row")).drop("customer_key")
    order = ["decided_at", "decision", "person", "customer_id"]
    return Result(table.sort(order, descending=[True, True, False, False]), n=len(found), n_label=say("decisions"))


def groups_of(asked: Context, conflict: int) -> tuple[tuple[int, ...], ...]:
    """The customer keys of each person of one conflict, as ``sync/conflicts`` numbers them.

    Raises:
        UsageError: there is no such conflict, or not any more.
    """
    found = unified(as_registered(asked)).conflicts
    rows = found.filter(pl.struct("id_type", "id_hash").rank("dense") == conflict)
    if rows.is_empty():
        msg = say("There is no conflict {n} any more; look again.", n=conflict)
        raise UsageError(msg)
    parts = (
        rows.unique(["customer_key", "person"])
        .sort("person", "customer_key")
        .partition_by("person", maintain_order=True)
    )
    return tuple(tuple(part["customer_key"].to_list()) for part in parts)
