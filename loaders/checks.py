"""Every row counted once: repeats, two bodies for one id, and the rows set aside with all that a person needs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.identities import HASHED, HIDDEN, hashed, hide, is_personal
from loaders.ids import clean_ids
from schema.codes import CODES
from schema.language import later
from schema.stored import stored
from schema.tables import CANONICAL

if TYPE_CHECKING:
    from loaders.work import Work

QUARANTINE: Final[dict[str, type[pl.DataType]]] = {
    "_row": pl.Int64,
    "code": pl.String,
    "column": pl.String,
    "value": pl.String,
    "message": pl.String,
    "remedy": pl.String,
    "parent": pl.String,
    "payload": pl.String,
    "_minor": pl.Int64,
}


def settle_repeats(
    work: Work, keys: dict[str, pl.Series], body: list[pl.Series], *, updated_at: pl.Series | None = None
) -> None:
    """Which rows say again what another row of this file says, and which contradict one?

    Rows with one key and one body: the first stays, the others are duplicates. Different bodies: the newest
    ``updated_at`` stays and the older ones are duplicates (superseded); without it all of them are E03, since nobody
    can say which is right.

    Args:
        work: the source; its ``duplicate`` and faults are updated.
        keys: the columns of the id.
        body: every other column that the rows carry.
        updated_at: when the source last changed each row; None for facts that never change.
    """
    ids = pl.DataFrame(keys)
    repeated = ids.to_series().is_duplicated() if ids.width == 1 else ids.is_duplicated()
    repeated = repeated & work.kept & ~_any_null(ids)
    if not repeated.any():
        return
    bodies = pl.DataFrame([part.alias(f"b{n}") for n, part in enumerate(body)]) if body else ids
    newest = updated_at if updated_at is not None else work.row.cast(pl.Datetime("us", "UTC")).set(work.good, None)
    newest = newest.set(work.row.is_null(), None)
    rows = ids.with_columns(newest.alias("_new"), pl.Series("_at", range(work.rows), dtype=pl.UInt32)).filter(repeated)
    rows = rows.with_columns(bodies.filter(repeated).hash_rows().alias("_body"))
    group = list(keys)
    dated = pl.col("_new").is_not_null().all().over(group)
    verdict = rows.with_columns(
        bodies=pl.col("_body").n_unique().over(group),
        best=(pl.col("_new") == pl.col("_new").max()).fill_null(value=False).over(group) & dated,
    ).with_columns(rivals=pl.col("_body").filter("best").n_unique().over(group))
    settled = (pl.col("bodies") == 1) | (dated & (pl.col("rivals") == 1))
    kept = pl.when(pl.col("bodies") == 1).then(pl.lit(value=True)).otherwise("best")
    verdict = verdict.with_columns(settled=settled, candidate=kept).with_columns(
        stays=pl.col("candidate") & (pl.col("candidate").cum_sum().over(group) == 1)
    )
    again = verdict.filter(pl.col("settled") & ~pl.col("stays"))["_at"]
    torn = verdict.filter(~pl.col("settled"))["_at"]
    name = group[-1]
    work.flag(_mask(work, torn), "E03", name, later("{column} stands for rows that differ."), ids[name])
    work.duplicate = work.duplicate | _mask(work, again)


def _any_null(ids: pl.DataFrame) -> pl.Series:
    return ids.select(pl.any_horizontal(pl.all().is_null())).to_series()


def _mask(work: Work, positions: pl.Series) -> pl.Series:
    mask = pl.repeat(value=False, n=work.rows, dtype=pl.Boolean, eager=True)
    return mask.scatter(positions, True) if len(positions) else mask  # noqa: FBT003  (a value, not a switch)


def quarantine(work: Work) -> pl.DataFrame:
    """The rows set aside: why, what to do, and the row itself as JSON so that it can be shown and tried again."""
    bad = ~work.good
    parts = []
    if work.faults:
        raw = work.frame.filter(bad)
        payload = _payload(work, raw) if raw.width else pl.Series("payload", ["{}"] * raw.height)
        rows = pl.DataFrame(
            {"_row": work.row.filter(bad), "payload": payload, "_minor": work.minor.filter(bad).fill_null(0)}
        )
        parts.append(rows.join(pl.concat(work.faults), on="_row", how="left"))
    if work.raw.bad_rows.height:
        parts.append(
            work.raw.bad_rows.select(
                "_row",
                pl.lit("E02").alias("code"),
                pl.lit("").alias("column"),
                hide(pl.col("text")).str.slice(0, 200).alias("value"),
                pl.lit(stored(later("The row does not split into the columns of the header."))).alias("message"),
                pl.struct(row=hide(pl.col("text"))).struct.json_encode().alias("payload"),
                pl.lit(0, dtype=pl.Int64).alias("_minor"),
            )
        )
    if not parts:
        return pl.DataFrame(schema=QUARANTINE)
    found = pl.concat(parts, how="diagonal")
    codes = {code: CODES[code][1] for code in found["code"].unique()}
    return (
        found.with_columns(remedy=pl.col("code").replace_strict(codes), parent=pl.lit(None, dtype=pl.String))
        .select([pl.col(name).cast(kind) for name, kind in QUARANTINE.items()])
        .sort("_row")
    )


def _payload(work: Work, raw: pl.DataFrame) -> pl.Series:
    """The rows as JSON: ids of people as they are stored, names and addresses hidden."""
    who = {work.mapping.columns.get(name, "") for name in HASHED}
    raw = raw.with_columns(
        hashed(clean_ids(raw[name]), name, work.key).alias(name)
        if name in who
        else pl.when(pl.col(name).is_not_null()).then(pl.lit(HIDDEN)).alias(name)
        for name in raw.columns
        if (name in who or is_personal(name)) and not raw.schema[name].is_nested()
    )
    texts = [
        pl.col(name).struct.json_encode() if isinstance(kind, pl.Struct) else pl.col(name).cast(pl.String, strict=False)
        for name, kind in raw.schema.items()
        if not isinstance(kind, pl.List | pl.Array)
    ]
    return raw.select(hide(pl.struct(texts).struct.json_encode()).alias("payload")).to_series()


@cache
def contract(table: str) -> dict[str, pl.DataType]:
    """The columns of a canonical table and their types."""
    return dict(CANONICAL[table].create_empty().schema)


def canonical(table: str, columns: dict[str, pl.Expr], frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with exactly the columns of one contract, plus ``_row`` and ``_minor``; what is missing is null.

    Args:
        table: the canonical table.
        columns: its columns by name; ``_row`` and ``_minor`` are null and 0 when missing; none at all gives no rows.
        frame: the frame that the expressions read.
    """
    schema = {**contract(table), "_row": pl.Int64(), "_minor": pl.Int64()}
    if not columns:
        return pl.DataFrame(schema=schema)
    wanted = []
    for name, kind in schema.items():
        value = columns.get(name, pl.lit(0) if name == "_minor" else pl.lit(None))
        wanted.append(value.cast(kind).alias(name))
    return frame.select(wanted)
