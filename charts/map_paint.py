"""Which cell is in which class, and what do the special legends say? Small helpers of the map functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from charts.map_cells import centres
from charts.map_legend import LegendGroup, Swatch
from charts.map_names import Pill, core
from schema.language import from_python, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.map_units import Unit
    from charts.theme import Theme

CORE_SHARE = 0.5
"""A name stands amid the strongest cells that make up half of the weight, not amid all of them."""
SHORT_NAME = 9
"""Letters of a name in a tooltip: it is repeated in every cell."""


def painted(
    cells: pl.Series, classes: np.ndarray, texts: Sequence[str], weights: np.ndarray | None = None
) -> pl.DataFrame:
    """Cells with their class, tooltip and weight (1 each unless given)."""
    weight = np.ones(len(cells)) if weights is None else weights
    columns = [
        pl.Series("kind", classes, dtype=pl.Int64),
        pl.Series("text", list(texts), dtype=pl.String),
        pl.Series("weight", weight, dtype=pl.Float64),
    ]
    return pl.DataFrame([cells.alias("cell").cast(pl.Int64), *columns])


def counts_of(classes: np.ndarray, how_many: int) -> list[int]:
    """How many cells each class has."""
    return [int((classes == number).sum()) for number in range(how_many)]


def named(names: Sequence[str], colours: Sequence[str], counts: Sequence[int]) -> tuple[LegendGroup, ...]:
    """One swatch and name for each group that has cells."""
    rows = zip(names, colours, counts, strict=True)
    return tuple(LegendGroup(name, (Swatch(colour, name, count),)) for name, colour, count in rows if count)


def marks(marked: pl.Series | None, theme: Theme) -> tuple[LegendGroup, ...]:
    """What the small mark in a cell means; nothing where no cell could have one."""
    if marked is None:
        return ()
    swatch = Swatch(theme.axis, say("Cells that do not go to the nearest"), len(marked))
    return (LegendGroup(say("Not the nearest"), (swatch,), shape="mark"),)


def two_sided(
    label: str, detail: str, *, colours: Sequence[str], limits: Sequence[float], classes: np.ndarray, unit: Unit
) -> LegendGroup:
    """A strip from much below to much above nothing, with the same limits on both sides."""
    short = [unit.short(limit) for limit in limits]
    above = [f"+{low}" for low in short]
    below = [f"−{low}" for low in reversed(short)]
    last = len(short) - 1
    ends = [f"≤ {text}" if place == 0 else text for place, text in enumerate(below)]
    tops = [f"≥ {text}" if place == last else text for place, text in enumerate(above)]
    middle = say("within ±{limit}", limit=short[0]) if short else say("all")
    names = [
        *(say("{limit} or less", limit=text) for text in below),
        middle,
        *(say("{limit} or more", limit=text) for text in above),
    ]
    rows = zip(colours, names, counts_of(classes, len(colours)), [*ends, "0", *tops], strict=True)
    return LegendGroup(label, tuple(Swatch(*row) for row in rows), detail=detail)


def pair_legend(
    names: tuple[str, str],
    colours: Sequence[str],
    counts: Sequence[int],
    limits: tuple[tuple[float, ...], tuple[float, ...]],
    unit: Unit,
) -> tuple[LegendGroup, ...]:
    """A alone, both (with the limits of the shared demand), B alone."""
    alone, shared = limits
    ends = (say("few"), say("many"))
    parts = [ends, (say("little"), say("more"), say("most")), ends]
    words = [say("{name} only", name=names[0]), say("Both"), say("{name} only", name=names[1])]
    marks = " · ".join(unit.short(limit) for limit in shared)
    details = ["", say("share of demand {limits} % or more", limits=marks) if marks else say("share of demand"), ""]
    groups, start = [], 0
    for label, detail, part, many in zip(words, details, parts, (len(alone), len(shared), len(alone)), strict=True):
        used = range(start, start + many + 1)
        swatches = tuple(Swatch(colours[i], f"{label}, {part[i - start]}", counts[i]) for i in used)
        groups.append(LegendGroup(label, swatches, detail=detail))
        start += len(part)
    return tuple(groups)


def pair_text(name_a: str, share_a: float, name_b: str, share_b: float) -> str:
    """What the tooltip of a shared cell says, in percent of each one's demand."""
    sides = ((name_a, share_a), (name_b, share_b))
    return "\n".join(f"{_short(name)} {from_python(f'{share:.2g} %')}" for name, share in sides if share > 0)


def core_pill(cells: pl.DataFrame, text: str, colour: str, weight: float = 1000) -> tuple[Pill, ...]:
    """A name amid its strongest cells; none without cells."""
    ranked = cells.filter(pl.col("weight") > 0).sort(["weight", "cell"], descending=[True, False])
    strongest = ranked.filter(pl.col("weight").cum_sum() - pl.col("weight") < CORE_SHARE * pl.col("weight").sum())
    middle = core(pl.concat([strongest.select("weight"), centres(strongest["cell"])], how="horizontal"))
    return () if middle is None else (Pill(text, *middle, colour, weight),)


def group_pills(cells: pl.DataFrame, names: Sequence[str], colours: Sequence[str]) -> tuple[Pill, ...]:
    """A name amid the cells of each group; ``kind`` is the place of the group's name."""
    return tuple(
        pill
        for kind, (name, colour) in enumerate(zip(names, colours, strict=True))
        for pill in core_pill(cells.filter(pl.col("kind") == kind), name, colour, 1000 - kind)
    )


def _short(name: str) -> str:
    return name if len(name) <= SHORT_NAME else f"{name[: SHORT_NAME - 1].rstrip()}…"
