"""What did a new store take from its neighbour? Before and after beside the controls, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from charts.kept import kept
from charts.marks import column_px, even_ticks, fitted, padded, spread
from charts.numbers import MINUS, money_compact, percent, signed_percent
from charts.theme import Theme, figure, words
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

_HEIGHT = 340
_GAP_PX = 19
_LEFT_PX = 46


@dataclass(frozen=True)
class Rate:
    """A share of the new store's sales with its interval; None where it is unknown."""

    name: str
    rate: float | None
    low: float | None
    high: float | None


@kept
def before_after(
    case: dict[str, Any],
    controls: pl.DataFrame,
    theme: Theme,
    *,
    neighbour: str,
    currency: str,
    names: dict[str, str] | None = None,
    phone: bool = False,
    alt: str | None = None,
) -> go.Figure:
    """Did the neighbour fall behind the stores it is compared with?

    Args:
        case: A row of ``catchment/cannibalisation``: ``pre_minor``, ``expected_minor``, ``actual_minor``.
        controls: One row a control: ``store_id``, ``change`` (relative change of its sales).
        theme: Light or dark.
        neighbour: The neighbour's name.
        currency: ISO 4217.
        names: Names of the controls by id.
        phone: Narrow: labels get less room.
        alt: The finding as a sentence; else the picture is described.
    """
    pre = case["pre_minor"]
    actual, expected = (100 * case[name] / pre for name in ("actual_minor", "expected_minor"))
    drift = [(str(store), 100 + 100 * change) for store, change in controls.select("store_id", "change").iter_rows()
             if change is not None]  # fmt: skip
    said = say(
        "{neighbour} sold {actual} since the opening, {expected} were expected from {n} controls.",
        neighbour=neighbour,
        actual=money_compact(case["actual_minor"], currency),
        expected=money_compact(case["expected_minor"], currency),
        n=len(drift),
    )
    ends = [100.0, actual, expected, *(value for _, value in drift)]
    ticks = even_ticks(min(ends), max(ends))
    labels = _end_labels(case, actual, expected, neighbour, currency, phone=phone)
    right = column_px([text for text, *_ in labels], cap=190 if phone else 300) + 16
    fig = figure(theme, alt=alt or said, height=_HEIGHT, margin={"l": _LEFT_PX, "r": right, "t": 30, "b": 34},
                 hovermode="closest")  # fmt: skip
    for store, value in drift:
        name = (names or {}).get(store, store)
        fig.add_trace(
            _line(
                value,
                theme.calm,
                1,
                say("<b>{name}</b> (control)<br>{value}", name=words(name), value=signed_percent(value / 100 - 1)),
            )
        )
    fig.add_trace(
        _line(
            expected,
            theme.axis,
            2,
            f"<b>{say('Expected')}</b><br>{money_compact(case['expected_minor'], currency)}",
            dash="dash",
        )
    )
    fig.add_trace(
        _line(actual, theme.primary, 3, f"<b>{words(neighbour)}</b><br>{money_compact(case['actual_minor'], currency)}")
    )
    fig.add_shape(type="line", x0=1, x1=1, y0=actual, y1=expected, line={"color": theme.finding, "width": 6})
    _write_ends(fig, labels, (ticks[-1] - ticks[0]) / (_HEIGHT - 64), right - 14, theme)
    fig.add_annotation(xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom", yshift=8, xshift=-_LEFT_PX + 2,
                       text=say("Net sales, index (year before = 100)"), showarrow=False, font={"color": theme.axis, "size": 13})  # fmt: skip
    fig.update_xaxes(tickvals=[0, 1], ticktext=[say("Before"), say("After")], range=[-0.06, 1.0],
                     tickfont={"color": theme.ink, "size": 13})  # fmt: skip
    fig.update_yaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks], range=padded(ticks))
    return fig


def _write_ends(fig: go.Figure, labels: list[tuple[str, float, str]], per_px: float, room: float, theme: Theme) -> None:
    """What the lines are, at their right ends and apart from one another."""
    heights = spread([height for _, height, _ in labels], _GAP_PX * per_px)
    colours = {"ink": theme.primary, "expected": theme.axis, "gap": theme.finding_text}
    for (text, height, kind), stands in zip(labels, heights, strict=True):
        shown = words(fitted(text, room))
        fig.add_annotation(
            x=1, y=height, yshift=(stands - height) / per_px, xanchor="left", xshift=11, showarrow=False,
            text=shown if kind == "expected" else f"<b>{shown}</b>", font={"color": colours[kind], "size": 13},
        )  # fmt: skip


@kept
def rate_intervals(rates: Sequence[Rate], theme: Theme, *, phone: bool = False, alt: str | None = None) -> go.Figure:
    """How sure is the share that came from the neighbour?

    Args:
        rates: One a way to count it; the first is the finding.
        theme: Light or dark.
        phone: Narrow: names stand above nothing and get less room.
        alt: The finding as a sentence; else the rates are read out.
    """
    known = [rate for rate in rates if rate.rate is not None]
    texts = [_rate_text(rate) for rate in known]
    said = "; ".join(f"{rate.name} {text}" for rate, text in zip(known, texts, strict=True))
    left = column_px([rate.name for rate in known], cap=92 if phone else 130) + 12
    right = column_px(texts, size=13) + 12
    ends = [100 * value for rate in known for value in (rate.low, rate.high, rate.rate, 0.0) if value is not None]
    ticks = even_ticks(min(ends, default=0), max(ends, default=100), 4 if phone else 5)
    fig = figure(theme, alt=alt or f"{said}.", height=34 * max(1, len(known)) + 64, margin={"l": left, "r": right, "t": 6, "b": 52},
                 hovermode="closest")  # fmt: skip
    for row, (rate, text) in enumerate(zip(known, texts, strict=True)):
        colour = theme.finding if row == 0 else theme.primary
        if rate.low is not None and rate.high is not None:
            fig.add_shape(
                type="line", x0=100 * rate.low, x1=100 * rate.high, y0=row, y1=row, line={"color": colour, "width": 3}
            )
        fig.add_trace(
            go.Scatter(
                x=[100 * (rate.rate or 0.0)],
                y=[row],
                mode="markers",
                cliponaxis=False,
                hoverinfo="text",
                marker={"size": 13, "color": colour, "line": {"color": theme.page, "width": 2}},
                hovertext=[f"<b>{words(rate.name)}</b><br>{text}"],
            )
        )
        fig.add_annotation(xref="paper", x=1, xanchor="right", xshift=right - 2, y=row, text=f"<b>{text}</b>", showarrow=False,
                           font={"size": 13, "color": theme.finding_text if row == 0 else theme.ink})  # fmt: skip
    fig.add_vline(x=0, line={"color": theme.axis, "width": 1})
    fig.update_xaxes(tickvals=ticks, ticktext=[f"{t:g}".replace("-", MINUS) for t in ticks], range=padded(ticks), showgrid=True,
                     gridcolor=theme.grid, title_text=say("% of its sales") if phone else say("% of the new store's sales"))  # fmt: skip
    fig.update_yaxes(tickvals=list(range(len(known))), ticktext=[words(fitted(r.name, left - 10)) for r in known],
                     range=[max(1, len(known)) - 0.5, -0.5], showgrid=False, tickfont={"color": theme.ink, "size": 14})  # fmt: skip
    return fig


def _rate_text(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return percent(rate.rate, 0)
    low, high = (f"{100 * value:.0f}".replace("-", MINUS) for value in (rate.low, rate.high))
    return f"{percent(rate.rate, 0)} [{low}, {high}]"


def _end_labels(
    case: dict[str, Any], actual: float, expected: float, neighbour: str, currency: str, *, phone: bool
) -> list[tuple[str, float, str]]:
    gap = case["actual_minor"] - case["expected_minor"]
    sold, hoped = (money_compact(case[name], currency) for name in ("actual_minor", "expected_minor"))
    own = say("Sold") if phone else neighbour
    return [
        (f"{own} {sold}", actual, "ink"),
        (f"{money_compact(gap, currency, sign='always')}", (actual + expected) / 2, "gap"),
        (say("Expected {amount}", amount=hoped), expected, "expected"),
    ]


def _line(end: float, colour: str, width: int, hover: str, *, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        x=[0, 1], y=[100, end], mode="lines", line={"color": colour, "width": width, "dash": dash}, hovertext=hover,
        hoverinfo="text", opacity=0.55 if width == 1 else 1.0, cliponaxis=False,
    )  # fmt: skip
