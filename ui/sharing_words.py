"""The words of the Sharing page: no term of the ledger is shown without what it means."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from answers.known import owner_names
from schema import days
from schema.language import later, say
from schema.sharing import FUND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.view import View

PARTS: Final = frozenset({"exact", "contested", "provisional", "unassigned"})
STATUSES: Final = {
    "exact": later("sure"),
    "contested": later("near a border"),
    "provisional": later("rough location"),
    "unassigned": later("nobody's"),
}
CAUSES: Final = {
    "registered": later("registration"),
    "upgraded": later("a better location"),
    "takeover": later("claimed after protection"),
    "store_closed": later("the store closed"),
    "expired": later("validity ran out"),
    "manual": later("head office decided"),
    "corrected": later("the facts were corrected"),
}
OUTCOMES: Final = {
    "accepted": later("accepted"),
    "rejected_protected": later("refused: protected"),
    "rejected_policy": later("refused by policy"),
    "no_change": later("own store, no change"),
}
TIE_BREAKS: Final = {
    "": later("No tie-break was needed."),
    "territory": later("Equally near stores: the one whose territory it is won."),
    "visited": later("Equally near stores: the one visited in the last 30 days won."),
    "opened": later("Equally near stores: the one that opened first won."),
    "store_id": later("Equally near stores: the smaller store number won."),
}
KINDS: Final = {
    "accrual": later("Accrued"),
    "clawback": later("Clawed back"),
    "payout": later("Paid out"),
    "adjust": later("Adjusted"),
}
CHOICES: Final = {
    "nearest": later("Nearest store"),
    "territory_first": later("Territory before distance"),
    "huff": later("Most likely store (size and distance)"),
    "seller_takes": later("Whoever sells first"),
}
CLAIMS: Final = {
    "wrong_store": later("Wrong store"),
    "late": later("Bound too late"),
    "takeover": later("Takeover"),
    "refund": later("Refund or clawback"),
    "territory": later("Territory"),
}
RECEIVERS: Final = {
    "agent": later("Agents"),
    "store": later("Stores"),
    "guide": later("Guides"),
    "fund": later("Head office"),
}
MEANING: Final = later(
    "**Sure**: a good location, clearly nearest to one store. **Near a border**: two stores are almost equally near, the "
    "nearest is right with less than 80 % chance; it still has exactly one owner, and may be disputed. **Rough location**: "
    "an old or imprecise location, or only a city; replaced once when a better one arrives within 30 days. **Nobody's**: no "
    "usable location, or no store within reach; head office's fund receives the share."
)


def month_name(month: str) -> str:
    """``2026-10`` → ``October 2026``."""
    return days.month(dt.date.fromisoformat(f"{month}-01"))


def is_owner(view: View) -> bool:
    """Whether this viewer may bind, settle, decide and change rules: an owner in their own right."""
    return view.scope.role == "owner" and view.scope.may_write


def names_of(view: View) -> dict[str, str]:
    """Names of stores and agents by id, and head office's fund."""
    return {**owner_names(view.marts), FUND: say("Head office")}


def agents_of(view: View) -> dict[str, str]:
    """Names of the agents this viewer may see, by id."""
    known = view.marts.places.select("agent_id", "agent_name").drop_nulls("agent_id").unique()
    return {agent: name or agent for agent, name in known.iter_rows()}


def figures(items: Sequence[tuple[str, str, str]], *, key: str) -> None:
    """Key figures in a row, two a row on a phone: (label, value, what stands behind the ⓘ)."""
    with st.container(key=f"kpis-{key}"):
        for place, (label, value, meaning) in zip(st.columns(len(items), gap="small"), items, strict=True):
            place.metric(label, value, help=meaning, border=True, height="stretch")


def store_name(view: View, store_id: str | None) -> str:
    """A store's name; nobody's where there is none; for an agent *another store* where it is not theirs."""
    if store_id is None:
        return say("Nobody's")
    known = names_of(view).get(store_id)
    return known or (say("another store") if view.scope.role == "agent" else store_id)


def named(values: dict[str, str], value: Any) -> str:
    """The word for a code; an unknown code is shown as it is, none as a dash."""
    return "—" if value is None else say(values.get(str(value), str(value)))


def in_words(values: dict[str, str]) -> dict[str, str]:
    """Codes and their words in the language of the moment."""
    return {code: say(words) for code, words in values.items()}
