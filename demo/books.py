"""The demo's ledger: two years of bindings as the job made them, shares by the five rules, statements and disputes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from demo.clock import AS_OF, START, ZONE
from demo.people import PROMOTION
from demo.quarrels import quarrel
from demo.stuck_job import arrivals
from ledger import api as ledger
from ledger import store
from ledger.facts import binding_facts
from metrics.binding import decide
from records.acts import demo_story
from schema.errors import StorageError
from schema.scope import Scope
from schema.sharing import BindingPolicy, standard_rules
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.settings import DataMode
    from warehouse.api import Snapshot

    Progress = Callable[[float, str], None]

MODE: Final[DataMode] = "demo"
BY: Final = Scope("owner", "head office")
NOW: Final = dt.datetime.combine(AS_OF, dt.time(), ZoneInfo(ZONE)).astimezone(dt.UTC)
LAST_SETTLED: Final = "2026-10"


@demo_story()
def keep_books(seed: int, tell: Progress) -> None:
    """Bind, share, settle and dispute what the demo's warehouse holds, and publish it.

    Args:
        seed: the company's.
        tell: called with a share of 1 and a few words.

    Raises:
        StorageError: the demo was not imported.
    """
    snapshot = warehouse.open_snapshot(MODE)
    if snapshot is None:
        message = "The demo has no data to keep books of."
        raise StorageError(message)
    ledger.save_rules(MODE, standard_rules(START), by=BY, reason="The rules of the first day", today=START)
    tell(0.0, "Binding members to stores")
    ledger.bind(MODE, now=NOW, arrivals=_arrivals(seed, snapshot), publish=False)
    tell(0.35, "Sharing sales, settling months")
    ledger.settle(MODE, LAST_SETTLED, BY, now=NOW)
    ledger.accrue(MODE, now=NOW)
    tell(0.75, "Hearing disputes")
    quarrel()
    tell(0.8, "Publishing the books")
    ledger.publish(MODE)


def _arrivals(seed: int, snapshot: Snapshot) -> pl.DataFrame:
    """When the job bound whom; only who was found a store on the promotion's day can be late for it."""
    people = snapshot.scan("customers").filter(~pl.col("is_test")).select("customer_key", "registered_at").collect()
    local_day = pl.col("registered_at").dt.convert_time_zone(ZONE).dt.date()
    that_day = people.filter(local_day == PROMOTION)["customer_key"]
    facts = binding_facts(snapshot, store.decisions(MODE), customer_keys=that_day)
    spells = decide(facts, [BindingPolicy()], NOW).spells
    first = spells.sort("customer_key", "order").unique("customer_key", keep="first")
    bound = first.filter(pl.col("store_id").is_not_null())["customer_key"]
    return arrivals(seed, people.with_columns(is_bound=pl.col("customer_key").is_in(bound.implode())))
