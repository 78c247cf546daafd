"""Who is bound to whom, how surely, and who tried to take over? The pictures of the Binding tab."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go
import polars as pl

from charts.days import month_words
from charts.kept import kept
from charts.marks import Row, column_px, even_ticks, padded, ranked_rows, track_rows
from charts.notes import caption
from charts.numbers import count, percent
from charts.theme import Theme, figure, words
from schema.language import later, say

_HEIGHT = 300
_BOTTOM = 34
_OUTCOMES: Final = (
    ("accepted", later("accepted")),
    ("no_change", later("own store, no change")),
    ("rejected_policy", later("refused by policy")),
    ("rejected_protected", later("refused: protected")),
)


@kept
def binding_funnel(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """How many of the registered have an owner, and how sure is it?

    Args:
        table: One row a step in order: ``step`` (words), ``customers``, ``share`` (of the registered, 0-1), and ``sort``
            that is ``step`` or ``part`` (a part of the step above, drawn lighter).
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["step"]),
            values=(row["share"],),
            texts=(f"{count(row['customers'])} · {percent(row['share'])}",),
            hover=say(
                "<b>{step}</b><br>{n} customers, {share}",
                step=words(row["step"]),
                n=count(row["customers"]),
                share=percent(row["share"]),
            ),
            colour=theme.primary if row["sort"] == "step" else theme.calm,
            extras=(row["step"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return track_rows(
        theme, rows, alt=alt or say("Customers at each step: {steps}.", steps=said), colours=[theme.primary]
    )


@kept
def method_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """By what were customers bound?

    Args:
        table: One row a method, most first: ``method`` (words), ``customers``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    whole = float(table.get_column("customers").sum())
    rows = [
        Row(
            name=str(row["method"]),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=say(
                "<b>{method}</b><br>{n} bindings",
                method=words(row["method"]),
                n=count(row["customers"]),
            ),
            aside=percent(row["customers"] / whole if whole else None),
            extras=(row["method"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    return ranked_rows(
        theme, rows, alt=alt or say("Bindings by method: {methods}.", methods=said), colours=[theme.primary]
    )


@kept
def attempts_by_month(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """How many tried to claim somebody's customer, and what became of it?

    Args:
        table: One row a month and outcome: ``month`` (2026-10), ``outcome`` (schema.sharing.OUTCOMES), ``attempts``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    months = sorted(set(table.get_column("month")))
    sums = dict(table.group_by("month").agg(pl.col("attempts").sum()).iter_rows())
    ticks = even_ticks(0, max(sums.values(), default=1) or 1)
    totals = dict(table.group_by("outcome").agg(pl.col("attempts").sum()).iter_rows())
    said = ", ".join(f"{count(totals.get(key, 0))} {say(name)}" for key, name in _OUTCOMES if totals.get(key))
    labels = [count(tick) for tick in ticks]
    fig = figure(
        theme,
        alt=alt or say("Attempts to claim a customer in {n} months: {outcomes}.", n=len(months), outcomes=said),
        height=_HEIGHT - 20,
        margin={"l": column_px(labels, size=13) + 14, "r": 8, "t": 48, "b": _BOTTOM},
        barmode="stack",
        hovermode="closest",
    )
    fig.update_yaxes(tickvals=ticks, ticktext=labels, range=padded(ticks))
    fig.update_xaxes(type="category", tickvals=_some(months), ticktext=[month_words(m) for m in _some(months)])
    fills = dict(
        zip((key for key, _ in _OUTCOMES), (theme.primary, theme.sales[2], theme.calm, theme.axis), strict=True)
    )
    for key, name in _OUTCOMES:
        if not totals.get(key):
            continue
        of_month = dict(
            table.filter(pl.col("outcome") == key).group_by("month").agg(pl.col("attempts").sum()).iter_rows()
        )
        fig.add_trace(
            go.Bar(
                x=months,
                y=[of_month.get(month, 0) for month in months],
                marker={"color": fills[key], "line": {"width": 0}, "cornerradius": 0},
                hovertext=[
                    f"{month_words(month)}<br><b>{count(of_month.get(month, 0))} {say(name)}</b>" for month in months
                ],
                hoverinfo="text",
            )
        )
    named = [f'<span style="color:{fills[key]}">■</span> {say(name)}' for key, name in _OUTCOMES if totals.get(key)]
    for line, start in enumerate(range(0, len(named), 2)):
        lines = (len(named) + 1) // 2
        caption(fig, theme, "   ".join(named[start : start + 2]), above=6 + 18 * (lines - 1 - line), shift=-20)
    return fig


@kept
def expiring_bars(table: pl.DataFrame, theme: Theme, *, alt: str | None = None) -> go.Figure:
    """Whose bindings run out within 30 days?

    Args:
        table: One row a store, most first: ``name``, ``customers``.
        theme: Light or dark.
        alt: The finding as a sentence; else the picture is described.
    """
    rows = [
        Row(
            name=str(row["name"]),
            values=(row["customers"],),
            texts=(count(row["customers"]),),
            hover=say(
                "<b>{name}</b><br>{n} customers within 30 days",
                name=words(row["name"]),
                n=count(row["customers"]),
            ),
            extras=(row["name"],),
        )
        for row in table.iter_rows(named=True)
    ]
    said = (
        say("{name} has the most bindings that run out, {n}.", name=rows[0].name, n=rows[0].texts[0])
        if rows
        else say("None runs out.")
    )
    return ranked_rows(theme, rows, alt=alt or said, colours=[theme.primary])


def _some(months: list[str]) -> list[str]:
    step = max(1, -(-len(months) // 5))
    return months[step // 2 :: step] or months
