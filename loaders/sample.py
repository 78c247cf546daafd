"""The first values of every column, and what each column could be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.dates import read_stamps
from loaders.ids import clean_text
from loaders.numbers import parse_numbers
from loaders.synonyms import plain_header
from loaders.words import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from loaders.table import RawTable

_ROWS: Final = 2_000
MOST: Final = 0.7
"""Share of a sample's values that must read as a time or number for the column to be one."""
SOME: Final = 0.3
"""The same share where the header already says what the column is: damaged files keep their meaning."""
TIMES: Final = frozenset({"placed_at", "paid_at", "completed_at", "updated_at", "refunded_at", "occurred_at", "ingested_at",
                           "opened_on", "closed_on", "contract_from", "contract_to", "active_from", "active_to",
                           "launched_on", "retired_on", "from_on", "to_on", "registered_at", "fixed_at", "opted_out_at", "valid_from",
                           "valid_to", "billed_on", "opened_at", "closed_at", "sent_at"})  # fmt: skip
NUMBERS: Final = frozenset({"qty", "unit_price", "net", "goods_net", "paid", "discount", "shipping", "refunded", "goods",
                             "list_price", "area_m2", "fg_ms", "fg_s", "fg_min", "seq", "lat", "lng", "home_lat", "home_lng",
                             "accuracy_m", "home_precision_m", "rail_cap_bps", "radius_m", "distance_m", "distance_km",
                             "duration_s", "duration_min", "billed", "orders", "fees", "cost"})  # fmt: skip


class Sample:
    """The first values of every column, and what each could be."""

    def __init__(self, raw: RawTable) -> None:
        """Take the first rows of a table."""
        self.frame = raw.frame.head(_ROWS)
        self.plain = {name: plain_header(name) for name in self.frame.columns}
        self._reads: dict[tuple[str, str], float] = {}

    def fits(self, column: str, canonical: str, share: float = MOST) -> bool:
        """Whether at least this share of the column's values could be the canonical column's; a table without rows may be."""
        if not self.frame.height:
            return True
        if canonical in TIMES:
            return self._share(column, "time") >= share
        if canonical in NUMBERS:
            return self._share(column, "number") >= share
        if canonical == "time_of_day":
            return self._share(column, "clock") >= share
        if canonical == "latlng":
            return self._share(column, "pair") >= share
        return True

    def _share(self, column: str, kind: str) -> float:
        key = (column, kind)
        if key not in self._reads:
            self._reads[key] = self._read(column, kind)
        return self._reads[key]

    def _read(self, column: str, kind: str) -> float:
        values = self.frame[column]
        if values.dtype.is_nested():
            return 0.0
        texts = clean_text(values) if values.dtype == pl.String else values
        known = texts.drop_nulls()
        if known.is_empty():
            return 0.0
        if kind == "time":
            good = _either(read_stamps(known, order="dmy").at, lambda: read_stamps(known, order="mdy").at)
        elif kind == "number":
            if isinstance(known.dtype, pl.Datetime | pl.Date):
                return 0.0
            good = _either(parse_numbers(known, "."), lambda: parse_numbers(known, ","))
        elif kind == "clock":
            good = clean_text(known).str.contains(
                r"^(?:[01]?\d|2[0-3])(?:[0-5]\d|(?::\d{2}){0,2})(?:\.\d+)?(?:\s*[AaPp][Mm])?$"
            )
        else:
            good = clean_text(known).str.contains(r"^[\[(]?\s*-?\d+(?:\.\d+)?\s*[,; ]\s*-?\d+(?:\.\d+)?\s*[\])]?$")
        return int(good.sum()) / len(known)

    def knows(self, column: str, kind: str) -> list[str]:
        """The canonical words that the column's values mean."""
        texts = clean_text(self.frame[column])
        return translate(kind, texts, {}).drop_nulls().unique().to_list()

    def share_known(self, column: str, kind: str) -> float:
        """The share of the column's distinct words that are known."""
        words = clean_text(self.frame[column]).drop_nulls().unique()
        return 0.0 if words.is_empty() else translate(kind, words, {}).count() / len(words)


def _either(one: pl.Series, other: Callable[[], pl.Series]) -> pl.Series:
    """Which values could be read, one way or the other; the other is not tried where the first read all of them."""
    good = one.is_not_null()
    return good if good.all() else good | other().is_not_null()
