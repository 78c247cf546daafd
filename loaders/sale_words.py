"""What sales rows say in words: where they were sold, in which business model, in which state they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.words import plain_word
from schema.language import later, say
from schema.stored import stored
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from loaders.work import Work


_GUESTS: Final = frozenset(
    [
        "guest",
        "anonymous",
        "anonymer_gast",
        "gast",
        "invitado",
        "匿名",
        "匿名用户",
        "匿名买家",
        "散客",
        "游客",
        "walk_in",
        "walkin",
    ]
)
_NOBODY: Final = ("0", "-1", "99999", "999999", "9999999")
_OFTEN: Final = (10, 5)
"""A number stands for every guest when it comes at least so often, and so many times as often as the next one."""


def known_customers(work: Work) -> pl.Series:
    """Who bought: words and numbers that stand for every guest are nobody known, and a note says so."""
    people = work.ident("customer_id")
    counts = people.drop_nulls().value_counts(sort=True)
    if counts.is_empty():
        return people
    own = {word for word, value in work.mapping.values.get("customer_id", {}).items() if not value}
    names, often = counts[people.name].to_list(), counts["count"].to_list()
    nobody = own | ({names[0]} if names[0] in _NOBODY and _stands_out(often) else set())
    plain = {name: plain_word(name) for name in names if not name.isdecimal()}
    nobody |= {name for name, word in plain.items() if word in _GUESTS}
    for name, rows in zip(names, often, strict=True):
        if name in nobody:
            one = later("{rows} row names {name} where a customer would stand: it counts as sold to nobody known.")
            many = later("{rows} rows name {name} where a customer would stand: they count as sold to nobody known.")
            work.notes.append(stored(one if rows == 1 else many, rows=rows, name=repr(name)))
    return people.set(people.is_in(list(nobody)), None) if nobody else people


def _stands_out(often: list[int]) -> bool:
    least, times = _OFTEN
    return often[0] >= least and often[0] >= times * (often[1] if len(often) > 1 else 1)


def channels(work: Work) -> pl.Series:
    """Where each row was sold; unknown names are ``other`` (W10), none is ``pos`` with a store and ``web`` without."""
    if not work.has("channel"):
        stores = work.ident("selling_store_id")
        if work.has("selling_store_id"):
            work.notes.append(
                stored(later("No channel column: rows that name a selling store count as pos, the others as web."))
            )
        else:
            work.notes.append(
                stored(later("No channel column: every order counts as web; set constants.channel to say otherwise."))
            )
        return pl.repeat("web", work.rows, dtype=pl.String, eager=True).set(stores.is_not_null(), "pos")
    read, words = work.word("channel", "channel")
    strange = int((words.is_not_null() & read.is_null() & work.kept).sum())
    if strange:
        work.warnings["W10"] += strange
    return read.fill_null("other").set(words.is_null() & work.ident("selling_store_id").is_not_null(), "pos")


def models(work: Work, columns: dict[str, pl.Series]) -> pl.Series:
    """The business model of each row: given, else O2O if sold online and handed over by a store, else B2C."""
    online = ~columns["channel"].is_in(list(OFFLINE_CHANNELS))
    assumed = pl.repeat("B2C", work.rows, dtype=pl.String, eager=True)
    assumed = assumed.set(online & columns["fulfil_store_id"].is_not_null(), "O2O")
    if not work.has("model"):
        return assumed
    read, _ = work.word("model", "model")
    return read.fill_null(assumed)


def statuses(work: Work) -> pl.Series:
    """The state of each order; a word nobody knows sets its row aside, or is asked about when it is common."""
    if not work.has("status"):
        return work.nothing(pl.String)
    read, words = work.word("status", "status")
    strange = words.is_not_null() & read.is_null()
    if strange.any():
        names = words.filter(strange).unique(maintain_order=True).to_list()
        if int(strange.sum()) * 2 > words.count():
            message = say(
                "what does the order status {word} mean? It is one of {n} words nobody knows.",
                word=repr(names[0]),
                n=len(names),
            )
            work.ask(message, f"values.status.{names[0]}", ("paid", "completed", "placed", "cancelled", "refunded"))
        work.flag(strange, "E02", "status", later("{column} is no known order status."))
    return read
