"""What a column is called for people, with its unit."""

from __future__ import annotations

from typing import Final

import polars as pl

_WORDS: Final[dict[str, str]] = {
    "group": "Group",
    "hour_of_week": "Hour of week",
    "dwell_s": "Dwell, s",
    "median_dwell_s": "Median dwell, s",
    "p75_dwell_s": "P75 dwell, s",
    "total_dwell_s": "Dwell in all, s",
    "product_id": "Product",
    "store_id": "Store",
    "agent_id": "Agent",
    "rows_in": "Rows in",
    "overlap_index": "Overlap index, %",
    "jaccard": "Area Jaccard, %",
    "a_in_b": "A inside B, % of area",
    "b_in_a": "B inside A, % of area",
    "customers_b_in_ta_a": "B's customers in A's area, %",
    "shared_buyers": "Shared buyers, % of A",
    "of_agent_id": "Agent who compares",
    "agent_name": "Agent's name",
    "shared_cells": "Cells both draw from",
    "published_share": "Customer-months in published cells, %",
    "n_units": "Published groups",
    "share_mine": "Own demand here, %",
    "share_theirs": "The neighbour's demand here, %",
    "share_both": "Shared demand, %",
    "customer_months": "Customer-months",
    "previous_orders": "Orders before",
    "n_a": "A: customers",
    "n_b": "B: customers",
    "leakage": "Leakage, %",
    "inflow": "Inflow, %",
    "change": "Change, %",
    "survival": "Not yet back, %",
    "retention": "Retention, %",
    "penetration": "Penetration, %",
    "coverage": "Coverage, %",
    "low": "Low, %",
    "high": "High, %",
    "sizes_available": "Sizes in stock, %",
    "dominance": "Dominance, %",
    "share": "Share, %",
    "distance_m": "Distance, m",
    "r60_m": "60 % within, m",
    "r80_m": "80 % within, m",
    "r95_m": "95 % within, m",
    "median_detour_m": "Median detour, m",
}


def column_label(name: str, currency: str = "") -> str:
    """``net_minor`` → ``Net, CNY``; ``linger_rate`` → ``Linger rate, %``."""
    if name in _WORDS:
        return _WORDS[name]
    if name.endswith("_minor"):
        return f"{_words(name.removesuffix('_minor'))}, {currency or 'minor units'}"
    if name.endswith(("_rate", "_share")):
        return f"{_words(name)}, %"
    return _words(name.removesuffix("_id").removesuffix("_on"))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def column_meaning(name: str, kind: pl.DataType, currency: str = "") -> str:  # noqa: C901, PLR0911  (one line a unit)
    """The unit of a column in words, as the glossary of a workbook says it."""
    if name.endswith("_minor"):
        return f"money in {currency}, whole units" if currency else "money in minor units"
    if name.endswith("_s") and kind.is_numeric():
        return "seconds"
    if name.endswith("_m") and kind.is_numeric():
        return "metres, as the crow flies"
    if name.endswith("_km") and kind.is_numeric():
        return "kilometres, as the crow flies"
    if name.endswith("_days") and kind.is_numeric():
        return "days"
    if name.endswith(("_at", "_from", "_to")) and kind.is_temporal():
        return "instant in UTC"
    if name.endswith("_on") or kind == pl.Date:
        return "local day"
    if name == "cell" or name.endswith("_cell"):
        return "H3 cell, hexadecimal"
    if name.endswith("_id"):
        return "id as loaded, or a pseudonym"
    if column_label(name, currency).endswith(", %"):
        return "rate of 0 to 1, shown in percent"
    if kind.is_integer():
        return "count"
    return "number" if kind.is_numeric() else "text"
