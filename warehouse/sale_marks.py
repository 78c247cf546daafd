"""What the money marts of a month are made of, told by the names of stored files, which never change.

An order's lines are stored in its month, but its refunds in the months of their own: of each of those it is noted what
it holds about the orders of which month.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import polars as pl

from warehouse.event_marks import content_mark
from warehouse.storage import files_by_month, read_table, table_place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

ORDER: Final = ["source", "order_id"]
LOOSE: Final = ""
"""In place of an order's month: the returns without an order."""


@dataclass(frozen=True)
class Fact:
    """A stored fact: its rows, unread, month → the names of its files, and where their folder lies."""

    rows: pl.LazyFrame
    files: dict[str, tuple[str, ...]]
    place: str = ""

    @classmethod
    def stored(cls, folder: Path, name: str, version: int | None) -> Self:
        """That of a warehouse folder."""
        return cls(read_table(folder, name, version), files_by_month(folder, name, version), table_place(folder, name))

    def of_file(self, month: str, name: str) -> pl.LazyFrame:
        """The rows of one file, without their month."""
        return pl.scan_parquet(f"{self.place}/month={month}/{name}", hive_partitioning=False)

    def of(self, month: str) -> pl.LazyFrame:
        """The rows of one month."""
        return self.rows.filter(pl.col("month") == month)


@dataclass(frozen=True)
class SalesFacts:
    """What was sold and what came back."""

    orders: Fact
    lines: Fact
    refunds: Fact

    @classmethod
    def stored(cls, folder: Path, versions: Mapping[str, int]) -> Self:
        """Those of a warehouse folder."""
        names = ("orders", "order_lines", "refunds")
        return cls(*(Fact.stored(folder, name, versions.get(name)) for name in names))


@dataclass(frozen=True)
class RefundNote:
    """What the refunds of one month are about.

    Attributes:
        files: the names of its files.
        about: month of orders → what is said of them; ``LOOSE`` for returns without an order.
    """

    files: list[str]
    about: dict[str, str]


@dataclass
class SalesMarks:
    """What each month's money marts are made of.

    Attributes:
        orders: month → the files of its orders and lines.
        refunds: month of refunds → what they are about.
    """

    orders: dict[str, list[str]]
    refunds: dict[str, RefundNote] = field(default_factory=dict)

    def months(self) -> list[str]:
        """The months that have money marts, in the order of time."""
        loose = {month for month, note in self.refunds.items() if LOOSE in note.about}
        return sorted({*self.orders, *loose})

    def sources(self, month: str) -> dict[str, str]:
        """Month of refunds → what it holds about the orders of a month; with returns of the month itself."""
        found = {source: note.about[month] for source, note in self.refunds.items() if month in note.about}
        own = self.refunds.get(month)
        if own is not None and LOOSE in own.about:
            found[LOOSE] = own.about[LOOSE]
        return found

    def mark(self, month: str) -> dict[str, Any]:
        """All that a month's marts are made of."""
        return {"files": self.orders.get(month, []), "refunds": self.sources(month)}

    def to_json(self) -> dict[str, Any]:
        """For the notes of a snapshot."""
        return {"orders": self.orders, "refunds": {month: vars(note) for month, note in self.refunds.items()}}


def marks_of(facts: SalesFacts, before: Mapping[str, Any]) -> SalesMarks:
    """The marks of stored facts; refunds about orders that did not change are not read again.

    Args:
        facts: what is stored.
        before: the marks of the snapshot before, as ``to_json`` gave them; empty when there are none.
    """
    names = sorted({*facts.orders.files, *facts.lines.files})
    marks = SalesMarks({m: [*facts.orders.files.get(m, ()), *facts.lines.files.get(m, ())] for m in names})
    then = before.get("orders", {})
    moved = {month for month in {*then, *marks.orders} if then.get(month) != marks.orders.get(month)}
    known = {month: RefundNote(**note) for month, note in before.get("refunds", {}).items()}
    unread = []
    for month, files in facts.refunds.files.items():
        note = known.get(month)
        if note is None or note.files != list(files) or moved & set(note.about):
            unread.append(month)
        else:
            marks.refunds[month] = note
    for month, about in _about(facts, unread).items():
        marks.refunds[month] = RefundNote(list(facts.refunds.files[month]), about)
    return marks


def _about(facts: SalesFacts, months: Collection[str]) -> dict[str, dict[str, str]]:
    """What the refunds of some months hold about the orders of which month."""
    if not months:
        return {}
    named = facts.refunds.rows.filter(pl.col("month").is_in(list(months))).select(ORDER).drop_nulls("order_id").unique()
    placed = _placed(facts.orders, named.collect(), max(months))
    found: dict[str, dict[str, str]] = {}
    for month in months:
        rows = facts.refunds.of(month).collect().join(placed, on=ORDER, how="left")
        parts = rows.with_columns(pl.col("_of").fill_null(LOOSE)).partition_by("_of", as_dict=True, include_key=False)
        found[month] = {str(of): content_mark(part) for (of,), part in sorted(parts.items())}
    return found


def _placed(orders: Fact, wanted: pl.DataFrame, newest: str) -> pl.DataFrame:
    """The month of each of these orders in ``_of``; people return what they bought lately, so later months come first."""
    found = [wanted.with_columns(_of=pl.lit(None, pl.String)).clear()]
    for month in sorted(orders.files, key=lambda name: (name <= newest, name), reverse=True):
        if wanted.is_empty():
            break
        here = orders.of(month).select(ORDER).join(wanted.lazy(), on=ORDER, how="semi").collect()
        found.append(here.with_columns(_of=pl.lit(month)))
        wanted = wanted.join(here, on=ORDER, how="anti")
    return pl.concat(found)
