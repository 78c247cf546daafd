"""Who will buy, and what is it worth? Expected buyers of each group with their interval, and the money beside them."""

import plotly.graph_objects as go
import polars as pl

from charts.kept import kept
from charts.marks import Row, ranked_rows
from charts.numbers import count, money_compact
from charts.theme import Theme, words
from schema.language import say

MOST_ROWS = 10


@kept
def value_bars(table: pl.DataFrame, theme: Theme, *, currency: str, alt: str | None = None) -> go.Figure:
    """How many of each group are expected to buy, and what will the group bring?

    Args:
        table: One row a group: ``group``, ``label``, ``customers``, ``expected_buyers``, ``buyers_low``,
            ``buyers_high``, ``value_minor`` with ``low_minor`` and ``high_minor`` (null where unknown); the first ten
            are drawn.
        theme: Light or dark.
        currency: ISO 4217 code of the money.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [_row(row, currency) for row in table.head(MOST_ROWS).iter_rows(named=True)]
    said = say(
        "Expected buyers of {n} groups; {name}: {buyers}.", n=len(rows), name=rows[0].name, buyers=rows[0].texts[0]
    )
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


def _row(row: dict[str, object], currency: str) -> Row:
    buyers, low, high = (float(str(row[name])) for name in ("expected_buyers", "buyers_low", "buyers_high"))
    span = f"{count(round(low))}–{count(round(high))}"
    money = [None if row[name] is None else int(str(row[name])) for name in ("value_minor", "low_minor", "high_minor")]
    worth, least, most = (money_compact(one, currency) if one is not None else "—" for one in money)
    name = str(row["label"])
    return Row(
        name=name,
        values=(buyers,),
        texts=(f"{count(round(buyers))} ({span})",),
        hover=say(
            "<b>{name}</b><br>{buyers} of {customers} expected to buy (95 %: {span})<br>"
            "net of 52 weeks {worth} (95 %: {least} to {most})",
            name=words(name),
            buyers=count(round(buyers)),
            customers=count(float(str(row["customers"]))),
            span=span,
            worth=worth,
            least=least,
            most=most,
        ),
        aside=worth,
        extras=(str(row["group"]),),
    )
