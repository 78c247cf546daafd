"""A what-if as parameters of the URL: what the form shows, what a preset sets, what a pasted link asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from answers.sharing_simulation import CHANGES
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.sharing import BindingPolicy, Rule

POINTS: Final = ("pool", "store_share", "agent_share", "guide_share")
"""Those of ``CHANGES`` that are percentage points of net, of all rules or of one."""
_POINTS: Final = re.compile(r"(?:(?P<rule>[^:]+):)?(?P<points>[+−-]?\d+(?:\.\d{1,2})?)")
_MOST: Final = 60
_TEN: Final = 1_000


def given(query: Mapping[str, str]) -> dict[str, str]:
    """The changes that a URL asks for, as they are written there; empty ones are none."""
    return {name: query[name].strip()[:_MOST] for name in CHANGES if query.get(name, "").strip()}


def points_of(said: str) -> tuple[str, float]:
    """``R1:+1.5`` → the rule (empty: every rule) and the points; what cannot be read is no change in the form."""
    match = _POINTS.fullmatch(said)
    return (match["rule"] or "", float(match["points"].replace("−", "-"))) if match else ("", 0.0)


def days_of(said: str, now: int) -> int:
    """``180`` → 180; ``always`` and ``never`` as −1 and −2; what cannot be read is the number in force."""
    named = {"always": -1, "never": -2}.get(said)
    if named is not None:
        return named
    return int(said) if re.fullmatch(r"-?\d{1,5}", said) else now


def written(
    rule: str, points: Mapping[str, float], policy: BindingPolicy, protection: int, validity: int, choose: str
) -> dict[str, str]:
    """What a form holds as parameters; what is as in force needs none.

    Args:
        rule: the one whose points change; empty for all.
        points: by name of ``POINTS``.
        policy: in force.
        protection: days.
        validity: days.
        choose: how a new customer's owner is chosen.
    """
    said = {name: (f"{rule}:" if rule else "") + f"{value:+g}" for name, value in points.items() if value}
    for name, days, now in (
        ("protection", protection, policy.protection_days),
        ("validity", validity, policy.validity_days),
    ):
        if days != now:
            said[name] = str(days)
    return said | ({"policy": choose} if choose != policy.choose else {})


def presets(rules: Sequence[Rule]) -> dict[str, dict[str, str]]:
    """Comparisons that are asked for most, by their words, as parameters."""
    found = {
        say("Protection 180 days and +1 point for agents"): {"agent_share": "+1", "protection": "180"},
        say("Seller takes"): {"policy": "seller_takes"},
    }
    main = next((rule for rule in rules if rule.sold == "online" and dict(rule.weights).get("agent")), None)
    if main is not None and main.pool_bps != _TEN:
        found[say("Online pool 10 %")] = {"pool": f"{main.rule_id}:{(_TEN - main.pool_bps) / 100:+g}"}
    return found
