"""Pairs of stores or agents in words: which collide most, and by which measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schema.language import later, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    from answers.answer import Answer

_SHORT: Final = 12
MEASURES: Final = {
    "overlap_index": later("Overlap index"),
    "jaccard": later("Area Jaccard"),
    "customers_b_in_ta_a": later("{b}'s customers in {a}'s area"),
    "a_in_b": later("{a}'s area inside {b}'s"),
    "b_in_a": later("{b}'s area inside {a}'s"),
    "shared_buyers": later("Shared buyers, of {a}'s"),
}


def unordered(answer: Answer) -> pl.DataFrame:
    """One row per pair instead of two, highest index first."""
    return answer.table.filter(pl.col("a") < pl.col("b")).sort(
        "overlap_index", "a", "b", descending=[True, False, False]
    )


def labelled(pairs: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """Pairs with ``label``: both names."""
    return pairs.with_columns(
        pl.concat_str(pl.col("a").replace(names), pl.lit(" × "), pl.col("b").replace(names)).alias("label")
    )


def one_pair(pairs: pl.DataFrame, wanted: str | None) -> dict[str, Any] | None:
    """The pair of that key (``a|b``), else the one that overlaps most; None without pairs."""
    if pairs.is_empty():
        return None
    found = pairs.filter(pl.concat_str("a", pl.lit("|"), "b") == (wanted or ""))
    return (found if found.height else pairs).row(0, named=True)


def keys(pairs: pl.DataFrame) -> list[str]:
    """``a|b`` of each pair, highest index first."""
    return pairs.select(pl.concat_str("a", pl.lit("|"), "b"))["a"].to_list()


def _sides(pair: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    """Both names, or A and B where names are too long to stand in a label."""
    a, b = (names.get(str(pair[side]), str(pair[side])) for side in ("a", "b"))
    return (a, b) if max(len(a), len(b)) <= _SHORT else ("A", "B")


def legend(pair: dict[str, Any], names: dict[str, str]) -> str:
    """Who A and B are, where the labels call them so: ``A: … · B: … · ``; else nothing."""
    if _sides(pair, names) != ("A", "B"):
        return ""
    a, b = (names.get(str(pair[side]), str(pair[side])) for side in ("a", "b"))
    return f"A: {a} · B: {b} · "


def measures(pair: dict[str, Any], names: dict[str, str]) -> pl.DataFrame:
    """Every measure of a pair that may be told, with its name: ``label, value``."""
    a, b = _sides(pair, names)
    rows = [(say(words, a=a, b=b), pair[name]) for name, words in MEASURES.items() if pair[name] is not None]
    return pl.DataFrame(rows, schema={"label": pl.String, "value": pl.Float64}, orient="row")


def shares(pair: dict[str, Any], names: dict[str, str]) -> str:
    """``Jiangnan and Taihu share 40 % of their demand``."""
    a, b = (names.get(str(pair[side]), str(pair[side])) for side in ("a", "b"))
    return say(
        "{a} and {b} share {part} of their demand",
        a=a,
        b=b,
        part=whole_percent(pair["overlap_index"]),
    )


def others(pairs: pl.DataFrame) -> str:
    """``Every other pair stays below 12 %``."""
    if pairs.height < 2:  # noqa: PLR2004
        return say("The only pair")
    return say("Every other pair stays at or below {part}", part=whole_percent(pairs["overlap_index"][1]))
