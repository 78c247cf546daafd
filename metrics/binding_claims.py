"""Claims on customers as arrays: scans, guides' codes, purchases and head office's decisions, by customer and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.binding_policy import SECOND
from metrics.binding_stores import NOBODY
from metrics.rules import require
from schema.sharing import METHODS

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

    from metrics.binding_policy import Policies
    from metrics.binding_stores import Bools, Ints, Stores

_COLUMNS: Final[dict[str, PolarsDataType]] = {
    "customer_key": pl.Int64,
    "at": pl.Datetime("us", "UTC"),
    "store_id": pl.String,
    "guide_id": pl.String,
    "method": pl.String,
}
SCAN, GUIDE, PURCHASE, MANUAL = (METHODS.index(m) for m in ("scan", "guide", "first_purchase", "manual"))
_METHODS: Final = {METHODS[m]: m for m in (SCAN, GUIDE, PURCHASE, MANUAL)}


@dataclass(frozen=True)
class Claims:
    """Every claim, by customer, time, method, store and guide.

    Attributes:
        who: row of the customer.
        at: when, microseconds.
        store: row of the store; ``NOBODY`` for an unknown one.
        method: number in ``METHODS``.
        guide: number in ``guides``; ``NOBODY`` without one.
        may: the policy then allowed the method and the store took customers; always for head office.
        overrides: nobody is protected from it: head office, and the first purchase where sellers take.
        first: first row of each customer; one more at the end.
        store_ids: the stores as claimed.
        guides: guides' ids.
    """

    who: Ints
    at: Ints
    store: Ints
    method: Ints
    guide: Ints
    may: Bools
    overrides: Bools
    first: Ints
    store_ids: pl.Series
    guides: pl.Series


def visits_of(people: pl.DataFrame, claims: pl.DataFrame, orders: pl.DataFrame, stores: Stores) -> pl.DataFrame:
    """Who was in which store when: ``i, store, at`` (rows and microseconds), from scans, guides and purchases."""
    seen = claims.filter(pl.col("method").is_in(["scan", "guide"])).select("customer_key", "store_id", "at")
    bought = orders.select("customer_key", "store_id", at="paid_at")
    rows = pl.concat([seen, bought]).drop_nulls().join(people.select("customer_key", "i"), on="customer_key")
    return rows.select(
        "i", store=pl.Series(stores.row_of(rows["store_id"]), dtype=pl.Int64), at=pl.col("at").dt.timestamp("us")
    )


def read_claims(
    people: pl.DataFrame, claims: pl.DataFrame, orders: pl.DataFrame, stores: Stores, policies: Policies, until: int
) -> Claims:
    """Put claims in order and say which of them could ever be granted.

    Args:
        people: ``i, customer_key, registered_us``.
        claims: ``customer_key, at, store_id, guide_id, method``.
        orders: ``customer_key, paid_at, store_id``; claims where the policy hears purchases.
        stores: all stores.
        policies: the one in force at the claim decides.
        until: claims from this instant on do not count.

    Raises:
        ContractError: a column is missing.
    """
    require(claims, "claims", *_COLUMNS)
    every = pl.concat(
        [claims.select([pl.col(c).cast(t) for c, t in _COLUMNS.items()]), _purchases(people, orders, policies)]
    )
    rows = every.drop_nulls(["customer_key", "at", "store_id", "method"]).unique(list(_COLUMNS))
    rows = rows.with_columns(
        at_us=pl.col("at").dt.timestamp("us"), kind=pl.col("method").replace_strict(_METHODS, return_dtype=pl.Int64)
    ).filter(pl.col("at_us") < until)
    rows = rows.join(people.select("customer_key", "i", "registered_us"), on="customer_key")
    rows = rows.sort("i", "at_us", "kind", "store_id", "guide_id")
    guides = rows["guide_id"].unique().drop_nulls().sort()
    number = rows["guide_id"].replace_strict(
        guides, pl.Series(np.arange(guides.len())), default=None, return_dtype=pl.Int64
    )
    at, kind, store = rows["at_us"].to_numpy(), rows["kind"].to_numpy(), stores.row_of(rows["store_id"])
    who = rows["i"].to_numpy()
    in_force = policies.at(at)
    heard = np.zeros(at.size, dtype=np.bool_)
    takes = np.zeros(at.size, dtype=np.bool_)
    for which, policy in enumerate(policies.all):
        here = in_force == which
        sellers = policy.choose == "seller_takes"
        allowed = [_METHODS[name] for name in policy.claims] + [PURCHASE] * sellers
        heard |= here & np.isin(kind, allowed)
        takes |= here & (kind == PURCHASE) & sellers
    bought = np.flatnonzero(kind == PURCHASE)
    takes &= np.isin(np.arange(at.size), bought[np.flatnonzero(np.diff(who[bought], prepend=-1))])
    manual = kind == MANUAL
    return Claims(
        who, at, store, kind, number.fill_null(NOBODY).to_numpy(),
        (manual & (store != NOBODY)) | (heard & stores.takes(store, at)), manual | takes,
        np.searchsorted(who, np.arange(people.height + 1)), rows["store_id"], guides,
    )  # fmt: skip


def _purchases(people: pl.DataFrame, orders: pl.DataFrame, policies: Policies) -> pl.DataFrame:
    """Purchases at a store after registration: all where sellers take, the first where the policy hears purchases."""
    no_claims = pl.DataFrame(schema=_COLUMNS)
    if not any(p.choose == "seller_takes" or "first_purchase" in p.claims for p in policies.all):
        return no_claims
    rows = orders.drop_nulls(["store_id", "paid_at"]).join(
        people.select("customer_key", "registered_us"), on="customer_key"
    )
    rows = rows.filter(pl.col("paid_at").dt.timestamp("us") >= pl.col("registered_us"))
    rows = rows.sort("customer_key", "paid_at", "store_id")
    in_force = policies.at(rows["paid_at"].dt.timestamp("us").to_numpy())
    every = np.array([p.choose == "seller_takes" for p in policies.all])[in_force]
    first = np.array(["first_purchase" in p.claims for p in policies.all])[in_force]
    is_first = rows["customer_key"].is_first_distinct().to_numpy()
    return rows.filter(pl.Series(every | (first & is_first))).select(
        "customer_key",
        at=pl.col("paid_at").cast(pl.Datetime("us", "UTC")),
        store_id=pl.col("store_id").cast(pl.String),
        guide_id=pl.lit(None, pl.String),
        method=pl.lit("first_purchase"),
    )


def with_registration(claims: Claims, registered: Ints, stores: Stores, policies: Policies) -> Ints:
    """With whose code did each customer register? Row of the claim, ``NOBODY`` for none.

    Of the scans and guides' codes within the policy's seconds whose store took customers then, the one nearest to
    registration in time; of equally near ones the earlier.
    """
    reg = registered[claims.who]
    apart = claims.at - reg
    number = policies.at(reg)
    usable = np.isin(claims.method, (SCAN, GUIDE)) & stores.takes(claims.store, reg)
    usable &= apart >= -SECOND * policies.per_row(number, [p.scan_before_s for p in policies.all])
    usable &= apart <= SECOND * policies.per_row(number, [p.scan_after_s for p in policies.all])
    for which, policy in enumerate(policies.all):
        heard = [_METHODS[name] for name in policy.claims]
        usable &= (number != which) | np.isin(claims.method, heard)
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((rows, np.abs(apart[rows]), claims.who[rows]))]
    best = rows[np.flatnonzero(np.diff(claims.who[rows], prepend=-1))]
    found = np.full(registered.size, NOBODY, dtype=np.int64)
    found[claims.who[best]] = best
    return found
