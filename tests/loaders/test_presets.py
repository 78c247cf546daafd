"""Exports of well-known systems are recognised and understood through their preset files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from loaders.load import Defaults, Loaded, load_file
from loaders.presets import preset_names
from schema.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Defaults("Europe/Berlin", "EUR")


def load(folder: Path, name: str, text: str, preset: str = "") -> Loaded:
    path = folder / name
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")
    (loaded,) = load_file(path, defaults=KNOWN, preset=preset)
    return loaded


def test_every_system_has_a_preset() -> None:
    assert preset_names() == (
        "generic", "ga4_events", "matomo_visits", "posthog_events", "shopify_orders", "woocommerce_orders", "youzan_orders",
    )  # fmt: skip


def test_an_unknown_preset_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^preset: 'magento' is not known; presets are generic, ga4_events, matomo_visits"
    ):
        load(tmp_path, "a.csv", "a,b\n1,2", preset="magento")


def test_shopify_orders_with_discount_shipping_and_refund(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "orders_export.csv",
        """Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Source,Shipping City
        #1001,a@example.com,partially_refunded,2026-01-02 10:01:00 +0100,EUR,90.00,5.00,95.00,10.00,2026-01-02 10:00:00 +0100,1,Coat,60.00,WC-07,20.00,web,Bonn
        #1001,a@example.com,,,,,,,,2026-01-02 10:00:00 +0100,2,Hat,20.00,HT-01,,,
        #1002,b@example.com,pending,,EUR,20.00,0.00,20.00,0.00,2026-01-03 10:00:00 +0100,1,Hat,20.00,HT-01,0.00,pos,""",
    )
    assert (loaded.mapping.preset, loaded.shape, loaded.codes) == ("shopify_orders", "order_lines", {})
    first, second = loaded.tables["orders"].rows(named=True)
    assert (first["goods_net_minor"], first["shipping_minor"], first["paid_minor"], first["status"]) == (
        9000,
        500,
        9500,
        "paid",
    )
    assert first["paid_at"] == datetime(2026, 1, 2, 9, 1, tzinfo=UTC)
    assert (second["status"], second["paid_at"], second["channel"]) == ("placed", None, "pos")
    assert loaded.tables["order_lines"]["net_minor"].to_list() == [5400, 3600, 2000]
    assert loaded.tables["refunds"].select("order_id", "goods_minor").rows() == [("#1001", 2000)]
    assert loaded.tables["products"]["name"].to_list() == ["Coat", "Hat"]


def test_woocommerce_orders_with_their_states(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "woo.csv",
        """order_id,order_date,paid_date,status,customer_id,order_currency,shipping_total,order_total,refunded_total
        11,2026-01-02 10:00:00,2026-01-02 10:05:00,wc-completed,7,EUR,5.00,25.00,0
        12,2026-01-02 11:00:00,,wc-pending,8,EUR,0,20.00,0
        13,2026-01-02 12:00:00,2026-01-02 12:01:00,wc-refunded,9,EUR,0,30.00,30.00""",
    )
    orders = loaded.tables["orders"]
    assert (loaded.mapping.preset, orders["status"].to_list()) == (
        "woocommerce_orders",
        ["completed", "placed", "refunded"],
    )
    assert orders["goods_net_minor"].to_list() == [2000, 2000, 3000]
    assert loaded.tables["refunds"].select("order_id", "goods_minor").rows() == [("13", 3000)]


def test_youzan_orders_with_chinese_headers(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "youzan.csv",
        """订单号,订单状态,买家手机号,订单创建时间,买家付款时间,商品名称,商品编码,商品数量,商品单价,商品实际成交金额,运费,归属店铺,订单来源
        E2026,交易完成,138x,2026-11-15 20:03:00,2026-11-15 20:04:00,羊毛大衣,WC-07,1,1299.00,1199.00,0.00,S01,微信小程序
        E2027,待付款,139x,2026-11-15 21:03:00,,羊毛大衣,WC-07,1,1299.00,1299.00,0.00,S01,直播""",
    )
    orders = loaded.tables["orders"]
    assert (loaded.mapping.preset, loaded.currency) == ("youzan_orders", "CNY")
    assert orders.select("status", "channel", "goods_net_minor", "selling_store_id").rows() == [
        ("completed", "wechat_mini", 119_900, "S01"),
        ("placed", "live", 129_900, "S01"),
    ]
    assert orders["paid_at"].to_list() == [datetime(2026, 11, 15, 12, 4, tzinfo=UTC), None]
    assert loaded.tables["order_lines"]["discount_minor"].to_list() == [10_000, 0]


def test_ga4_events_in_microseconds(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "ga4.csv",
        """event_date,event_timestamp,event_name,user_pseudo_id,user_id,ga_session_id,item_id,engagement_time_msec,platform
        20261115,1794744184000000,view_item,v.1,,11,WC-07,4200,WEB
        20261115,1794744190000000,add_to_cart,v.1,,11,WC-07,,WEB""",
    )
    rows = loaded.tables["events"].select("type", "anon_id", "product_id", "fg_ms", "channel").rows()
    assert loaded.mapping.preset == "ga4_events"
    assert rows == [("view", "v.1", "WC-07", 4200, "web"), ("cart", "v.1", "WC-07", None, "web")]
    assert loaded.tables["events"]["occurred_at"][0] == datetime(2026, 11, 15, 12, 3, 4, tzinfo=UTC)


MATOMO = [
    {
        "idVisit": 1,
        "visitorId": "ab12",
        "userId": None,
        "actionDetails": [
            {"type": "action", "timestamp": 1763179384, "timeSpent": "45", "pageviewPosition": "1", "productViewSku": "P1",
             "idlink_va": "1"},
            {"type": "action", "timestamp": 1763179429, "timeSpent": "12", "pageviewPosition": "2", "productViewSku": "P2",
             "idlink_va": "2"},
        ],
    },
    {"idVisit": 2, "visitorId": "cd34", "userId": "u7", "actionDetails": [
        {"type": "action", "timestamp": 1763179500, "pageviewPosition": "1", "idlink_va": "3"}]},
]  # fmt: skip


def test_matomo_visits_become_one_event_an_action(tmp_path: Path) -> None:
    loaded = load(tmp_path, "matomo.json", json.dumps(MATOMO))
    rows = loaded.tables["events"].select("anon_id", "customer_id", "type", "product_id", "fg_ms", "session_id").rows()
    assert (loaded.mapping.preset, loaded.rows_in) == ("matomo_visits", 3)
    assert rows == [
        ("ab12", None, "view", "P1", 45_000, "1"),
        ("ab12", None, "view", "P2", 12_000, "1"),
        ("cd34", "u7", "view", None, None, "2"),
    ]


def test_matomo_visits_as_flat_csv(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        "matomo.csv",
        """idVisit,visitorId,actionDetails_0_type,actionDetails_0_timestamp,actionDetails_0_timeSpent,actionDetails_1_type,actionDetails_1_timestamp,actionDetails_1_timeSpent
        1,ab12,action,1763179384,45,action,1763179429,12
        2,cd34,action,1763179500,,,,""",
    )
    assert loaded.tables["events"].select("anon_id", "fg_ms").rows() == [
        ("ab12", 45_000),
        ("ab12", 12_000),
        ("cd34", None),
    ]


def test_posthog_events_with_properties_as_json_text(tmp_path: Path) -> None:
    path = tmp_path / "posthog.csv"
    path.write_text(
        "uuid,event,distinct_id,timestamp,properties\n"
        'e1,$pageview,d1,2026-01-02T10:00:00Z,"{""product_id"": ""P1"", ""$session_id"": ""s1""}"\n'
        "e2,$pageleave,d1,2026-01-02T10:00:30Z,{}\n",
        encoding="utf-8",
    )
    (loaded,) = load_file(path, defaults=KNOWN)
    rows = loaded.tables["events"].select("event_id", "type", "product_id", "session_id").rows()
    assert (loaded.mapping.preset, rows) == (
        "posthog_events",
        [("e1", "view", "P1", "s1"), ("e2", "leave", None, None)],
    )


def test_posthog_events_as_json(tmp_path: Path) -> None:
    event = {"uuid": "e1", "event": "$pageview", "distinct_id": "d1", "timestamp": "2026-01-02T10:00:00Z",
             "properties": {"product_id": "P1"}}  # fmt: skip
    loaded = load(tmp_path, "posthog.json", json.dumps([event]))
    assert loaded.tables["events"].select("type", "product_id").rows() == [("view", "P1")]


def test_the_generic_preset_looks_at_headers_alone(tmp_path: Path) -> None:
    text = "uuid,event,distinct_id,timestamp\ne1,$pageview,d1,2026-01-02T10:00:00Z"
    assert load(tmp_path, "log.csv", text, preset="generic").mapping.preset == ""
