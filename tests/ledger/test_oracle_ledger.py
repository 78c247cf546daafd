"""The whole ledger against the plain reading of the specification in ``oracle.py``.

Small businesses live through several imports: orders and refunds that come late, orders that change, customers whose
place becomes known later, rules that change between months. After each import everybody is bound, everything is shared
and some months are settled.
"""

import dataclasses
import datetime as dt
import os

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import store
from ledger.accrue import accrue
from ledger.bind import bind
from ledger.rules import rules, save_rules
from ledger.settle import settle
from ledger.verify import verify
from records import database
from schema.scope import LOCAL_OWNER
from schema.sharing import BindingPolicy, standard_rules
from tests.ledger import oracle
from tests.ledger.world import ZONE
from tests.warehouse import typed
from warehouse.api import open_snapshot

PLACES = ((31.20, 121.40), (31.2003, 121.4003), (31.26, 121.47), (31.21, 121.41))
START = dt.datetime(2023, 12, 1, tzinfo=ZONE)
MONTHS = ("2023-11", "2023-12", "2024-01", "2024-02", "2024-03", "2024-04")
IMPORTS = 3
CURRENCIES = ("CNY", "HKD", "JPY", "EUR", "KWD")
CHANGED = {
    "R1": {"pool_bps": 3_000, "weights": (("store", 3_334), ("agent", 3_333), ("guide", 3_333), ("upline", 0))},
    "R2": {"pool_bps": 1},
    "R3": {"pool_bps": 0},
    "R5": {"pool_bps": 777},
}

_hours = st.one_of(st.sampled_from([0, 31 * 24, 62 * 24, 91 * 24]), st.integers(0, 150 * 24))
_when = st.tuples(_hours, st.sampled_from([-1, 0, 1_800])).map(lambda t: START + dt.timedelta(hours=t[0], seconds=t[1]))
_place = st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda p: (31.2 + p[0] * 0.02, 121.4 + p[1] * 0.02))
_who = st.integers(1, 6)
_late = st.integers(0, IMPORTS - 1)
_shop = st.sampled_from(["S1", "S2", "S3", "S4"])
_minor = st.one_of(st.sampled_from([1, 2, 128_499]), st.integers(0, 500_000))


@st.composite
def _orders(draw, number):
    channel = draw(st.sampled_from(["app", "app", "pos"]))
    paid = draw(_when)
    return {
        "id": f"O{number}", "source": draw(st.sampled_from(["main", "main", "other"])), "batch": draw(_late),
        "who": draw(st.one_of(st.none(), _who, _who, _who)), "paid": paid, "channel": channel,
        "shop": draw(_shop) if channel == "pos" else None, "hands": draw(st.one_of(st.none(), _shop)),
        "guide": draw(st.sampled_from([None, None, "G1", "G2"])), "currency": draw(st.sampled_from(CURRENCIES)),
        "status": draw(st.sampled_from(["paid", "paid", "paid", "cancelled"])),
        "done": draw(st.sampled_from([None, 0, 3, 40])),
        "lines": [{"line": f"L{n}", "product": f"P{n}", "net": draw(_minor)} for n in range(draw(st.integers(1, 2)))],
        "refunds": [
            {"id": f"X{number}-{n}", "batch": draw(_late), "line": draw(st.sampled_from([None, "L0", "L1"])),
             "at": paid + dt.timedelta(hours=draw(st.integers(-48, 24 * 90))), "goods": draw(_minor)}
            for n in range(draw(st.integers(0, 2)))
        ],
        "again": draw(st.one_of(st.none(), st.fixed_dictionaries({}, optional={
            "paid": _when, "who": _who, "status": st.sampled_from(["paid", "cancelled"]), "hands": _shop,
            "lines": _minor.map(lambda net: [{"line": f"L{n}", "product": f"P{n}", "net": net + n} for n in (0, 1)]),
        }))),
    }  # fmt: skip


@st.composite
def _learnt(draw, who):
    """A rough place with registration, and perhaps an exact one days later, which may become known much later."""
    rough = {"id": f"F{who}", "who": who, "days": 0, "place": draw(_place), "src": "fuzzy", "batch": 0}
    days = draw(st.sampled_from([None, 5, 29, 31]))
    exact = {"id": f"G{who}", "days": days, "place": draw(_place), "src": "gps", "batch": draw(_late)}
    return draw(st.sampled_from([[], [rough], [rough, rough | exact], [rough | exact]])) if days else [rough]


@st.composite
def _worlds(draw):
    people = [
        {"who": who, "registered": START + dt.timedelta(days=draw(st.integers(-400, 60))),
         "home": draw(st.one_of(st.none(), _place))} for who in range(1, 7)
    ]  # fmt: skip
    count = draw(st.integers(1, 12))
    return {
        "people": people,
        "fixes": [fix for person in people if not person["home"] for fix in draw(_learnt(person["who"]))],
        "scans": [
            {"id": f"E{n}", "who": draw(_who), "at": draw(_when), "store": draw(_shop), "batch": draw(_late),
             "guide": draw(st.sampled_from([None, "G1"]))} for n in range(draw(st.integers(0, 4)))
        ],
        "closed": draw(st.one_of(st.none(), st.dates(dt.date(2023, 12, 5), dt.date(2024, 4, 20)))),
        "orders": [draw(_orders(number)) for number in range(count)],
        "settled": [draw(st.sampled_from([None] * 6 + [*MONTHS])) for _ in range(IMPORTS)],
        "changes": [draw(st.sampled_from([None, *CHANGED])) for _ in range(IMPORTS)],
    }  # fmt: skip


# The world as it is imported


def _import(world, batch):
    orders = _stated(world, batch)
    tables = {
        "customers": [
            typed.customer(f"C{p['who']}", registered_at=p["registered"].astimezone(dt.UTC),
                           home_lat=p["home"] and p["home"][0], home_lng=p["home"] and p["home"][1],
                           home_src=p["home"] and "address", home_precision_m=p["home"] and 30.0)
            for p in world["people"]
        ] if batch == 0 else [],
        "location_fixes": [
            typed.fix(f["id"], *f["place"], customer=f"C{f['who']}", src=f["src"], accuracy_m=50.0)
            | {"fixed_at": _fixed(world, f).astimezone(dt.UTC)} for f in world["fixes"] if f["batch"] == batch
        ],
        "events": [
            typed.event(s["id"], kind="scan", product=None, anon=None, customer=f"C{s['who']}", store_id=s["store"],
                        guide_id=s["guide"])
            | {"occurred_at": s["at"].astimezone(dt.UTC), "local_on": s["at"].date()}
            for s in world["scans"] if s["batch"] == batch
        ],
        "refunds": [
            typed.refund(r["id"], o["id"], goods=r["goods"])
            | {"source": o["source"], "refunded_at": r["at"].astimezone(dt.UTC), "local_on": r["at"].date(),
               "line_id": r["line"], "product_id": None, "currency": o["currency"]}
            for o in world["orders"] for r in o["refunds"] if r["batch"] == batch
        ],
    }  # fmt: skip
    sources = [typed.table(name, *[row | {"_row": n + 1} for n, row in enumerate(rows)], file=f"{name}{batch}.csv")
               for name, rows in tables.items() if rows]  # fmt: skip
    if batch == 0:
        sources += _premises(world)
    if orders:
        sources.append(_bill(orders, batch))
    if sources:
        typed.take(*sources)


def _premises(world):
    agents = ("A1", "A1", "A2", None)
    stores = [
        typed.store(f"S{n + 1}", *place, agent_id=agents[n], closed_on=world["closed"] if n == 0 else None, row=n + 1)
        for n, place in enumerate(PLACES)
    ]
    guides = [{"guide_id": one, "store_id": shop, "_row": 1, "_minor": 0} for one, shop in (("G1", "S1"), ("G2", "S3"))]
    products = [
        {"product_id": f"P{n}", "category": c, "_row": n + 1, "_minor": 0} for n, c in enumerate(("coat", "scarf"))
    ]
    agents = [{"agent_id": one, "name": one, "_row": 1, "_minor": 0} for one in ("A1", "A2")]
    named = {"stores": stores, "guides": guides, "products": products, "agents": agents}
    return [typed.table(name, *rows) for name, rows in named.items()]


def _bill(orders, batch):
    headers, lines = [], []
    for one in orders:
        net = sum(line["net"] for line in one["lines"])
        done = None if one["done"] is None else (one["paid"] + dt.timedelta(days=one["done"])).astimezone(dt.UTC)
        paid = one["paid"].astimezone(dt.UTC)
        headers.append(
            typed.order(one["id"], customer=one["who"] and f"C{one['who']}", net=net, channel=one["channel"])
            | {"source": one["source"], "currency": one["currency"], "status": one["status"], "placed_at": paid,
               "paid_at": paid, "local_on": one["paid"].date(), "completed_at": done, "selling_store_id": one["shop"],
               "fulfil_store_id": one["hands"], "guide_id": one["guide"]}
        )  # fmt: skip
        lines += [
            typed.line(one["id"], line["line"], product=line["product"], net=line["net"], row=len(lines) + 1 + n)
            | {"source": one["source"]} for n, line in enumerate(one["lines"])
        ]  # fmt: skip
    return typed.Source(f"orders{batch}.csv", "order_lines",
                        {"orders": typed.frame(headers), "order_lines": typed.frame(lines)})  # fmt: skip


def _stated(world, batch):
    """The orders that an import tells: new ones, and those that changed since."""
    new = [o for o in world["orders"] if o["batch"] == batch]
    return new + [o | o["again"] for o in world["orders"] if o["again"] and o["batch"] + 1 == batch]


def _fixed(world, fix):
    person = world["people"][fix["who"] - 1]
    return person["registered"] + dt.timedelta(days=fix["days"], seconds=90)


# The world as the oracle sees it


def _bound(world, batch, until):
    agents = ("A1", "A1", "A2", None)
    closed = world["closed"] and dt.datetime.combine(world["closed"], dt.time(), ZONE)
    seen = [o for o in _known_orders(world, batch).values() if o["status"] != "cancelled" and o["who"]]
    plain = {
        "until": until,
        "stores": [{"id": f"S{n + 1}", "at": place, "opened": None, "closed": closed if n == 0 else None,
                    "agent": agents[n], "accepts": True} for n, place in enumerate(PLACES)],
        "people": [p | {"precision": 30.0} for p in world["people"]],
        "fixes": [f | {"at": _fixed(world, f), "accuracy": 50.0} for f in world["fixes"] if f["batch"] <= batch],
        "claims": [s | {"method": "guide" if s["guide"] else "scan"} for s in world["scans"] if s["batch"] <= batch],
        "orders": [{"who": o["who"], "at": o["paid"], "shop": o["shop"]} for o in seen],
    }  # fmt: skip
    return oracle.histories(plain, BindingPolicy())[0]


def _known_orders(world, batch):
    return {o["id"]: o for each in range(batch + 1) for o in _stated(world, each)}


@dataclasses.dataclass
class Books:
    """What the oracle keeps between imports: what each order was first posted as, and what is settled."""

    world: dict
    now: dt.datetime
    posted: dict = dataclasses.field(default_factory=dict)  # order → [month, parts, bases, lines]
    settled: str = ""
    known_then: dict = dataclasses.field(default_factory=dict)  # month → spells as the month was settled

    def share(self, batch, book):
        self.spells = _bound(self.world, batch, self.now)
        for name, one in _known_orders(self.world, batch).items():
            kept = self.posted.get(name)
            if one["status"] == "cancelled":
                if kept:
                    kept |= {"parts": {}}
            elif kept and kept["month"] <= self.settled and kept["settled"]:
                kept |= _standing(kept, one, book)
            else:
                self.post(name, one, kept, book)

    def post(self, name, one, kept, book):
        """By today's facts; in a settled month only what would have had a share when it was settled."""
        month = one["paid"].strftime("%Y-%m") if kept is None else kept["filed"]
        parts, bases, lines = _outcome(one, self.spells, book)
        fresh = kept is None or kept["month"] <= self.settled
        if fresh and month <= self.settled and not _outcome(one, self.known_then[month], book)[0]:
            return
        if kept or parts:
            first = kept["month"] if kept else max(month, _after(self.settled))
            self.posted[name] = {"month": first, "filed": month, "settled": {}, "parts": parts, "bases": bases,
                                 "lines": lines, "spell": _spell(one, self.spells)}  # fmt: skip

    def close(self, month):
        for one in MONTHS:
            if self.settled < one <= month:
                self.known_then[one] = self.spells
        self.settled = max(self.settled, month)
        for kept in self.posted.values():
            if kept["month"] <= self.settled:
                kept["settled"] = {"parts": kept["parts"], "bases": kept["bases"]} if kept["parts"] else {}

    def balances(self, batch):
        orders, sums = _known_orders(self.world, batch), {}
        for name, kept in self.posted.items():
            back = [r for r in orders[name]["refunds"] if r["batch"] <= batch]
            for who, left in oracle.kept(kept["parts"], kept["bases"], kept["lines"], back).items():
                key = (*who[2:], orders[name]["currency"])
                sums[key] = sums.get(key, 0) + left
        return {key: minor for key, minor in sums.items() if minor}


def _after(month):
    if not month:
        return ""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"


def _standing(kept, one, book):
    """A settled order: its parts stand; what comes back is a part of the goods it has now."""
    told = kept["settled"]
    pools = {name: told["bases"][name] for name in sorted({who[0] for who in told["parts"]})}
    _, bases, lines = _outcome_under(one, kept["spell"], book)
    if all(bases.get(name) == base for name, base in pools.items()):
        return {"parts": told["parts"], "bases": bases, "lines": lines}
    goods, whole, end, bases = sum(line["net"] for line in one["lines"]), sum(pools.values()), 0, {}
    for name, base in pools.items():
        bases[name] = (end + base) * min(goods, whole) // whole - end * min(goods, whole) // whole
        end += base
    return {"parts": told["parts"], "bases": bases | {None: goods - min(goods, whole)}, "lines": []}


def _outcome(one, spells, book):
    return _outcome_under(one, _spell(one, spells), book)


def _spell(one, spells):
    return oracle.owner_at(spells, one["who"], one["paid"]) or {"owner": None, "guide": None}


def _outcome_under(one, spell, book):
    agent = {"S1": "A1", "S2": "A1", "S3": "A2"}.get(spell["owner"])
    receivers = {"store": spell["owner"], "fulfiller": one["hands"], "seller": one["shop"], "agent": agent,
                 "guide": one["guide"] or (spell["guide"] if spell["owner"] else None), "fund": "HQ"}  # fmt: skip
    header = {"who": one["who"], "shop": one["shop"], "hands": one["hands"], "channel": one["channel"],
              "online": one["channel"] != "pos", "day": one["paid"].date()}  # fmt: skip
    lines = [line | {"category": {"P0": "coat", "P1": "scarf"}[line["product"]]} for line in one["lines"]]
    return *oracle.shared(book, header, lines, receivers), lines


# Held against each other


def _paid_out():
    """Balances that the ledger holds, payouts left out."""
    sums = {}
    for row in store.entries("real").iter_rows(named=True):
        if row["kind"] != "payout":
            key = (row["receiver_kind"], row["receiver_id"], row["currency"])
            sums[key] = sums.get(key, 0) + row["amount_minor"]
    return {key: minor for key, minor in sums.items() if minor}


def _check_statements(settled):
    """T14 once more from the entries, and the payouts from the statements."""
    entries = store.entries("real").to_dicts()
    told = {
        (s["month"], s["receiver_kind"], s["receiver_id"], s["currency"]): s
        for s in store.statements("real").to_dicts()
    }
    accounts = {(e["receiver_kind"], e["receiver_id"], e["currency"]) for e in entries}
    months = sorted({month for month, *_ in told})
    assert (months[-1] if months else "") == settled
    for account in accounts:
        opening = payable = 0
        for month in months:
            mine = [
                e
                for e in entries
                if (e["receiver_kind"], e["receiver_id"], e["currency"]) == account and e["month"] == month
            ]
            one = told.get((month, *account))
            closing = opening + sum(e["amount_minor"] for e in mine)
            assert sum(e["amount_minor"] for e in mine if e["kind"] == "payout") == -payable
            if one is None:
                assert not mine
                assert not opening
                continue
            assert (one["opening_minor"], one["closing_minor"], one["entries"]) == (opening, closing, len(mine))
            assert one["payable_minor"] == max(0, closing - one["held_minor"])
            opening, payable = closing, one["payable_minor"]


def _live(world, home):
    os.environ["CATCHLIGHT_HOME"] = str(home)
    now = dt.datetime.now(dt.UTC)
    books = Books(world, now)
    try:
        for batch in range(IMPORTS):
            _import(world, batch)
            _rule_change(world["changes"][batch] if batch else None, books.settled)
            bind("real", publish=False)
            accrue("real")
            books.share(batch, rules("real"))
            assert _paid_out() == books.balances(batch)
            _settle(world["settled"][batch], books)
        _check_statements(books.settled)
        assert accrue("real").entries == {}
        assert bind("real", publish=False).new_rows == 0
        report = verify("real")
        assert (report.problems, report.ok) == ((), True)
    finally:
        database.dispose("real")


def _rule_change(which, settled):
    book = standard_rules(dt.date(2020, 1, 1)) if not rules("real") else None
    if book is not None:
        save_rules("real", book, by=LOCAL_OWNER)
        return
    if which is None:
        return
    since = dt.date.fromisoformat(f"{max(_after(settled), '2024-02')}-01")
    newest = {rule.rule_id: rule for rule in sorted(rules("real"), key=lambda r: r.version)}
    if newest[which].effective_from < since:
        changed = dataclasses.replace(newest[which], effective_from=since, **CHANGED[which])
        save_rules("real", [*(r for r in newest.values() if r.rule_id != which), changed], by=LOCAL_OWNER)


def _settle(month, books):
    first = open_snapshot("real")
    paid = [] if first is None else sorted(o for o in (e["month"] for e in store.entries("real").to_dicts()))
    if month and paid and month >= paid[0]:
        settle("real", month, LOCAL_OWNER)
        books.close(month)


@settings(max_examples=4, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), print_blob=True)
@given(_worlds())
def test_the_books_are_what_a_plain_reading_of_the_rules_says(tmp_path_factory, monkeypatch_module, world):
    _live(world, tmp_path_factory.mktemp("world"))


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), print_blob=True)
@given(_worlds())
def test_the_books_of_three_hundred_businesses_are_what_a_plain_reading_says(
    tmp_path_factory, monkeypatch_module, world
):
    _live(world, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        patch.setenv("CATCHLIGHT_HOME", os.environ.get("CATCHLIGHT_HOME", ""))
        patch.setenv("CATCHLIGHT_KEEP_FIXES_DAYS", "-1")  # a plain reading of the rules knows exact positions alone
        yield patch
