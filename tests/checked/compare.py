"""Random questions, asked of the dashboard and answered from the files, and where the two differ."""

from __future__ import annotations

import datetime as dt
import importlib
import math
import pkgutil
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import answers
from answers.periods import context
from answers.registry import ask
from schema.filters import Filters
from schema.scope import LOCAL_OWNER, Scope
from tests.checked.odd_shops import CHANNELS
from warehouse import api

if TYPE_CHECKING:
    import polars as pl

    from answers.answer import Context
    from tests.checked.odd_shops import Odd
    from tests.checked.plain import Plain

for _one in pkgutil.iter_modules(answers.__path__):
    importlib.import_module(f"answers.{_one.name}")

SEGMENTS: Final = ("champions", "loyal", "new", "promising", "at_risk", "fading", "lapsed")


def questions(shop: Odd, count: int, seed: int = 0) -> list[tuple[Scope, Filters]]:
    """Who asks, and what: days alone, months' edges, days without data, and one or two filters."""
    random = np.random.default_rng([seed, shop.seed, count])
    return [(_scope(shop, random), _filters(shop, random)) for _ in range(count)]


def _scope(shop: Odd, random: np.random.Generator) -> Scope:
    if random.random() < 0.7:
        return LOCAL_OWNER
    return Scope(role="agent", viewer="someone", agent_id=f"A{random.integers(0, shop.agents):05d}")


def _filters(shop: Odd, random: np.random.Generator) -> Filters:
    last = shop.first_on + dt.timedelta(days=shop.days - 1)
    first = shop.first_on + dt.timedelta(days=int(random.integers(-5, shop.days)))
    kind = random.integers(0, 6)
    if kind == 0:
        days: dict[str, Any] = {"from_on": first, "to_on": first}
    elif kind == 1:
        month = first.replace(day=1)
        days = {"from_on": month, "to_on": (month + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)}
    elif kind == 2:
        days = {"from_on": shop.first_on - dt.timedelta(days=40), "to_on": last + dt.timedelta(days=40)}
    elif kind == 3:
        days = {"from_on": last + dt.timedelta(days=3), "to_on": last + dt.timedelta(days=9)}
    else:
        days = {"from_on": first, "to_on": min(last, first + dt.timedelta(days=int(random.integers(0, shop.days))))}
    choices: dict[str, list[str]] = {
        "channel": list(CHANNELS), "city": ["Ulm", "Bonn", "Kiel"], "category": [f"K{n:05d}" for n in range(shop.categories)] + ["Unmapped"],
        "agent": [f"A{n:05d}" for n in range(shop.agents)], "store": [f"S{n:05d}" for n in range(shop.stores)],
        "segment": list(SEGMENTS), "product": [f"P{n:05d}" for n in range(shop.products)],
    }  # fmt: skip
    names = random.choice([name for name, of in choices.items() if of], int(random.choice([0, 1, 1, 2])), replace=False)
    chosen: dict[str, Any] = {
        str(name): tuple(
            str(one)
            for one in random.choice(choices[name], min(int(random.integers(1, 4)), len(choices[name])), replace=False)
        )
        for name in names
    }
    return Filters(**days, **chosen, currency=str(random.choice(shop.currencies)))


class Asked:
    """Answers of one stored shop, its marts loaded once a scope."""

    def __init__(self) -> None:
        self.snapshot = api.open_snapshot("real")
        assert self.snapshot is not None
        self.marts: dict[Any, Any] = {}

    def of(self, scope: Scope, filters: Filters, page: str = "overview") -> Context | None:
        """The context of a question; None where a value of the filters is not known to who asks."""
        assert self.snapshot is not None
        if scope.key not in self.marts:
            self.marts[scope.key] = api.load_marts(self.snapshot, scope)
        found = context(filters, scope, self.snapshot, self.marts[scope.key], page=page)
        return None if found.unknown else found


def differences(asked: Context, plain: Plain) -> tuple[int, list[str]]:
    """How many answers were compared, and which say another thing than the files."""
    agent = asked.scope.role == "agent"
    said = {name: _said(name, asked, plain) for name in _QUESTIONS if not (agent and name in _OTHERS_HIDDEN)}
    return len(said), [
        f"{name}: {_apart(theirs, ours)}" for name, (theirs, ours) in said.items() if not _same(theirs, ours)
    ]


def _apart(theirs: Any, ours: Any) -> str:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = [
            key
            for key in {**theirs, **ours}
            if key not in theirs or key not in ours or not _same(theirs[key], ours[key])
        ]
        theirs, ours = ({key: told.get(key) for key in keys[:3]} for told in (theirs, ours))
    return f"{theirs} is not {ours}"[:400]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return bool(a == b)


def _said(name: str, asked: Context, plain: Plain) -> tuple[Any, Any]:
    theirs, ours = _QUESTIONS[name]
    return theirs(asked), ours(plain, asked)


def _rows(asked: Context, address: str, *columns: str, **options: Any) -> list[tuple[Any, ...]]:
    table: pl.DataFrame = ask(address, asked, **options).table
    return table.select(columns).rows()


def _table(asked: Context, address: str, keys: str, values: str, **options: Any) -> dict[Any, Any]:
    names, told = keys.split(), values.split()
    found = {}
    for row in _rows(asked, address, *names, *told, **options):
        key, value = row[: len(names)], row[len(names) :]
        found[key if len(key) > 1 else key[0]] = value if len(value) > 1 else value[0]
    return found


def _kpis(asked: Context) -> dict[str, Any]:
    found = _table(asked, "overview/kpis", "kpi", "value")
    return {name: found[name] for name in _FIGURES}


_FIGURES: Final = (
    "net_minor", "orders", "buyers", "average_order_value_minor", "online_share", "return_rate", "repeat_rate",
    "dwell_minutes", "linger_rate", "conversion_rate",
)  # fmt: skip


def _heat(asked: Context, group: str) -> dict[Any, Any]:
    found = _table(asked, "dwell/heatmap", "group hour_of_week", "views known_views dwell_s", group=group)
    return {key: (n, k, round((d or 0) * 1000)) for key, (n, k, d) in found.items()}


def _ranked(asked: Context, by: str) -> dict[Any, Any]:
    found = _table(asked, "overview/ranking", "group", "net_minor orders", by=by)
    return {None if group == "Unmapped" else group: net for group, (net, n) in found.items() if n}


def _product(asked: Context, name: str) -> dict[str, Any]:
    rows = _rows(asked, "products/summary", "orders", "buyers", "units", "net_minor", "views", product=name)
    return dict(zip(("orders", "buyers", "units", "net_minor", "views"), rows[0], strict=True)) if rows else {}


def _which(asked: Context) -> str:
    return (*asked.filters.product, "P00000")[0]


_QUESTIONS: Final[dict[str, tuple[Any, Any]]] = {
    "overview/kpis": (_kpis, lambda p, a: p.kpis(a)),
    "overview/trend": (
        lambda a: {day: told for day, told in _table(a, "overview/trend", "local_on", "net_minor orders").items() if told != (0, 0)},
        lambda p, a: p.trend(a),
    ),
    **{
        f"overview/ranking by={by}": (lambda a, by=by: _ranked(a, by), lambda p, a, by=by: p.ranking(a, by))
        for by in ("city", "agent_id", "store_id", "channel", "category")
    },
    "overview/funnel": (lambda a: [n for _, n in _rows(a, "overview/funnel", "step", "visitors")], lambda p, a: p.funnel(a)),
    "dwell/heatmap": (lambda a: _heat(a, "category"), lambda p, a: p.heatmap(a, "category")),
    "dwell/heatmap group=product": (lambda a: _heat(a, "product"), lambda p, a: p.heatmap(a, "product")),
    "dwell/coverage": (lambda a: _table(a, "dwell/coverage", "channel", "views known_views measured"), lambda p, a: p.coverage(a)),
    **{
        f"dwell/cross by={by}": (
            lambda a, by=by: _table(a, "dwell/cross", "row column", "views known_views median_dwell_s linger_rate", by=by),
            lambda p, a, by=by: p.cross(a, by),
        )
        for by in ("channel", "city", "store", "agent")
    },
    "dwell/products": (
        lambda a: _table(a, "dwell/products", "product_id", "views known_views median_dwell_s linger_rate"), lambda p, a: p.products(a),
    ),
    "purchases/frequency": (lambda a: _table(a, "purchases/frequency", "orders", "customers"), lambda p, a: p.frequency(a)),
    "purchases/gaps": (lambda a: _table(a, "purchases/gaps", "gap_days", "gaps"), lambda p, a: p.gaps(a)),
    "purchases/rfm": (
        lambda a: {k: (n, m or 0) for k, (n, m) in _table(a, "purchases/rfm", "r f m segment", "customers net_minor").items()},
        lambda p, a: p.rfm(a),
    ),
    "purchases/cohorts": (lambda a: _table(a, "purchases/cohorts", "cohort month", "customers active"), lambda p, a: p.cohorts(a)),
    "purchases/second": (lambda a: _table(a, "purchases/second", "day", "at_risk events censored"), lambda p, a: p.second(a)),
    "purchases/concentration": (
        lambda a: [round(one, 9) for row in _rows(a, "purchases/concentration", "top_fifth_share", "gini") for one in row],
        lambda p, a: _concentration(p.nets(a)),
    ),
    "catchment/sales": (lambda a: _table(a, "catchment/sales", "cell", "customers net_minor"), lambda p, a: p.sales_by_cell(a)),
    "catchment/customers": (lambda a: _table(a, "catchment/customers", "cell", "customers"), lambda p, a: p.customers_by_cell(a)),
    "products/summary": (lambda a: _product(a, _which(a)), lambda p, a: p.product(a, _which(a))),
    "products/hours": (lambda a: _table(a, "products/hours", "hour_of_week", "orders", product=_which(a)), lambda p, a: p.by_hour(a, _which(a))[0]),
    "products/views": (lambda a: _table(a, "products/views", "hour_of_week", "views", product=_which(a)), lambda p, a: p.by_hour(a, _which(a))[1]),
}  # fmt: skip
_OTHERS_HIDDEN: Final = {
    "catchment/customers",
    *(f"overview/ranking by={by}" for by in ("city", "agent_id", "store_id")),
    *(f"dwell/cross by={by}" for by in ("city", "store", "agent")),
}
"""What an agent reads with other names, or of the customers who are theirs now alone."""


def _concentration(nets: list[int]) -> list[float]:
    """Share of the best fifth (one across the edge in part) and Gini as the mean difference of all pairs."""
    total, n = sum(nets), len(nets)
    if total <= 0:
        return []
    whole, part = divmod(n * 2, 10)
    best = nets[::-1]
    top = sum(best[:whole]) + (best[whole] * part / 10 if part else 0)
    apart = sum(2 * (place + 1) * net for place, net in enumerate(nets)) - (n + 1) * total
    return [round(top / total, 9), round(apart / (n * total), 9)]
