"""Merging facts that never change: the same id again is a duplicate, with another body it is set aside (E03)."""

from __future__ import annotations

import polars as pl

from warehouse.layout import FACTS, PRIMARY_KEY, STORED
from warehouse.merge import Merged, body_columns, verdicts_of

_SAME = pl.when("_same").then(pl.lit("duplicate")).otherwise(pl.lit("E03"))


def add_only(
    table: str,
    stored: pl.LazyFrame | None,
    incoming: pl.DataFrame,
    *,
    within_months: bool = False,
    may_be_known: pl.Series | None = None,
) -> Merged:
    """Which of these rows are new?

    Args:
        table: events, refunds or location fixes.
        stored: the stored table; None when it has no rows. It is read month by month, never as a whole.
        incoming: stored columns and ``META``, in batch order.
        within_months: do not look for the ids of a month's rows in other months.
        may_be_known: of each row whether its id may be stored; None: of all.
    """
    keys, columns = list(PRIMARY_KEY[table]), list(STORED[table])
    rows = incoming.with_row_index("_at").with_columns(_twice=_is_repeated(incoming, keys))
    told = [_among_themselves(table, stored, rows.filter("_twice"))]
    if stored is not None:
        asked = rows if may_be_known is None else rows.filter(may_be_known)
        told.append(_against_stored(table, stored, asked, within_months=within_months))
    rows = rows.drop("_twice").join(pl.concat(told), on="_at", how="left", maintain_order="left").drop("_at")
    rows = rows.with_columns(pl.col("verdict").fill_null("accepted"))
    fresh = rows.filter(pl.col("verdict") == "accepted").select(columns)
    rejected = rows.filter(pl.col("verdict") == "E03").with_columns(code=pl.col("verdict"))
    return Merged(fresh, fresh.clear(), verdicts_of(rows), rejected)


def _is_repeated(incoming: pl.DataFrame, keys: list[str]) -> pl.Series:
    return incoming[keys[0]].is_duplicated() if len(keys) == 1 else incoming.select(keys).is_duplicated()


def _against_stored(table: str, stored: pl.LazyFrame, rows: pl.DataFrame, *, within_months: bool) -> pl.DataFrame:
    """What is said of rows whose id is known: ``_at, verdict``. The same row lies in the same month.

    A month at a time keeps the memory small: a row of some other month with the same id has another body for sure,
    so there the ids alone are compared.
    """
    keys, body = list(PRIMARY_KEY[table]), body_columns(table)
    same = pl.all_horizontal([pl.col(c).eq_missing(pl.col(f"{c}_old")) for c in body])
    told = [pl.DataFrame(schema={"_at": rows.schema["_at"], "verdict": pl.String})]
    for month in sorted(rows["month"].unique()) if table in FACTS else [None]:
        in_month = pl.lit(value=True) if month is None else pl.col("month") == month
        mine = rows.filter(~pl.col("_twice") & in_month).select("_at", *keys, *body)
        here, named = stored.filter(in_month), mine.lazy().select(keys)
        hits = here.select(keys).join(named, on=keys, how="semi").unique().collect(engine="streaming")
        if hits.is_empty():
            continue  # most often so: the ids alone are read
        known = here.join(hits.lazy(), on=keys, how="semi")
        theirs = known.select(*keys, *[pl.col(c).alias(f"{c}_old") for c in body]).collect(engine="streaming")
        pairs = mine.join(theirs, on=keys).with_columns(_same=same)
        told.append(pairs.select("_at", verdict=_SAME))
    found = pl.concat(told)
    left = rows.filter(~pl.col("_twice")).select("_at", *keys).join(found, on="_at", how="anti")
    if left.is_empty() or table not in FACTS or within_months:
        return found
    elsewhere = stored.select(keys).join(left.lazy().select(keys), on=keys, how="semi").unique().collect()
    clash = left.join(elsewhere, on=keys, how="semi")
    return pl.concat([found, clash.select("_at", verdict=pl.lit("E03"))])


def _among_themselves(table: str, stored: pl.LazyFrame | None, rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of rows whose id comes several times in the batch: the first body known counts."""
    keys, body = list(PRIMARY_KEY[table]), body_columns(table)
    every = rows.select(pl.col("_at").cast(pl.Int64), *keys, *body)
    if stored is not None and rows.height:
        named = rows.lazy().select(keys).unique()
        before = stored.join(named, on=keys, how="semi").with_columns(_at=pl.lit(-1, pl.Int64))
        every = pl.concat([before.select(every.columns).collect(), every])
    first = pl.col("_at") == pl.col("_at").min().over(keys)
    every = every.sort(*keys, "_at").with_columns(
        _same=pl.all_horizontal([pl.col(c).eq_missing(pl.col(c).first().over(keys)) for c in body])
    )
    told = every.with_columns(verdict=pl.when(first).then(pl.lit("accepted")).otherwise(_SAME))
    return told.filter(pl.col("_at") >= 0).select(pl.col("_at").cast(rows.schema["_at"]), "verdict")
