"""Rules as rows of a table that people edit, and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from schema.errors import UsageError
from schema.sharing import ROLES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROLE_WORDS: Final = {
    "store": "Bound store %",
    "fulfiller": "Handing store %",
    "seller": "Selling store %",
    "agent": "Agent %",
    "guide": "Guide %",
    "upline": "Guide's guide %",
    "fund": "Head office %",
}
SOLD_WORDS: Final = {
    "any": "anywhere",
    "online": "online",
    "own_store": "in the own store",
    "other_store": "in another store",
}
FULFILLED_WORDS: Final = {
    "any": "anybody",
    "own_store": "the own store",
    "other_store": "another store",
    "nobody": "no store",
}
BOUND_WORDS: Final = {"any": "anybody", "bound": "a bound customer", "unassigned": "nobody's customer"}
ROLE_ORDER: Final = ("store", "agent", "guide", "fulfiller", "seller", "upline", "fund")
"""Those most rules pay come first."""
LISTS: Final = ("channels", "categories", "products", "agents", "levels")
_BPS: Final = 100
"""Basis points in a percent."""


def row_of(rule: Rule) -> dict[str, Any]:
    """One rule as a row; parts in percent, restrictions as words separated by commas."""
    weights = dict(rule.weights)
    return {
        "rule_id": rule.rule_id,
        "name": rule.name,
        "pool": rule.pool_bps / _BPS,
        **{role: weights[role] / _BPS if role in weights else None for role in ROLE_ORDER},
        "sold": SOLD_WORDS[rule.sold],
        "fulfilled": FULFILLED_WORDS[rule.fulfilled],
        "bound": BOUND_WORDS[rule.bound],
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
        what = "number" if not rule_id else "first day" if day is None else "pool"
        msg = f"Rule {rule_id or row.get('name') or 'without a number'}: its {what} is missing. Fill it in, or delete the row."
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
    return next((key for key, word in words.items() if word == said), "any")


def _parts(said: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(said or "").split(",") if part.strip())


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return dt.date.fromisoformat(value[:10]) if isinstance(value, str) and value else None
