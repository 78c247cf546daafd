"""Views as numbers: columns as arrays, held once a server and scope, and which of their rows a question is about.

A text becomes the number of its name, so that a filter is a look into a short list; nothing is copied for a period.
They are made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import numpy as np
import polars as pl

from answers import narrow
from answers.memo import of_rows, once
from metrics.grouped_rows import GroupedRows
from metrics.packed import changes
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

Value = TypeVar("Value", bound=np.generic)

UNKNOWN: Final = -1
"""Stands for a dwell, or a lingering, of which nothing is known."""

EPOCH: Final = dt.date(1970, 1, 1)
"""The day from which days are counted."""

_MANY: Final = 50_000_000
"""Up to so many combinations that could occur, those that do are numbered by a list of all."""

_FEW: Final = 1 / 8
"""Up to this share of a stretch is picked row by row."""

_PLACE: Final = ("owner_store_id", "owner_agent_id", "owner_city", "store_id")
Region = Literal["store", "agent", "city"]
_REGIONS: Final[dict[Region, tuple[str, str]]] = {
    "store": ("owner_store_id", "store_id"),
    "agent": ("owner_agent_id", "agent_id"),
    "city": ("owner_city", "city"),
}
"""Filter → column of the owner, and of the store where it happened."""

_KINDS: Final = tuple((np.iinfo(kind).max, kind) for kind in (np.uint8, np.uint16, np.uint32))


@dataclass(frozen=True, eq=False)
class Named:
    """A text column as numbers.

    Attributes:
        codes: number of the name of each row; ``len(names)`` where there is none.
        names: the names.
    """

    codes: Whole
    names: Sequence[str]

    def among(self, wanted: Collection[str]) -> Mask:
        """Which numbers stand for one of these names; the last, for none, never does."""
        return np.array([*(name in wanted for name in self.names), False])


@of_rows
def named(marts: Marts, column: str) -> Named:
    """``product_id``, ``category`` (null is *Unmapped*), ``channel`` or another text column of all views."""
    texts = marts.visits[column]
    kind = texts.dtype
    if not isinstance(kind, pl.Enum):
        more = [UNMAPPED] if column == "category" else []
        kind = pl.Enum(sorted({*more, *texts.drop_nulls().unique()}))
    texts = texts.cast(kind)
    if column == "category":
        texts = texts.fill_null(UNMAPPED)
    numbers = texts.to_physical()
    if numbers.null_count():
        numbers = numbers.cast(pl.UInt32).fill_null(len(kind.categories))
    return _occurring(numbers.to_numpy(), kind.categories)


def _occurring(numbers: Whole, names: pl.Series) -> Named:
    """Without the names that no view has: cells would be kept for them."""
    occurs = np.zeros(len(names) + 1, dtype=np.bool_)
    occurs[numbers] = True
    occurs[-1] = False
    codes = np.cumsum(occurs) - 1
    codes[-1] = found = int(occurs.sum())
    held: Whole = np.asarray(codes, dtype=next(kind for limit, kind in _KINDS if found <= limit))
    return Named(held[numbers], names.filter(pl.Series(occurs[:-1])).to_list())


def codes_among(names: Sequence[str], texts: pl.Series) -> Whole:
    """The number of each text among these names; ``len(names)`` for another, and for none."""
    kind = texts.dtype
    if not isinstance(kind, pl.Enum):
        kind = pl.Enum(texts.drop_nulls().unique())
    place = {name: number for number, name in enumerate(names)}
    number = np.array([*(place.get(name, len(names)) for name in kind.categories), len(names)], np.uint32)
    found: Whole = number[texts.cast(kind).to_physical().cast(pl.UInt32).fill_null(len(kind.categories)).to_numpy()]
    return found


def _smallest(numbers: pl.Series, most: int) -> Whole:
    kind = next(kind for limit, kind in _KINDS if most <= limit)
    found: Whole = numbers.to_numpy().astype(kind)
    return found


@of_rows
def dwell(marts: Marts) -> Whole:
    """Dwell of all views, milliseconds; ``UNKNOWN`` where it is."""
    known = marts.visits["dwell_ms"]
    most = known.max()
    is_small = most is None or int(str(most)) <= np.iinfo(np.int32).max
    return known.fill_null(UNKNOWN).cast(pl.Int32 if is_small else pl.Int64).to_numpy()


@of_rows
def linger(marts: Marts) -> Whole:
    """1 for views that lingered, 0 for others, ``UNKNOWN`` where it is."""
    return marts.visits["is_linger"].cast(pl.Int8).fill_null(UNKNOWN).to_numpy()


@of_rows
def hour(marts: Marts) -> Whole:
    """Hour of the week of all views, 0 is Monday 00:00."""
    return marts.visits["hour_of_week"].to_numpy().astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Visitors:
    """Who looked, as numbers.

    Attributes:
        codes: number of the visitor of each view.
        keys: the visitors' own numbers, smallest first.
    """

    codes: Whole
    keys: Whole


@of_rows
def visitors(marts: Marts) -> Visitors:
    """The visitors of all views: where several views in a row are of one, that one is looked for once."""
    who = marts.visits["visitor"].to_numpy()
    heads = np.flatnonzero(changes(who))
    names = who[heads]
    order = np.argsort(names)
    ordered = names[order]
    is_new = changes(ordered)
    numbers = np.empty(len(names), np.uint32)
    numbers[order] = np.cumsum(is_new, dtype=np.uint32) - np.uint32(1)
    return Visitors(np.repeat(numbers, np.diff(heads, append=len(who))), ordered[is_new])


def numbers_of(marts: Marts, who: pl.Series) -> Whole:
    """The numbers of visitors by their keys; how many visitors there are stands for one without a view, or for none."""
    keys = visitors(marts).keys
    known = pl.DataFrame(
        {"who": keys, "number": np.arange(len(keys), dtype=np.uint32)}, schema_overrides={"who": pl.Int64}
    )
    found = who.alias("who").to_frame().join(known, on="who", how="left", maintain_order="left")["number"]
    numbers: Whole = found.fill_null(len(keys)).to_numpy()
    return numbers


@dataclass(frozen=True, eq=False)
class Places:
    """Where views belong, as numbers.

    Attributes:
        codes: number of the combination of owner and store of each view.
        rows: the combinations that occur: ``owner_store_id, owner_agent_id, owner_city, store_id``.
    """

    codes: Whole
    rows: pl.DataFrame


@of_rows
def places(marts: Marts) -> Places:
    """Each combination of owner, agent, city and store once."""
    columns = [named(marts, column) for column in _PLACE]
    most = int(np.prod([len(column.names) + 1 for column in columns]))
    together: Whole = np.zeros(marts.visits.height, np.uint32)
    if most >= _MANY:
        together = together.astype(np.int64)
    for column in columns:
        together *= len(column.names) + 1
        together += column.codes
    if most < _MANY:
        occurs = np.zeros(most, np.bool_)
        occurs[together] = True
        left = np.flatnonzero(occurs)
        number = np.zeros(most, np.uint32)
        number[left] = np.arange(len(left))
        codes = _smallest(pl.Series(number[together]), len(left))
    else:
        left = np.sort(pl.Series(together).unique().to_numpy())
        codes = _smallest((pl.Series(together).rank("dense") - 1).cast(pl.UInt32), len(left))
    rows = {}
    for name, column in reversed(list(zip(_PLACE, columns, strict=True))):
        left, place = np.divmod(left, len(column.names) + 1)
        rows[name] = pl.Series([*column.names, None], dtype=pl.String).gather(place)
    return Places(codes, pl.DataFrame(rows, schema=dict.fromkeys(_PLACE, pl.String)))


@of_rows
def regions(marts: Marts, of: Region) -> Places:
    """The same by store, agent or city alone: of combinations that a filter of this kind cannot tell apart, the first."""
    finest = places(marts)
    owner, column = _REGIONS[of]
    known = marts.places.select("store_id", _of_store=column if column != "store_id" else pl.col("store_id"))
    rows = finest.rows.join(known, on="store_id", how="left", maintain_order="left")
    groups = rows.select(number=pl.struct(owner, "_of_store").rank("dense") - 1).to_series()
    first = pl.Series(np.unique(groups.to_numpy(), return_index=True)[1])
    return Places(_smallest(groups.cast(pl.UInt32), len(first))[finest.codes], rows[first].select(_PLACE))


@of_rows
def is_by_day(marts: Marts) -> bool:
    """Whether views lie in the order of their days, each at an hour of its own weekday."""
    views = marts.visits.select("local_on", "hour_of_week")
    weekday = pl.col("local_on").dt.weekday() - 1
    matches = bool(views.select((pl.col("hour_of_week") // 24 == weekday).all()).item())
    return matches and views["local_on"].is_sorted()


@dataclass(frozen=True, eq=False)
class Rows:
    """The views a question is about: a stretch of all of them, and which of it.

    Attributes:
        stretch: from which row to which.
        kept: which of the stretch: a mask, or places from its start on, smallest first; None is all.
    """

    stretch: slice
    kept: Mask | Whole | None

    def of(self, column: NDArray[Value]) -> NDArray[Value]:
        """Their part of a column of all views."""
        part = column[self.stretch]
        return part if self.kept is None else part[self.kept]

    def where(self, also: Mask) -> Rows:
        """Those of them for which this holds too."""
        if self.kept is None:
            return Rows(self.stretch, also.copy())
        if self.kept.dtype != np.bool_:
            return Rows(self.stretch, self.kept[also])
        kept = self.kept.copy()
        kept[self.kept] = also
        return Rows(self.stretch, kept)

    def __len__(self) -> int:
        """How many views."""
        whole: int = self.stretch.stop - self.stretch.start
        if self.kept is None:
            return whole
        return int(np.count_nonzero(self.kept)) if self.kept.dtype == np.bool_ else len(self.kept)


def day(marts: Marts, of: Rows) -> Whole:
    """Days from ``EPOCH`` to the local day of each view."""
    on = marts.visits["local_on"][of.stretch].to_physical().to_numpy()
    return on if of.kept is None else on[of.kept]


@once
def rows(asked: Context) -> Rows:
    """The views of the period that match the filters: those of ``narrow.visits``, in the same order."""
    found = Rows(*_days(asked.marts, asked.from_on, asked.to_on))
    if asked.filters.store or asked.filters.agent or asked.filters.city:
        found = _at_places(asked, found)
    for column, wanted in _wanted(asked):
        found = found.where(wanted[found.of(column)])
    return found


def picked(asked: Context, rows: Whole) -> Whole:
    """Of these rows those that match the filters other than the period."""
    if asked.filters.store or asked.filters.agent or asked.filters.city:
        where = places(asked.marts)
        rows = rows[are_here(asked, where)[where.codes[rows]]]
    for column, wanted in _wanted(asked):
        rows = rows[wanted[column[rows]]]
    return rows


def _at_places(asked: Context, found: Rows) -> Rows:
    """Those at the places that are asked for: few are picked by their places, many are looked for among all."""
    where = places(asked.marts)
    here = are_here(asked, where)
    if found.kept is None:
        held, start, stop = _by_place(asked.marts), found.stretch.start, found.stretch.stop
        first, last = held.within(np.flatnonzero(here), start, stop)
        if (last - first).sum() <= (stop - start) * _FEW:
            return Rows(found.stretch, held.rows(first, last).astype(np.intp) - start)
    return found.where(here[found.of(where.codes)])


@of_rows
def _by_place(marts: Marts) -> GroupedRows:
    return GroupedRows.of(places(marts).codes, places(marts).rows.height)


def _days(marts: Marts, from_on: dt.date, to_on: dt.date) -> tuple[slice, Mask | None]:
    days = marts.visits["local_on"]
    if not is_by_day(marts):
        return slice(0, days.len()), days.is_between(from_on, to_on).to_numpy()
    first = int(days.search_sorted(from_on, "left"))
    return slice(first, max(first, int(days.search_sorted(to_on, "right")))), None


def _wanted(asked: Context) -> list[tuple[Whole, Mask]]:
    """Column of numbers and which of them are wanted, for each filter but those by place."""
    marts, chosen = asked.marts, asked.filters
    found: list[tuple[Whole, Mask]] = []
    for column, values in (("product_id", chosen.product), ("category", chosen.category), ("channel", chosen.channel)):
        if values:
            of = named(marts, column)
            found.append((of.codes, of.among(set(values))))
    if chosen.segment:
        found.append((visitors(marts).codes, _are_members(asked)))
    return found


def are_here(asked: Context, where: Places) -> Mask:
    """Which combinations of owner and store match the filters by place."""
    here = where.rows.select(pl.all_horizontal(narrow.of_places(asked)).fill_null(value=False))
    return here.to_series().to_numpy()


def _are_members(asked: Context) -> Mask:
    """Which visitors are members of the segments; a visitor who is a member has the member's number."""
    members = narrow.scored(asked).filter(pl.col("segment").is_in(asked.filters.segment))["customer_key"]
    return np.isin(visitors(asked.marts).keys, members.to_numpy())
