"""A rule and a binding policy in one plain sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schema.sharing import ALWAYS, NEVER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from schema.sharing import BindingPolicy, Rule

SINCE_EVER_YEAR: Final = 2000
"""A rule from this year or earlier holds since ever, and its sentence does not say so."""

_SOLD: Final = {
    "any": "Sales",
    "online": "Online sales",
    "own_store": "Sales in the customer's own store",
    "other_store": "Sales in another store",
}
_FULFILLED: Final = {
    "any": "",
    "own_store": "handed over by the customer's own store",
    "other_store": "handed over by another store",
    "nobody": "handed over by no store",
}
_BOUND: Final = {"any": "", "bound": "to a bound customer", "unassigned": "to nobody's customer"}
_ROLES: Final = {
    "store": "the customer's store",
    "fulfiller": "the store that hands over",
    "seller": "the selling store",
    "agent": "its agent",
    "guide": "the guide",
    "upline": "the guide's upline",
    "fund": "head office's fund",
}
_CHOICES: Final = {
    "nearest": "the nearest open store",
    "territory_first": "the store whose territory the customer lives in, else the nearest open store",
    "huff": "the store most likely by size and distance (Huff)",
    "seller_takes": "the store that first sells to the customer",
}
_CLAIMS: Final = {"scan": "scans", "guide": "guides' codes", "first_purchase": "first purchases"}


def sentence(rule: Rule, currency: str = "", names: Mapping[str, str] | None = None) -> str:
    """What does a rule say, in words?

    Args:
        rule: the rule.
        currency: named after the net when given.
        names: what people call agents, products and channels, by id.

    Examples:
        >>> import datetime as dt
        >>> from schema.sharing import standard_rules
        >>> sentence(standard_rules(dt.date(2024, 11, 15))[2])
        "Sales in another store to a bound customer: 3 % of net, all of it to the customer's store; from 15 Nov 2024."
    """
    return f"{_which(rule, names or {})}: {_shares(rule, currency)}{_when(rule)}."


def policy_sentence(policy: BindingPolicy) -> str:
    """What does a binding policy say, in words?"""
    who = f"A new customer belongs to {_CHOICES.get(policy.choose, policy.choose)}"
    far = f"; farther than {policy.far_m / 1000:g} km from every store: to nobody"
    claims = [_CLAIMS.get(word, word) for word in policy.claims]
    takeover = {
        NEVER: "nobody may take the customer over",
        ALWAYS: f"{_listed(claims)} may take the customer over at any time",
    }.get(
        policy.protection_days,
        f"for {policy.protection_days:,} days nobody may take the customer over, then {_listed(claims)} may",
    )
    if not claims and policy.protection_days != NEVER:
        takeover = "only head office may hand the customer over"
    lasts = (
        "for ever" if policy.validity_days == ALWAYS else f"for {policy.validity_days:,} days after the last paid order"
    )
    since = "" if policy.effective_from is None else f"; for what happens from {_instant(policy.effective_from)} on"
    return f"{who}{far}; {takeover}; the binding lasts {lasts}{since}."


def _which(rule: Rule, names: Mapping[str, str]) -> str:
    parts = [_SOLD.get(rule.sold, f"Sales ({rule.sold})"), _FULFILLED.get(rule.fulfilled, rule.fulfilled)]
    parts.append(_BOUND.get(rule.bound, rule.bound))
    lists: tuple[tuple[str, Sequence[str]], ...] = (
        ("through the channel", rule.channels),
        ("in the category", rule.categories),
        ("of the product", rule.products),
        ("of stores run by", rule.agents),
        ("of agents at level", rule.levels),
    )
    parts += [f"{words} {_listed([names.get(one, one) for one in ids])}" for words, ids in lists if ids]
    return " ".join(part for part in parts if part)


def _shares(rule: Rule, currency: str) -> str:
    if rule.pool_bps == 0:
        return "nothing is shared"
    pool = f"{_percent(rule.pool_bps)} of net{f' ({currency})' if currency else ''}"
    weights = [(role, bps) for role, bps in rule.weights if bps]
    roles = [role for role, _ in weights]
    words = dict(_ROLES)
    if "agent" in roles and roles[: roles.index("agent")][-1:] != ["store"]:
        words["agent"] = "the agent of the customer's store"
    if len(weights) == 1:
        return f"{pool}, all of it to {words.get(roles[0], roles[0])}"
    return f"{pool}, of which " + ", ".join(f"{_percent(bps)} to {words.get(role, role)}" for role, bps in weights)


def _when(rule: Rule) -> str:
    since = "" if rule.effective_from.year <= SINCE_EVER_YEAR else f" from {_day(rule.effective_from)}"
    until = "" if rule.effective_to is None else f" until the end of the day before {_day(rule.effective_to)}"
    return f";{since}{until}" if since or until else ""


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else "nobody"


def _percent(bps: int) -> str:
    return f"{bps // 100}{f'.{bps % 100:02}'.rstrip('0') if bps % 100 else ''} %"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def _instant(at: dt.datetime) -> str:
    return f"{_day(at)} {at:%H:%M} {at.tzname() or 'UTC'}"
