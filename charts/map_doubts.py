"""Whose ground is it? The contested strip, and the territories that were promised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Unpack

import numpy as np
import polars as pl

from charts.map_cells import checked_cells, coarsen
from charts.map_legend import LegendGroup, Swatch, breaks, class_of, graded
from charts.map_names import standing_out
from charts.map_paint import counts_of, group_pills, named, painted
from charts.map_units import Unit
from charts.map_view import Ground, MapView, Painted, view
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charts.theme import Theme

_SHARE: Final = Unit("%")
_MOST: Final = 6
"""Owners with a colour of their own, as on every map of groups."""


def contested_map(cells: pl.DataFrame, **ground: Unpack[Ground]) -> MapView:
    """Where is it unsure whose customers they are?

    Args:
        cells: One row per ``cell``: ``customers``, ``contested``, ``share`` (0-1); cells of too few customers are left
            out by the caller.
        ground: What every map shares.

    Returns:
        The view: cells without a contested customer are pale, the others amber in up to three classes.

    Raises:
        ContractError: a column is missing, a cell is none or repeats, or a store lies off the earth.
    """
    theme = ground["theme"]
    known = checked_cells(cells, ("cell", "customers", "contested"), name="Map of the contested strip")
    drawn = coarsen(known, "sum")
    shares = 100 * (drawn["contested"] / drawn["customers"].cast(pl.Float64)).fill_nan(0).to_numpy()
    limits = breaks(shares[shares > 0], 3)
    classes = np.where(shares > 0, 1 + class_of(shares, limits), 0)
    amber = theme.pair.both if len(limits) == 2 else theme.pair.both[: len(limits)] + theme.pair.both[-1:]  # noqa: PLR2004
    colours = (theme.sales[1], *amber)
    counts = counts_of(classes, len(colours))
    texts = [
        say("{share} contested\n{few} of {many} customers", share=_SHARE.full(share), few=few, many=many)
        for share, few, many in zip(shares, drawn["contested"], drawn["customers"], strict=True)
    ]
    legend: tuple[LegendGroup, ...] = ()
    if drawn.height:
        legend = (LegendGroup(say("Nobody contested"), (Swatch(colours[0], say("Nobody contested"), counts[0]),)),)
    if sum(counts[1:]):
        strip = graded(say("Contested"), colours[1:], limits, counts[1:], _SHARE.short)
        limits_said = " · ".join(swatch.label for swatch in strip.swatches) if limits else say("some")
        legend += (replace(strip, detail=say("% of a cell's customers: {limits}", limits=limits_said)),)
    says = say(
        "Map of the contested strip: in {some} of {cells} cells somebody is contested",
        some=sum(counts[1:]),
        cells=drawn.height,
    )
    cells_drawn = painted(drawn["cell"], classes, texts, drawn["customers"].cast(pl.Float64).to_numpy())
    return view(Painted(cells_drawn, colours, legend, says, known.height), ground)


def territory_map(cells: pl.DataFrame, *, names: Mapping[str, str] | None = None, **ground: Unpack[Ground]) -> MapView:
    """Which ground was promised to whom, and where does somebody else stand on it?

    Args:
        cells: One row per ``cell``: ``group`` (the agent or store it was promised to), ``territories`` (their ids),
            ``breached`` (promised twice, or another's store stands there).
        names: The printed name of each group that is an id.
        ground: What every map shares; a store whose id or agent id is a group takes its colour.

    Returns:
        The view; breached cells carry a mark and a frame of their own.

    Raises:
        ContractError: as for ``contested_map``.
    """
    theme = ground["theme"]
    known = checked_cells(cells, ("cell", "group", "territories", "breached"), name="Map of territories")
    drawn = coarsen(known, "mode")
    sizes = drawn.group_by("group").len().sort(["len", "group"], descending=[True, False])
    largest = sizes["group"].head(_MOST).to_list()
    printed = {group: (names or {}).get(group, group) for group in sizes["group"].to_list()}
    place = {group: number for number, group in enumerate(largest)}
    classes = np.array([place.get(group, len(largest)) for group in drawn["group"]], dtype=np.int64)
    colours = (*theme.categorical[: len(largest)], theme.calm)
    texts = [
        f"{printed[group]}\n{ids}" + (f" · {say('breached')}" if breached else "")
        for group, ids, breached in drawn.select("group", "territories", "breached").iter_rows()
    ]
    cells_drawn = painted(drawn["cell"], classes, texts)
    labels = [printed[group] for group in largest]
    marked = drawn.filter("breached")["cell"]
    legend = (*named((*labels, say("Other")), colours, counts_of(classes, len(colours))), *_breaches(marked, theme))
    shades = {group: standing_out(colour, theme) for group, colour in zip(largest, colours, strict=False)}
    pills = group_pills(cells_drawn, labels, tuple(shades.values()))
    says = say("Map of territories of {n}; {cells} cells are breached", n=sizes.height, cells=len(marked))
    return view(Painted(cells_drawn, colours, legend, says, known.height, {}, marked, shades, pills), ground)


def _breaches(marked: pl.Series, theme: Theme) -> tuple[LegendGroup, ...]:
    if marked.is_empty():
        return ()
    swatch = Swatch(theme.axis, say("Promised twice, or another's store stands there"), len(marked))
    return (LegendGroup(say("Promised twice, or another's store"), (swatch,), shape="mark"),)
