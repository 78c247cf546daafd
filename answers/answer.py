"""What an answer is, and what it was computed from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

    import polars as pl

    from schema.filters import Filters
    from schema.marts import Marts
    from schema.scope import Scope
    from warehouse.api import Snapshot


@dataclass(frozen=True, slots=True)
class Context:
    """Everything one question is asked of: who, which snapshot, which rows, which days.

    Attributes:
        marts: rows of the scope, narrowed by nothing yet; empty where the filters hold an unreadable value.
        from_on: first local day of the period, inclusive.
        to_on: last local day, inclusive.
        as_of: local day before which the data are complete.
        currency: the one currency whose money is added.
        memo: what questions of this context share (``answers.memo``); periods derived from it share it too.
    """

    filters: Filters
    scope: Scope
    snapshot: Snapshot
    marts: Marts
    from_on: dt.date
    to_on: dt.date
    as_of: dt.date
    currency: str
    unknown: tuple[str, ...] = ()
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def days(self) -> int:
        """Length of the period in local days."""
        return (self.to_on - self.from_on).days + 1

    @property
    def previous(self) -> tuple[dt.date, dt.date]:
        """The period of the same length just before."""
        return self.from_on - dt.timedelta(days=self.days), self.from_on - dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """A small table and what is needed to trust it.

    Attributes:
        address: where it can be asked for again, such as ``dwell/heatmap``.
        table: the result; empty when there is no data.
        definition: what the numbers mean, in a sentence or two.
        n: how many ``n_label`` stand behind it.
        coverage: share (0–1) of those that could be used; None where the question does not arise.
        notes: caveats a reader needs, one sentence each.
    """

    address: str
    table: pl.DataFrame
    definition: str
    n: int
    n_label: str
    from_on: dt.date
    to_on: dt.date
    snapshot: int
    currency: str = ""
    coverage: float | None = None
    coverage_label: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.table.is_empty()
