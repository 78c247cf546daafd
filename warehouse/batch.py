"""One batch against one snapshot: every incoming row gets its verdict, every table its new content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from warehouse.incoming import RELEASED, Incoming, month_of, stored_table
from warehouse.known_ids import may_be_known
from warehouse.layout import FACTS, ORPHANED, PRIMARY_KEY, REPLACEABLE, STORED
from warehouse.merge import Merged, no_verdicts, replace_newest, verdicts_of
from warehouse.merge_facts import add_only
from warehouse.merge_orders import ORDER, merge_orders

if TYPE_CHECKING:
    from warehouse.merge_orders import OrderState
    from warehouse.snapshots import Snapshot


@dataclass(frozen=True)
class Change:
    """New content of one table: all of it, or for a fact that of some months, or rows added to them."""

    frame: pl.DataFrame
    months: tuple[str, ...] | None = None
    is_addition: bool = False


@dataclass
class Outcome:
    """What a batch does: the tables to write, what was said of each row, what was set aside."""

    changes: dict[str, Change] = field(default_factory=dict)
    verdicts: pl.DataFrame = field(default_factory=no_verdicts)
    rejected: dict[str, pl.DataFrame] = field(default_factory=dict)
    released: int = 0
    released_rows: list[pl.DataFrame] = field(default_factory=list)


def merge_batch(incoming: Incoming, base: Snapshot | None, *, in_pieces: bool = False) -> Outcome:
    """What becomes of every row, parents first?

    Args:
        incoming: the batch.
        base: the snapshot it is merged into; None before the first.
        in_pieces: events are one piece of many: they are added to their months, and ids of other months are not
            looked for.
    """
    outcome = Outcome()
    if incoming.left_out.height:
        outcome.verdicts = verdicts_of(incoming.left_out.with_columns(verdict=pl.lit("forgotten")))
    for name in REPLACEABLE:
        if name in incoming.tables:
            silent = incoming.silent.get(name)
            _add(outcome, name, replace_newest(name, stored_table(base, name), incoming.tables[name], silent), base)
    _merge_sales(outcome, incoming, base)
    _merge_fixes(outcome, incoming, base)
    if "events" in incoming.tables:
        _add_events(outcome, incoming.tables["events"], base, in_pieces=in_pieces)
    _keep_orphans(outcome, base)
    if incoming.keys is not None:
        outcome.changes["customer_keys"] = Change(incoming.keys)
    return outcome


def _stored_of(base: Snapshot | None, name: str, touched: pl.DataFrame, *, whole: bool = True) -> pl.DataFrame:
    """The stored rows of these orders, whatever their month; or who they are alone.

    A month at a time, and of months without any of them the ids alone: a semi-join of the whole table held all of it.
    """
    columns = list(STORED[name]) if whole else ORDER
    found = [pl.DataFrame(schema={column: STORED[name][column] for column in columns})]
    if base is None or name not in base.versions:
        return found[0]
    wanted = touched.lazy()
    for month in base.files(name):
        here = base.scan(name).filter(pl.col("month") == month)
        hits = here.select(ORDER).join(wanted, on=ORDER, how="semi").unique().collect(engine="streaming")
        if hits.height and whole:
            found.append(here.select(columns).join(hits.lazy(), on=ORDER, how="semi").collect(engine="streaming"))
        elif hits.height:
            found.append(hits)
    return pl.concat(found)


def _add(outcome: Outcome, name: str, merged: Merged, base: Snapshot | None) -> None:
    """Note one merge: its verdicts, its rejected rows, and the table's new content when it changes."""
    outcome.verdicts = pl.concat([outcome.verdicts, merged.verdicts])
    if merged.rejected.height:
        outcome.rejected[name] = merged.rejected
    if not merged.is_changed:
        return
    keys = list(PRIMARY_KEY[name])
    if name not in FACTS:
        kept = stored_table(base, name).join(merged.replaced.select(keys), on=keys, how="anti", nulls_equal=True)
        outcome.changes[name] = Change(pl.concat([kept, merged.rows]).sort(keys))
        return
    months = sorted({*merged.rows["month"].unique(), *merged.replaced["month"].unique()})
    outcome.changes[name] = Change(_whole_months(base, name, merged, months), tuple(months))


def _add_facts(outcome: Outcome, name: str, rows: pl.DataFrame, base: Snapshot | None) -> None:
    stored = None if base is None or not base.rows.get(name) else base.scan(name)
    _add(outcome, name, add_only(name, stored, rows), base)


def _add_events(outcome: Outcome, rows: pl.DataFrame, base: Snapshot | None, *, in_pieces: bool) -> None:
    """New events lie in files of their own, until their months have too many (``warehouse.compaction``)."""
    stored = None if base is None or not base.rows.get("events") else base.scan("events")
    known = may_be_known(rows["event_id"], base) if base is not None and stored is not None and not in_pieces else None
    added = add_only("events", stored, rows, within_months=in_pieces, may_be_known=known)
    months = tuple(sorted(added.rows["month"].unique()))
    outcome.verdicts = pl.concat([outcome.verdicts, added.verdicts])
    if added.rejected.height:
        outcome.rejected["events"] = added.rejected
    if added.rows.height:
        outcome.changes["events"] = Change(added.rows, months, is_addition=True)


def _whole_months(base: Snapshot | None, name: str, merged: Merged, months: list[str]) -> pl.DataFrame:
    if base is None or name not in base.versions:
        return merged.rows
    keys = list(PRIMARY_KEY[name])
    before = base.scan(name).filter(pl.col("month").is_in(months)).collect()
    return pl.concat([before.join(merged.replaced.select(keys), on=keys, how="anti"), merged.rows])


def _merge_sales(outcome: Outcome, incoming: Incoming, base: Snapshot | None) -> None:
    """Orders with their lines, then refunds: children whose order nobody knows wait."""
    orders = incoming.tables.get("orders", _no_rows("orders"))
    lines = incoming.tables.get("order_lines", _no_rows("order_lines"))
    refunds = incoming.tables.get("refunds", _no_rows("refunds"))
    if lines.height or refunds.height:
        named = pl.concat([lines.select(ORDER), refunds.drop_nulls("order_id").select(ORDER)]).unique()
        known = pl.concat([orders.select(ORDER), _stored_of(base, "orders", named, whole=False)]).unique()
        lines = _with_parent(outcome, "order_lines", lines, known)
        refunds = _with_parent(outcome, "refunds", refunds, known)
    if orders.height or lines.height:
        _merge_order_rows(outcome, orders, lines, base)
    if refunds.height:
        _add_facts(outcome, "refunds", refunds, base)


def _no_rows(name: str) -> pl.DataFrame:
    meta = {"_src": pl.Int32, "_row": pl.Int64, "_minor": pl.Int64, "_seq": pl.Int64}
    return pl.DataFrame(schema={**STORED[name], **meta})


def _with_parent(outcome: Outcome, name: str, rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The rows whose order is known; the others are set aside as E04."""
    has = rows.join(known.with_columns(_has=pl.lit(value=True)), on=ORDER, how="left", maintain_order="left")
    is_orphan = pl.col("order_id").is_not_null() & pl.col("_has").is_null()
    orphans = has.filter(is_orphan).drop("_has")
    kept = has.filter(~is_orphan).drop("_has")
    _set_aside(outcome, name, orphans)
    _note_released(outcome, name, kept)
    return kept


def _set_aside(outcome: Outcome, name: str, orphans: pl.DataFrame) -> None:
    if orphans.is_empty():
        return
    told = orphans.with_columns(verdict=pl.lit("E04"))
    outcome.verdicts = pl.concat([outcome.verdicts, verdicts_of(told)])
    outcome.rejected[f"orphan_{name}"] = orphans.with_columns(code=pl.lit("E04"))


def _note_released(outcome: Outcome, name: str, kept: pl.DataFrame) -> None:
    freed = kept.filter(pl.col("_src") == RELEASED)
    if freed.height:
        outcome.released += freed.height
        outcome.released_rows.append(freed.select("source_run", "_row", table=pl.lit(name)))


ORDERS_AT_ONCE: Final = 200_000
"""Orders know nothing of each other: so many are merged at a time, or a month of them would lie in memory several times."""


def _merge_order_rows(outcome: Outcome, orders: pl.DataFrame, lines: pl.DataFrame, base: Snapshot | None) -> None:
    touched = pl.concat([orders.select(ORDER), lines.select(ORDER)]).unique()
    if touched.height > ORDERS_AT_ONCE:
        touched = touched.sort(ORDER)  # cut anywhere, the parts would lie all over the stored files
    before = {name: _stored_of(base, name, touched) for name in ("orders", "order_lines")}
    changes: dict[str, list[tuple[pl.DataFrame, pl.DataFrame]]] = {name: [] for name in before}
    for some in touched.iter_slices(ORDERS_AT_ONCE):

        def of_these(rows: pl.DataFrame, some: pl.DataFrame = some) -> pl.DataFrame:
            is_all = some.height == touched.height
            return rows if is_all else rows.join(some, on=ORDER, how="semi", maintain_order="left")

        old = {name: of_these(rows) for name, rows in before.items()}
        state = merge_orders(old["orders"], old["order_lines"], _waves(of_these(orders), of_these(lines)))
        outcome.verdicts = pl.concat([outcome.verdicts, state.verdicts])
        for name, now in _now(state).items():
            body = [column for column in STORED[name] if column != "source_run"]
            fresh = now.join(old[name].select(body), on=body, how="anti", nulls_equal=True)
            gone = old[name].join(now.select(body), on=body, how="anti", nulls_equal=True)
            changes[name].append((fresh, gone))
    for name, parts in changes.items():
        fresh, gone = (pl.concat(side) for side in zip(*parts, strict=True))
        _add(outcome, name, Merged(fresh, gone, no_verdicts(), fresh.clear()), base)


def _now(state: OrderState) -> dict[str, pl.DataFrame]:
    """What is stored of the orders and of their lines, each line in the month of its order."""
    orders = state.orders.with_columns(month=month_of(state.orders["local_on"]))
    lines = state.lines.drop("month").join(orders.select(*ORDER, "month"), on=ORDER, how="left")
    return {"orders": orders, "order_lines": lines.select(list(STORED["order_lines"]))}


def _waves(orders: pl.DataFrame, lines: pl.DataFrame) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Sources one after the other, or all at once when no order comes from two of them."""
    both = pl.concat([orders.select(*ORDER, "_src"), lines.select(*ORDER, "_src")]).unique()
    if not both.select(pl.struct(ORDER).is_duplicated().any()).item():
        return [(orders, lines)]
    waves = [
        (orders.filter(pl.col("_src").is_in(together)), lines.filter(pl.col("_src").is_in(together)))
        for together in _apart(both)
    ]
    waited = lines.filter(pl.col("_src") == RELEASED)
    return [*waves, (orders.clear(), waited)] if waited.height else waves


def _apart(both: pl.DataFrame) -> list[list[int]]:
    """The sources of a batch in their order, as few groups as do not bring an order twice.

    Args:
        both: ``source, order_id, _src``, each once.
    """
    repeated = both.filter(pl.struct(ORDER).is_duplicated())
    pairs = repeated.join(repeated, on=ORDER, suffix="_b").select("_src", "_src_b").unique()
    clashing = set(pairs.filter(pl.col("_src") < pl.col("_src_b")).iter_rows())
    groups: list[list[int]] = []
    for source in sorted(set(both["_src"].to_list()) - {RELEASED}):
        if groups and not any((earlier, source) in clashing for earlier in groups[-1]):
            groups[-1].append(source)
        else:
            groups.append([source])
    return groups


def _merge_fixes(outcome: Outcome, incoming: Incoming, base: Snapshot | None) -> None:
    if incoming.waiting.height:
        _set_aside(outcome, "location_fixes", incoming.waiting)
    fixes = incoming.tables.get("location_fixes")
    if fixes is None or fixes.is_empty():
        return
    _note_released(outcome, "location_fixes", fixes)
    _add_facts(outcome, "location_fixes", fixes, base)


def _keep_orphans(outcome: Outcome, base: Snapshot | None) -> None:
    """The waiting rows of the next snapshot: all that this batch could not place, each once."""
    for orphans, name in ORPHANED.items():
        before = stored_table(base, orphans)
        waiting = outcome.rejected.get(orphans)
        keys = ["fix_id"] if name == "location_fixes" else list(PRIMARY_KEY[name])
        now = before.clear()
        if waiting is not None:
            now = waiting.select(list(STORED[orphans])).unique(keys, keep="first", maintain_order=True).sort(keys)
        if not now.equals(before):
            outcome.changes[orphans] = Change(now)
