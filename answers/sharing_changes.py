"""Other rules in a few words: what a what-if changes in the rules and the binding policy in force."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from schema.errors import UsageError
from schema.language import from_python, say
from schema.sharing import ALWAYS, CHOICES, NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.sharing import BindingPolicy, Rule

_WHOLE: Final = 10_000
_POINTS: Final = re.compile(r"(?:(?P<rule>[^:]+):)?(?P<points>[+\u2212-]?\d+(?:\.\d{1,2})?)")
_DAYS: Final = {"always": ALWAYS, "never": NEVER}
_MOST_DAYS: Final = 3_650


def with_pool(rules: Sequence[Rule], said: str) -> tuple[Rule, ...]:
    """The rules with a larger or smaller pool, weights as they are.

    Args:
        rules: in force.
        said: percentage points of net sales, ``+1`` for every rule that pays, ``R1:-0.5`` for one.

    Raises:
        UsageError: not such a number, no such rule, or a pool below 0 or above all sales.
    """
    name, bps = _points("pool", said, rules)
    return tuple(
        dataclasses.replace(rule, pool_bps=_within(rule, rule.pool_bps + bps))
        if rule.rule_id == name or (not name and rule.pool_bps)
        else rule
        for rule in rules
    )


def with_role(rules: Sequence[Rule], role: str, said: str) -> tuple[Rule, ...]:
    """The rules with more or less of net sales for one role; every other role keeps its part of sales.

    Args:
        rules: in force.
        role: store, agent, guide …
        said: percentage points of net sales, ``+1`` for every rule in which the role has a part, ``R1:+1`` for one.

    Raises:
        UsageError: not such a number, no such rule, or a part below 0 or above all sales.
    """
    name, bps = _points(role, said, rules)
    return tuple(
        _shifted(rule, role, bps)
        if role in dict(rule.weights) and name in {"", rule.rule_id} and rule.pool_bps
        else rule
        for rule in rules
    )


def with_policy(policy: BindingPolicy, said: Mapping[str, str]) -> BindingPolicy:
    """The policy with other protection, validity (days, ``always`` −1, ``never`` −2) or choice of the owner.

    Raises:
        UsageError: not a number of days, or no such choice.
    """
    changed: dict[str, int | str] = {}
    for name in ("protection", "validity"):
        if said.get(name):
            changed[f"{name}_days"] = _days(name, said[name])
    choose = said.get("policy")
    if choose:
        if choose not in CHOICES:
            msg = say("policy={given} is none of {known}.", given=repr(choose[:40]), known=", ".join(CHOICES))
            raise UsageError(msg)
        changed["choose"] = choose
    return dataclasses.replace(policy, **changed) if changed else policy  # type: ignore[arg-type]


def _points(option: str, said: str, rules: Sequence[Rule]) -> tuple[str, int]:
    """Which rule (empty: all) and how many basis points."""
    match = _POINTS.fullmatch(said.strip())
    if match is None:
        msg = say(
            "{option}={given} is not a number of percentage points such as +1, -0.5 or R1:+1.",
            option=option,
            given=repr(said[:40]),
        )
        raise UsageError(msg)
    name = match["rule"] or ""
    if name and name not in {rule.rule_id for rule in rules}:
        msg = say(
            "{option}={given}: no rule {name}; the rules are {known}.",
            option=option,
            given=repr(said[:40]),
            name=name[:40],
            known=", ".join(rule.rule_id for rule in rules),
        )
        raise UsageError(msg)
    return name, round(float(match["points"].replace("\u2212", "-")) * 100)


def _within(rule: Rule, bps: int) -> int:
    if not 0 <= bps <= _WHOLE:
        msg = say(
            "The pool of {rule} would be {percent} % of sales; it lies between 0 and 100 %.",
            rule=rule.rule_id,
            percent=from_python(f"{bps / 100:.2f}"),
        )
        raise UsageError(msg)
    return bps


def _shifted(rule: Rule, role: str, bps: int) -> Rule:
    """Parts of sales in ten-thousandths of a basis point are exact; the new weights add up by largest remainder."""
    pool = _within(rule, rule.pool_bps + bps)
    parts = {name: rule.pool_bps * weight + (bps * _WHOLE if name == role else 0) for name, weight in rule.weights}
    if parts[role] < 0:
        msg = say("{role}: its part of {rule} would be below 0 % of sales.", role=role, rule=rule.rule_id)
        raise UsageError(msg)
    if not pool:
        return dataclasses.replace(rule, pool_bps=0)
    weights = {name: part // pool for name, part in parts.items()}
    order = sorted(parts, key=lambda name: -(parts[name] % pool))
    for name in order[: _WHOLE - sum(weights.values())]:
        weights[name] += 1
    return dataclasses.replace(rule, pool_bps=pool, weights=tuple(weights.items()))


def _days(name: str, said: str) -> int:
    if said in _DAYS:
        return _DAYS[said]
    days = int(said) if re.fullmatch(r"-?\d{1,5}", said) else None
    if days is None or not NEVER <= days <= _MOST_DAYS:
        msg = say(
            "{name}={given} is not a number of days from 0 to {most}, -1 or -2.",
            name=name,
            given=repr(said[:40]),
            most=_MOST_DAYS,
        )
        raise UsageError(msg)
    return days
