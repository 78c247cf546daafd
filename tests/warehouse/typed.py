"""Small loaded sources typed by hand."""

import datetime as dt
import shutil
from dataclasses import dataclass, field

import polars as pl

from schema.mapping import Mapping
from schema.marts import MARTS
from schema.scope import LOCAL_OWNER
from warehouse.behaviour import BEHAVIOUR
from warehouse.frames import load_marts
from warehouse.importing import Options, import_tables
from warehouse.mart_contract import empty_mart
from warehouse.sales import SALES
from warehouse.snapshots import open_snapshot


@dataclass
class Source:
    """A loaded source typed by hand: what a loader would give."""

    source: str
    shape: str
    tables: dict
    quarantine: pl.DataFrame = field(default_factory=pl.DataFrame)
    duplicate: int = 0
    duplicate_minor: int = 0
    codes: dict = field(default_factory=dict)
    currency: str = "CNY"
    encoding: str = "utf-8"
    mapping: Mapping | None = None
    notes: tuple = ()
    rows_in: int = 0
    rows_in_minor: int = 0

    def __post_init__(self):
        self.mapping = self.mapping or Mapping(self.shape, zone="Asia/Shanghai", currency="CNY")
        counted = [f.filter(pl.col("_row").is_not_null()) for f in self.tables.values()]
        self.rows_in = sum(f.height for f in counted) + self.quarantine.height + self.duplicate
        self.rows_in_minor = sum(f["_minor"].sum() for f in counted) + self.duplicate_minor
        if "_minor" in self.quarantine.columns:
            self.rows_in_minor += self.quarantine["_minor"].sum()


UTC = pl.Datetime("us", "UTC")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def order(order_id, *, customer="C1", net=100, when="2026-03-02 04:00", row=None, minor=0, **more):
    moment = at(when)
    local = moment + dt.timedelta(hours=8)
    return {
        "source": "main", "order_id": order_id, "customer_id": customer, "channel": "pos", "model": "B2C",
        "currency": "CNY", "local_on": local.date(), "hour_of_week": local.weekday() * 24 + local.hour,
        "placed_at": moment, "paid_at": moment, "status": "paid", "goods_net_minor": net, "shipping_minor": 0,
        "paid_minor": net, "is_test": False, "_row": row, "_minor": minor, **more,
    }  # fmt: skip


def line(order_id, line_id, *, product="P1", net=100, row=1, **more):
    return {
        "source": "main", "order_id": order_id, "line_id": line_id, "product_id": product, "qty": 1.0,
        "gross_minor": net, "discount_minor": 0, "net_minor": net, "_row": row, "_minor": net, **more,
    }  # fmt: skip


def refund(refund_id, order_id, *, goods=100, when="2026-03-10 04:00", row=1, **more):
    moment = at(when)
    return {
        "source": "main", "refund_id": refund_id, "order_id": order_id, "channel": "pos", "currency": "CNY",
        "refunded_at": moment, "local_on": (moment + dt.timedelta(hours=8)).date(), "goods_minor": goods,
        "shipping_minor": 0, "_row": row, "_minor": -goods, **more,
    }  # fmt: skip


def event(event_id, *, when="2026-03-01 12:00:00", kind="view", product="P1", anon="A1", customer=None, row=1, **more):
    moment = at(when)
    local = moment + dt.timedelta(hours=8)
    return {
        "event_id": event_id, "occurred_at": moment, "anon_id": anon, "customer_id": customer, "channel": "web",
        "type": kind, "local_on": local.date(), "hour_of_week": local.weekday() * 24 + local.hour,
        "product_id": product, "_row": row, "_minor": 0, **more,
    }  # fmt: skip


def store(store_id, lat, lng, *, row=1, **more):
    return {
        "store_id": store_id, "agent_id": f"A{store_id}", "lat": lat, "lng": lng, "accepts_binding": True,
        "_row": row, "_minor": 0, **more,
    }  # fmt: skip


def customer(customer_id, *, row=1, **more):
    return {"customer_id": customer_id, "is_staff": False, "is_test": False, "_row": row, "_minor": 0, **more}


def fix(fix_id, lat, lng, *, customer="C1", when="2026-03-01 04:00", row=1, src="gps", **more):
    return {
        "fix_id": fix_id, "customer_id": customer, "fixed_at": at(when), "lat": lat, "lng": lng, "src": src,
        "_row": row, "_minor": 0, **more,
    }  # fmt: skip


def table(name, *rows, file=""):
    """A source that describes one table."""
    return Source(file or f"{name}.csv", name, {name: frame(list(rows))})


def take(*sources, **options):
    """Import sources as one batch and check that every row and every minor unit is accounted for."""
    report = import_tables(sources, Options(**options))
    for s in report.sources:
        assert s.rows_in == s.accepted + s.duplicate + s.quarantined
        assert s.rows_in_minor == s.accepted_minor + s.duplicate_minor + s.quarantined_minor
    return report


def marts():
    return load_marts(open_snapshot("real"), LOCAL_OWNER)


_TEXT = ("customer_id", "store_id", "product_id", "selling_store_id", "order_id", "size", "city", "agent_id", "anon_id",
         "context_store_id", "home_src")  # fmt: skip


def frame(rows):
    table = pl.DataFrame(rows, infer_schema_length=None)
    fixes = [pl.col(c).cast(pl.String) for c in _TEXT if c in table.columns]
    fixes += [pl.col(c).cast(pl.Int64) for c in ("_row", "_minor") if c in table.columns]
    fixes += [pl.col(c).cast(UTC) for c, t in table.schema.items() if isinstance(t, pl.Datetime)]
    return table.with_columns(fixes)


def orders_file(name, *rows):
    """An order-lines export: each row is a line, headers are derived."""
    lines = [r | {"_row": i + 1} for i, r in enumerate(rows)]
    headers = {}
    for r in lines:
        header = headers.setdefault(r["order_id"], order(r["order_id"], net=0, **r.get("header", {})))
        header["goods_net_minor"] += r["net_minor"]
        header["paid_minor"] += r["net_minor"]
    plain = [{k: v for k, v in r.items() if k != "header"} for r in lines]
    return Source(name, "order_lines", {"orders": frame(list(headers.values())), "order_lines": frame(plain)})


def in_one_file_each(folder):
    """The marts of a snapshot as formats before the fourth had them."""
    for name in (*BEHAVIOUR, *SALES):
        files = sorted((folder / name).glob("*.parquet"))
        rows = pl.concat([pl.read_parquet(file) for file in files]) if files else empty_mart(name)
        rows.write_parquet(folder / f"{name}.parquet")
        shutil.rmtree(folder / name)


def spell_of(key, store_id, since):
    """``Bindings``: one customer owned by one store since an instant."""
    row = {
        "binding_id": f"B{key}", "customer_key": key, "store_id": store_id, "agent_id": f"A{store_id}",
        "status": "exact", "method": "geo", "cause": "registered", "tie_break": "", "registered_at": at(since),
        "bound_at": at(since), "valid_from": at(since), "policy_version": 1, "recorded_at": at(since),
    }  # fmt: skip
    return pl.DataFrame([row], schema_overrides={"customer_key": pl.Int64}).select(
        (pl.col(c) if c in row else pl.lit(None)).cast(rule.dtype).alias(c)
        for c, rule in MARTS["bindings"].columns().items()
    )
