"""What a column is called for people, with its unit."""

from __future__ import annotations

from typing import Final

import polars as pl

from schema.language import later, say

_WORDS: Final[dict[str, str]] = {
    "group": later("Group"),
    "hour_of_week": later("Hour of week"),
    "dwell_s": later("Dwell, s"),
    "median_dwell_s": later("Median dwell, s"),
    "p75_dwell_s": later("P75 dwell, s"),
    "total_dwell_s": later("Dwell in all, s"),
    "product_id": later("Product"),
    "store_id": later("Store"),
    "agent_id": later("Agent"),
    "rows_in": later("Rows in"),
    "overlap_index": later("Overlap index, %"),
    "jaccard": later("Area Jaccard, %"),
    "a_in_b": later("A inside B, % of area"),
    "b_in_a": later("B inside A, % of area"),
    "customers_b_in_ta_a": later("B's customers in A's area, %"),
    "shared_buyers": later("Shared buyers, % of A"),
    "of_agent_id": later("Agent who compares"),
    "agent_name": later("Agent's name"),
    "shared_cells": later("Cells both draw from"),
    "published_share": later("Customer-months in published cells, %"),
    "n_units": later("Published groups"),
    "share_mine": later("Own demand here, %"),
    "share_theirs": later("The neighbour's demand here, %"),
    "share_both": later("Shared demand, %"),
    "customer_months": later("Customer-months"),
    "previous_orders": later("Orders before"),
    "n_a": later("A: customers"),
    "n_b": later("B: customers"),
    "leakage": later("Leakage, %"),
    "inflow": later("Inflow, %"),
    "change": later("Change, %"),
    "survival": later("Not yet back, %"),
    "retention": later("Retention, %"),
    "penetration": later("Penetration, %"),
    "coverage": later("Coverage, %"),
    "low": later("Low, %"),
    "high": later("High, %"),
    "sizes_available": later("Sizes in stock, %"),
    "dominance": later("Dominance, %"),
    "share": later("Share, %"),
    "distance_m": later("Distance, m"),
    "base_share": later("Of all customers, %"),
    "lift": later("Lift"),
    "reach": later("May be written to"),
    "score": later("Score"),
    "r60_m": later("60 % within, m"),
    "r80_m": later("80 % within, m"),
    "r95_m": later("95 % within, m"),
    "median_detour_m": later("Median detour, m"),
}


def column_label(name: str, currency: str = "") -> str:
    """``net_minor`` → ``Net, CNY``; ``linger_rate`` → ``Linger rate, %``."""
    if name in _WORDS:
        return say(_WORDS[name])
    if name.endswith("_minor"):
        return say("{what}, {unit}", what=_words(name.removesuffix("_minor")), unit=currency or say("minor units"))
    if _is_rate(name):
        return say("{what}, {unit}", what=_words(name), unit="%")
    return _words(name.removesuffix("_id").removesuffix("_on"))


def is_worded(name: str) -> bool:
    """Whether a column has a heading of its own, which is not made of its name."""
    return name in _WORDS


def _words(name: str) -> str:
    """What ``column_words`` lists is said in the reader's language."""
    return say(name.replace("_", " ").capitalize())


def _is_rate(name: str) -> bool:
    return name.endswith(("_rate", "_share")) or _WORDS.get(name, "").endswith(", %")


def column_meaning(name: str, kind: pl.DataType, currency: str = "") -> str:  # noqa: C901, PLR0911  (one line a unit)
    """The unit of a column in words, as the glossary of a workbook says it."""
    if name.endswith("_minor"):
        return say("money in {currency}, whole units", currency=currency) if currency else say("money in minor units")
    if name.endswith("_s") and kind.is_numeric():
        return say("seconds")
    if name.endswith("_m") and kind.is_numeric():
        return say("metres, as the crow flies")
    if name.endswith("_km") and kind.is_numeric():
        return say("kilometres, as the crow flies")
    if name.endswith("_days") and kind.is_numeric():
        return say("days")
    if name.endswith(("_at", "_from", "_to")) and kind.is_temporal():
        return say("instant in UTC")
    if name.endswith("_on") or kind == pl.Date:
        return say("local day")
    if name == "cell" or name.endswith("_cell"):
        return say("H3 cell, hexadecimal")
    if name.endswith("_id"):
        return say("id as loaded, or a pseudonym")
    if _is_rate(name):
        return say("rate of 0 to 1, shown in percent")
    if kind.is_integer():
        return say("count")
    return say("number") if kind.is_numeric() else say("text")
