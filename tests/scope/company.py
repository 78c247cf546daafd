"""Three agents and head office with stores of their own, every secret of whom is unmistakable.

What is Amber's may be read by agent ``AG-1``. Whatever belongs to the others carries a word of theirs, or an amount that
occurs nowhere else. Two such companies that differ in nothing but the others' secrets look alike to ``AG-1``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from ledger import api as ledger
from ledger.disputes import open_dispute
from ledger.store import binding_log
from records import audiences, campaigns
from records.audiences import Audience
from records.campaigns import Campaign
from schema.scope import LOCAL_OWNER, Scope
from schema.sharing import Rule, standard_rules
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
AMBER = Scope("agent", "wang", "AG-1")
BORROWED = Scope("agent", "local", "AG-1", is_borrowed=True)
GUEST = Scope("presenter", "guest")
AGENTS_OF_OTHERS = ("AG-2", "AG-3", "Birch Trade", "Cedar Trade")
"""Known to every agent as neighbours, and nowhere else."""

_WHERE = {"Amber": 31.30, "Basalt": 31.34, "Cobalt": 31.38, "Dolomite": 31.26}
_AGENT = {"Amber": "AG-1", "Basalt": "AG-2", "Cobalt": "AG-3", "Dolomite": ""}
_EACH = 12
"""Customers of each store."""


@dataclass(frozen=True)
class Others:
    """The secrets of everybody but Amber.

    Attributes:
        words: what each other side's names hold, by its place in the company.
        amount: an order of theirs in major units, without its cents.
        more: how many more orders they made than in the other company.
        currency: in which they sold once, and nobody else.
    """

    words: tuple[str, str, str] = ("Basalt", "Cobalt", "Dolomite")
    amount: int = 777_001
    more: int = 0
    currency: str = "GBP"

    @property
    def canaries(self) -> tuple[str, ...]:
        """What Amber's agent may read nowhere."""
        return (*self.words, self.currency, f"{self.amount:,}", str(self.amount))

    def named(self, side: str) -> str:
        """The word of a side."""
        return dict(zip(("Basalt", "Cobalt", "Dolomite"), self.words, strict=True)).get(side, side)


FIRST = Others()
SECOND = Others(("Beryl", "Coral", "Diorite"), 888_003, 3, "CHF")


def build(home: Path, others: Others = FIRST) -> None:
    """Import the company into ``home`` (``CATCHLIGHT_HOME``), bind, settle until August, and open disputes."""
    files = {
        "agents.csv": _agents(others),
        "stores.csv": _stores(others),
        "guides.csv": _guides(others),
        "products.csv": "product_id,name,category,list_price\nP1,Coat,Coats,120\nP2,Scarf,Scarves,30\n",
        "territories.csv": _territories(others),
        "customers.csv": _customers(others),
        "events.csv": _events(others),
        "orders.csv": _orders(others),
        "refunds.csv": _refunds(others),
        "availability.csv": _availability(others),
    }
    folder = home / "files"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    report = warehouse.import_files(
        [folder / name for name in files], zone="UTC", currency="EUR", key_seed=7, trusted=True
    )
    assert report.snapshot is not None, report
    assert [run.quarantined for run in report.sources if run.quarantined] == [1], report
    ledger.save_rules("real", _rules(others), by=LOCAL_OWNER, today=dt.date(2026, 1, 1))
    ledger.run("real", by=LOCAL_OWNER, now=NOW)
    ledger.settle("real", "2026-08", by=LOCAL_OWNER, now=NOW)
    ledger.publish("real")
    _disputes(others)
    _audiences(others)
    _campaigns(others)


def key_of(store_id: str, number: int = 0) -> int:
    """The key of a customer bound to a store."""
    log = binding_log("real")
    return int(log.filter(log["store_id"] == store_id)["customer_key"].unique(maintain_order=True)[number])


def _csv(header: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def _each_store() -> list[tuple[str, int]]:
    return [(side, number) for side in _WHERE for number in (1, 2)]


def _agents(others: Others) -> str:
    basalt, cobalt, _ = others.words
    return (
        "agent_id,name,level\nAG-1,Amber House,silver\n"
        f"AG-2,Birch Trade,gold-{basalt}\nAG-3,Cedar Trade,gold-{cobalt}\n"
    )


def _stores(others: Others) -> str:
    rows = [
        (f"{w}-S{n}", f"{w} Shop {n}", _AGENT[side], f"{w}ton", f"{w}shire", _WHERE[side], 120.5 + n / 10, "WGS-84",
         "2020-01-01", 100 * n)
        for side, n in _each_store() for w in [others.named(side)]
    ]  # fmt: skip
    return _csv("store_id,store_name,agent_id,city,district,lat,lng,datum,opened_on,area_m2", rows)


def _guides(others: Others) -> str:
    rows = [(f"{others.named(s)}-G{n}", f"{others.named(s)}-S{n}", "2020-01-01") for s, n in _each_store()]
    return _csv("guide_id,store_id,active_from", rows)


def _territories(others: Others) -> str:
    rows: list[tuple[object, ...]] = [("T-1", "AG-1", "Amber-S1", "radius_m", 6_000, "opening binding", "2020-01-01")]
    for side in ("Basalt", "Cobalt", "Dolomite"):
        w = others.named(side)
        rows.append((f"{w}-T1", _AGENT[side], f"{w}-S1", "radius_m", 6_000, "opening", "2020-01-01"))
    rows.append((f"{others.words[0]}-T2", "AG-2", "", "district", f"{others.words[0]}shire", "opening", "2020-01-01"))
    return _csv("territory_id,agent_id,store_id,kind,value,protects,valid_from", rows)


def _availability(others: Others) -> str:
    rows = [
        ("P1", "M", "Amber-S1", "2026-10-01"),
        ("P1", f"{others.words[0]}-XL", f"{others.words[0]}-S1", "2026-10-01"),
    ]
    return _csv("product_id,size,store_id,from_on", rows)


def _members() -> list[tuple[str, int, int]]:
    return [(side, n, i) for side, n in _each_store() for i in range(_EACH)]


def _customers(others: Others) -> str:
    rows = [
        (f"{others.named(side)}-C{n}{i:02}", f"2026-01-{i + 1:02} 10:{n:02}:00", _WHERE[side] + 0.0007 * i - 0.003,
         120.5 + n / 10 + 0.0005 * i, "WGS-84", "address")
        for side, n, i in _members()
    ]  # fmt: skip
    return _csv("customer_id,registered_at,home_lat,home_lng,datum,home_src", rows)


def _events(others: Others) -> str:
    """Views of each side's members, and scans of members at another side's stores: claims, refused and accepted."""
    b, c, d = others.words
    rows: list[tuple[object, ...]] = []
    for side, n, i in _members():
        w = others.named(side)
        product = "P1" if side == "Amber" or i % 2 else f"{w}-PV"
        at = f"2026-09-{i + 1:02} 1{n}:00:00"
        rows.append((f"{w}-E{n}{i}", at, f"{w}-C{n}{i:02}", "wechat_mini", "view", product, "", "", 40_000 + i))
    rows += [
        ("E-1", "2026-02-10 12:00:00", "Amber-C100", "wechat_mini", "scan", "", f"{b}-S1", f"{b}-G1", ""),
        ("E-2", "2026-06-10 12:00:00", "Amber-C101", "wechat_mini", "scan", "", f"{c}-S1", f"{c}-G1", ""),
        ("E-3", "2026-02-11 12:00:00", f"{b}-C100", "wechat_mini", "scan", "", "Amber-S1", "Amber-G1", ""),
        ("E-4", "2026-06-11 12:00:00", f"{b}-C101", "wechat_mini", "scan", "", "Amber-S1", "Amber-G1", ""),
        ("E-5", "2026-06-12 12:00:00", f"{c}-C100", "wechat_mini", "scan", "", f"{d}-S1", f"{d}-G1", ""),
        ("E-6", "2026-09-20 12:00:00", f"{c}-C102", "wechat_mini", "view", "P2", "Amber-S1", "", 33_000),
        ("E-7", "2026-09-21 12:00:00", "Amber-C103", "wechat_mini", "view", "P2", f"{c}-S2", "", 34_000),
    ]
    return _csv("event_id,occurred_at,customer_id,channel,type,product_id,store_id,guide_id,fg_ms", rows)


ORDER = "order_id,customer_id,order_date,amount,channel,store_id,fulfil_store_id,product_id,guide_id,currency"


def own_orders(others: Others = FIRST) -> list[tuple[object, ...]]:
    """Orders that Amber's agent may read: their members' anywhere, and everybody's at their stores."""
    b, c, d = others.words
    rows: list[tuple[object, ...]] = []
    for n in (1, 2):
        for i in range(_EACH):
            who = f"Amber-C{n}{i:02}"
            rows += [
                row
                for row in (
                    (
                        f"Amber-O{n}{i}a",
                        who,
                        f"2026-0{3 + i % 6}-10 10:00:00",
                        100 + i,
                        "pos",
                        f"Amber-S{n}",
                        "",
                        "P1",
                        "",
                    ),
                    (
                        f"Amber-O{n}{i}b",
                        who,
                        f"2026-{'10' if n == 1 else '07'}-{i + 3:02} 11:00:00",
                        50 + i,
                        "web",
                        "",
                        "",
                        "P2",
                        f"Amber-G{n}",
                    ),
                )
                if row[0] != "Amber-O11b"  # by then they were Cobalt's
            ]
    rows += [
        ("X-1", "Amber-C104", "2026-09-05 10:00:00", 210, "pos", f"{b}-S1", "", "P1", ""),
        ("X-2", "Amber-C105", "2026-10-05 10:00:00", 220, "pos", f"{d}-S1", "", "P1", ""),
        ("X-3", "Amber-C106", "2026-10-06 10:00:00", 230, "web", "", f"{c}-S1", "P1", ""),
        ("X-4", f"{b}-C104", "2026-09-07 10:00:00", 240, "pos", "Amber-S1", "", "P1", ""),
        ("X-5", f"{c}-C104", "2026-10-08 10:00:00", 250, "pos", "Amber-S2", "", "P2", ""),
        ("X-6", f"{b}-C105", "2026-10-09 10:00:00", 260, "web", "", "Amber-S1", "P2", ""),
        ("X-7", "Amber-C107", "2026-10-29 10:00:00", 270, "pos", "Amber-S1", "", "P1", ""),
    ]
    return [(*row, "EUR") for row in rows]


def _orders(others: Others) -> str:
    rows = own_orders(others)
    for side, n, i in _members():
        if side == "Amber":
            continue
        w = others.named(side)
        product = "P1" if i % 2 else f"{w}-PX"
        for turn in range(2 + others.more):
            rows += [
                (f"{w}-O{n}{i}{turn}", f"{w}-C{n}{i:02}", f"2026-0{3 + i % 6}-1{turn} 10:00:00", f"{others.amount}.{i:02}",
                 ("pos", "web")[turn % 2], ("", f"{w}-S{n}")[turn % 2 == 0], "", product, f"{w}-G{n}", "EUR"),
            ]  # fmt: skip
    b, c, _ = others.words
    rows += [
        (f"{c}-taken", "Amber-C101", "2026-10-04 11:00:00", 51, "web", "", "", "P2", "", "EUR"),
        (f"{b}-bad", "", "2026-10-01 10:00:00", f"{b}-money", "pos", "", "", "P1", "", "EUR"),
        (f"{c}-far", f"{c}-C200", "2026-10-01 10:00:00", 99, "pos", f"{c}-S2", "", "P1", "", others.currency),
    ]
    return _csv(ORDER, rows)


def _refunds(others: Others) -> str:
    b = others.words[0]
    rows = [
        ("R-1", "Amber-O13a", "2026-10-12 10:00:00", "20.00", "too small"),
        (f"{b}-R1", f"{b}-O130", "2026-10-12 10:00:00", "771.00", f"{b} reason"),
    ]
    return _csv("refund_id,order_id,refunded_at,goods,reason", rows)


def _rules(others: Others) -> tuple[Rule, ...]:
    """The five to start from, one for one other agent, one for both, and one for a level that Amber has not."""
    since = dt.date(2026, 1, 1)
    first = standard_rules(since)
    b, c, _ = others.words
    return (
        *first,
        dataclasses.replace(first[0], rule_id=f"{b}-R", name=f"{b} deal", priority=30, agents=("AG-2",), pool_bps=1_777),
        dataclasses.replace(first[0], rule_id="R8", name=f"Amber with {b}", priority=12, agents=("AG-1", "AG-2"),
                            pool_bps=1_300),
        dataclasses.replace(first[0], rule_id="R9", name=f"Level of {c}", priority=31, levels=(f"gold-{c}",)),
    )  # fmt: skip


def _disputes(others: Others) -> None:
    b, c, _ = others.words
    basalt, cobalt = Scope("agent", "bo", "AG-2"), Scope("agent", "chen", "AG-3")
    open_dispute("real", basalt, claim="wrong_store", words=f"{b} words.", customer_key=key_of(f"{b}-S2"), at=NOW)
    for turn in range(1 + others.more):
        open_dispute("real", cobalt, claim="territory", words=f"{c} words, {turn}.", at=NOW)
    open_dispute(
        "real", AMBER, claim="wrong_store", words="Ours since January.", customer_key=key_of("Amber-S1"), at=NOW
    )
    open_dispute("real", LOCAL_OWNER, claim="late", words=f"{b} was late.", customer_key=key_of(f"{b}-S1", 4), at=NOW)


def _audiences(others: Others) -> None:
    b, c, _ = others.words
    for turn in range(1 + others.more):
        _kept(LOCAL_OWNER, f"{b} fans {turn}", f"binding:store:{b}-S1")
        _kept(Scope("agent", "chen", "AG-3"), f"{c} fans {turn}", f"binding:store:{c}-S1")
    _kept(AMBER, "Ours", "binding:store:Amber-S1")


def _kept(scope: Scope, name: str, who: str) -> None:
    audiences.keep("real", scope, Audience("", name, (who,), NOW.date(), 1, _EACH))


def _campaigns(others: Others) -> None:
    """One for everybody, some for others alone, and one in which two of Amber's customers were."""
    b, c, _ = others.words
    lists = {f"{b} sale {turn}": ((f"{b}-S1",), (f"{b}-S2",)) for turn in range(1 + others.more)}
    lists["Autumn"] = (("Amber-S1", f"{b}-S1", f"{c}-S1"), ("Amber-S2", f"{b}-S2", f"{c}-S2"))
    for name, sides in lists.items():
        treated, holdout = (pl.Series([key for store in side for key in _keys(store)]) for side in sides)
        _sent(name, treated, holdout)
    few = pl.Series([key_of("Amber-S1", 3), *_keys(f"{b}-S1")])
    _sent(f"{c} preview", few, pl.Series([key_of("Amber-S1", 4), *_keys(f"{c}-S2")]))


def _sent(name: str, treated: pl.Series, holdout: pl.Series) -> None:
    campaigns.plan("real", LOCAL_OWNER, Campaign(name, salt="s"), treated=treated, holdout=holdout)
    campaigns.send("real", LOCAL_OWNER, name, dt.date(2026, 9, 1))


def _keys(store_id: str) -> list[int]:
    """Customers who are bound to a store now; nobody is on two lists of a campaign."""
    return [key_of(store_id, number) for number in range(_EACH - 1)]
