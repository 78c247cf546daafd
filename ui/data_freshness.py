"""How fresh the data are: the one thing about loading that everybody may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ui.cards import card
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View


def freshness_card(view: View) -> Answer:
    """Rows and days of each table this viewer sees; returns the answer, for the trust line."""
    fresh = view.ask("data/freshness")
    with card("Freshness", "Rows and days of each table", fresh, key="fresh") as as_table:
        if not as_table:
            mine = fresh.table if view.scope.role == "owner" else fresh.table.filter(pl.col("rows") > 0)
            words = pl.col("table").str.replace_all("_", " ").str.to_titlecase()
            show_table(mine.with_columns(words), key="fresh")
    return fresh
