"""How fresh the data are: the one thing about loading that everybody may know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from schema.language import later, say
from ui.cards import card
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_TABLES: Final = {
    "stores": later("Stores"),
    "agents": later("Agents"),
    "guides": later("Guides"),
    "territories": later("Territories"),
    "travel": later("Travel"),
    "products": later("Products"),
    "availability": later("Availability"),
    "customers": later("Customers"),
    "identities": later("Identities"),
    "location_fixes": later("Location Fixes"),
    "events": later("Events"),
    "orders": later("Orders"),
    "order_lines": later("Order Lines"),
    "refunds": later("Refunds"),
    "bills": later("Bills"),
    "complaints": later("Complaints"),
    "campaign_sends": later("Campaign Sends"),
}


def named(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """The same rows with tables called as people call them; as they are where they lack the column."""
    if column not in rows.columns:
        return rows
    words = {name: say(word) for name, word in _TABLES.items()}
    return rows.with_columns(pl.col(column).cast(pl.String).replace(words))


def freshness_card(view: View) -> Answer:
    """Rows and days of each table this viewer sees; returns the answer, for the trust line."""
    fresh = view.ask("data/freshness")
    with card(say("Freshness"), say("Rows and days of each table"), fresh, key="fresh") as as_table:
        if not as_table:
            mine = fresh.table if view.scope.role == "owner" else fresh.table.filter(pl.col("rows") > 0)
            show_table(named(mine, "table"), key="fresh")
    return fresh
