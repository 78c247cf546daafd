"""What a run of the ledger did, for people and for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from ledger import store
from ledger.accrue import AccrualReport, accrue
from ledger.bind import bind, nobody_to_bind
from ledger.publish import publish
from ledger.rules import rules
from metrics.bound_latency import timeliness
from records.acts import note, owners_only
from schema.errors import UsageError
from schema.sharing import OUTCOMES, STATUSES
from warehouse.api import latest_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from ledger.settle import SettleReport
    from schema.scope import Scope
    from schema.settings import DataMode

    Progress = Callable[[float, str], None]

_BIND_PART: Final = 0.5


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one round of binding and posting did.

    Attributes:
        data: demo or real.
        snapshot: the newest snapshot that readers see; None while there is none.
        customers: customers the ledger knows.
        spells: new rows of the log of bindings, by status.
        attempts: new claims, by outcome.
        accrual: what was posted.
        timely: first bindings in time, of all so far: bound, timely_share, p50_s, p95_s, late, historic.
        has_rules: whether any rule was saved; without one nothing is posted.
    """

    data: str
    snapshot: int | None
    customers: int
    spells: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    accrual: AccrualReport = field(default_factory=AccrualReport)
    timely: dict[str, Any] = field(default_factory=dict)
    has_rules: bool = True

    def to_dict(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)

    def told(self) -> str:
        """As a few lines for people."""
        rows = self.accrual.entries
        lines = [
            f"Customers bound or on the books: {self.customers:,}",
            f"New bindings: {_listed(self.spells)}",
            f"Attempts to claim a customer: {_listed(self.attempts)}",
            f"Entries posted: {_listed(rows)}",
        ]
        if not self.customers and self.snapshot is not None:
            lines.append("No customer says when they registered (registered_at), so nobody can be bound.")
        if not self.has_rules:
            lines.append("No rules are saved, so nothing is shared. Save them first: page Sharing, tab Rules.")
        if self.accrual.late_orders:
            lines.append(f"Late orders of settled months, posted in the open one: {self.accrual.late_orders:,}")
        lines.append(_told_timely(self.timely))
        lines.append("Nothing was ever imported." if self.snapshot is None else f"Snapshot {self.snapshot}.")
        return "\n".join(lines)


def run(mode: DataMode, *, by: Scope, now: dt.datetime | None = None, progress: Progress | None = None) -> RunReport:
    """Process everything new: bind, post, publish.

    Args:
        mode: demo or real.
        by: who asks for it; an owner. It is on the audit log.
        now: until when; None is the clock (demo: the end of its last day).
        progress: called with a share of 1 and what is being done.

    Returns:
        What was done; after it readers see all of it.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: nothing was imported yet.
        BusyError: somebody else is writing.
        StorageError: the data folder or database cannot be used.
    """
    owners_only(by, "bind")
    number = latest_number(mode)
    if number is None:
        raise UsageError(nobody_to_bind(mode))
    note("bind", by, {"snapshot": number}, mode=mode)
    told = progress or (lambda _share, _words: None)
    before = store.sequence(mode)
    bind(mode, now=now, progress=lambda share, words: told(_BIND_PART * share, words), publish=False)
    posted = accrue(mode, now=now, progress=lambda share, words: told(_BIND_PART + 0.4 * share, words))
    told(0.9, "Publishing")
    publish(mode)
    log = store.binding_log(mode)
    fresh = log.filter(pl.col("seq") > before["bindings"])
    claims = store.attempts(mode).join(store.attempts(mode, before["binding_attempts"]), on=_CLAIM, how="anti",
                                       nulls_equal=True)  # fmt: skip
    return RunReport(
        mode, latest_number(mode), log["customer_key"].n_unique(), _counted(fresh["status"], STATUSES),
        _counted(claims["outcome"], OUTCOMES), posted, _timely(log), bool(rules(mode)),
    )  # fmt: skip


_CLAIM: Final = ["customer_key", "at", "method", "claimed_store_id", "guide_id"]


def settled_dict(report: SettleReport) -> dict[str, Any]:
    """A settlement as one JSON object."""
    return asdict(report) | {"message": report.message}


def money(minor: dict[str, int]) -> str:
    """Amounts by currency in minor units, for people."""
    return ", ".join(f"{currency} {amount:,} minor units" for currency, amount in sorted(minor.items())) or "nothing"


def _timely(log: pl.DataFrame) -> dict[str, Any]:
    found = timeliness(store.spells(log))
    return found.row(0, named=True) if found.height else {}


def _told_timely(timely: dict[str, Any]) -> str:
    if not timely.get("bound"):
        return f"Latency: no binding to measure yet (historic registrations: {timely.get('historic') or 0:,})."
    return (
        f"Latency from registration: p50 {timely['p50_s']:.1f} s, p95 {timely['p95_s']:.1f} s; within 60 s: "
        f"{timely['timely_share']:.1%} of {timely['bound']:,} (historic, not measured: {timely['historic']:,})."
    )


def _counted(values: pl.Series, words: tuple[str, ...]) -> dict[str, int]:
    counts = dict(values.value_counts().iter_rows())
    return {word: counts[word] for word in words if word in counts}


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in counts.items() if count) or "none"
