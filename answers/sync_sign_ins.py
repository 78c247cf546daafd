"""Sync: what devices did before their member signed in, and how many devices stay anonymous."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.registry import Result, address
from schema.language import later, say

if TYPE_CHECKING:
    from answers.answer import Context

_COLUMNS: Final = ("joined", "customers", "devices", "anonymous")
NO_DEVICES: Final = later("Anonymous devices are head office's to count.")


@address(
    "sync/sign_ins",
    ", ".join(_COLUMNS),
    meaning=later("What devices did before their member signed in, and what stays anonymous."),
    definition=later(
        "Looks are views, carts, shares and scans of the period. Before sign-in: a look that names nobody is the "
        "customer's who is named next in the same visit of that device (no silence of more than 30 minutes), or later on the "
        "same day if nobody else is named on it that day. What lies between two customers, and what follows a sign-out, stays "
        "the device's."
    ),
)
def sign_ins(asked: Context) -> Result:
    """How much of what nobody was named for is somebody's? One row; none without looks."""
    rows = pl.concat(
        narrow.numbered(asked, name).select("visitor", "customer_key", "before_sign_in")
        for name in ("visits", "actions")
    )
    if rows.is_empty():
        return Result(pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.Int64)), 0, say("looks"))
    joined, nameless = rows.filter("before_sign_in"), rows.filter(pl.col("customer_key").is_null())
    counts: list[int | None] = [
        joined.height, joined["customer_key"].n_unique(), nameless["visitor"].n_unique(), nameless.height,
    ]  # fmt: skip
    open_ = joined.height + nameless.height
    if blind := asked.scope.role == "agent":  # an agent is handed out no row of anonymous people
        counts[2:], open_ = [None, None], 0
    table = pl.DataFrame([counts], schema=dict.fromkeys(_COLUMNS, pl.Int64), orient="row")
    return Result(
        table, n=rows.height, n_label=say("looks"), coverage=joined.height / open_ if open_ else None,
        coverage_label=say("of looks that name nobody are somebody's"), notes=(say(NO_DEVICES),) if blind else (),
    )  # fmt: skip
