"""The findings of the Sync page's cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers.memo import of_answer
from schema.language import later, plural, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from answers.headlines import HasTable

CAUSE_WORDS: Final = {
    "no_customer": later("The order names nobody"),
    "undescribed": later("No customers table knows the id"),
    "conflict": later("An identity is of two who cannot be one"),
    "unverified": later("The telephone is not verified"),
    "no_identity": later("Nothing but the id is known"),
    "one_side": later("Seen on this side alone"),
}
"""Why an order is not unified, in words."""
CONFLICT_WORDS: Final = {"two_unionids": later("Two WeChat accounts"), "many_phones": later("Three telephones")}
VERDICT_WORDS: Final = {"one": later("One person"), "apart": later("Kept apart")}
BILL_WORDS: Final = {
    "agrees": later("Agrees"),
    "no_bill": later("No bill"),
    "missing_day": later("The day is not here"),
    "fees": later("Fees were kept"),
    "refunds": later("Refunds of that day"),
    "refunds_and_fees": later("Refunds and fees"),
    "doubled_bill": later("The bill is doubled"),
    "doubled_day": later("The day came twice"),
    "missing_hour": later("An hour is missing"),
    "other": later("Not explained"),
}
"""Why ours is not theirs, in words."""
SIGN_IN_WORDS: Final = {
    "joined": later("Looks that joined a customer"),
    "customers": later("Customers whose looks they are"),
    "devices": later("Devices that stay anonymous"),
    "anonymous": later("Looks on them"),
}
_LEAST_ORDERS: Final = 30
"""Orders of a channel or agent before a headline names it."""
MISMATCH_WORDS: Final = {"price": later("Price"), "name": later("Name")}
PERSON_WORDS: Final = {
    "customers": later("Customers with an identity"),
    "persons": later("People they are"),
    "joined": later("Customers joined to another"),
    "conflicts": later("Identities in conflict"),
    "shared": later("Shared by too many, join nobody"),
    "several_cards": later("People with several cards"),
    "unverified": later("Telephones nobody verified"),
}


@of_answer
def match(answer: HasTable) -> str:
    """``80 % of orders know their customer, 60 % on both sides``."""
    table = answer.table
    orders = int(table["orders"].sum())
    if not orders:
        return say("Orders whose customer is known")
    known, both = int(table["identified"].sum()) / orders, int(table["unified"].sum()) / orders
    return say(
        "{known} of orders know their customer, {both} on both sides",
        known=whole_percent(known),
        both=whole_percent(both),
    )


@of_answer
def causes(answer: HasTable) -> str:
    """``Most that is not matched: the order names nobody``."""
    if not answer.table.height:
        return say("Every order is matched")
    top = answer.table.sort("orders", descending=True, maintain_order=True).row(0, named=True)
    said = say(CAUSE_WORDS[top["cause"]])
    return say("Most often: {cause}", cause=f"{said[0].lower()}{said[1:]}")


@of_answer
def persons(answer: HasTable) -> str:
    """``5 customers with an identity are 2 people``."""
    if not answer.table.height:
        return say("One customer everywhere")
    row = answer.table.row(0, named=True)
    return say(
        "{customers} customers with an identity are {people} people", customers=row["customers"], people=row["persons"]
    )


@of_answer
def sign_ins(answer: HasTable) -> str:
    """``2,341 looks before sign-in are 905 people's``."""
    if not answer.table.height:
        return say("Looks before sign-in")
    row = answer.table.row(0, named=True)
    if not row["joined"]:
        return say("No look before sign-in is anybody's")
    return say(
        "{looks} looks before sign-in are those of {customers} customers",
        looks=row["joined"],
        customers=row["customers"],
    )


@of_answer
def conflicts(answer: HasTable) -> str:
    """``37 identities are of people who cannot be one``."""
    found = answer.table["conflict"].n_unique()
    if not found:
        return say("Identities in conflict") if answer.notes else say("No identity is of two people")
    return plural(
        "{n} identity is of people who cannot be one", "{n} identities are of people who cannot be one", found
    )


@of_answer
def decisions(answer: HasTable) -> str:
    """``3 conflicts were decided``."""
    found = answer.table["decision"].n_unique()
    return (
        plural("One conflict was decided", "{n} conflicts were decided", found) if found else say("Nothing was decided")
    )


@of_answer
def after_sales(answer: HasTable, words: tuple[tuple[str, str], ...] = ()) -> str:
    """``Of live 45 % came back, of pos 7 %``."""
    known = answer.table.drop_nulls("refund_rate").filter(pl.col("orders") >= _LEAST_ORDERS)
    known = known.sort("refund_rate", descending=True, maintain_order=True)
    if known.is_empty():
        return say("After-sales")
    names = known["group"].replace(dict(words)).to_list()
    rates = [whole_percent(rate) for rate in known["refund_rate"]]
    if known.height == 1:
        return say("{name}: {rate} of goods sold came back", name=names[0], rate=rates[0])
    return say(
        "{most}: {high} of goods sold came back; {least}: {low}",
        most=names[0],
        high=rates[0],
        least=names[-1],
        low=rates[-1],
    )


@of_answer
def complaints(answer: HasTable) -> str:
    """``38 complaints, 12 open at the end``."""
    if answer.table.is_empty():
        return say("No complaint in this period") if answer.n or not answer.notes else say("Complaints")
    made, left = (int(answer.table[name].sum()) for name in ("complaints", "open"))
    return plural("{n} complaint, {left} open at the end", "{n} complaints, {left} open at the end", made, left=left)


@of_answer
def mismatches(answer: HasTable) -> str:
    """``3 products cost more on one channel, 1 name stands for two ids``."""
    found = answer.table
    if found.is_empty():
        return say("Products are the same on every channel") if answer.n else say("Products between channels")
    prices = found.filter(found["kind"] == "price").height
    names = found.height - prices
    said = [
        plural("One product costs more on one channel", "{n} products cost more on one channel", prices)
        if prices
        else "",
        plural("One name stands for two ids", "{n} names stand for two ids", names) if names else "",
    ]
    return " · ".join(part for part in said if part)


@of_answer
def bill(answer: HasTable) -> str:
    """``2 of 30 days differ from the bill, 0 without a cause``."""
    known = answer.table.drop_nulls("theirs_minor")
    if known.is_empty():
        return say("Paid by day and shop system")
    apart = known.filter(known["difference_minor"] != 0)
    if apart.is_empty():
        return say("Every day that was billed agrees to the last cent")
    return say(
        "{n} of {all} days differ from the bill, {open} without a cause",
        n=apart.height,
        all=known.height,
        open=int((apart["explanation"] == "other").sum()),
    )


@of_answer
def latency(answer: HasTable) -> str:
    """``3 days of a channel arrived later than promised``."""
    known = answer.table["is_late"].drop_nulls()
    if known.is_empty():
        return say("Arrival of events")
    late = int(known.sum())
    if not late:
        return say("Everything arrived within its promise")
    return plural(
        "{n} day of a channel arrived later than promised", "{n} days of a channel arrived later than promised", late
    )


@of_answer
def gaps(answer: HasTable) -> str:
    """``2 stretches of hours are missing``."""
    found = answer.table.height
    if not found:
        return say("No hour is missing") if answer.n else say("Missing hours")
    return plural("{n} stretch of hours is missing", "{n} stretches of hours are missing", found)


@of_answer
def doubles(answer: HasTable) -> str:
    """``1 day was perhaps loaded twice``."""
    found = answer.table.height
    if not found:
        return say("No day came twice") if answer.n else say("Days that came twice")
    return plural("{n} day was perhaps loaded twice", "{n} days were perhaps loaded twice", found)


@of_answer
def loads(answer: HasTable) -> str:
    """``214 rows came again and added nothing``."""
    again, waiting = int(answer.table["duplicate"].sum()), int(answer.table["waiting"].sum())
    if not again and not waiting:
        return say("Nothing came twice, nothing lacks its parent")
    if waiting:
        return say(
            "{again} rows came again and added nothing; {waiting} wait for an order or customer",
            again=again,
            waiting=waiting,
        )
    return say("{again} rows came again and added nothing", again=again)
