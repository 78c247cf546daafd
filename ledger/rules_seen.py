"""The rules as one viewer may read them: an agent those that can concern them, and no word about other agents."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl

from ledger.rules import rules

if TYPE_CHECKING:
    from schema.scope import Scope
    from schema.sharing import Rule
    from warehouse.api import Snapshot


def rules_for(snapshot: Snapshot, scope: Scope) -> tuple[Rule, ...]:
    """By which rules is this viewer's money shared?

    Args:
        snapshot: which data; it knows the level of an agent.
        scope: who asks. Any role that is not known reads none.

    Returns:
        Every version, in the book's order. For an agent those that name no agent or level, or theirs; of the agents and
        levels a rule names only their own are left, and a rule made for several is called by its number: its name may
        name the others.
    """
    every = rules(snapshot.mode)
    if scope.role in {"owner", "presenter"}:
        return every
    if scope.role != "agent" or not scope.agent_id:
        return ()
    agent, level = scope.agent_id, _level(snapshot, scope.agent_id)
    return tuple(_own_side(rule, agent, level) for rule in every if _concerns(rule, agent, level))


def _level(snapshot: Snapshot, agent: str) -> str:
    found = snapshot.read("agents").filter(pl.col("agent_id") == agent)["level"].drop_nulls()
    return str(found[0]) if found.len() else ""


def _concerns(rule: Rule, agent: str, level: str) -> bool:
    return (not rule.agents or agent in rule.agents) and (not rule.levels or level in rule.levels)


def _own_side(rule: Rule, agent: str, level: str) -> Rule:
    is_shared = len(rule.agents) > 1 or len(rule.levels) > 1
    return dataclasses.replace(
        rule,
        name=rule.rule_id if is_shared else rule.name,
        agents=(agent,) if rule.agents else (),
        levels=(level,) if rule.levels else (),
    )
