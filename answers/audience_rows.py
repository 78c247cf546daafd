"""Customers whom an audience can hold, as numbers: kept once a server and scope, each told by a place in one order.

What conditions and hints are counted from stands here by that place: no key is looked for again, and no text is held.
Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import people_rows
from answers.everybody import everybody
from answers.memo import of_rows, once
from metrics.buyer_measures import scores, segments
from metrics.owned_pairs import OwnedPairs
from metrics.rfm import SEGMENTS
from metrics.rules import kept_lines, kept_purchases

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]
    Flags = NDArray[np.bool_]

_AT_ONCE: Final = 1 << 22
"""Rows that are looked at together, so that a long history needs no more memory than these."""
_RFM_DAYS: Final = 365
_NEVER: Final = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Base:
    """Customers who can be in an audience of a scope at all, by key.

    Attributes:
        keys: their keys, ascending.
        rows: where they lie in ``marts.people``.
    """

    keys: NDArray[np.int64]
    rows: Whole

    def find(self, keys: pl.Series) -> Whole:
        """The place of each key; of who is not among them ``len(keys)``, which is no place."""
        wanted = keys.to_numpy()
        if not len(self.keys):
            return np.zeros(len(wanted), np.int64)
        at = np.searchsorted(self.keys, wanted)
        found: Whole = np.where(self.keys[np.minimum(at, len(self.keys) - 1)] == wanted, at, len(self.keys))
        return found

    def marked(self, keys: pl.Series) -> Flags:
        """By place: whether the key is among these."""
        found = np.zeros(len(self.keys) + 1, np.bool_)
        found[self.find(keys)] = True
        return found[:-1]


def base(asked: Context) -> Base:
    """Everybody who can be in an audience of this viewer: staff are nobody's; an agent's are their own customers now."""
    scope = asked.scope
    return _base(asked.marts, scope.role, scope.agent_id if scope.role == "agent" else None)


@of_rows
def _base(marts: Marts, role: str, agent: str | None) -> Base:
    people = marts.people
    wanted = ~people["is_staff"].to_numpy()
    if role == "agent":
        wanted &= (people["owner_agent_id"].cast(pl.String) == agent).fill_null(value=False).to_numpy()
    rows = np.flatnonzero(wanted) if role in {"owner", "agent"} else np.zeros(0, np.intp)
    keys = people["customer_key"].to_numpy()[rows]
    if np.any(keys[1:] < keys[:-1]):
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
    return Base(keys, rows.astype(np.int32))


@once
def narrowed(asked: Context) -> Flags | None:
    """By place: who matches the place and segment filters; None is everybody."""
    chosen = people_rows.chosen(asked)
    return None if chosen is None else chosen[base(asked).rows]


@of_rows
def _buyers(marts: Marts, currency: str, role: str, agent: str | None) -> Whole:
    """The place of each of ``everybody``'s keys."""
    found: Whole = _base(marts, role, agent).find(pl.Series(everybody(marts, currency).keys)).astype(np.int32)
    return found


def _who(asked: Context) -> tuple[str, str | None]:
    return asked.scope.role, asked.scope.agent_id if asked.scope.role == "agent" else None


def of_segment(asked: Context, name: str, end: dt.date) -> Flags:
    """By place: whose RFM segment before a day it is, as ``everybody.scored`` tells it."""
    rows = everybody(asked.marts, asked.currency)
    found = segments(rows, scores(rows.kept, end, window_days=_RFM_DAYS))
    here = np.zeros(len(base(asked).keys) + 1, np.bool_)
    if name in SEGMENTS:
        here[_buyers(asked.marts, asked.currency, *_who(asked))[found == SEGMENTS.index(name)]] = True
    return here[:-1]


@of_rows
def _first_kept(marts: Marts, role: str, agent: str | None) -> Whole:
    columns = [name for name in ("customer_key", "local_on", "is_kept", "is_staff") if name in marts.orders.columns]
    first = kept_purchases(marts.orders.select(columns)).group_by("customer_key").agg(pl.col("local_on").min())
    found = np.full(len(_base(marts, role, agent).keys) + 1, _NEVER, np.int32)
    found[_base(marts, role, agent).find(first["customer_key"])] = first["local_on"].to_physical().to_numpy()
    return found[:-1]


def first_kept(asked: Context) -> Whole:
    """By place: the local day of the first order that was kept, as days since 1970; a far day where there is none."""
    return _first_kept(asked.marts, *_who(asked))


def bought(asked: Context) -> OwnedPairs:
    """What everybody bought and not fully refunded: numbers of ``products``."""
    return _bought(asked.marts, *_who(asked))


@of_rows
def _bought(marts: Marts, role: str, agent: str | None) -> OwnedPairs:
    here = _base(marts, role, agent)
    wanted = ("customer_key", "product_id", "local_on", "net_minor", "refunded_minor", "is_staff")
    columns = [name for name in wanted if name in marts.lines.columns]
    parts = []
    for start in range(0, max(marts.lines.height, 1), _AT_ONCE):
        rows = kept_lines(marts.lines.slice(start, _AT_ONCE).select(columns)).drop_nulls("product_id")
        parts.append(_placed(rows, here, products(marts)))
    return _pairs(parts, here, products(marts))


def _placed(rows: pl.DataFrame, here: Base, names: pl.Series) -> tuple[Whole, Whole, Whole]:
    """Customer's place, number of the product, and day of rows; of those who have a place."""
    places = pl.DataFrame(
        {"customer_key": here.keys, "_at": np.arange(len(here.keys), dtype=np.int32)},
        schema={"customer_key": pl.Int64, "_at": pl.Int32},
    )
    kind = pl.Enum(names)
    found = rows.select("customer_key", "local_on", pl.col("product_id").cast(pl.String).cast(kind).to_physical()).join(
        places, on="customer_key", how="inner"
    )
    return (
        found["_at"].to_numpy(),
        found["product_id"].to_numpy().astype(np.uint16 if names.len() < np.iinfo(np.uint16).max else np.uint32),
        found["local_on"].to_physical().to_numpy(),
    )


def _pairs(parts: list[tuple[Whole, Whole, Whole]], here: Base, names: pl.Series) -> OwnedPairs:
    who, what, day = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return OwnedPairs.of(who, what, day, len(here.keys), names.len())


@of_rows
def products(marts: Marts) -> pl.Series:
    """Every product that was looked at or bought, by number."""
    parts = [rows["product_id"].drop_nulls().unique().cast(pl.String) for rows in (marts.lines, marts.visits)]
    return pl.concat(parts).unique().sort()


def pairs_of(asked: Context, views: pl.DataFrame) -> OwnedPairs:
    """Who looked at what, of these views: numbers of ``products``."""
    names = products(asked.marts)
    return _pairs([_placed(views, base(asked), names)], base(asked), names)


def lives_in(asked: Context, cells: pl.Series, resolution: int) -> Flags:
    """By place: whose home is known to lie in one of these cells."""
    held = people_rows.homes(asked.marts, resolution)
    among = np.append(held.cells.is_in(cells.implode()).to_numpy(), False)
    found: Flags = among[held.place[base(asked).rows]]
    return found


def is_of(asked: Context, column: str, value: str) -> Flags:
    """By place: whether a text column of people has this value."""
    codes, names = people_rows.coded(asked.marts, column)
    wanted = names.index(value) if value in names else len(names) + 1
    found: Flags = codes[base(asked).rows] == wanted
    return found
