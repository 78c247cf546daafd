"""How the Audiences page's numbers are called, on screen and in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from charts.numbers import percent
from schema.language import later, plural, say

if TYPE_CHECKING:
    from answers.answer import Answer

REACH_WORDS: Final = {
    "reachable": later("May be written to"),
    "conflict": later("Identity in conflict"),
    "opted_out": later("Opted out"),
    "no_consent": later("No consent to marketing"),
    "contacted": later("Written to in the last 7 days"),
    "complaint": later("Open complaint"),
}
WHAT_WORDS: Final = {"lingered": later("lingered on"), "bought": later("bought")}


def reach_title(answer: Answer) -> str:
    """``421 customers, 282 may be written to``."""
    rows: dict[str, int | None] = dict(answer.table.iter_rows())
    everybody = plural("{n} customer", "{n} customers", answer.n)
    return say("{customers}, {reachable} may be written to", customers=everybody, reachable=rows.get("reachable") or 0)


def hints_title(answer: Answer) -> str:
    """``People like these lingered on WC-02: 4.8 % of them, 7.0 times as many as of all``."""
    if answer.is_empty:
        return say("What people like these lingered on and bought")
    top = answer.table.row(0, named=True)
    told = {"product": top["product_id"], "share": percent(top["share"]), "all": percent(top["base_share"])}
    if top["what"] == "bought":
        return say("{share} of these people bought {product}, of all customers {all}", **told)
    return say("{share} of these people lingered on {product}, of all customers {all}", **told)


def lingered_title(answer: Answer) -> str:
    """``WC-07 first: 421 members lingered on it and did not buy``."""
    if answer.is_empty:
        return say("Lingered on and not bought")
    top = answer.table.row(0, named=True)
    return plural(
        "{product} first: {n} member lingered on it and did not buy",
        "{product} first: {n} members lingered on it and did not buy", top["people"], product=top["product_id"],
    )  # fmt: skip


def reach_rows(answer: Answer) -> pl.DataFrame:
    """The reasons in words."""
    return _said(answer.table, "reason", REACH_WORDS)


def people_rows(answer: Answer, most: int) -> pl.DataFrame:
    """The first people, whether they may be written to in words."""
    return _said(answer.table.head(most), "reach", REACH_WORDS)


def hint_rows(answer: Answer) -> pl.DataFrame:
    """Hints in words."""
    return _said(answer.table, "what", WHAT_WORDS)


def _said(table: pl.DataFrame, column: str, words: dict[str, str]) -> pl.DataFrame:
    return table.with_columns(pl.col(column).replace({one: say(text) for one, text in words.items()}))
