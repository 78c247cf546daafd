"""Which class is a value in, and what does the legend say? At most seven classes with limits a person can read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from schema.language import say, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from charts.theme import Theme

CLASSES: Final = 7
FEW: Final = 3
"""Up to so many swatches are explained in words beside them; more carry their limits below."""
_STEPS: Final = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Readable leading digits, near enough to each other that rounding a quantile moves few cells."""


@dataclass(frozen=True)
class Swatch:
    """One class: its colour, its limits in words and how many cells it has; ``below`` is the short lower limit."""

    colour: str
    label: str
    cells: int
    below: str = ""


@dataclass(frozen=True)
class LegendGroup:
    """Swatches that belong together, joined in one strip; ``shape`` is ``cell``, ``dot``, ``ring`` or ``mark``."""

    label: str
    swatches: tuple[Swatch, ...]
    shape: str = "cell"
    detail: str = ""


def readable(value: float) -> float:
    """The nearest number with a readable leading digit: 0.237 → 0.25, 1,870 → 2,000."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    power = 10.0 ** math.floor(math.log10(abs(value)))
    step = min(_STEPS, key=lambda s: abs(math.log(s * power / abs(value))))
    return math.copysign(float(f"{step * power:.6g}"), value)


def breaks(values: np.ndarray, classes: int = CLASSES) -> tuple[float, ...]:
    """Which limits part the values into about equally full classes?

    Returns:
        At most ``classes - 1`` rising limits; a value equal to a limit belongs to the class above it. Every class
        between them holds a value. Values that are all equal, or none, have no limit.
    """
    if len(values) == 0 or values.min() == values.max():
        return ()
    whole = bool((values == np.round(values)).all())
    edges = [readable(float(q)) for q in np.quantile(values, np.linspace(0, 1, classes + 1)[1:-1])]
    if whole:
        edges = [float(max(1, round(edge))) if edge > 0 else float(round(edge)) for edge in edges]
    rising = sorted({edge for edge in edges if values.min() < edge <= values.max()})
    kept: list[float] = []
    for edge in rising:  # a rounded limit may leave nothing between itself and the one before
        low = kept[-1] if kept else -math.inf
        if ((values >= low) & (values < edge)).any():
            kept.append(edge)
    return tuple(kept)


def class_of(values: np.ndarray, limits: tuple[float, ...]) -> np.ndarray:
    """The number of each value's class, from 0."""
    return np.searchsorted(np.array(limits), values, side="right")


def spread(ramp: tuple[str, ...], classes: int) -> tuple[str, ...]:
    """So many colours of a ramp of ten, evenly apart; never the first, which is hardly seen on the land."""
    places = np.linspace(1, len(ramp) - 1, classes) if classes > 1 else np.array([len(ramp) * 0.55])
    return tuple(ramp[round(float(place))] for place in places)


def graded(
    label: str, colours: tuple[str, ...], limits: tuple[float, ...], counts: list[int], text: Callable[[float], str]
) -> LegendGroup:
    """A strip of classes from little to much, each with its limits in words."""
    names = [say("below {limit}", limit=text(limits[0])) if limits else say("all")]
    names += [say("{low} to below {high}", low=text(low), high=text(high)) for low, high in pairwise(limits)]
    names += [say("{limit} or more", limit=text(limits[-1]))] if limits else []
    below = ["", *(text(limit) for limit in limits)]
    below = [f"< {below[1]}" if limits else "", *below[1:]]
    if limits:
        below[-1] = f"≥ {below[-1]}"
    rows = zip(colours, names, counts, below, strict=True)
    return LegendGroup(label, tuple(Swatch(*row) for row in rows))


def legend_html(legend: tuple[LegendGroup, ...], theme: Theme, *, note: str = "") -> str:
    """The legend as one row of HTML under the map; every word is escaped.

    Args:
        legend: The groups of a ``MapView``.
        theme: Light or dark.
        note: Said last and quietly, such as the size of a cell and the credit.
    """
    items = [_group(group, theme) for group in legend if group.swatches]
    if note:
        items.append(f'<span style="color:{theme.caption};margin-left:auto">{escape(note)}</span>')
    row = "display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;font-size:.87rem;line-height:1.25"
    return f'<div role="group" aria-label="{escape(say("Legend"), quote=True)}" style="{row};color:{theme.ink}">{"".join(items)}</div>'


def _group(group: LegendGroup, theme: Theme) -> str:
    many = len(group.swatches) > FEW
    strip = "".join(_swatch(swatch, group, theme, many=many) for swatch in group.swatches)
    words = f"<span>{escape(group.label)}{_detail(group, theme)}</span>" if group.label else ""
    order = f"{words}{_strip(strip)}" if many else f"{_strip(strip)}{words}"
    return f'<span style="display:inline-flex;align-items:center;gap:.55rem">{order}</span>'


def _detail(group: LegendGroup, theme: Theme) -> str:
    return f'<span style="color:{theme.caption}">, {escape(group.detail)}</span>' if group.detail else ""


def _strip(swatches: str) -> str:
    return f'<span style="display:inline-flex;border-radius:4px;overflow:hidden">{swatches}</span>'


def _swatch(swatch: Swatch, group: LegendGroup, theme: Theme, *, many: bool) -> str:
    title = escape(f"{swatch.label}: {whole(swatch.cells)}", quote=True)
    if group.shape == "dot":
        box = f"width:11px;height:11px;border-radius:50%;background:{swatch.colour}"
    elif group.shape == "ring":
        box = f"box-sizing:border-box;width:15px;height:15px;border-radius:50%;border:3px solid {swatch.colour};background:{theme.ink}"
    elif group.shape == "mark":
        spot = f"radial-gradient(circle at center, {theme.page} 3px, {swatch.colour} 3.6px)"
        box = f"width:22px;height:13px;background:{spot}"
    else:
        box = f"width:{'100%' if many else '22px'};height:13px;background:{swatch.colour}"
    mark = f'<span style="display:block;{box}"></span>'
    if not many:
        return f'<span title="{title}">{mark}</span>'
    small = f"font-size:.78rem;color:{theme.caption};padding:2px 5px 0;font-variant-numeric:tabular-nums"
    name = f'<span style="display:block;{small};text-align:center;white-space:nowrap">{escape(swatch.below)}</span>'
    return f'<span title="{title}" style="min-width:38px">{mark}{name}</span>'
