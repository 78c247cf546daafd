"""Styles, prices, seasons and missing sizes of the demo company."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from demo.clock import Bools, Floats, Ints, by_season, day_index, pick, rng

CATEGORIES: Final = {
    "WC": ("Wool coats", "wool coat", 890, 4_590),
    "DJ": ("Down jackets", "down jacket", 590, 3_590),
    "KN": ("Knitwear", "sweater", 190, 1_490),
    "SC": ("Scarves & hats", "scarf", 80, 690),
    "TR": ("Trousers", "trousers", 190, 1_190),
    "DR": ("Dresses", "dress", 230, 1_890),
    "SH": ("Shoes", "shoes", 240, 1_690),
    "BG": ("Bags", "bag", 190, 2_290),
}
"""Prefix → (category, noun, cheapest and dearest list price in yuan)."""
WOOL: Final = 0
PER_CATEGORY: Final = 15
HESITATION: Final = "WC-07"
HESITATION_INDEX: Final = 6
_NAMES: Final = (
    "Alder", "Birch", "Cedar", "Elder", "Fern", "Heather", "Juniper", "Linden", "Maple", "Nettle", "Rowan", "Sorrel",
    "Tansy", "Willow", "Yarrow",
)  # fmt: skip
SIZES: Final = ("XS", "S", "M", "L", "XL", "One size")
ONE_SIZE: Final = 5
_SIZE_WEIGHTS: Final = np.array([0.10, 0.28, 0.32, 0.20, 0.10])
_MISSING_SIZES: Final = ("S", "M")
_SPELLS: Final = (
    (dt.date(2024, 11, 15), dt.date(2025, 3, 10)),
    (dt.date(2025, 9, 15), dt.date(2026, 3, 10)),
    (dt.date(2026, 9, 7), None),
)
"""When WC-07 had no S and no M; the last spell still lasts."""

_MONTH_MIX: Final = {
    "WC": (20, 14, 8, 4, 2, 2, 2, 5, 12, 19, 20, 20),
    "DJ": (16, 10, 5, 2, 1, 1, 1, 2, 7, 14, 16, 18),
    "KN": (16, 16, 15, 12, 8, 5, 5, 9, 18, 18, 17, 15),
    "SC": (12, 9, 5, 4, 3, 3, 3, 3, 6, 10, 12, 13),
    "TR": (9, 12, 15, 18, 18, 17, 16, 18, 16, 11, 9, 8),
    "DR": (8, 14, 22, 28, 34, 38, 38, 30, 18, 9, 8, 7),
    "SH": (10, 13, 16, 18, 19, 18, 18, 18, 13, 10, 9, 9),
    "BG": (9, 12, 13, 14, 15, 16, 17, 15, 11, 9, 9, 10),
}
"""Interest in each category by month (mid-month values)."""


@dataclass(frozen=True)
class Catalogue:
    """120 styles as arrays; a style's number is category × 15 + its place in the category."""

    style: list[str]
    list_minor: Ints
    popularity: Floats
    by_price: Ints
    """Rank of a style's price within its category, 0 = cheapest."""
    mix: Floats
    """Interest by day × category; rows sum to 1."""


def build_catalogue(seed: int) -> Catalogue:
    """The styles with prices, popularity and the course of interest over the year."""
    draw = rng(seed, "catalogue")
    prices, popularity, ranks = [], [], []
    for _, _, low, high in CATEGORIES.values():
        steps = np.exp(np.linspace(np.log(low), np.log(high), PER_CATEGORY))
        order = draw.permutation(PER_CATEGORY)
        prices.append((np.round(steps / 10) * 1_000 - 100).astype(np.int64)[order])
        ranks.append(order)
        popularity.append(np.round(1 / np.sqrt(3 + draw.permutation(PER_CATEGORY)), 6))
    popularity[WOOL][HESITATION_INDEX] = round(float(np.mean(popularity[WOOL])), 6)
    mix = np.stack(
        [by_season(tuple((f"{m:02d}-15", v) for m, v in enumerate(row, 1))) for row in _MONTH_MIX.values()], 1
    )
    return Catalogue(
        [f"{prefix}-{n:02d}" for prefix in CATEGORIES for n in range(1, PER_CATEGORY + 1)],
        np.concatenate(prices),
        np.concatenate(popularity),
        np.concatenate(ranks),
        np.round(mix / mix.sum(axis=1, keepdims=True), 9),
    )


def draw_styles(catalogue: Catalogue, category: Ints, uniform: Floats) -> Ints:
    """A style of each given category, by popularity."""
    style = np.empty(len(category), dtype=np.int64)
    for c in range(len(CATEGORIES)):
        here = category == c
        weights = catalogue.popularity[c * PER_CATEGORY : (c + 1) * PER_CATEGORY]
        style[here] = c * PER_CATEGORY + pick(weights, uniform[here])
    return style


def draw_categories(catalogue: Catalogue, day: Ints, uniform: Floats) -> Ints:
    """A category for each given day, by the season's interest."""
    ends = np.cumsum(catalogue.mix, axis=1)
    passed = (ends[day] < uniform[:, None]).sum(axis=1)
    return np.asarray(passed.clip(0, len(CATEGORIES) - 1), dtype=np.int64)


def is_size_missing(day: Ints) -> Bools:
    """Whether WC-07 lacks S and M on the given days."""
    missing = np.zeros(len(day), dtype=bool)
    for start, end in _SPELLS:
        missing |= (day >= day_index(start)) & ((day < day_index(end)) if end else True)
    return missing


def draw_sizes(style: Ints, day: Ints, uniform: Floats) -> Ints:
    """A size for each line: apparel XS–XL, else one size; what is missing is not sold."""
    size = pick(_SIZE_WEIGHTS, uniform)
    gap = (style == HESITATION_INDEX) & is_size_missing(day) & ((size == 1) | (size == 2))  # noqa: PLR2004  (S, M)
    size[gap] = 3
    prefix = style // PER_CATEGORY
    size[(prefix == 3) | (prefix == 7)] = ONE_SIZE  # noqa: PLR2004  (scarves & hats, bags)
    return size


def products_table(catalogue: Catalogue) -> pl.DataFrame:
    """``products.csv``."""
    rows = [(prefix, *about[:2], name) for prefix, about in CATEGORIES.items() for name in _NAMES]
    warm = {"WC", "DJ", "KN", "SC"}
    return pl.DataFrame(
        {
            "product_id": catalogue.style,
            "style_id": catalogue.style,
            "name": [f"{name} {noun}" for _, _, noun, name in rows],
            "category": [category for _, category, _, _ in rows],
            "list_minor": catalogue.list_minor,
            "season": ["autumn/winter" if prefix in warm else "all year" for prefix, _, _, _ in rows],
            "launched_on": [dt.date(2024, 8, 1)] * len(rows),
        }
    )


def availability_table() -> pl.DataFrame:
    """``availability.csv``: WC-07 without S and M, in every channel and store."""
    rows = [(HESITATION, size, start, end) for size in _MISSING_SIZES for start, end in _SPELLS]
    return pl.DataFrame(
        rows,
        schema={"product_id": pl.String, "size": pl.String, "from_on": pl.Date, "to_on": pl.Date},
        orient="row",
    )
