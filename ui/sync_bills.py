"""The Sync page's reconciliation: ours, theirs, and what explains the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from answers import sync_headlines as headlines
from schema.language import say
from ui.cards import card, nothing_here
from ui.tables import show_table

if TYPE_CHECKING:
    from ui.view import View


def bill_card(view: View) -> None:
    """Days and shop systems against the bill; where none is loaded, what to load."""
    bill = view.ask("sync/reconciliation")
    is_billed = bool(bill.table["theirs_minor"].count())
    said = (
        say("Ours less theirs must be 0; days that differ come first")
        if is_billed
        else say("Ours; no bill of a platform is loaded to hold it against")
    )
    with card(headlines.bill(bill), said, bill, key="bill") as t:
        if bill.is_empty:
            nothing_here(say("No orders in this period."))
        elif not t:
            words = {name: say(word) for name, word in headlines.BILL_WORDS.items()}
            shown = bill.table.with_columns(
                pl.col("explanation").replace_strict(words),
                _differs=pl.col("difference_minor").fill_null(0) != 0,
            ).sort("_differs", descending=True, maintain_order=True)
            columns = ["day", "source", "ours_minor", *(["theirs_minor", "difference_minor"] if is_billed else []),
                       "orders", *(["explanation"] if is_billed else [])]  # fmt: skip
            show_table(
                shown,
                key="bill",
                currency=view.asked.currency,
                columns=columns,
                height=300,
                phone=("day", "source", "difference_minor" if is_billed else "ours_minor"),
            )
