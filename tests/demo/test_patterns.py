"""Every planted pattern is found again by the dashboard's own functions, after the import."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from metrics.cannibalisation import cannibalisation, control_changes
from metrics.cohorts import top_share
from metrics.conversion import conversion_by_product, lingered_not_bought, quadrant
from metrics.dwell import block_index, dwell_by_hour, dwell_by_product, dwell_coverage
from metrics.flows import leakage
from metrics.huff_cities import huff_by_city
from metrics.lift import arms
from metrics.openings import openings
from metrics.overlap import overlap_matrix
from metrics.overview import return_rate, trend
from metrics.purchases import anonymous_share, orders_per_customer
from metrics.survival import median_day, reached_by, time_to_second_order
from metrics.switchers import switchers
from metrics.tiers import store_customers
from records import campaigns
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from schema.tables import OFFLINE_CHANNELS
from warehouse import api as warehouse

if TYPE_CHECKING:
    from schema.marts import Marts

all_addresses()
Truth = dict[str, Any]
AS_OF = dt.date(2026, 11, 15)
YEAR_AGO = dt.date(2025, 11, 15)
QUARTER = dt.date(2026, 8, 16)


def test_p1_the_evening_belongs_to_wool_coats_from_october_to_january(marts: Marts, truth: Truth) -> None:
    evening = block_index(marts.visits, by="category", group="Wool coats", hours=range(20, 23), months=[10, 11, 12, 1])
    by_day = block_index(marts.visits, by="category", group="Wool coats", hours=range(20), months=[10, 11, 12, 1])
    assert evening is not None
    assert by_day is not None
    assert 150 <= evening <= 180
    assert by_day <= 105
    assert evening == pytest.approx(truth["P1"]["measured"]["index"], abs=1)


def test_p1_no_other_category_looks_dead_in_the_evening(marts: Marts) -> None:
    names = marts.goods["category"].drop_nulls().unique().to_list()
    hours = {"hours": range(20, 23), "months": [10, 11, 12, 1]}
    others = [block_index(marts.visits, by="category", group=n, **hours) for n in names if n != "Wool coats"]
    assert len(others) == 7
    assert min(value or 0 for value in others) > 75


def test_the_heatmap_of_thirteen_weeks_is_mostly_filled(marts: Marts) -> None:
    table = dwell_by_hour(marts.visits.filter(pl.col("local_on") >= QUARTER), by="category")
    assert table.filter(pl.col("known_views") >= 30).height / (8 * 168) > 0.64


def test_p2_wc_07_is_looked_at_long_and_bought_rarely(marts: Marts, truth: Truth) -> None:
    recent = marts.visits.filter(pl.col("local_on") >= QUARTER)
    bought = conversion_by_product(recent, marts.lines, as_of=AS_OF)
    products = quadrant(dwell_by_product(recent).join(bought.drop("category"), on="product_id"))
    ours = products.filter(pl.col("product_id") == "WC-07").row(0, named=True)
    assert ours["quadrant"] == "hesitation"
    assert ours["median_dwell_s"] >= 2 * ours["category_median_dwell_s"]
    assert ours["conversion_rate"] <= 0.5 * ours["category_median_conversion_rate"]
    ever = conversion_by_product(marts.visits, marts.lines, as_of=AS_OF).filter(pl.col("product_id") == "WC-07")
    assert ever["conversion_rate"][0] == pytest.approx(truth["P2"]["measured"]["conversion"], abs=0.001)


def test_p2_nineteen_hundred_people_lingered_on_wc_07_in_a_quarter_and_did_not_buy(marts: Marts) -> None:
    table = lingered_not_bought(marts.visits, marts.lines, as_of=AS_OF, days=91)
    assert table["product_id"][0] == "WC-07"
    assert table["people"][0] == pytest.approx(1_900, rel=0.03)


def test_p2_the_missing_sizes_are_known_and_not_sold(marts: Marts) -> None:
    now = marts.stock_outs.filter(pl.col("to_on").is_null())
    assert now.select("product_id", "size").sort("size").rows() == [("WC-07", "M"), ("WC-07", "S")]
    sold = marts.lines.filter(pl.col("product_id") == "WC-07", pl.col("local_on") >= dt.date(2026, 9, 7))
    assert sold.height > 10
    assert not set(sold["size"]) & {"S", "M"}


def test_p3_jiangnan_and_taihu_share_forty_percent_of_their_demand(marts: Marts, truth: Truth) -> None:
    buyers = store_customers(marts.orders, marts.people, by="agent_id", channels=OFFLINE_CHANNELS)
    pairs = overlap_matrix(buyers, marts.places, by="agent_id").filter(pl.col("a") < pl.col("b"))
    first, second = pairs.row(0, named=True), pairs.row(1, named=True)
    assert (first["a"], first["b"]) == ("AG-05", "AG-06")
    assert first["overlap_index"] == pytest.approx(0.40, abs=0.02)
    assert first["overlap_index"] == pytest.approx(truth["P3"]["measured"]["overlap_index"], abs=0.0001)
    assert second["overlap_index"] <= 0.12


def test_p4_tianfu_took_forty_five_percent_of_its_sales_from_its_neighbour(marts: Marts, truth: Truth) -> None:
    cases = openings(marts.places, dt.date(2024, 11, 15), AS_OF)
    row = cannibalisation(marts.orders, cases).row(0, named=True)
    planted, measured = truth["P4"]["planted"], truth["P4"]["measured"]
    assert len(cases) == 1
    assert (row["new_store"], row["store_id"]) == (planted["new_store"], planted["store"])
    assert row["rate"] == pytest.approx(0.45, abs=0.08)
    assert row["rate"] == pytest.approx(measured["rate"], abs=0.001)
    assert row["low"] < row["rate"] < row["high"]
    assert row["expected_minor"] == pytest.approx(measured["expected_minor"], rel=0.001)
    assert row["loss_minor"] > 0
    assert list(cases[0].controls) == truth["P4"]["controls"]


def test_p4_the_controls_together_are_flat_against_the_trend_and_switchers_are_visible(
    marts: Marts, truth: Truth
) -> None:
    cases = openings(marts.places, dt.date(2024, 11, 15), AS_OF)
    controls = control_changes(marts.orders, cases)
    growth = controls.select(pl.col("post_minor").sum() / pl.col("pre_minor").sum()).item()
    assert growth == pytest.approx(truth["P4"]["measured"]["controls_growth"], abs=0.001)
    moved = switchers(marts.orders, cases).row(0, named=True)
    assert moved["shared"] == truth["P4"]["measured"]["switchers"]
    assert 50 <= moved["switchers"] <= moved["shared"]


def test_distance_weighs_as_planted_once_the_mall_is_left_out(marts: Marts) -> None:
    fits = huff_by_city(marts.orders, marts.people, marts.places)
    whole = fits.row(0, named=True)
    assert whole["without"] == "S-018"
    assert whole["beta"] == pytest.approx(2.1, abs=0.05)
    assert whole["alpha"] == pytest.approx(1.0, abs=0.15)
    assert (fits["log_loss"] < fits["baseline_log_loss"]).all()
    assert not fits["is_fallback"].any()
    assert (fits["beta"] - 2.1).abs().max() < 0.2  # type: ignore[operator]


def test_p5_the_beijing_mall_draws_along_its_metro_line(marts: Marts, truth: Truth) -> None:
    stores = leakage(marts.orders, marts.people, marts.places, by="store")
    mall = stores.filter(pl.col("group") == truth["P5"]["planted"]["store"]).row(0, named=True)
    assert mall["inflow"] == pytest.approx(0.32, abs=0.02)
    assert mall["inflow"] == pytest.approx(truth["P5"]["measured"]["mall_inflow"], abs=0.001)
    assert mall["median_inflow_detour_m"] == pytest.approx(3_400, abs=400)
    cities = dict(leakage(marts.orders, marts.people, marts.places, by="city").select("group", "leakage").iter_rows())
    quiet = {name: rate for name, rate in cities.items() if name not in {"Beijing", "Suzhou", "Wuxi"}}
    assert max(quiet.values()) <= 0.15


def test_p7_taihus_four_stores_look_shifted_and_no_others_do(marts: Marts, truth: Truth) -> None:
    suspect = marts.places.filter("is_datum_suspect")
    assert suspect["store_id"].sort().to_list() == truth["P7"]["planted"]["stores"]
    assert suspect["agent_name"].unique().to_list() == ["Taihu"]


def test_p9_live_sales_come_back_far_more_often_than_shop_sales(marts: Marts) -> None:
    mature = marts.orders.filter(pl.col("local_on") < AS_OF - dt.timedelta(days=30))
    rates = {
        channel: return_rate(mature.filter(pl.col("channel") == channel), as_of=AS_OF, days=30)["return_rate"][0]
        for channel in ("pos", "wechat_mini", "live")
    }
    assert rates["pos"] == pytest.approx(0.07, abs=0.005)
    assert rates["wechat_mini"] == pytest.approx(0.28, abs=0.01)
    assert rates["live"] == pytest.approx(0.45, abs=0.03)


def test_p10_one_campaign_is_proven_and_the_small_one_is_not(snapshot: warehouse.Snapshot, truth: Truth) -> None:
    asked = context(
        parse_filters(""), LOCAL_OWNER, snapshot, warehouse.load_marts(snapshot, LOCAL_OWNER), page="audiences"
    )
    answer = ask("audiences/results", asked)
    wool, scarf = answer.table.iter_rows(named=True)
    names = ("treated", "converted", "holdout", "holdout_converted")
    assert (wool["campaign"], *(wool[name] for name in names)) == ("wool-eve", 9_000, 540, 1_000, 40)
    assert (scarf["campaign"], *(scarf[name] for name in names)) == ("scarf-week", 4_500, 270, 500, 20)
    assert (wool["verdict"], scarf["verdict"]) == ("proven", "not proven")
    assert 100 * wool["lift"] == pytest.approx(2.0)
    assert (100 * wool["low"], 100 * wool["high"]) == pytest.approx((0.52, 3.17), abs=0.005)
    assert (100 * scarf["low"], 100 * scarf["high"]) == pytest.approx((-0.20, 3.58), abs=0.005)
    assert wool["incremental"] == pytest.approx(180)
    for row in (wool, scarf):
        measured = truth["P10"]["measured"][row["campaign"]]
        assert [measured[name] for name in names] == [row[name] for name in names]
    (both,) = ask("audiences/overlaps", asked).table.iter_rows(named=True)
    assert both["customers"] == truth["P10"]["measured"]["in_both"] > 1_000
    assert both["shared_days"] == 3


def test_p10_the_holdout_can_be_dealt_again_by_anybody(snapshot: warehouse.Snapshot) -> None:
    ids = warehouse.customer_ids(snapshot, LOCAL_OWNER)
    for one in campaigns.campaigns("demo"):
        for digest, is_holdout in ((one.treated, False), (one.holdout, True)):
            keys = campaigns.members("demo", [digest])[digest]
            dealt = arms(ids.filter(pl.col("customer_key").is_in(keys.implode())), one.salt, one.name, one.holdout_bps)
            assert dealt.height == keys.len()
            assert set(dealt["is_holdout"]) == {is_holdout}


def test_p11_most_buyers_bought_once(marts: Marts, truth: Truth) -> None:
    for orders, planted, name in (
        (marts.orders, 0.71, "24_months"),
        (marts.orders.filter(pl.col("local_on") >= YEAR_AGO), 0.765, "365_days"),
    ):
        measured = truth["P11"]["measured"][name]
        days = orders_per_customer(orders)
        once = days.select(pl.col("customers").filter(pl.col("orders") == 1).sum() / pl.col("customers").sum()).item()
        assert once == pytest.approx(planted, abs=0.01)
        assert once == pytest.approx(measured["one_time"], abs=0.0001)
        assert top_share(orders) == pytest.approx(0.55, abs=0.015)
        assert top_share(orders) == pytest.approx(measured["top_fifth_share_of_net"], abs=0.001)


def test_p11_half_of_the_buyers_never_come_back_for_a_second_order(marts: Marts) -> None:
    curve = time_to_second_order(marts.orders, as_of=AS_OF)
    assert median_day(curve) is None
    assert reached_by(curve, 300) == pytest.approx(0.30, abs=0.01)


def test_four_of_five_shop_orders_are_identified(marts: Marts) -> None:
    assert anonymous_share(marts.orders.filter(pl.col("channel") == "pos")) == pytest.approx(0.20, abs=0.005)


def test_dwell_is_known_from_three_kinds_of_evidence(marts: Marts) -> None:
    table = dwell_coverage(marts.visits)
    kinds = {
        row["channel"]: max(("measured", "pings", "gap"), key=lambda kind: row[kind])
        for row in table.iter_rows(named=True)
    }
    assert kinds == {
        "app": "measured",
        "h5_site": "gap",
        "live": "pings",
        "mall": "measured",
        "wechat_mini": "measured",
    }
    assert 0.003 < table.select(pl.col("unknown").sum() / pl.col("views").sum()).item() < 0.02


def test_the_last_four_weeks_sold_more_and_two_days_made_most_of_it(marts: Marts, truth: Truth) -> None:
    daily = trend(marts.orders)
    assert daily["local_on"][-1] == AS_OF - dt.timedelta(days=1)
    now, before = daily.tail(28), daily.tail(56).head(28)
    growth = sum(now["net_minor"]) / sum(before["net_minor"]) - 1
    assert growth == pytest.approx(0.11, abs=0.01)
    assert growth == pytest.approx(truth["trend"]["measured"]["growth"], abs=0.001)
    best = now.sort("net_minor", descending=True)["local_on"][:2]
    assert sorted(best) == [dt.date(2026, 11, 10), dt.date(2026, 11, 11)]
