"""The script of a presenter: what was hidden, from totals, from parts of parts, and from one answer beside another."""

import itertools
from dataclasses import dataclass, replace

import polars as pl

from answers.periods import context
from answers.registry import ADDRESSES, ask
from schema.errors import CatchlightError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.attacks.attacker import options_of

GUEST = Scope("presenter", "guest")
COUNTS = ("customers", "orders", "previous_orders", "buyers", "views", "viewers", "members", "units", "lines", "visitors",
          "attempts", "customers_a", "customers_b", "n_a", "n_b", "observed", "bound", "people", "mature_viewers",
          "returned", "shared", "switchers", "contested", "exposed", "entries", "persons", "active", "gaps")  # fmt: skip
"""Columns that count people, or what people did."""
FEW = range(1, 10)


@dataclass(frozen=True)
class Seen:
    """One table as a presenter reads it, and as it is."""

    name: str
    options: tuple
    shown: pl.DataFrame
    whole: pl.DataFrame
    n: int
    coverage: float | None

    @property
    def counts(self):
        return [name for name in COUNTS if name in self.shown.columns and self.shown.schema[name].is_numeric()]

    @property
    def keys(self):
        """What names a row: its columns of text and days."""
        kinds = (pl.String, pl.Date, pl.Int16)
        return [name for name, kind in self.whole.schema.items() if kind in kinds and name not in COUNTS]


def everything(rows, snapshot):
    """Every table under every pair of options that a presenter may read."""
    found = []
    for name in sorted(ADDRESSES):
        page = name.split("/", maxsplit=1)[0]
        asked = context(parse_filters(""), GUEST, snapshot, rows, page=page)
        for options in options_of(name):
            if "resolution" in options:
                continue
            try:
                told = ask(name, asked, **options)
                at = {"resolution": "7"} if "resolution" in ADDRESSES[name].options else {}
                whole = ask(name, replace(asked, scope=LOCAL_OWNER), **options, **at).table
            except (CatchlightError, OSError):
                continue
            found.append(Seen(name, tuple(options.items()), told.table, whole, told.n, told.coverage))
    return found


def small_ones(tables):
    """Counts of 1 to 9 that are simply shown."""
    return [
        (one.name, one.options, count, value)
        for one in tables
        for count in one.counts
        for value in one.shown[count].drop_nulls().to_list()
        if value in FEW
    ]


def by_totals(tables):
    """What a total less the rows shown leaves, where that is what is hidden, and a group of 1 to 9."""
    totals = {}
    for one in tables:
        for count in one.counts:
            if one.shown.height == one.whole.height and one.shown[count].null_count() == 0:
                totals.setdefault((one.name.split("/")[0], count), set()).add(int(one.shown[count].sum()))
    found = []
    for one in tables:
        for count in one.counts:
            whole, shown = one.whole[count].sum() or 0, one.shown[count].sum() or 0
            known = {one.n, *totals.get((one.name.split("/")[0], count), ())}
            if (whole - shown) in FEW and whole in known:
                found.append((one.name, one.options, count, whole - shown))
    return found


def by_parts(tables, parents):
    """A coarser group less the finer ones shown in it: stores in a city or with an agent, products in a category."""
    found = []
    for fine, coarse in itertools.permutations(tables, 2):
        if (
            fine.name != coarse.name
            or fine.options == coarse.options
            or len(fine.options) > 1
            or len(coarse.options) > 1
        ):
            continue
        for count in fine.counts:
            found += _left_over(fine, coarse, count, parents)
    return found


def _left_over(fine, coarse, count, parents):
    key = next((name for name in ("group", "store_id", "row") if name in fine.shown.columns), None)
    if key is None or key not in coarse.shown.columns:
        return []
    truth = dict(fine.whole.select(key, count).iter_rows())
    shown = dict(fine.shown.select(key, count).iter_rows())
    above = dict(coarse.shown.select(key, count).iter_rows())
    found = []
    for parent, total in above.items():
        parts = [part for part in truth if parents.get(part) and parent in parents[part]]
        rest = (total or 0) - sum(shown.get(part) or 0 for part in parts)
        hidden = sum(truth[part] or 0 for part in parts if shown.get(part) is None)
        if parts and rest in FEW and rest == hidden:
            found.append((fine.name, fine.options, coarse.options, parent, rest))
    return found


def beside_each_other(tables):
    """The same row hidden in one answer and told in another, under the same name of its count."""
    told = {}
    for one in tables:
        for count in one.counts:
            for row in one.shown.select(*one.keys, count).iter_rows():
                if row[-1] is not None:
                    told.setdefault((one.name.split("/")[0], count, tuple(one.keys), row[:-1]), set()).add(row[-1])
    found = []
    for one in tables:
        for count in one.counts:
            hidden = (
                one.whole.join(one.shown.select(one.keys), on=one.keys, how="anti", nulls_equal=True)
                if one.keys
                else None
            )
            found += [
                (one.name, one.options, count, row)
                for row in (hidden.select(*one.keys, count).iter_rows() if hidden is not None else ())
                if row[-1] in FEW
                and row[-1] in told.get((one.name.split("/")[0], count, tuple(one.keys), row[:-1]), ())
            ]
    return found


def by_shares(tables):
    """A share times its count, or what is left of the count, where that is a group of 1 to 9: percent gives it away."""
    found = []
    for one in tables:
        rates = [name for name, kind in one.shown.schema.items() if kind == pl.Float64 and _is_share(name)]
        running = [name for name in rates if name.startswith("cumulative_")]
        rates = [name for name in rates if name not in running]
        counts = [*one.counts, *(["n"] if "n" in one.shown.columns else [])]
        for rate, count in itertools.product(rates, counts):
            for share, n in one.shown.select(rate, pl.col(count).alias("_n")).iter_rows():
                found += [(one.name, one.options, rate, count, few) for few in _few(share, n)]
        for rate, count in itertools.product(running, one.counts):
            found += [(one.name, one.options, rate, count, few) for few in _behind_the_last(one.shown, rate, count)]
        found += [(one.name, one.options, "coverage", "n", few) for few in _few(one.coverage, one.n)]
    return found


def _behind_the_last(shown, rate, count):
    """A running share is of all rows until then: with their sum it gives the whole, and so what is not shown."""
    so_far = pl.col(count).cum_sum().over(shown.columns[0])
    left = shown.filter(pl.col(rate) > 0).select((so_far / pl.col(rate) - so_far).round().cast(pl.Int64)).to_series()
    return [few for few in left if few in FEW]


def _is_share(name):
    words = ("rate", "share", "penetration", "dominance", "leakage", "inflow", "a_in_b", "b_in_a", "value")
    return any(word in name for word in words) and "minor" not in name


def _few(share, n):
    if share is None or n is None or not 0 < share < 1:
        return []
    part = share * n
    if abs(part - round(part)) > 1e-6:
        return []
    return [few for few in (round(part), round(n - part)) if few in FEW]


def by_what_is_left(tables):
    """A total beside a table of which nothing else is left."""
    return [
        (one.name, one.options, one.n)
        for one in tables
        if one.n in FEW
        and one.counts
        and one.shown.height < one.whole.height
        and one.n == one.whole[one.counts[0]].sum()
    ]
