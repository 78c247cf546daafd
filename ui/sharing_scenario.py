"""Other rules than those in force, made from a few plain numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.sharing import Rule

_POINT: Final = 100
"""Basis points in a percentage point."""
_WHOLE: Final = 10_000


def changed(rules: Sequence[Rule], *, pool: float, agent: float) -> tuple[Rule, ...]:
    """The rules with a larger or smaller pool, and with more or less for the agent.

    Args:
        rules: those in force.
        pool: percentage points of net added to the pool of every rule that shares with anybody but head office's fund;
            all roles get more or less alike.
        agent: percentage points of net added for the agent alone, in rules that pay one; the others keep their amounts.
    """
    return tuple(_changed(rule, round(pool * _POINT), round(agent * _POINT)) for rule in rules)


def _changed(rule: Rule, pool: int, agent: int) -> Rule:
    weights = dict(rule.weights)
    if rule.pool_bps == 0 or set(weights) == {"fund"}:
        return rule
    wider = max(0, min(_WHOLE, rule.pool_bps + pool))
    if not agent or not weights.get("agent"):
        return replace(rule, pool_bps=wider)
    parts = {role: wider * bps for role, bps in rule.weights}
    parts["agent"] = max(0, parts["agent"] + agent * _WHOLE)
    whole = sum(parts.values())
    if whole == 0:
        return replace(rule, pool_bps=0)
    return replace(rule, pool_bps=min(_WHOLE, round(whole / _WHOLE)), weights=_split(parts, whole))


def _split(parts: dict[str, int], whole: int) -> tuple[tuple[str, int], ...]:
    """Parts as basis points that add up to the whole: largest remainder, ties by order."""
    floors = {role: part * _WHOLE // whole for role, part in parts.items()}
    rest = _WHOLE - sum(floors.values())
    by_remainder = sorted(parts, key=lambda role: -(parts[role] * _WHOLE % whole))
    return tuple(
        (role, bps + (role in by_remainder[:rest]))
        for role, bps in floors.items()
        if bps or role in by_remainder[:rest]
    )
