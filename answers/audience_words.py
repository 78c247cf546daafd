"""What a condition of an audience says, in the language of the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from answers.known import names
from schema.audience import ALTERNATIVES, NEVER
from schema.language import from_python, later, say
from schema.wording import CHANNEL_LABELS, SEGMENT_LABELS

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.audience import Condition, Group

_OF_GOODS: Final = {
    "lingered": {
        "product": later("lingered on {what} and did not buy it"),
        "category": later("lingered on {what} and bought nothing of it"),
    },
    "bought": {"product": later("bought {what}"), "category": later("bought something of {what}")},
    "interest": {
        "product": later("interest of at least {least} s in {what}"),
        "category": later("interest of at least {least} s in {what} (all its products)"),
    },
}
_PLACES: Final = {
    "city": later("lives in {what}"),
    "cell": later("lives in the cell {what}"),
    "tier": later("lives in the {tier} trade area of {what}"),
}
_BINDINGS: Final = {
    "store": later("belongs to the store {what}"),
    "agent": later("belongs to the agent {what}"),
    "status": later("binding is {what}"),
}
TIER_WORDS: Final = {
    "primary": later("primary"), "secondary": later("secondary"), "tertiary": later("tertiary"),
    "fringe": later("fringe"),
}  # fmt: skip
STATUS_WORDS: Final = {
    "exact": later("exact"), "contested": later("contested"), "provisional": later("provisional"),
    "unassigned": later("unassigned"),
}  # fmt: skip


def group_words(asked: Context, group: Group) -> str:
    """A whole group: ``lingered on WC-07 and did not buy it; segment Loyal or segment Champions``."""
    parts: dict[tuple[str, int], str] = {}
    for number, one in enumerate(group):
        key = (one.kind, -1 if one.kind in ALTERNATIVES and not one.is_not else number)
        told = words(asked, one)
        parts[key] = say("{one} or {other}", one=parts[key], other=told) if key in parts else told
    return "; ".join(parts.values())


def words(asked: Context, one: Condition) -> str:
    """One condition, such as ``lingered on WC-07 and did not buy it``."""
    told = _told(asked, one)
    return say("not: {condition}", condition=told) if one.is_not else told


def _told(asked: Context, one: Condition) -> str:  # noqa: PLR0911  (one sentence a kind)
    if one.kind in _OF_GOODS:
        return say(_OF_GOODS[one.kind][one.what], what=one.of, least=_number(one.least))
    if one.kind == "place":
        tier, _, store = one.of.partition(":")
        what = _store(asked, store) if one.what == "tier" else one.of
        return say(_PLACES[one.what], what=what, tier=say(TIER_WORDS[tier]) if one.what == "tier" else "")
    if one.kind == "binding":
        return say(_BINDINGS[one.what], what=_owner(asked, one))
    if one.kind == "segment":
        return say("segment {segment}", segment=say(SEGMENT_LABELS.get(one.of, one.of)))
    if one.kind == "channel":
        return say("seen on {channel}", channel=say(CHANNEL_LABELS.get(one.of, one.of)))
    if one.kind == "cohort":
        return say("has not bought yet") if one.of == NEVER else say("first bought in {month}", month=one.of)
    return _amount(asked, one)


def _amount(asked: Context, one: Condition) -> str:
    least = _number(one.least)
    if one.kind == "value":
        return say("expected to bring at least {least} {currency} in a year", least=least, currency=asked.currency)
    if one.kind == "contact":
        return say("not written to for {least} days", least=least)
    if one.of:
        return say("at least {least} s of dwell on {what}", least=least, what=one.of)
    return say("at least {least} s of dwell", least=least)


def _owner(asked: Context, one: Condition) -> str:
    if one.what == "status":
        return say(STATUS_WORDS[one.of])
    if one.what == "store":
        return _store(asked, one.of)
    return names(asked.marts)["agent"].get(one.of) or one.of


def _store(asked: Context, store: str) -> str:
    return names(asked.marts)["store"].get(store) or store


def _number(value: float) -> str:
    return from_python(f"{int(value):,}" if value == int(value) else f"{value:,.1f}")
