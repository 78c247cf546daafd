"""Raw rows that name somebody: found by the id however it is written in them, and emptied."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.language import later

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONG: Final = 6
"""An id of so many characters counts wherever it stands; a shorter one only as a word of its own."""

_WORDS: Final = re.compile(r"[^\s,;|\t\"']+")
EMPTIED: Final = later("names somebody who was forgotten; its content is gone")


def names_any(texts: pl.Series, ids: Sequence[str], keys: Sequence[int] = ()) -> pl.Series:
    """Which of these texts name one of these people, in clear, as JSON writes it, or by the key?"""
    forms = sorted({form for one in ids for form in (one, _as_json(one, plain=True), _as_json(one, plain=False))})
    patterns = [re.escape(form) if is_telling(form) else rf"(?:^|\W){re.escape(form)}(?:\W|$)" for form in forms]
    patterns += [rf'"customer_key":{key}\b' for key in keys]
    if not patterns:
        return pl.repeat(value=False, n=texts.len(), dtype=pl.Boolean, eager=True)
    return texts.str.contains("|".join(patterns)).fill_null(value=False)


def is_telling(one: str) -> bool:
    """Whether an id is so long that it names its person wherever it stands, in the middle of a word too."""
    return len(one) >= _LONG


def holds_any(column: str, ids: pl.Series) -> pl.Expr:
    """Which texts of a column are one of these ids, or hold one that is long enough to name somebody?"""
    parts = [one for one in ids if is_telling(one)]
    whole = pl.col(column).is_in(ids.implode())
    return whole | pl.col(column).str.contains_any(parts) if parts else whole


def _as_json(text: str, *, plain: bool) -> str:
    return json.dumps(text, ensure_ascii=not plain)[1:-1]


def names_marked(payloads: pl.Series, is_marked: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Which of these raw rows hold a cell, or a word of one, that is the id of somebody who was forgotten?"""
    cells = [sorted(_cells(payload)) for payload in payloads.fill_null("")]
    parts = pl.DataFrame(
        {"row": range(len(cells)), "cell": cells}, schema={"row": pl.Int64, "cell": pl.List(pl.String)}
    )
    flat = parts.explode("cell").drop_nulls()
    rows = flat.filter(is_marked(flat["cell"]))["row"].unique().implode()
    return parts.select(pl.col("row").is_in(rows)).to_series()


def _cells(payload: str) -> set[str]:
    try:
        body = json.loads(payload)
    except ValueError:
        body = payload
    found: set[str] = set()
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif value is not None and not isinstance(value, bool):
            text = str(value).strip()
            found |= {text, text.removesuffix(".0"), *_WORDS.findall(text)}
    return found - {""}


def emptied(quarantine: pl.DataFrame, those: pl.Series, *, why: str = EMPTIED) -> pl.DataFrame:
    """The same rows, so that all counts stand; of those only the code is left, and why their content is gone."""
    gone = pl.lit(those)
    nothing = pl.lit(None, pl.String)
    return quarantine.with_columns(
        value=pl.when(gone).then(nothing).otherwise("value"),
        payload=pl.when(gone).then(nothing).otherwise("payload"),
        message=pl.when(gone).then(pl.lit(why)).otherwise("message"),
    )
