"""The findings of the Sync page's cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from answers.memo import of_answer
from schema.language import later, plural, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from answers.headlines import HasTable

CAUSE_WORDS: Final = {
    "no_customer": "The order names nobody",
    "undescribed": "No customers table knows the id",
    "conflict": "An identity is of two who cannot be one",
    "unverified": "The telephone is not verified",
    "no_identity": "Nothing but the id is known",
    "one_side": "Seen on this side alone",
}
"""Why an order is not unified, in words."""
CONFLICT_WORDS: Final = {"two_unionids": "Two WeChat accounts", "many_phones": "Three telephones"}
VERDICT_WORDS: Final = {"one": later("One person"), "apart": later("Kept apart")}
PERSON_WORDS: Final = {
    "customers": "Customers with an identity",
    "persons": "People they are",
    "joined": "Customers joined to another",
    "conflicts": "Identities in conflict",
    "shared": "Shared by too many, join nobody",
    "several_cards": "People with several cards",
    "unverified": "Telephones nobody verified",
}


@of_answer
def match(answer: HasTable) -> str:
    """``80 % of orders know their customer, 60 % on both sides``."""
    table = answer.table
    orders = int(table["orders"].sum())
    if not orders:
        return "Orders whose customer is known"
    known, both = int(table["identified"].sum()) / orders, int(table["unified"].sum()) / orders
    return f"{whole_percent(known)} of orders know their customer, {whole_percent(both)} on both sides"


@of_answer
def causes(answer: HasTable) -> str:
    """``Most that is not matched: the order names nobody``."""
    if not answer.table.height:
        return "Every order is matched"
    top = answer.table.sort("orders", descending=True, maintain_order=True).row(0, named=True)
    said = CAUSE_WORDS[top["cause"]]
    return f"Most often: {said[0].lower()}{said[1:]}"


@of_answer
def persons(answer: HasTable) -> str:
    """``5 customers with an identity are 2 people``."""
    if not answer.table.height:
        return "One customer everywhere"
    row = answer.table.row(0, named=True)
    return f"{row['customers']:,} customers with an identity are {row['persons']:,} people"


@of_answer
def conflicts(answer: HasTable) -> str:
    """``37 identities are of people who cannot be one``."""
    found = answer.table["conflict"].n_unique()
    if not found:
        return "Identities in conflict" if answer.notes else "No identity is of two people"
    return f"{found:,} {'identities are' if found > 1 else 'identity is'} of people who cannot be one"


@of_answer
def decisions(answer: HasTable) -> str:
    """``3 conflicts were decided``."""
    found = answer.table["decision"].n_unique()
    return (
        plural("One conflict was decided", "{n} conflicts were decided", found) if found else say("Nothing was decided")
    )


@of_answer
def latency(answer: HasTable) -> str:
    """``3 days of a channel arrived later than promised``."""
    known = answer.table["is_late"].drop_nulls()
    if known.is_empty():
        return "Arrival of events"
    late = int(known.sum())
    if not late:
        return "Everything arrived within its promise"
    return f"{late:,} {'days' if late > 1 else 'day'} of a channel arrived later than promised"


@of_answer
def gaps(answer: HasTable) -> str:
    """``2 stretches of hours are missing``."""
    found = answer.table.height
    if not found:
        return "No hour is missing" if answer.n else "Missing hours"
    return f"{found:,} {'stretches of hours are' if found > 1 else 'stretch of hours is'} missing"


@of_answer
def doubles(answer: HasTable) -> str:
    """``1 day was perhaps loaded twice``."""
    found = answer.table.height
    if not found:
        return "No day came twice" if answer.n else "Days that came twice"
    return f"{found:,} {'days were' if found > 1 else 'day was'} perhaps loaded twice"


@of_answer
def loads(answer: HasTable) -> str:
    """``214 rows came again and added nothing``."""
    again, waiting = int(answer.table["duplicate"].sum()), int(answer.table["waiting"].sum())
    if not again and not waiting:
        return "Nothing came twice, nothing lacks its parent"
    said = f"{again:,} rows came again and added nothing"
    return f"{said}; {waiting:,} wait for an order or customer" if waiting else said
