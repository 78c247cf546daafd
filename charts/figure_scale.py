"""Where on a picture does a chart's number lie? Axes of a Plotly figure as plain arithmetic."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from charts.marks import even_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the page."""
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (local times of a chart have no zone)
_ROOM: Final = 0.06
"""Air beside the data where a chart names no range."""


@dataclass(frozen=True)
class Axis:
    """One axis: from what to what, over which pixels, and how its ticks are dressed.

    Attributes:
        start: pixel of ``low``.
        end: pixel of ``high``; on an upright axis it lies above.
        style: the settings of template and figure together.
        names: place of each category, where the axis is one of words.
    """

    low: float
    high: float
    start: float
    end: float
    style: dict[str, Any]
    names: dict[str, int]

    def at(self, value: Any) -> float:
        """The pixel of a value; NaN where it has none."""
        number = self.number(value)
        return self.start + (number - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def number(self, value: Any) -> float:
        """A value as the axis counts it: days are seconds, words are places."""
        if isinstance(value, str) and value in self.names:
            return float(self.names[value])
        return as_number(value)

    def ticks(self) -> list[tuple[float, str]]:
        """Pixels and words of the ticks."""
        style = self.style
        if style.get("visible") is False:
            return []
        values, texts = style.get("tickvals"), style.get("ticktext")
        if values is not None:
            words = list(texts) if texts is not None else [f"{value:g}" for value in values]
            return [(self.at(value), str(word)) for value, word in zip(list(values), words, strict=False)]
        if self.names:
            return [(self.at(name), name) for name in self.names]
        low, high = sorted((self.low, self.high))
        slack = (high - low) * 1e-6
        wanted = [
            tick for tick in even_ticks(low, high, int(style.get("nticks") or 6)) if low - slack <= tick <= high + slack
        ]
        return [(self.at(tick), f"{tick:,g}") for tick in wanted]


def as_number(value: Any) -> float:
    """A number, day or instant of a trace as a float; NaN for what is none of these."""
    if isinstance(value, np.datetime64):
        return float((value - np.datetime64("1970-01-01")) / np.timedelta64(1, "s"))
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - _EPOCH).total_seconds()
    if isinstance(value, dt.date):
        return (dt.datetime(value.year, value.month, value.day) - _EPOCH).total_seconds()  # noqa: DTZ001
    if isinstance(value, str):
        try:
            return (dt.datetime.fromisoformat(value).replace(tzinfo=None) - _EPOCH).total_seconds()
        except ValueError:
            return math.nan
    return math.nan if value is None else float(value)


def axis_of(fig: go.Figure, letter: str, number: str, plot: Box) -> Axis:
    """An axis of a figure on the pixels of its plot.

    Args:
        fig: any figure of this room.
        letter: ``x`` or ``y``.
        number: empty for the first one, else such as ``2``.
        plot: the area between the margins.
    """
    style = _style(fig, letter, number)
    low_part, high_part = style.get("domain") or (0.0, 1.0)
    left, top, right, bottom = plot
    if letter == "x":
        start, end = left + (right - left) * low_part, left + (right - left) * high_part
    else:
        start, end = bottom - (bottom - top) * low_part, bottom - (bottom - top) * high_part
    ref = f"{letter}{number}"
    traces = [trace for trace in fig.data if (trace[f"{letter}axis"] or letter) == ref]
    names = _names(traces, letter)
    if style.get("range") is not None:
        low, high = (as_number(one) for one in style["range"])
    else:
        low, high = _extent(traces, letter, names)
        if style.get("autorange") == "reversed":
            low, high = high, low
    return Axis(low, high, start, end, style, names)


def _style(fig: go.Figure, letter: str, number: str) -> dict[str, Any]:
    base = fig.layout.template.layout[f"{letter}axis"].to_plotly_json() if fig.layout.template else {}
    own = fig.layout[f"{letter}axis{number}"]
    mixed: dict[str, Any] = dict(base)
    for name, value in (own.to_plotly_json() if own is not None else {}).items():
        before = mixed.get(name)
        mixed[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return mixed


def _names(traces: list[Any], letter: str) -> dict[str, int]:
    """Places of words on an axis of words; empty on one of numbers or days."""
    found: dict[str, int] = {}
    for trace in traces:
        for value in listed(trace[letter]):
            if isinstance(value, str) and math.isnan(as_number(value)):
                found.setdefault(value, len(found))
    return found


def _extent(traces: list[Any], letter: str, names: dict[str, int]) -> tuple[float, float]:
    values: list[float] = []
    for trace in traces:
        numbers = [float(names[one]) if one in names else as_number(one) for one in _hashable(trace[letter])]
        values += [one for one in numbers if math.isfinite(one)]
        is_length = trace.type == "bar" and (letter == "x") == (trace.orientation == "h")
        if is_length:
            values.append(0.0)
        elif trace.type == "bar" and numbers:
            values += [min(numbers) - 0.5, max(numbers) + 0.5]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    air = (high - low) * _ROOM if any(trace.type == "scatter" for trace in traces) else 0.0
    return (low - air, high + air) if high > low else (low - 0.5, high + 0.5)


def _hashable(values: Any) -> list[Any]:
    return [
        one.item() if isinstance(one, np.generic) and not isinstance(one, np.datetime64) else one
        for one in listed(values)
    ]


def listed(values: Any) -> list[Any]:
    """A trace's values as a list, whatever they are kept in."""
    return [] if values is None else list(values)
