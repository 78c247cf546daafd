"""Nine disputes of the demo, about customers that the ledger itself shows: contested, taken, late, and the rush (P12)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from demo.clock import ZONE
from demo.people import RUSH_DAY, RUSH_GUIDE
from ledger import api as ledger
from ledger import store
from ledger.spells import spells
from schema.scope import LOCAL_OWNER, Scope

if TYPE_CHECKING:
    from schema.settings import DataMode

MODE: Final[DataMode] = "demo"
RUSH_DISPUTE: Final = "D-009"
_CONTESTED: Final = (
    "She lives two streets from our door and has always shopped with us.",
    "The location was taken on the border of two districts.",
    "He says the nearest store is ours; please look at the distances.",
    "Her address lies on our side of the canal.",
)
_TAKEN: Final = (
    "He scanned our code in the shop and was refused; we served him for an hour.",
    "She asked to be looked after by our guide.",
    "Our guide brought this customer in; the scan was not accepted.",
    "He moved to our part of town in spring.",
)
_DECIDED: Final = (
    ("rejected", "The distances differ by more than the tolerance; the replay gives the same store."),
    ("upheld", "The fix was rough. The customer stays, the next exact location decides."),
    ("rejected", "The replay gives the same store by 140 m."),
    ("rejected", "Protection had not run out when the code was scanned."),
    ("upheld", "Agreed for the next claim after protection; nothing is moved back."),
)
_OPENED: Final = tuple(
    dt.datetime(2026, month, day, 3, 20, tzinfo=dt.UTC)
    for month, day in ((3, 12), (4, 20), (5, 28), (7, 3), (8, 11), (11, 9), (11, 10), (11, 12), (11, 13))
)


def quarrel() -> None:
    """Open nine disputes and decide five of them."""
    log = spells(store.binding_log(MODE))
    owned = log.filter(pl.col("agent_id").is_not_null(), pl.col("valid_to").is_null()).sort(
        "registered_at", "customer_key"
    )
    contested = owned.filter(status="contested")
    tried = store.attempts(MODE).filter(
        pl.col("claimed_agent_id").is_not_null(),
        pl.col("claimed_agent_id").ne_missing(pl.col("owner_agent_id")),
        outcome="rejected_protected",
    ).sort("at", "customer_key")  # fmt: skip
    wanted = [("wrong_store", row, words) for row, words in zip(_spread(contested, 4), _CONTESTED, strict=True)]
    wanted += [("takeover", row, words) for row, words in zip(_spread(tried, 4), _TAKEN, strict=True)]
    for number, (claim, row, words) in enumerate(wanted):
        agent = row.get("claimed_agent_id") or row["agent_id"]
        _open(claim, row["customer_key"], words, Scope("agent", str(agent), str(agent)), number)
    local_day = pl.col("registered_at").dt.convert_time_zone(ZONE).dt.date()
    rush = log.filter(local_day == RUSH_DAY, guide_id=RUSH_GUIDE).sort("registered_at", "customer_key")
    text = f"{RUSH_GUIDE} bound {rush['customer_key'].n_unique()} people within ten minutes. None of them ever bought."
    _open("wrong_store", rush["customer_key"][0], text, LOCAL_OWNER, len(wanted))


def _spread(rows: pl.DataFrame, n: int) -> list[dict[str, object]]:
    """Some rows of a table, evenly apart, oldest first."""
    return [rows.row((2 * turn + 1) * rows.height // (2 * n), named=True) for turn in range(n)]


def _open(claim: str, customer_key: object, words: str, scope: Scope, number: int) -> None:
    at = _OPENED[number]
    dispute = ledger.open_dispute(MODE, scope, claim=claim, words=words, customer_key=int(str(customer_key)), at=at)
    if number < len(_DECIDED):
        outcome, reason = _DECIDED[number]
        ledger.decide(MODE, LOCAL_OWNER, dispute, outcome, reason, at=at + dt.timedelta(days=3))
    elif number == len(_DECIDED):
        asked = "Please send the fix's accuracy; the replay is attached."
        ledger.comment(MODE, LOCAL_OWNER, dispute, asked, at=at + dt.timedelta(days=1))
