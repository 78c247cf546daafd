"""Rules as rows of a table that people edit, and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from schema.errors import UsageError
from schema.language import later, say
from schema.sharing import ROLES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROLE_WORDS: Final = {
    "store": later("Bound store %"),
    "fulfiller": later("Handing store %"),
    "seller": later("Selling store %"),
    "agent": later("Agent %"),
    "guide": later("Guide %"),
    "upline": later("Guide's guide %"),
    "fund": later("Head office %"),
}
SOLD_WORDS: Final = {
    "any": later("anywhere"),
    "online": later("online"),
    "own_store": later("in the own store"),
    "other_store": later("in another store"),
}
FULFILLED_WORDS: Final = {
    "any": later("anybody"),
    "own_store": later("the own store"),
    "other_store": later("another store"),
    "nobody": later("no store"),
}
BOUND_WORDS: Final = {
    "any": later("anybody"),
    "bound": later("a bound customer"),
    "unassigned": later("nobody's customer"),
}
ROLE_ORDER: Final = ("store", "agent", "guide", "fulfiller", "seller", "upline", "fund")
"""Those most rules pay come first."""
LISTS: Final = ("channels", "categories", "products", "agents", "levels")
_LACKS: Final = {
    "rule_id": later("Rule {rule}: its number is missing. Fill it in, or delete the row."),
    "effective_from": later("Rule {rule}: its first day is missing. Fill it in, or delete the row."),
    "pool": later("Rule {rule}: its pool is missing. Fill it in, or delete the row."),
}
_BPS: Final = 100
"""Basis points in a percent."""


def row_of(rule: Rule) -> dict[str, Any]:
    """One rule as a row; parts in percent, restrictions separated by commas, codes as they are."""
    weights = dict(rule.weights)
    return {
        "rule_id": rule.rule_id,
        "name": rule.name,
        "pool": rule.pool_bps / _BPS,
        **{role: weights[role] / _BPS if role in weights else None for role in ROLE_ORDER},
        "sold": rule.sold,
        "fulfilled": rule.fulfilled,
        "bound": rule.bound,
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "priority": rule.priority,
        **{name: ", ".join(getattr(rule, name)) for name in LISTS},
    }


def rules_of(rows: Iterable[dict[str, Any]], before: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that edited rows mean. Rows without anything typed are left out.

    Args:
        rows: as edited.
        before: the rules in force, for the version of those that stay.

    Raises:
        UsageError: a row lacks its number, its pool or its first day.
    """
    versions = {rule.rule_id: rule.version for rule in before}
    return tuple(_rule(row, versions) for row in rows if any(value not in (None, "") for value in row.values()))


def _rule(row: dict[str, Any], versions: dict[str, int]) -> Rule:
    rule_id = str(row.get("rule_id") or "").strip()
    day, pool = _day(row.get("effective_from")), row.get("pool")
    if not rule_id or day is None or pool is None:
        missing = _LACKS["rule_id" if not rule_id else "effective_from" if day is None else "pool"]
        msg = say(missing, rule=rule_id or row.get("name") or say("without a number"))
        raise UsageError(msg)
    weights = tuple((role, round(row[role] * _BPS)) for role in ROLES if row.get(role))
    return Rule(
        rule_id,
        str(row.get("name") or rule_id).strip(),
        day,
        round(pool * _BPS),
        weights,
        version=versions.get(rule_id, 1),
        effective_to=_day(row.get("effective_to")),
        priority=int(row.get("priority") or 0),
        sold=_key(SOLD_WORDS, row.get("sold")),
        fulfilled=_key(FULFILLED_WORDS, row.get("fulfilled")),
        bound=_key(BOUND_WORDS, row.get("bound")),
        channels=_parts(row.get("channels")),
        categories=_parts(row.get("categories")),
        products=_parts(row.get("products")),
        agents=_parts(row.get("agents")),
        levels=_parts(row.get("levels")),
    )


def _key(words: dict[str, str], said: object) -> str:
    return said if isinstance(said, str) and said in words else "any"


def _parts(said: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(said or "").split(",") if part.strip())


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) and value else None
