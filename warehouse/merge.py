"""Merging rows that name themselves: what is new, what is the same again, what replaces an earlier body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from warehouse.layout import PRIMARY_KEY, STORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

META = ("_src", "_row", "_minor", "_seq")
"""Columns that an incoming row carries besides its body: source of the batch, row in it, money, place in the batch."""

VERDICT_SCHEMA = {"_src": pl.Int32, "_row": pl.Int64, "_minor": pl.Int64, "verdict": pl.String}
"""What became of an incoming row: accepted, updated (accepted, replaced a body), duplicate, E03 or E04."""

_NOT_BODY = ("source_run", "is_derived", "month", "ingested_at", *META)


@dataclass(frozen=True)
class Merged:
    """One table after a merge.

    Attributes:
        rows: the rows for the incoming keys as they shall stand; others are untouched.
        replaced: the stored rows that ``rows`` stand in for.
        verdicts: one row per counted incoming row (``VERDICT_SCHEMA``).
        rejected: incoming rows that were set aside, with ``code``.
    """

    rows: pl.DataFrame
    replaced: pl.DataFrame
    verdicts: pl.DataFrame
    rejected: pl.DataFrame

    @property
    def is_changed(self) -> bool:
        """Whether anything must be written."""
        return bool(self.rows.height or self.replaced.height)


def body_columns(table: str) -> list[str]:
    """The columns in which two rows of one key can differ; when a source received a row is not one of them."""
    return [name for name in STORED[table] if name not in _NOT_BODY and name not in PRIMARY_KEY[table]]


def same_as_previous(columns: Sequence[str]) -> pl.Expr:
    """Whether a row equals the row before it in these columns, nulls included."""
    return pl.all_horizontal([pl.col(c).eq_missing(pl.col(c).shift(1)) for c in columns]).fill_null(value=False)


def verdicts_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The verdicts of counted rows: those that stand for a row of a source."""
    return rows.filter((pl.col("_src") >= 0) & pl.col("_row").is_not_null()).select(
        [pl.col(name).cast(kind) for name, kind in VERDICT_SCHEMA.items()]
    )


def no_verdicts() -> pl.DataFrame:
    """No rows counted."""
    return pl.DataFrame(schema=VERDICT_SCHEMA)


def replace_newest(
    table: str, old: pl.DataFrame, incoming: pl.DataFrame, silent: Mapping[int, frozenset[str]] | None = None
) -> Merged:
    """Merge a table whose later bodies replace earlier ones (newest ``updated_at``, else newest import).

    A body equal to the one before it is a duplicate; so is one that is older than what is known. Columns that a source
    does not have keep what was known. Rows derived from other tables fill gaps of earlier derived rows and never touch
    a row that a source describes.

    Args:
        table: which table.
        old: stored rows (at least those of the incoming keys).
        incoming: stored columns and ``META``, in batch order.
        silent: source of the batch → the columns that it does not have.
    """
    keys = list(PRIMARY_KEY[table])
    told, derived = incoming.filter(~pl.col("is_derived")), incoming.filter("is_derived")
    ranked = _ranked(table, old.filter(~pl.col("is_derived")), told, silent or {})
    winners = ranked.filter("_wins").drop("_wins", "verdict")
    gaps = _derived_rows(table, old, derived, winners)
    fresh = pl.concat([winners.filter(pl.col("_seq") >= 0).select(list(STORED[table])), gaps])
    replaced = old.join(fresh.select(keys), on=keys, how="semi", nulls_equal=True)
    return Merged(fresh, replaced, verdicts_of(ranked.filter(pl.col("_seq") >= 0)), ranked.clear())


def _ranked(table: str, old: pl.DataFrame, told: pl.DataFrame, silent: Mapping[int, frozenset[str]]) -> pl.DataFrame:
    """Every told body in order, whether it wins its key and what to say of it."""
    keys = list(PRIMARY_KEY[table])
    old = old.join(told.select(keys).unique(), on=keys, how="semi", nulls_equal=True)
    before = old.with_columns(
        pl.lit(-1, pl.Int32).alias("_src"),
        pl.lit(None, pl.Int64).alias("_row"),
        pl.lit(0, pl.Int64).alias("_minor"),
        pl.lit(-1, pl.Int64).alias("_seq"),
    )
    every = pl.concat([before, told.select(before.columns)]).sort(*keys, "_seq", nulls_last=False, maintain_order=True)
    stale = pl.lit(value=False)
    if "updated_at" in STORED[table]:
        earlier = pl.col("updated_at").cum_max().forward_fill().shift(1).over(keys)
        stale = (pl.col("updated_at") < earlier).fill_null(value=False)
    same_key = same_as_previous(keys)
    every = _with_what_was_known(every.with_columns(_stale=stale, _again=same_key), keys, silent)
    every = every.with_columns(_same=same_key & same_as_previous(body_columns(table))).with_columns(
        _stands=~pl.col("_stale") & ~pl.col("_same")
    )
    return every.with_columns(
        _wins=pl.col("_stands") & (pl.col("_seq") == pl.col("_seq").filter("_stands").max().over(keys)),
        verdict=pl.when(~pl.col("_stands"))
        .then(pl.lit("duplicate"))
        .when("_again")
        .then(pl.lit("updated"))
        .otherwise(pl.lit("accepted")),
    ).drop("_stale", "_again", "_same", "_stands")


def _with_what_was_known(every: pl.DataFrame, keys: list[str], silent: Mapping[int, frozenset[str]]) -> pl.DataFrame:
    """In columns that a row's source does not have, what the body before it held; a stale body tells nothing."""
    every = every.with_row_index("_at")
    for column in sorted(frozenset().union(*silent.values())):
        mute = [source for source, columns in silent.items() if column in columns]
        speaks = ~pl.col("_src").is_in(mute) & ~pl.col("_stale")
        spoke = pl.when(speaks).then("_at").forward_fill().over(keys)
        every = every.with_columns(pl.col(column).gather(spoke.fill_null(pl.col("_at"))))
    return every.drop("_at")


def _derived_rows(table: str, old: pl.DataFrame, derived: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Derived rows that are new or fill a gap; the first value seen stays."""
    keys, columns = list(PRIMARY_KEY[table]), list(STORED[table])
    if derived.is_empty():
        return derived.select(columns)
    body = body_columns(table)
    described = pl.concat([old.filter(~pl.col("is_derived")).select(keys), told.select(keys)])
    derived = derived.join(described, on=keys, how="anti", nulls_equal=True)
    before = old.filter("is_derived").join(derived.select(keys).unique(), on=keys, how="semi", nulls_equal=True)
    every = pl.concat([before.select(columns), derived.sort("_seq").select(columns)])
    first = every.group_by(keys, maintain_order=True).agg(
        *[pl.col(c).drop_nulls().first() for c in body],
        pl.col("is_derived").first(),
        pl.col("source_run").last(),
    )
    unchanged = before.select([*keys, *body])
    return first.join(unchanged, on=[*keys, *body], how="anti", nulls_equal=True).select(columns)
