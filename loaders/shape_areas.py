"""Areas: what was promised to an agent or a store, and how far it is by road."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import polars_h3

from loaders.ids import clean_text
from loaders.numbers import parse_numbers
from loaders.words import known_values, translate
from schema.language import later, say

if TYPE_CHECKING:
    from loaders.work import Work

COARSEST: Final = 5
FINEST: Final = 9
_BETWEEN: Final = r"[\s,;|、，；/]+"
_HELPERS: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "distance_m": (("distance_km", 1_000.0),),
    "duration_s": (("duration_min", 60.0),),
}


def h3_text(cells: pl.Series) -> pl.Series:
    """H3 cells as their lower-case text; whole numbers of 64 bits are read too. Null where it is no cell."""
    texts = clean_text(cells).str.to_lowercase().str.strip_prefix("0x")
    is_number = texts.str.contains(r"^\d{17,19}$").fill_null(value=False)
    numbers = texts.set(~is_number, None).cast(pl.UInt64, strict=False)
    frame = pl.DataFrame({"text": texts.set(is_number, None), "number": numbers})
    frame = frame.select(pl.coalesce("text", polars_h3.int_to_str("number")).alias("cell"))
    is_cell = frame["cell"].str.contains(r"^8[0-9a-f]{14}$") & frame.select(polars_h3.is_valid_cell("cell")).to_series()
    return frame["cell"].set(~is_cell.fill_null(value=False), None)


def territory_columns(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """What kind of area each row is, its extent as the kind wants it, and what it protects.

    A column ``radius_m`` stands for kind and value where nothing else says them. Rows whose kind, radius or cells
    cannot be used are set aside (E02), a radius around no store as E01.
    """
    kind, value = _kinds(work), work.text("value")
    if work.has("radius_m"):
        metres = work.text("radius_m")
        value = value.set(kind == "radius_m", None).fill_null(metres) if work.has("value") else metres
        kind = kind.fill_null(pl.repeat("radius_m", work.rows, eager=True).set(metres.is_null(), None))
    is_radius, is_cells = (kind == "radius_m").fill_null(value=False), (kind == "h3_set").fill_null(value=False)
    value = value.set(is_radius, None).fill_null(_radius(work, value, is_radius))
    work.flag(
        is_radius & columns["store_id"].is_null(),
        "E01",
        "store_id",
        later("{column} is empty: a radius lies around a store."),
    )
    cells = _cell_sets(work, value, is_cells)
    return {"kind": kind, "value": value.set(is_cells, None).fill_null(cells), "protects": _protects(work)}


def _kinds(work: Work) -> pl.Series:
    if not work.has("kind"):
        if not work.has("radius_m"):
            work.ask(say("which column says whether an area is a radius, a set of cells or a district?"), "columns.kind",
                     tuple(work.frame.columns))  # fmt: skip
        return work.nothing(pl.String)
    read, words = work.word("kind", "kind")
    strange = words.is_not_null() & read.is_null()
    work.flag(strange, "E02", "kind", later("{column} is none of {known}."), known=", ".join(known_values("kind")))
    return read


def _radius(work: Work, value: pl.Series, here: pl.Series) -> pl.Series:
    """Metres as plain text."""
    column = "value" if work.has("value") else "radius_m"
    metres = parse_numbers(value.set(~here, None), ".")
    work.flag(here & value.is_not_null() & ~(metres > 0).fill_null(value=False), "E02", column,
              later("{column} is not a positive number of metres."), value)  # fmt: skip
    whole = metres.cast(pl.Int64, strict=False)
    return whole.cast(pl.String).zip_with((whole == metres).fill_null(value=False), metres.cast(pl.String))


def _cell_sets(work: Work, value: pl.Series, here: pl.Series) -> pl.Series:
    """Each set as its distinct cells, in order, with blanks between them."""
    lists = pl.DataFrame({"row": pl.int_range(work.rows, eager=True), "cell": value.set(~here, None)}).select(
        "row", pl.col("cell").str.strip_chars().str.replace_all(_BETWEEN, " ").str.split(" ")
    )
    each = lists.explode("cell", empty_as_null=True, keep_nulls=True).drop_nulls()
    each = each.with_columns(h3=h3_text(each["cell"]))
    bad = each.filter(pl.col("h3").is_null())["row"].unique()
    rows = pl.int_range(work.rows, eager=True)
    work.flag(rows.is_in(bad.implode()), "E02", "value", later("{column} holds what is no H3 cell."), value)
    sets = each.drop_nulls("h3").group_by("row").agg(pl.col("h3").unique().sort().str.join(" "))
    return lists.select("row").join(sets, on="row", how="left", maintain_order="left")["h3"]


def _protects(work: Work) -> pl.Series:
    """The known words of each row, in order, with blanks between them; unknown ones set their row aside."""
    texts = work.text("protects")
    own = work.mapping.values.get("protects", {})
    split = texts.str.strip_chars().str.replace_all(_BETWEEN, " ").str.split(" ")
    frame = pl.DataFrame({"row": pl.int_range(work.rows, eager=True), "word": split})
    each = frame.explode("word", empty_as_null=True, keep_nulls=True).drop_nulls()
    each = each.with_columns(known=translate("protects", each["word"], own))
    bad = each.filter(pl.col("known").is_null())["row"].unique()
    work.flag(pl.int_range(work.rows, eager=True).is_in(bad.implode()), "E02", "protects",
              later("{column} names something else than {known}."), known=", ".join(known_values("protects")))  # fmt: skip
    order = {word: place for place, word in enumerate(known_values("protects"))}
    ranked = (
        each.drop_nulls("known").unique().sort(pl.col("known").replace_strict(order, default=9, return_dtype=pl.Int64))
    )
    words = ranked.group_by("row", maintain_order=True).agg(pl.col("known").unique(maintain_order=True).str.join(" "))
    return frame.select("row").join(words, on="row", how="left", maintain_order="left")["known"]


def travel_columns(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Cells as H3 text of resolution 5 to 9, metres and seconds; rows with neither are set aside (E01)."""
    given = clean_text(columns["cell"])
    cells = h3_text(given)
    resolution = cells.str.slice(1, 1).str.to_integer(base=16, strict=False)
    work.flag(given.is_not_null() & cells.is_null(), "E02", "cell", later("{column} is no H3 cell."))
    work.flag(~resolution.is_between(COARSEST, FINEST), "E02", "cell",
              later("{column} has a resolution outside {coarsest} to {finest}."), coarsest=COARSEST, finest=FINEST)  # fmt: skip
    found = {"cell": cells}
    for name, helpers in _HELPERS.items():
        found[name] = columns[name]
        for helper, factor in helpers:
            if not work.has(name) and work.has(helper):
                read = work.number(helper)
                work.flag(read < 0, "E02", helper, later("{column} is negative."))
                found[name] = read * factor
    neither = found["distance_m"].is_null() & found["duration_s"].is_null()
    shown = next((n for n in ("distance_m", "distance_km", "duration_s", "duration_min") if work.has(n)), "distance_m")
    work.flag(neither, "E01", shown, later("{column} is empty: a way needs a distance or a time."))
    return found
