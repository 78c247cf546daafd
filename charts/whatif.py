"""Who would win and lose if a store opened, closed or moved?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from charts.kept import kept
from charts.marks import Row, track_rows
from charts.numbers import money_compact, percent
from charts.sharing_money import signed_rows
from charts.theme import Theme, words
from schema.language import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import polars as pl


@kept
def delta_bars(
    table: pl.DataFrame, theme: Theme, *, currency: str, highlight: str | None = None, alt: str | None = None
) -> go.Figure:
    """Whose expected sales would rise, whose would fall?

    Args:
        table: One row a store or agent in order: ``key``, ``name``, ``delta_minor``.
        theme: Light or dark.
        currency: ISO 4217.
        highlight: The ``key`` that is the finding.
        alt: The finding as a sentence; else the changes are read out.
    """
    rows = [
        (
            str(row["name"]),
            int(row["delta_minor"]),
            money_compact(row["delta_minor"], currency, sign="always"),
            theme.finding if row["key"] == highlight else theme.primary if row["delta_minor"] >= 0 else theme.calm,
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{name} {text}" for name, _, text, _ in rows)
    return signed_rows(rows, theme, alt=alt or say("Change of expected sales a year: {changes}.", changes=said))


@kept
def core_bars(table: pl.DataFrame, theme: Theme, *, highlight: str | None = None, alt: str | None = None) -> go.Figure:
    """Of whose core customers would the site become the nearest store?

    Args:
        table: One row a store, most first: ``store_id``, ``name``, ``encroachment`` (0-1, of the customers in its
            primary trade area), ``kind`` (who runs it).
        theme: Light or dark.
        highlight: The store that is the finding.
        alt: The finding as a sentence; else the shares are read out.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["encroachment"],),
            texts=(percent(row["encroachment"], 0),),
            hover=say(
                "<b>{name}</b><br>{kind}<br>{part} of its core customers would live nearer to the site",
                name=words(row["name"]),
                kind=words(row["kind"]),
                part=percent(row["encroachment"]),
            ),
            colour=theme.finding if row["store_id"] == highlight else None,
            aside_colour=theme.finding_text if row["store_id"] == highlight else None,
            extras=(row["store_id"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return track_rows(
        theme,
        rows,
        alt=alt or say("Core customers to whom the site is nearest: {stores}.", stores=said),
        colours=[theme.primary],
    )
