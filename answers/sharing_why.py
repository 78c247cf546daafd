"""Why a line of a statement came to its store, in the fewest words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from answers.known import store_names
from metrics.bound_grounds import GROUNDS, with_grounds
from schema.language import say
from schema.scope import ANOTHER_STORE

if TYPE_CHECKING:
    from answers.answer import Context

_TENS = -1


def with_why(asked: Context, entries: pl.DataFrame) -> pl.DataFrame:
    """The entries with ``why``: ``nearest, 1,180 m``, ``scan at Wuxi Binhu``; null where no order stands behind one."""
    found = with_grounds(entries, asked.marts.bindings, zone=asked.snapshot.zone)
    names = store_names(asked.marts)
    precise = asked.scope.role == "owner"
    said = [why(row, names, precise=precise) for row in found.select("order_id", "bound_store_id", *GROUNDS).to_dicts()]
    return found.drop(GROUNDS).with_columns(why=pl.Series(said, dtype=pl.String))


def why(row: dict[str, Any], names: dict[str, str], *, precise: bool) -> str | None:
    """One line's ground in words; distances in tens of metres unless ``precise``."""
    if row["order_id"] is None:
        return None
    if row["bound_store_id"] is None:
        return say("nobody's customer")
    if row["cause"] == "store_closed":
        return say(
            "handed over when {store} closed",
            store=names.get(row["before_store_id"], say(ANOTHER_STORE)),
        )
    store = names.get(row["bound_store_id"], row["bound_store_id"])
    metres = row["dist_m"]
    near = (
        say("nearest")
        if metres is None
        else say("nearest, {metres} m", metres=round(round(metres, 0 if precise else _TENS)))
    )
    guide = row["binding_guide_id"]
    return {
        "geo": near,
        "scan": say("scan at {store}", store=store),
        "guide": say("a guide's code") if guide is None else say("code of {guide}", guide=guide),
        "territory": say("agreed territory"),
        "first_purchase": say("first purchase at {store}", store=store),
        "city": say("the city alone"),
        "manual": say("head office decided"),
    }.get(row["method"])
