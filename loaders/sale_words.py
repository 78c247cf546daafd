"""What sales rows say in words: where they were sold, in which business model, in which state they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from loaders.work import Work


def channels(work: Work) -> pl.Series:
    """Where each row was sold; unknown names are ``other`` (W10), none is ``pos`` with a store and ``web`` without."""
    if not work.has("channel"):
        stores = work.ident("selling_store_id")
        if work.has("selling_store_id"):
            work.notes.append("No channel column: rows that name a selling store count as pos, the others as web.")
        else:
            work.notes.append("No channel column: every order counts as web; set constants.channel to say otherwise.")
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
            message = f"what does the order status {names[0]!r} mean? It is one of {len(names)} words nobody knows."
            work.ask(message, f"values.status.{names[0]}", ("paid", "completed", "placed", "cancelled", "refunded"))
        work.flag(strange, "E02", "status", "is no known order status")
    return read
