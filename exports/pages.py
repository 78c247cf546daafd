"""A page as a document: the same cards in the same order as on screen, from the same address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from answers.groups import TOO_FEW, is_thinned
from answers.known import NAMES
from answers.registry import ADDRESSES, entry_of
from exports import (
    cards_audiences,
    cards_audiences_results,  # noqa: F401  (importing it registers how its addresses are shown)
    cards_catchment,
    cards_dwell,
    cards_overview,
    cards_products,
    cards_purchases,
    cards_sellers,  # noqa: F401
    cards_sharing,
    cards_sync,  # noqa: F401  (importing it registers how its addresses are shown)
)
from exports.cards_overview import key_figures
from exports.desk import Desk, shown
from exports.document import Document
from exports.statement import OPTIONS, statement_document
from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Answer
    from exports.document import Card, KeyFigure

Build = "Callable[[Desk], tuple[tuple[KeyFigure, ...], tuple[Card, ...]]]"
Parts = tuple["tuple[KeyFigure, ...]", "tuple[Card, ...]"]


def _overview(desk: Desk) -> Parts:
    rank = desk.choice("rank", ["city", "agent_id", "channel"])
    cards = [
        desk.card("overview/trend"),
        desk.card("overview/findings"),
        desk.card("overview/ranking", by=rank),
        desk.card("overview/funnel"),
    ]
    if desk.asked.scope.role == "owner":
        cards.append(desk.card("data/report"))
    marts = desk.asked.marts
    shared = () if marts.bindings.is_empty() and marts.shares.is_empty() else cards_overview.SHARING
    wanted = (*cards_overview.FIRST, *cards_overview.MORE, *shared)
    return key_figures(desk, wanted), tuple(cards)


def _dwell(desk: Desk) -> Parts:
    by = desk.choice("by", ["channel", "city", "agent", "store", "segment"])
    group = desk.choice("rows", ["category", "product"])
    heat = shown(desk, cards_dwell.heat_answer(desk))
    return (), (
        heat,
        desk.card("dwell/quadrant"),
        desk.card("dwell/lingered"),
        desk.card("dwell/cross", by=by, group=group),
        desk.card("dwell/coverage"),
    )


def _purchases(desk: Desk) -> Parts:
    split = desk.choice("split", ["", "channel", "city", "category"])
    worth = desk.choice("worth", ["segment", "agent", "store"])
    rfm = desk.ask("purchases/rfm", preset=desk.choice("rfm", ["fixed", "quintiles"]))
    curve = desk.ask("purchases/second", by=split) if split else desk.ask("purchases/second")
    return key_figures(desk, cards_overview.PURCHASES), (
        desk.card("purchases/frequency"),
        desk.card("purchases/gaps"),
        desk.card("purchases/lorenz"),
        shown(desk, curve),
        desk.card("purchases/cohorts"),
        shown(desk, rfm),
        cards_purchases.segments(desk, rfm),
        desk.card("purchases/models", by=desk.choice("ways", ["model", "channel"])),
        desk.card("purchases/value", by=worth),
    )


def _catchment(desk: Desk) -> Parts:
    desk.choice("section", ["map"])
    made = cards_catchment.map_card(desk)
    homes = cards_catchment.unknown_homes(desk)
    made = replace(made, said=(homes,) if homes and not made.empty else ())
    return (), (made, *cards_catchment.overlap_cards(desk), desk.card("catchment/leakage", by="city"))


def _products(desk: Desk) -> Parts:
    chosen = cards_products.chosen_products(desk)
    if not chosen:
        return (), ()
    return cards_products.product_figures(desk, chosen), cards_products.product_cards(desk, chosen)


def _sharing(desk: Desk) -> Parts:
    tab = desk.choice("tab", ["binding", "statements", "money", "rules", "disputes"])
    if tab == "money":
        return (), cards_sharing.money_cards(desk)
    if tab in {"rules", "disputes"}:
        return (), (desk.card(f"sharing/{tab}"),)
    if tab == "statements":
        receiver = {"receiver": desk.options["of"]} if desk.options.get("of") else {}
        named = {name: desk.options[name] for name in ("by", "month") if desk.options.get(name)}
        made = statement_document(replace(desk, options={**named, **receiver}))
        return made.figures, made.cards
    return cards_sharing.binding_figures(desk), cards_sharing.binding_cards(desk)


def _audiences(desk: Desk) -> Parts:
    return (), cards_audiences.audience_cards(desk)


def _sync(desk: Desk) -> Parts:
    hidden = {"agent": _HEAD_OFFICE, "presenter": ("sync/decisions", "sync/loads")}.get(desk.asked.scope.role, ())
    return (), tuple(desk.card(name) for name in _SYNC if name not in hidden)


_HEAD_OFFICE: Final = ("sync/decisions", "sync/latency", "sync/reconciliation", "sync/loads")
_SYNC: Final = (
    "sync/channels", "sync/causes", "sync/match", "sync/persons", "sync/sign_ins", "sync/conflicts", "sync/gaps", "sync/doubles",
    "sync/after_sales", "sync/complaints", "sync/mismatches",
    *_HEAD_OFFICE,
)  # fmt: skip

PAGES: Final[dict[str, tuple[str, str, Callable[[Desk], Parts]]]] = {
    "overview": (later("Overview"), later("What changed, where is money leaking, is the data fit?"), _overview),
    "dwell": (later("Dwell"), later("When and on what do people linger, and does it sell?"), _dwell),
    "purchases": (later("Purchases"), later("Do they come back, when, and which are worth how much?"), _purchases),
    "catchment": (later("Catchment"), later("Where does each store really draw from, and who collides?"), _catchment),
    "products": (
        later("Products"),
        later("Who buys it: when, how often, for how much, and where do they live?"),
        _products,
    ),
    "sharing": (later("Sharing"), later("Whose customer is it, since when, and where did every cent go?"), _sharing),
    "audiences": (
        later("Audiences"),
        later("Who is worth a word, who may be written to, and did it work?"),
        _audiences,
    ),
    "sync": (
        later("Sync"),
        later("Do all channels know the same people, and is everything there once and in time?"),
        _sync,
    ),
}
"""Page → title, question, and what stands on it."""
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "audiences": ("who",),
    "overview": ("rank",),
    "dwell": ("measure", "rows", "by"),
    "purchases": ("split", "rfm", "worth", "ways"),
    "products": ("focus", "returns"),
    "sync": (),
    "sharing": ("tab", "by", "of", "month", "leak"),
    "catchment": ("section", "layer", "where", "cells", "cell", "of", "pair", "compare"),
}
"""Choices that a page's URL may hold besides the filters."""


STATEMENT: Final = "statement"
"""One account's month, as the paper that is handed over."""


def page_document(page: str, desk: Desk) -> Document:
    """Everything a page shows.

    Args:
        page: one of ``PAGES``, or ``statement``.
        desk: who asks, through which filters and choices.

    Raises:
        UsageError: no such page, or a choice it does not know.
    """
    if page == STATEMENT:
        _only(page, desk, OPTIONS)
        return statement_document(desk)
    if page not in PAGES:
        msg = say("No page {page}; the pages are {pages}.", page=repr(page[:60]), pages=", ".join(PAGES))
        raise UsageError(msg)
    _only(page, desk, CHOICES[page])
    title, question, build = PAGES[page]
    figures, cards = build(desk)
    return _document(desk, page, say(title), say(question), cards, figures)


def _only(page: str, desk: Desk, known: tuple[str, ...]) -> None:
    if desk.is_strict and (odd := sorted(set(desk.options) - set(known))):
        msg = say(
            "{page} has no option {odd}; its options are: {known}.",
            page=page,
            odd=repr(odd[0]),
            known=", ".join(known) or say("none"),
        )
        raise UsageError(msg)


def address_document(desk: Desk, answer: Answer) -> Document:
    """One answer as its page shows it."""
    card = shown(desk, answer)
    entry = entry_of(answer.address) or ADDRESSES[answer.address]
    made = _document(desk, answer.address, card.title, say(entry.meaning), (card,), ())
    return replace(made, from_on=answer.from_on, to_on=answer.to_on)


def _document(
    desk: Desk, address: str, title: str, question: str, cards: tuple[Card, ...], figures: tuple[KeyFigure, ...]
) -> Document:
    asked = desk.asked
    notes = dict.fromkeys(note for card in cards for note in card.answer.notes)
    cards = tuple(
        replace(card, empty=say(TOO_FEW)) if card.empty and is_thinned(card.answer) else card for card in cards
    )
    return Document(
        address=address,
        title=title,
        question=question,
        cards=cards,
        whose=say("Hazel & Wool demo") if asked.snapshot.mode == "demo" else say("Own data"),
        from_on=asked.from_on,
        to_on=asked.to_on,
        snapshot=asked.snapshot.number,
        currency=asked.currency,
        figures=figures,
        filters=_filters(desk),
        notes=tuple(notes),
        theme=desk.theme.name,
    )


_FILTERS: Final = {**NAMES, "currency": later("currency")}
"""What a file calls the filters."""


def _filters(desk: Desk) -> str:
    """Which rows, in words; the period is said on its own."""
    pairs: dict[str, list[str]] = {}
    for name, value in desk.asked.filters.to_query():
        if name not in {"from", "to", "as_of", "data", "lang"}:
            pairs.setdefault(name, []).append(value)
    return ", ".join(f"{say(_FILTERS.get(name, name))}: {' + '.join(values)}" for name, values in pairs.items())
