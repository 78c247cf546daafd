"""How the Sync page's answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers import sync_headlines as headlines
from charts.sync import latency_strip, match_rows
from exports.desk import Desk, native, plain_card, shows
from exports.document import Card
from exports.words import spoken
from schema.language import plural, say
from schema.wording import CHANNEL_LABELS

if TYPE_CHECKING:
    from answers.answer import Answer


@shows("sync/channels")
def channels(desk: Desk, answer: Answer) -> Card:
    """On which channels the customer is known."""
    title, said = headlines.match(answer), say("Orders of the period whose customer is known online and in a shop")
    if answer.is_empty:
        return Card("channels", title, said, answer, empty=say("No orders match."))
    named = answer.table.with_columns(name=answer.table["channel"].replace(spoken(CHANNEL_LABELS)))
    chart = native("bars", named, "name", {"unified_share": say("Known on both sides")}, theme=desk.theme)
    return Card("channels", title, said, answer, match_rows(answer.table, desk.theme), native=chart)


@shows("sync/latency")
def latency(desk: Desk, answer: Answer) -> Card:
    """What arrived later than promised."""
    title = headlines.latency(answer)
    said = say("Slowest twentieth of events by day and channel: amber is later than promised")
    if answer.is_empty:
        return Card("latency", title, said, answer, empty=say("No event says when it arrived."))
    return Card("latency", title, said, answer, latency_strip(answer.table, desk.theme))


@shows("sync/causes")
def causes(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Why orders are not matched."""
    return plain_card(answer, headlines.causes(answer), say("Orders not matched, by likely cause"))


@shows("sync/sign_ins")
def sign_ins(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What devices did before their member signed in."""
    return plain_card(answer, headlines.sign_ins(answer), say("By the next sign-in on the same device and day"))


@shows("sync/gaps")
def gaps(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Which hours are missing."""
    return plain_card(answer, headlines.gaps(answer), plural("{n} source checked", "{n} sources checked", answer.n))


@shows("sync/doubles")
def doubles(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Which days came twice."""
    return plain_card(answer, headlines.doubles(answer), plural("{n} order checked", "{n} orders checked", answer.n))


@shows("sync/reconciliation")
def bill(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What was paid, against the bill."""
    return plain_card(answer, headlines.bill(answer), say("Ours less theirs must be 0"))


@shows("sync/after_sales")
def after_sales(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What came back."""
    words = tuple(sorted((name, say(word)) for name, word in CHANNEL_LABELS.items()))
    title = headlines.after_sales(answer, words)
    return plain_card(answer, title, say("Goods that came back, of orders 30 days old and older"))


@shows("sync/complaints")
def complaints(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What was complained of."""
    return plain_card(answer, headlines.complaints(answer), say("Made and settled in the period, open at its end"))


@shows("sync/mismatches")
def mismatches(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Products that are not the same on every channel."""
    return plain_card(answer, headlines.mismatches(answer), say("{n} products checked, before discounts", n=answer.n))
