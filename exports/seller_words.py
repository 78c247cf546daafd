"""What the cards of channels, models and guides say, on screen and in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from charts.numbers import money_compact, percent
from schema.language import later, say
from schema.wording import CHANNEL_LABELS

if TYPE_CHECKING:
    from answers.answer import Answer

MODEL_LABELS: Final = {
    "B2C": later("B2C (from us)"),
    "O2O": later("O2O (online, handed over in a store)"),
    "C2C": later("C2C (through people)"),
}
SHOWN: Final = ("views", "linger_rate", "conversion_rate", "orders", "net_minor", "return_rate", "bound")
"""Measures that stand in the card; the others, with the intervals, in its table."""


def ways_title(answer: Answer) -> str:
    """``Store till earns most: 61 % of net sales``; a plain noun where nothing was sold."""
    whole = sum(max(0, one) for one in answer.table["net_minor"].to_list())
    if not whole:
        return say("Which way of selling earns?")
    first = answer.table.row(0, named=True)
    name = first["name"] if first["name"] in MODEL_LABELS else way_label(first["name"])
    return say("{way} earns most: {share} of net sales", way=name,
               share=percent(first["net_minor"] / whole))  # fmt: skip


def way_label(name: str) -> str:
    """A channel or model in words."""
    return say(MODEL_LABELS.get(name) or CHANNEL_LABELS.get(name, name))


def ways_about() -> str:
    """The subtitle of the card."""
    return say("The same measures for each; most net sales first")


def ways_table(answer: Answer) -> pl.DataFrame:
    """The card's columns, names in words."""
    names = [way_label(one) for one in answer.table["name"]]
    return answer.table.select(pl.Series("name", names, dtype=pl.String), *SHOWN)


def guides_title(answer: Answer) -> str:
    """``G-017 sold most: ¥612 k``; a plain noun without guides."""
    if answer.is_empty or not answer.table["net_minor"][0]:
        return say("Guides side by side")
    first = answer.table.row(0, named=True)
    return say("{guide} sold most: {money}", guide=first["guide_id"],
               money=money_compact(first["net_minor"], answer.currency))  # fmt: skip


def guides_about() -> str:
    """The subtitle of the card."""
    return say("Their customers' looks, what names them in orders, and whom their code bound; most net sales first")


def guides_table(answer: Answer) -> pl.DataFrame:
    """The card's columns."""
    return answer.table.select("guide_id", "store_id", *SHOWN)
