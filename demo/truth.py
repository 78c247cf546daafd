"""``truth.json``: every planted pattern with its target and the value measured when the tables were generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo import measure
from demo.campaigns import truth_of
from demo.catalogue import CATEGORIES, HESITATION
from demo.clock import AS_OF, START
from demo.complaints import complaints_table, complaints_truth
from demo.faults import (
    AGAIN_FILE,
    DOUBLE_FILE,
    DOUBLE_LINES,
    FUTURE_EVENTS,
    KEY_NULLS,
    UNKNOWN_AREA,
    choose_event_faults,
    with_swapped_fixes,
)
from demo.files import order_ids
from demo.fixes import WITNESSES, fixes_table
from demo.hours import EVENING
from demo.identities import SHARED, shared_phones
from demo.people import MEMBERS, PROMOTION, PROMOTION_REGISTRATIONS, RUSH_DAY, RUSH_GUIDE, RUSH_MEMBERS, ids
from demo.places import JIANGNAN, MALL, NEWCOMER, OPENING, TAIHU, VICTIM, stores_table
from demo.quarrels import RUSH_DISPUTE
from demo.refunds import RETURN_RATES, cannibalisation, controls, kept_money
from demo.sign_ins import sign_ins_truth
from demo.stuck_job import LATE, STUCK_S
from demo.trade import POS

if TYPE_CHECKING:
    from demo.campaigns import Drawn
    from demo.world import World


def build_truth(world: World, drawn: tuple[Drawn, ...]) -> dict[str, Any]:
    """What is planted in the demo and what its tables show, as plain JSON values."""
    parts = {
        "about": _about(world),
        "P1": _evening(world),
        "P2": _hesitation(world),
        "P3": _overlap(world),
        "P4": _cannibalisation(world),
        "P5": _mall(world),
        "P6": {
            "planted": {
                "on": PROMOTION.isoformat(),
                "registrations": PROMOTION_REGISTRATIONS,
                "late": LATE,
                "stuck_hours": STUCK_S // 3_600,
                "owner_changes_after_replay": 0,
            }
        },
        "P7": _datum(world),
        "P8": {"planted": {"files": [DOUBLE_FILE, AGAIN_FILE], "duplicates": DOUBLE_LINES}},
        "P9": {
            "planted": {name: RETURN_RATES[name] for name in ("pos", "wechat_mini", "live")},
            "measured": measure.return_rates(world),
            "definition": "goods refunded ÷ goods paid, orders at least 30 days old",
        },
        "P10": truth_of(world, drawn),
        "P11": {
            "planted": {"one_time_24_months": 0.71, "one_time_365_days": 0.765, "top_fifth_share_of_net": 0.55},
            "measured": {
                "24_months": measure.frequency(world, (AS_OF - START).days),
                "365_days": measure.frequency(world, 365),
            },
            "definition": "members with a kept purchase, by order-days; top fifth of buyers by net over the period",
        },
        "P12": {
            "planted": {
                "guide": RUSH_GUIDE,
                "store": world.places.store_id[(int(RUSH_GUIDE[2:]) - 1) % 60],
                "on": RUSH_DAY.isoformat(),
                "from": "15:20",
                "registrations": RUSH_MEMBERS,
                "minutes": 10,
                "dispute": RUSH_DISPUTE,
            }
        },
        "P13": {
            "planted": {
                "conflicts": SHARED,
                "customers": sorted(ids(shared_phones(world.seed, world.people).ravel()).to_list()),
                "kind": "two_unionids",
            }
        },
        "P14": faults(world),
        "complaints": {"measured": complaints_truth(complaints_table(world, order_ids(world)))},
        "sign_ins": {"planted": sign_ins_truth(world)},
        "trend": {"planted": {"growth": 0.11}, "measured": measure.sales_growth(world)},
    }
    rounded = _rounded(parts)
    return rounded if isinstance(rounded, dict) else {}


def faults(world: World) -> dict[str, Any]:
    """P14: the exact number of rows that an import must set aside, by table and code."""
    timeless, future, dwellless = choose_event_faults(world.seed, world.events)
    swapped = with_swapped_fixes(world.seed, fixes_table(world))[1]
    nameless = round(KEY_NULLS * MEMBERS)
    return {
        "quarantine": {
            "events": {"E01": len(timeless), "E06": len(future)},
            "customers": {"E01": nameless},
            "location_fixes": {"E07": swapped},
        },
        "quarantined": len(timeless) + FUTURE_EVENTS + nameless + swapped,
        "empty": {"events.fg_ms": len(dwellless), "stores.area_m2": len(UNKNOWN_AREA)},
    }


def _about(world: World) -> dict[str, Any]:
    orders = world.orders
    at_pos = (orders.channel == POS) & orders.is_paid
    return {
        "company": "Hazel & Wool",
        "seed": world.seed,
        "from": START.isoformat(),
        "as_of": AS_OF.isoformat(),
        "stores": len(world.places.store_id),
        "styles": len(world.catalogue.style),
        "members": MEMBERS,
        "orders": len(orders),
        "valid_orders": int(orders.is_paid.sum()),
        "lines": len(world.lines.order),
        "refunds": len(world.refunds.order),
        "events": len(world.events.at_ms),
        "views": len(world.views.visit),
        "pos_orders": int(at_pos.sum()),
        "pos_identified": float((orders.member[at_pos] >= 0).mean()),
        "located_members": int(world.people.is_located.sum()),
        "goods_minor": int(orders.goods[orders.is_paid].sum()),
        "refunded_minor": int(world.refunds.goods.sum()),
    }


def _evening(world: World) -> dict[str, Any]:
    return {
        "planted": {
            "category": CATEGORIES["WC"][0],
            "hours": list(EVENING),
            "months": list(measure.WOOL_MONTHS),
            "index": [150, 180],
            "index_by_day_at_most": 105,
        },
        "measured": measure.evening_index(world),
    }


def _hesitation(world: World) -> dict[str, Any]:
    return {
        "planted": {
            "product": HESITATION,
            "missing_sizes": ["S", "M"],
            "median_dwell_ratio_at_least": 2.0,
            "conversion_ratio_at_most": 0.5,
            "lingered_not_bought_91_days": 1_900,
        },
        "measured": measure.hesitation(world),
    }


def _overlap(world: World) -> dict[str, Any]:
    pairs = measure.overlaps(world, measure.home_cells(world))
    others = {pair: value for pair, value in pairs.items() if pair != (JIANGNAN, TAIHU)}
    highest = max(others, key=lambda pair: others[pair])
    return {
        "planted": {"pair": [JIANGNAN, TAIHU], "overlap_index": 0.40, "tolerance": 0.02, "others_at_most": 0.12},
        "measured": {
            "overlap_index": pairs[JIANGNAN, TAIHU],
            "highest_other": others[highest],
            "highest_other_pair": list(highest),
        },
        "definition": {
            "who": "distinct located buyers at physical stores",
            "period": [START.isoformat(), AS_OF.isoformat()],
            "resolution": 8,
            "cells": "parents of the resolution-9 home cells; all cells, none suppressed",
            "interval": None,
        },
    }


def _cannibalisation(world: World) -> dict[str, Any]:
    places = world.places
    measured: dict[str, Any] = dict(cannibalisation(places, world.orders, kept_money(world.orders, world.refunds)))
    measured["switchers"] = measure.switchers(world, places.index(VICTIM), places.index(NEWCOMER))
    measured["moved_orders"] = world.moved_orders
    return {
        "planted": {"new_store": NEWCOMER, "store": VICTIM, "opened_on": OPENING.isoformat(), "rate": 0.45},
        "measured": measured,
        "controls": [places.store_id[n] for n in controls(places).tolist()],
        "definition": "net sales since the opening against the same months a year earlier; controls pooled",
    }


def _mall(world: World) -> dict[str, Any]:
    return {
        "planted": {"store": MALL, "mall_inflow": 0.32, "mall_median_detour_m": 3_400},
        "measured": measure.leakage(world),
        "definition": "located shop orders whose nearest then-open store is another; true store positions",
    }


def _datum(world: World) -> dict[str, Any]:
    listed = stores_table(world.places, ())
    stores = [world.places.store_id[n] for n in world.places.of_agent(TAIHU).tolist()]
    moved = measure.moved_by_datum(world, listed["lat"].to_numpy(), listed["lng"].to_numpy())
    return {
        "planted": {"agent": TAIHU, "stores": stores, "declared": "WGS-84", "really": "GCJ-02"},
        "measured": {"moved_share": moved, "witnesses_per_store_at_least": WITNESSES},
    }


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value
