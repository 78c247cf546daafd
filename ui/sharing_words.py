"""The words of the Sharing page: no term of the ledger is shown without what it means."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from schema.sharing import FUND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.view import View

PARTS: Final = frozenset({"exact", "contested", "provisional", "unassigned"})
STATUSES: Final = {
    "exact": "sure",
    "contested": "near a border",
    "provisional": "rough location",
    "unassigned": "nobody's",
}
CAUSES: Final = {
    "registered": "registration",
    "upgraded": "a better location",
    "takeover": "claimed after protection",
    "store_closed": "the store closed",
    "expired": "validity ran out",
    "manual": "head office decided",
    "corrected": "the facts were corrected",
}
OUTCOMES: Final = {
    "accepted": "accepted",
    "rejected_protected": "refused: protected",
    "rejected_policy": "refused by policy",
    "no_change": "own store, no change",
}
TIE_BREAKS: Final = {
    "": "No tie-break was needed.",
    "territory": "Equally near stores: the one whose territory it is won.",
    "visited": "Equally near stores: the one visited in the last 30 days won.",
    "opened": "Equally near stores: the one that opened first won.",
    "store_id": "Equally near stores: the smaller store number won.",
}
KINDS: Final = {"accrual": "Accrued", "clawback": "Clawed back", "payout": "Paid out", "adjust": "Adjusted"}
CHOICES: Final = {
    "nearest": "Nearest store",
    "territory_first": "Territory before distance",
    "huff": "Most likely store (size and distance)",
    "seller_takes": "Whoever sells first",
}
CLAIMS: Final = {
    "wrong_store": "Wrong store",
    "late": "Bound too late",
    "takeover": "Takeover",
    "refund": "Refund or clawback",
    "territory": "Territory",
}
RECEIVERS: Final = {"agent": "Agents", "store": "Stores", "guide": "Guides", "fund": "Head office"}
MEANING: Final = (
    "**Sure**: a good location, clearly nearest to one store. **Near a border**: two stores are almost equally near, the "
    "nearest is right with less than 80 % chance; it still has exactly one owner, and may be disputed. **Rough location**: "
    "an old or imprecise location, or only a city; replaced once when a better one arrives within 30 days. **Nobody's**: no "
    "usable location, or no store within reach; head office's fund receives the share."
)


def month_name(month: str) -> str:
    """``2026-10`` → ``October 2026``."""
    return f"{dt.date.fromisoformat(f'{month}-01'):%B %Y}"


def is_owner(view: View) -> bool:
    """Whether this viewer may bind, settle, decide and change rules: an owner in their own right."""
    return view.scope.role == "owner" and view.scope.may_write


def names_of(view: View) -> dict[str, str]:
    """Names of stores and agents by id, and head office's fund."""
    places = view.marts.places
    agents = places.select("agent_id", "agent_name").drop_nulls().unique()
    return {**dict(places.select("store_id", "name").iter_rows()), **dict(agents.iter_rows()), FUND: "Head office"}


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
        return "Nobody's"
    known = names_of(view).get(store_id)
    return known or ("another store" if view.scope.role == "agent" else store_id)


def named(values: dict[str, str], value: Any) -> str:
    """The word for a code; an unknown code is shown as it is, none as a dash."""
    return "—" if value is None else values.get(str(value), str(value))
