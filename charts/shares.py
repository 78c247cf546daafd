"""How are one or two products drawn as shares, row by row?"""

from collections.abc import Callable

import plotly.graph_objects as go
import polars as pl

from charts.marks import Row, fitted, ranked_rows, track_rows
from charts.numbers import compact, count, major, money_compact, percent
from charts.theme import Theme, words
from schema.language import say

HEAD_PX = 30
"""Room above the rows for the names of two products."""


def share_rows(
    table: pl.DataFrame,
    theme: Theme,
    columns: tuple[str, str, str],
    *,
    highlight: str | None,
    alt: str | None,
    name_of: Callable[[object], str] = str,
) -> go.Figure:
    """Rows as shares of their series' sum; ``columns`` are the label, the count and the word for what is counted."""
    label, counted, noun = columns
    series = series_of(table)
    parts = [dict(part.select(label, counted).iter_rows()) for _, part in series]
    sums = [float(sum(value or 0 for value in part.values())) for part in parts]
    rows = []
    for key in table.get_column(label).unique(maintain_order=True):
        counts = [part.get(key) or 0 for part in parts]
        shares = tuple(value / whole if whole else 0.0 for value, whole in zip(counts, sums, strict=True))
        said = "".join(
            f"<br>{words(name) + ': ' if name else ''}{count(value)} {say(noun)}, {percent(share)}"
            for (name, _), value, share in zip(series, counts, shares, strict=True)
        )
        is_found = highlight is not None and str(key) == highlight
        rows.append(
            Row(
                name=name_of(key),
                values=shares,
                texts=tuple(percent(share) for share in shares),
                hover=f"<b>{words(name_of(key))}</b>{said}",
                aside=_stock_words(table, label, key),
                aside_colour=theme.bad if _stock_words(table, label, key) else None,
                colour=theme.finding if is_found else None,
                extras=(key,),
            )
        )
    said = ", ".join(f"{row.name} {row.texts[0]}" for row in rows)
    colours = series_colours(theme, len(series))
    ranked = "stock_out" in table.columns or "missing" in table.columns
    draw = ranked_rows if ranked else track_rows
    fig = draw(theme, rows, alt=alt or say("Share of {what}: {shares}.", what=say(noun), shares=said), colours=colours)
    name_series(fig, theme, [name for name, _ in series])
    return fig


def _stock_words(table: pl.DataFrame, label: str, key: object) -> str:
    row = table.filter(pl.col(label) == key)
    if "missing" in table.columns and row.get_column("missing").any():
        return say("missing")
    share = row.get_column("stock_out").max() if "stock_out" in table.columns else None
    return say("out {share}", share=percent(float(share), 0)) if isinstance(share, float) and share > 0 else ""


def day_bands(table: pl.DataFrame) -> pl.DataFrame:
    """Single days (``days``, ``customers``) gathered into the bands people speak of, in order, as ``band``."""
    names = [say("same day"), say("1–3 days"), say("4–7 days"), say("8–14 days"), say("15–30 days"), say("later")]
    rank = pl.sum_horizontal((pl.col("days") > edge).cast(pl.Int64) for edge in (0, 3, 7, 14, 30))
    keys = ["series"] if "series" in table.columns else []
    banded = table.with_columns(rank=rank).group_by([*keys, "rank"], maintain_order=True)
    ordered = banded.agg(pl.col("customers").sum()).sort("rank", maintain_order=True)
    return ordered.with_columns(band=pl.col("rank").replace_strict(list(range(6)), names, return_dtype=pl.String))


def price_names(table: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Bands given as ``price_minor`` (start) and ``band_minor`` (width), named ``¥500–750`` as ``band``, cheapest first."""
    ordered = table.sort("price_minor", maintain_order=True)
    starts, widths = ordered.get_column("price_minor"), ordered.get_column("band_minor")
    names = [
        f"{money_compact(start, currency)}–{compact(major(start + width, currency))}"
        for start, width in zip(starts, widths, strict=True)
    ]
    return ordered.with_columns(pl.Series("band", names, dtype=pl.String))


def series_of(table: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The table's parts by product with their names; one part without a name when there is no ``series``."""
    if "series" not in table.columns:
        return [("", table)]
    parts = table.partition_by("series", maintain_order=True)
    return [(str(part.item(0, "series")), part) for part in parts[:2]]


def series_colours(theme: Theme, series: int) -> list[str]:
    """Ours alone, else teal and ochre: the first two of the categorical colours."""
    return [theme.primary] if series == 1 else [theme.categorical[0], theme.categorical[1]]


def name_series(fig: go.Figure, theme: Theme, names: list[str]) -> None:
    """Say above the rows which colour is which product; nothing for a single one."""
    if len(names) < 2:  # noqa: PLR2004  (one needs no name: the card's title has it)
        return
    said = "   ".join(
        f'<span style="color:{colour}">■</span> {words(fitted(name, 150, 13))}'
        for name, colour in zip(names, series_colours(theme, len(names)), strict=True)
    )
    margin = fig.layout.margin
    if margin.t < HEAD_PX:
        fig.update_layout(height=fig.layout.height + HEAD_PX - margin.t, margin={"t": HEAD_PX})
    fig.add_annotation(
        xref="paper",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        xshift=-margin.l,
        yshift=6,
        text=said,
        showarrow=False,
        font={"color": theme.ink, "size": 13},
    )
