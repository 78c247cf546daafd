"""Sharing, rules and disputes: what the ledger's books say now, not as of the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from answers import sharing_rows as rows
from answers.known import owner_names
from answers.registry import Result, address
from ledger import api as ledger
from ledger.disputes import disputes
from schema.language import later, say
from schema.sharing import FUND

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.sharing import Rule

_LISTS = ("channels", "categories", "products", "agents", "levels")
_RULES: dict[str, type[pl.DataType] | pl.DataType] = {
    "rule_id": pl.String, "version": pl.Int64, "name": pl.String, "effective_from": pl.Date, "effective_to": pl.Date,
    "priority": pl.Int64, "pool_bps": pl.Int64, "weights": pl.String, "sold": pl.String, "fulfilled": pl.String,
    "bound": pl.String, **dict.fromkeys(_LISTS, pl.String), "sentence": pl.String,
}  # fmt: skip
_POLICY: dict[str, type[pl.DataType] | pl.DataType] = {
    "version": pl.Int64, "effective_from": pl.Datetime("us", "UTC"), "choose": pl.String, "claims": pl.String,
    "protection_days": pl.Int64, "validity_days": pl.Int64, "sentence": pl.String,
}  # fmt: skip
_DISPUTE = [
    "dispute_id", "claim", "status", "outcome", "opened_at", "due_on", "decided_at", "opened_by", "customer_id",
    "source", "order_id", "store_id", "other_store_id", "comments", "words", "decision", "rebind_store_id", "rebind_from",
]  # fmt: skip


@address(
    "sharing/rules",
    ", ".join(_RULES),
    meaning=later("The rules that say which part of which sales goes to whom, each as a sentence."),
    definition=later(
        "pool_bps is the pool as a part of the lines' net, weights the parts of the pool, both in basis points. A line "
        "takes the matching rule of highest priority, then the most specific, then the newest. Agents see the rules that can "
        "concern them."
    ),
    options={"versions": ("current", "all")},
)
def rules(asked: Context, versions: str = "current") -> Result:
    """By which rules is shared? One row per rule (and version), by id."""
    every = ledger.rules_for(asked.snapshot, asked.scope)
    shown = every if versions == "all" else ledger.newest(every, asked.as_of)
    table = pl.DataFrame([_rule(asked, rule) for rule in shown], schema=_RULES)
    table = table.clear() if asked.unknown else table
    return Result(table, table.height, say("rules"))


def _rule(asked: Context, rule: Rule) -> dict[str, Any]:
    names = {**owner_names(asked.marts), FUND: say("head office's fund")}
    plain = {name: getattr(rule, name) for name in _RULES if name not in {*_LISTS, "weights", "sentence"}}
    return {
        **plain,
        **{name: " ".join(getattr(rule, name)) or None for name in _LISTS},
        "weights": " ".join(f"{role} {bps}" for role, bps in rule.weights),
        "sentence": ledger.sentence(rule, asked.currency, names),
    }


@address(
    "sharing/policies",
    ", ".join(_POLICY),
    meaning=later("The binding policies, oldest first, each as a sentence."),
    definition=later(
        "How a customer gets an owner from effective_from on; null is since ever. −1 protection days: always "
        "contestable, −2: never; −1 validity days: for ever."
    ),
)
def policies(asked: Context) -> Result:
    """By which policy are owners decided? One row per version, oldest first."""
    found = [] if asked.unknown else ledger.policies(asked.snapshot.mode)
    told = [
        {name: getattr(policy, name) for name in _POLICY if name not in {"claims", "sentence"}}
        | {"claims": " ".join(policy.claims), "sentence": ledger.policy_sentence(policy)}
        for policy in found
    ]
    table = pl.DataFrame(told, schema=_POLICY)
    return Result(table, table.height, say("policies"))


@address(
    "sharing/disputes",
    ", ".join(_DISPUTE),
    meaning=later("Disputes with their claim, clock and decision, newest first."),
    definition=later(
        "Seven days to decide; later is overdue. An agent sees disputes they opened or are the other side of, and the "
        "other side as another store. As of now, whatever the period. Presenters see none."
    ),
)
def disputed(asked: Context) -> Result:
    """Who disputes what? One row per dispute.

    Raises:
        RefusedError: a presenter asks.
    """
    found = disputes(asked.snapshot.mode, asked.scope)
    table = rows.called(asked, found.clear() if asked.unknown else found).select(_DISPUTE)
    waiting = table.filter(pl.col("status") != "decided").height
    notes = (say("{n} of them wait for a decision.", n=waiting),) if waiting else ()
    return Result(table, table.height, say("disputes"), notes=notes)
