"""Where do people come from? Maps of H3 cells: one measure, tiers, a difference, groups, or two agents at once.

Every function takes one row per ``cell`` (Int64 H3) and returns a ``MapView``: the deck, its legend as a table, a
sentence for those who cannot see it, and the box it shows. Cells and positions are checked first, because deck.gl
draws nothing, and says nothing, when one is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Unpack

import numpy as np
import polars as pl

from charts.kept import kept_map
from charts.map_cells import checked_cells, coarsen
from charts.map_doubts import contested_map, territory_map
from charts.map_legend import LegendGroup, Swatch, breaks, class_of, graded, legend_html, spread
from charts.map_names import Pill, agent_pills, standing_out
from charts.map_paint import (
    core_pill,
    counts_of,
    group_pills,
    marks,
    named,
    painted,
    pair_legend,
    pair_text,
    two_sided,
)
from charts.map_units import Unit
from charts.map_view import Ground, MapView, Painted, picked_cell, view
from schema.language import later, say, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Ground",
    "LegendGroup",
    "MapView",
    "Pill",
    "Swatch",
    "agent_pills",
    "categorical_map",
    "cell_map",
    "coarsen",
    "contested_map",
    "diverging_map",
    "legend_html",
    "pair_map",
    "picked_cell",
    "territory_map",
    "tier_map",
]

Measure = Literal["dwell", "sales", "customers", "penetration", "shared demand"]

TIERS: Final = ("primary", "secondary", "tertiary", "fringe")
_TIERS: Final = {
    "primary": (later("Primary"), later("Primary cells"), later("Primary cell")),
    "secondary": (later("Secondary"), later("Secondary cells"), later("Secondary cell")),
    "tertiary": (later("Tertiary"), later("Tertiary cells"), later("Tertiary cell")),
    "fringe": (later("Fringe"), later("Fringe cells"), later("Fringe cell")),
}
"""A tier, its cells and one of them."""
_MEASURED: Final[dict[Measure, str]] = {
    "dwell": later("Dwell"),
    "sales": later("Sales"),
    "customers": later("Customers"),
    "penetration": later("Penetration"),
    "shared demand": later("Shared demand"),
}
_TIER_STEPS: Final = (8, 6, 3, 1)
"""Steps of the teal ramp: the core is darkest (on dark: brightest)."""
MOST_GROUPS: Final = 6
"""More colours than six cannot be told apart reliably; smaller groups are drawn in grey as other."""
_SIDES: Final = 4
"""A difference has a neutral class and up to three on each side."""
_A, _BOTH, _B = 0, 2, 5
"""First class of each part of a pair map."""


@kept_map
def cell_map(cells: pl.DataFrame, *, measure: Measure, unit: str, **ground: Unpack[Ground]) -> MapView:
    """Where is how much? One measure in at most seven classes.

    Args:
        cells: One row per ``cell``; ``value`` in the unit, a null is not drawn.
        measure: Dwell is warm, everything else teal, so that the hue names the measure.
        unit: ``%`` for a share of 0-1, ``s`` for seconds, an ISO 4217 code for minor units, else the noun counted.
        ground: What every map shares.

    Returns:
        The view; without cells an empty map around the stores.

    Raises:
        ContractError: a column is missing, a cell is none or repeats, or a store lies off the earth.
    """
    theme, shown = ground["theme"], Unit(unit)
    known = checked_cells(cells, ("cell", "value"), name=f"Map of {measure}").drop_nulls()
    drawn = coarsen(known, "sum" if measure in {"customers", "sales"} else "mean")
    values = shown.scaled(drawn["value"])
    limits = breaks(values)
    colours = spread(theme.dwell if measure == "dwell" else theme.sales, len(limits) + 1)
    classes = class_of(values, limits)
    label = say(_MEASURED[measure])
    heading = label
    if shown.sign and shown.name != measure:
        heading = say("{measure}, {unit}", measure=label, unit=shown.sign)
    legend = (graded(heading, colours, limits, counts_of(classes, len(colours)), shown.short),) if drawn.height else ()
    says = say("Map of {measure}", measure=label.lower())
    if drawn.height:
        ends = {"low": shown.full(values.min()), "high": shown.full(values.max())}
        says = say("Map of {measure} from {low} to {high} a cell", measure=label.lower(), **ends)
    cells_drawn = painted(drawn["cell"], classes, [shown.full(value) for value in values], np.abs(values))
    return view(Painted(cells_drawn, colours, legend, says, known.height), ground)


@kept_map
def tier_map(cells: pl.DataFrame, **ground: Unpack[Ground]) -> MapView:
    """How far does a store's trade area reach? Primary, secondary, tertiary and fringe cells.

    Args:
        cells: One row per ``cell``; ``tier`` is one of the four, a null is not drawn.
        ground: What every map shares.

    Returns:
        The view; tiers without a cell keep their place in the legend.

    Raises:
        ContractError: as for ``cell_map``.
    """
    theme = ground["theme"]
    known = checked_cells(cells, ("cell", "tier"), name="Map of tiers").filter(pl.col("tier").is_in(TIERS))
    drawn = coarsen(known, "mode")
    classes = np.array([TIERS.index(tier) for tier in drawn["tier"]], dtype=np.int64)
    colours = tuple(theme.sales[step] for step in _TIER_STEPS)
    counts = counts_of(classes, len(TIERS))
    legend = tuple(
        LegendGroup(say(_TIERS[tier][0]), (Swatch(colour, say(_TIERS[tier][1]), count),))
        for tier, colour, count in zip(TIERS, colours, counts, strict=True)
    )
    many = ", ".join(f"{whole(n)} {say(_TIERS[tier][0]).lower()}" for tier, n in zip(TIERS, counts, strict=True))
    says = say("Map of trade area tiers: {tiers}", tiers=many)
    cells_drawn = painted(drawn["cell"], classes, [say(_TIERS[tier][2]) for tier in drawn["tier"]])
    return view(Painted(cells_drawn, colours, legend, says, known.height), ground)


@kept_map
def diverging_map(
    cells: pl.DataFrame, *, title: str, low: str, high: str, unit: str = "pp", **ground: Unpack[Ground]
) -> MapView:
    """Where is there more of one than of the other? A difference, centred on nothing.

    Args:
        cells: One row per ``cell``; ``value`` around 0 (interest minus sales: above is more interest).
        title: What is compared, such as ``Interest minus sales``.
        low: What teal means, such as ``more sales``.
        high: What amber means, such as ``more interest``.
        unit: As for ``cell_map``; ``pp`` for a difference of shares of 0-1.
        ground: What every map shares.

    Returns:
        The view, with the same limits on both sides.

    Raises:
        ContractError: as for ``cell_map``.
    """
    theme, shown = ground["theme"], Unit(unit)
    known = checked_cells(cells, ("cell", "value"), name=f"Map of {title}").drop_nulls()
    drawn = coarsen(known, "sum")
    values = shown.scaled(drawn["value"])
    sizes = np.unique(np.abs(values[values != 0]))
    limits = breaks(np.abs(values[values != 0]), _SIDES) if len(sizes) >= _SIDES else tuple(sizes.tolist())
    sides = len(limits)
    classes = sides + np.sign(values).astype(np.int64) * class_of(np.abs(values), limits)
    steps = [round(5 * (number + 1) / sides) for number in range(sides)]
    middle = theme.diverging[5]
    colours = (
        *(theme.diverging[5 - step] for step in reversed(steps)),
        middle,
        *(theme.diverging[5 + s] for s in steps),
    )
    legend = (
        two_sided(
            f"{title}, {shown.sign}",
            say("teal: {low}, amber: {high}", low=low, high=high),
            colours=colours,
            limits=limits,
            classes=classes,
            unit=shown,
        ),
    )
    more = say(
        "{above} cells with {high}, {below} with {low}",
        above=int((classes > sides).sum()),
        high=high,
        below=int((classes < sides).sum()),
        low=low,
    )
    cells_drawn = painted(drawn["cell"], classes, [shown.full(value) for value in values], np.abs(values))
    # the neutral colour is nearly the land's: its cells keep an outline
    lines = {sides: theme.province}
    return view(
        Painted(cells_drawn, colours, legend if drawn.height else (), f"{title}: {more}", known.height, lines), ground
    )


@kept_map
def categorical_map(
    cells: pl.DataFrame, *, title: str, names: Mapping[str, str] | None = None, **ground: Unpack[Ground]
) -> MapView:
    """To whom do the people of a cell really go, and is that the nearest?

    Args:
        cells: One row per ``cell``; ``group`` is the id or name most of its people go to; ``differs`` (optional) says
            that it is not the nearest one. A null group is not drawn.
        title: What a colour stands for, such as ``Store most bought at``.
        names: The printed name of each group that is an id.
        ground: What every map shares; a store whose id or agent id is a group takes its colour.

    Returns:
        The view; the six largest groups have a colour and a name on the map, the others are grey.

    Raises:
        ContractError: as for ``cell_map``.
    """
    theme = ground["theme"]
    wanted = ("cell", "group", "differs") if "differs" in cells.columns else ("cell", "group")
    known = checked_cells(cells, wanted, name=f"Map of {title}").filter(pl.col("group").is_not_null())
    drawn = coarsen(known, "mode")
    sizes = drawn.group_by("group").len().sort(["len", "group"], descending=[True, False])
    largest = sizes["group"].head(MOST_GROUPS).to_list()
    printed = {group: (names or {}).get(group, group) for group in sizes["group"].to_list()}
    place = {group: number for number, group in enumerate(largest)}
    classes = np.array([place.get(group, len(largest)) for group in drawn["group"]], dtype=np.int64)
    colours = (*theme.categorical[: len(largest)], theme.calm)
    cells_drawn = painted(drawn["cell"], classes, [printed[group] for group in drawn["group"]])
    labels = [printed[group] for group in largest]
    marked = drawn.filter(pl.col("differs"))["cell"] if "differs" in wanted else None
    legend = (*named((*labels, say("Other")), colours, counts_of(classes, len(colours))), *marks(marked, theme))
    shades = {group: standing_out(colour, theme) for group, colour in zip(largest, colours, strict=False)}
    pills = group_pills(cells_drawn, labels, tuple(shades.values()))
    says = title
    if marked is not None:
        says = say("{title}; in {n} cells that is not the nearest", title=title, n=len(marked))
    return view(Painted(cells_drawn, colours, legend, says, known.height, {}, marked, shades, pills), ground)


@kept_map
def pair_map(
    cells: pl.DataFrame, *, name_a: str, name_b: str, id_a: str = "", id_b: str = "", **ground: Unpack[Ground]
) -> MapView:
    """Where do two agents (or stores) meet? Cells of one alone, of the other alone, and, in amber, of both.

    Args:
        cells: One row per ``cell``; ``share_a`` and ``share_b`` are the cell's share (0-1) of each one's demand, null
            or 0 where it has none or too few people to show.
        name_a: The first one's name, printed on the map.
        name_b: The second one's name.
        id_a: Its agent or store id, so that its stores take its colour.
        id_b: The second one's id.
        ground: What every map shares.

    Returns:
        The view in seven classes: A alone (2), both (3, by the smaller of the two shares), B alone (2).

    Raises:
        ContractError: as for ``cell_map``.
    """
    theme, ramp = ground["theme"], ground["theme"].pair
    name = f"Map of {name_a} and {name_b}"
    known = checked_cells(cells, ("cell", "share_a", "share_b"), name=name).with_columns(
        pl.col("share_a", "share_b").fill_null(0).clip(0)
    )
    drawn = coarsen(known.filter((pl.col("share_a") > 0) | (pl.col("share_b") > 0)))
    a, b = Unit("%").scaled(drawn["share_a"]), Unit("%").scaled(drawn["share_b"])
    both = (a > 0) & (b > 0)
    alone = breaks(np.maximum(a, b)[~both], 2)[:1]
    shared = breaks(np.minimum(a, b)[both], 3)
    classes = np.where(both, _BOTH + class_of(np.minimum(a, b), shared), class_of(np.maximum(a, b), alone))
    classes = np.where(~both & (b > 0), classes + _B, classes)
    colours = (*ramp.a_only, *ramp.both, *ramp.b_only)
    counts = counts_of(classes, len(colours))
    texts = [pair_text(name_a, x, name_b, y) for x, y in zip(a, b, strict=True)]
    cells_drawn = painted(drawn["cell"], classes, texts, a + b)
    shades = {key: standing_out(ramp.a_only[1], theme) for key in (id_a, name_a) if key}
    shades |= {key: standing_out(ramp.b_only[1], theme) for key in (id_b, name_b) if key}
    pills = (
        *core_pill(cells_drawn.with_columns(weight=a * ~both), name_a, standing_out(ramp.a_only[1], theme)),
        *core_pill(cells_drawn.with_columns(weight=b * ~both), name_b, standing_out(ramp.b_only[1], theme)),
    )
    legend = pair_legend((name_a, name_b), colours, counts, (alone, shared), Unit("%"))
    says = say(
        "Map of {a} and {b}: {both} cells shared, {only_a} and {only_b} alone",
        a=name_a,
        b=name_b,
        both=sum(counts[_BOTH:_B]),
        only_a=sum(counts[:_BOTH]),
        only_b=sum(counts[_B:]),
    )
    return view(Painted(cells_drawn, colours, legend, says, known.height, {}, None, shades, pills), ground)
