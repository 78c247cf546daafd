"""A rule and a binding policy in one plain sentence each."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final

from babel.lists import format_list

from schema.days import day_year
from schema.language import babel_locale, from_python, language, later, say
from schema.sharing import ALWAYS, NEVER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from schema.sharing import BindingPolicy, Rule

SINCE_EVER_YEAR: Final = 2000
"""A rule from this year or earlier holds since ever, and its sentence does not say so."""

_SOLD: Final = {
    "any": later("Sales"),
    "online": later("Online sales"),
    "own_store": later("Sales in the customer's own store"),
    "other_store": later("Sales in another store"),
}
_FULFILLED: Final = {
    "any": "",
    "own_store": later("handed over by the customer's own store"),
    "other_store": later("handed over by another store"),
    "nobody": later("handed over by no store"),
}
_BOUND: Final = {"any": "", "bound": later("to a bound customer"), "unassigned": later("to nobody's customer")}
_ROLES: Final = {
    "store": later("the customer's store"),
    "fulfiller": later("the store that hands over"),
    "seller": later("the selling store"),
    "agent": later("its agent"),
    "guide": later("the guide"),
    "upline": later("the guide's upline"),
    "fund": later("head office's fund"),
}
_CHOICES: Final = {
    "nearest": later("the nearest open store"),
    "territory_first": later("the store whose territory the customer lives in, else the nearest open store"),
    "huff": later("the store most likely by size and distance (Huff)"),
    "seller_takes": later("the store that first sells to the customer"),
}
_CLAIMS: Final = {"scan": later("scans"), "guide": later("guides' codes"), "first_purchase": later("first purchases")}
_LISTS: Final = (
    later("through the channel {names}"),
    later("in the category {names}"),
    later("of the product {names}"),
    later("of stores run by {names}"),
    later("of agents at level {names}"),
)


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
    told = {"which": _which(rule, names or {}), "shares": _shares(rule, currency)}
    until = rule.effective_to
    if rule.effective_from.year <= SINCE_EVER_YEAR:
        if until is None:
            return say("{which}: {shares}.", **told)
        return say("{which}: {shares}; until the end of the day before {until}.", **told, until=day_year(until))
    since = day_year(rule.effective_from)
    if until is None:
        return say("{which}: {shares}; from {since}.", **told, since=since)
    return say(
        "{which}: {shares}; from {since} until the end of the day before {until}.",
        **told, since=since, until=day_year(until),
    )  # fmt: skip


def policy_sentence(policy: BindingPolicy) -> str:
    """What does a binding policy say, in words?"""
    told = {
        "store": say(_CHOICES.get(policy.choose, policy.choose)),
        "km": from_python(f"{policy.far_m / 1000:g}"),
        "takeover": _takeover(policy),
        "lasts": say("for ever")
        if policy.validity_days == ALWAYS
        else say("for {days} days after the last paid order", days=policy.validity_days),
    }
    if policy.effective_from is None:
        return say(
            "A new customer belongs to {store}; farther than {km} km from every store: to nobody; {takeover}; the binding "
            "lasts {lasts}.",
            **told,
        )
    return say(
        "A new customer belongs to {store}; farther than {km} km from every store: to nobody; {takeover}; the binding lasts "
        "{lasts}; for what happens from {since} on.",
        **told, since=_instant(policy.effective_from),
    )  # fmt: skip


def _takeover(policy: BindingPolicy) -> str:
    """Who may take a bound customer over, and when."""
    if policy.protection_days == NEVER:
        return say("nobody may take the customer over")
    if not policy.claims:
        return say("only head office may hand the customer over")
    claims = _either([say(_CLAIMS.get(word, word)) for word in policy.claims])
    if policy.protection_days == ALWAYS:
        return say("{claims} may take the customer over at any time", claims=claims)
    return say(
        "for {days} days nobody may take the customer over, then {claims} may",
        days=policy.protection_days,
        claims=claims,
    )


def _which(rule: Rule, names: Mapping[str, str]) -> str:
    sold = say(_SOLD[rule.sold]) if rule.sold in _SOLD else say("Sales ({sold})", sold=rule.sold)
    parts = [sold, say(_FULFILLED.get(rule.fulfilled, rule.fulfilled)), say(_BOUND.get(rule.bound, rule.bound))]
    parts += [
        say(words, names=_either([names.get(one, one) for one in ids]))
        for words, ids in zip(
            _LISTS, (rule.channels, rule.categories, rule.products, rule.agents, rule.levels), strict=True
        )
        if ids
    ]
    return reduce(lambda first, then: say("{first} {then}", first=first, then=then), [part for part in parts if part])


def _shares(rule: Rule, currency: str) -> str:
    if rule.pool_bps == 0:
        return say("nothing is shared")
    percent = _percent(rule.pool_bps)
    pool = (
        say("{percent} of net ({currency})", percent=percent, currency=currency)
        if currency
        else say("{percent} of net", percent=percent)
    )
    weights = [(role, bps) for role, bps in rule.weights if bps]
    roles = [role for role, _ in weights]
    words = dict(_ROLES)
    if "agent" in roles and roles[: roles.index("agent")][-1:] != ["store"]:
        words["agent"] = later("the agent of the customer's store")
    if len(weights) == 1:
        return say("{pool}, all of it to {role}", pool=pool, role=say(words.get(roles[0], roles[0])))
    parts = [
        say("{percent} to {role}", percent=_percent(bps), role=say(words.get(role, role))) for role, bps in weights
    ]
    listed = reduce(lambda first, then: say("{first}, {then}", first=first, then=then), parts) if parts else ""
    return say("{pool}, of which {parts}", pool=pool, parts=listed)


def _either(words: Sequence[str]) -> str:
    """``a, b or c``."""
    return format_list(list(words), style="or", locale="en_GB" if language() == "en" else babel_locale())


def _percent(bps: int) -> str:
    return from_python(f"{bps // 100}{f'.{bps % 100:02}'.rstrip('0') if bps % 100 else ''}") + " %"


def _instant(at: dt.datetime) -> str:
    return f"{day_year(at)} {at:%H:%M} {at.tzname() or 'UTC'}"
