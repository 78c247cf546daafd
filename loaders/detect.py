"""What is one row of this table, and which column means what? Headers propose, values decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from loaders.ids import clean_text
from loaders.numbers import parse_numbers
from loaders.refusal import PLACE, WHO, has, refusal
from loaders.sample import MOST, NUMBERS, SOME, TIMES, Sample
from loaders.shape_areas import h3_text
from loaders.synonyms import plain_header, synonyms
from schema.mapping import Mapping

if TYPE_CHECKING:
    from loaders.table import RawTable

HALF: Final = 0.5
"""Share of a column's words that must be known for it to hold such words."""

_WORDS: Final = frozenset({"channel", "status", "type", "model", "group"})
_AMOUNT: Final = ("net", "unit_price", "goods_net", "paid")
_COMPLAINED: Final = frozenset(
    {"complainedat", "complainttime", "complaintdate", "complaintat", "投诉时间", "投诉日期", "客诉时间"}
)
_CANDIDATES: Final = ("identities", "availability", "territories", "travel", "refunds", "orders", "events", "stores", "location_fixes", "guides", "agents",
                      "customers", "products", "bills", "complaints", "campaign_sends")  # fmt: skip


@dataclass(frozen=True)
class Detection:
    """What a table was taken for.

    Attributes:
        mapping: shape and columns; shape ``ignore`` when it was taken for nothing.
        refusal: why it cannot be used and what would help; empty when it can.
        candidates: canonical column → source columns that could be it, likeliest first.
    """

    mapping: Mapping
    refusal: str = ""
    candidates: dict[str, tuple[str, ...]] = field(default_factory=dict)


def detect(raw: RawTable, shape: str = "", *, with_candidates: bool = True) -> Detection:
    """What is one row of this table, and which column means what?

    Args:
        raw: the table as read.
        shape: what a row is, when somebody already said so.
        with_candidates: whether anybody will ask which other columns could be meant; every column is read for that.

    Returns:
        The mapping it was taken for, or the reason why nothing can be done with it.
    """
    sample = Sample(raw)
    if shape:
        return _detected(raw, sample, shape, _assign(sample, shape), with_candidates=with_candidates)
    found = {name: _assign(sample, name) for name in _CANDIDATES}
    if not raw.header:
        found["events"] |= _by_values(sample, found["events"])
    chosen = _choose(sample, found)
    if chosen:
        columns = found["orders" if chosen == "order_lines" else chosen]
        return _detected(raw, sample, chosen, columns, with_candidates=with_candidates)
    return Detection(Mapping("ignore"), refusal(raw, sample, found), _candidates(sample, "orders"))


def _assign(sample: Sample, shape: str) -> dict[str, str]:
    """Canonical column → source column, each source column at most once."""
    assigned: dict[str, str] = {}
    free = dict(sample.plain)
    for canonical, words in synonyms(shape).items():
        for word in words:
            match = next((c for c, plain in free.items() if plain == word and _suits(sample, c, canonical)), None)
            if match is not None:
                assigned[canonical] = match
                del free[match]
                break
    return assigned


def _suits(sample: Sample, column: str, canonical: str) -> bool:
    if canonical in _WORDS and sample.plain[column] != plain_header(canonical):
        known = sample.share_known(column, canonical)
        return known > 0 if canonical == "type" else known >= HALF
    if sample.frame[column].null_count() == sample.frame.height and sample.frame.height:
        return False
    return sample.fits(column, canonical, SOME)


def _choose(sample: Sample, found: dict[str, dict[str, str]]) -> str:
    """The first shape whose needs are met, the most telling shapes first; else one that lacks a single thing."""
    sales, events, stores = found["orders"], found["events"], found["stores"]
    clicks = "type" in events and bool({"view", "cart"} & set(sample.knows(events["type"], "type")))
    sold = has(sales, "order_id", "customer_id") or ("qty" in sales and has(sales, "product_id", "product_name"))
    place = has(stores, *PLACE)
    person = "customer_id" in found["customers"] and sample.plain[found["customers"]["customer_id"]] != "id"
    parts = {"order_id", "product_id"} <= set(sales) and has(sales, *_AMOUNT)
    checks = {
        "identities": {"id_type", "id_hash"} <= set(found["identities"]),
        "availability": {"product_id", "size", "from_on"} <= set(found["availability"]),
        "territories": _is_territories(sample, found["territories"]),
        "travel": _is_travel(sample, found["travel"]),
        "refunds": ({"refund_id", "goods", "refunded_at"} <= set(found["refunds"]) and "placed_at" not in sales)
        or ({"refunded_at", "goods"} <= set(found["refunds"]) and not has(sales, "placed_at", "paid_at", "qty")),
        "bills": _is_bills(sample, found["bills"], sales),
        "complaints": _is_complaints(sample, found["complaints"], sales),
        "campaign_sends": _is_sends(found["campaign_sends"], sales) and not clicks,
        "events": _is_events(events)
        and clicks
        and not ("order_id" in sales and has(sales, *_AMOUNT) and "qty" in sales),
        "orders": parts or (sold and has(sales, "placed_at", "paid_at") and has(sales, *_AMOUNT)),
        "stores": has(stores, "store_id", "name") and (place or "opened_on" in stores) and not person,
        "location_fixes": {"customer_id", "fixed_at"} <= set(found["location_fixes"])
        and has(found["location_fixes"], *PLACE),
    }
    order = (
        "identities",
        "availability",
        "territories",
        "travel",
        "refunds",
        "bills",
        "complaints",
        "campaign_sends",
        "events",
        "orders",
        "stores",
        "location_fixes",
    )
    chosen = next((name for name in order if checks[name]), "")
    return _lines_or_orders(sample, sales) if chosen == "orders" else chosen or _choose_plain(sample, found)


def _choose_plain(  # noqa: PLR0911  (one way out for each shape)
    sample: Sample, found: dict[str, dict[str, str]]
) -> str:
    sales, events = found["orders"], found["events"]
    people, products, agents, guides = (found[n] for n in ("customers", "products", "agents", "guides"))
    about = (
        "registered_at",
        "home_lat",
        "latlng",
        "geohash",
        "city",
        "consent_marketing_at",
        "reg_channel",
        "is_staff",
    )
    if {"order_id", "placed_at"} <= set(sales) and "type" not in events:
        return _lines_or_orders(sample, sales)
    if _is_events(events) or {"occurred_at", "type"} <= set(events):
        return "events"
    if "guide_id" in guides and has(guides, "store_id", "upline_guide_id", "active_from"):
        return "guides"
    if (
        "agent_id" in agents
        and sample.plain[agents["agent_id"]] != "id"
        and has(agents, "name", "level", "contract_from")
    ):
        return "agents"
    if "customer_id" in people and has(people, *about):
        return "customers"
    if "product_id" in products and has(products, "category", "name", "list_price", "launched_on", "style_id"):
        return "products"
    if has(found["stores"], "store_id", "name") and has(
        found["stores"], "city", "area_m2", "agent_id", "closed_on", "accepts_binding"
    ):
        return "stores"
    parts = (has(sales, "order_id", "customer_id"), has(sales, "placed_at", "paid_at"), has(sales, *_AMOUNT))
    timed = parts[1] or any(sample.fits(name, "placed_at") for name in sample.frame.columns)
    if (sum(parts) == 2 and parts[0] and timed) or {"order_id", "product_id"} <= set(sales):  # noqa: PLR2004
        return _lines_or_orders(sample, sales)
    return ""


def _is_territories(sample: Sample, areas: dict[str, str]) -> bool:
    """Somebody's area: its kind is one that is known and has an extent, or it is a radius."""
    if not has(areas, "territory_id", "agent_id", "store_id"):
        return False
    if {"kind", "value"} <= set(areas):
        return sample.share_known(areas["kind"], "kind") >= HALF
    return "radius_m" in areas and has(areas, "agent_id", "territory_id")


def _is_travel(sample: Sample, ways: dict[str, str]) -> bool:
    """Cells and stores with a way between them: the cells must be H3's, whatever their column is called."""
    measured = has(ways, "distance_m", "distance_km", "duration_s", "duration_min")
    if not ({"cell", "store_id"} <= set(ways) and measured):
        return False
    cells = sample.frame[ways["cell"]].drop_nulls()
    return cells.is_empty() or h3_text(cells).count() >= MOST * len(cells)


def _is_bills(sample: Sample, bills: dict[str, str], sales: dict[str, str]) -> bool:
    """A day and what was paid on it, of no single order: the day is called a bill's, or orders are counted."""
    if not {"billed_on", "billed"} <= set(bills) or has(sales, "order_id", "customer_id", "product_id", "product_name"):
        return False
    return "orders" in bills or sample.plain[bills["billed_on"]] not in {"date", "day", "日期"}


def _is_complaints(sample: Sample, told: dict[str, str], sales: dict[str, str]) -> bool:
    """Something opened by or about somebody, without goods or money: its id or its time is called a complaint's.

    What opened and closed and names a store alone is the store itself.
    """
    if "opened_at" not in told or has(sales, "qty", *_AMOUNT) or not has(told, "customer_id", "order_id", "store_id"):
        return False
    closed = "closed_at" in told and has(told, "customer_id", "order_id")
    return "complaint_id" in told or closed or sample.plain[told["opened_at"]] in _COMPLAINED


def _is_sends(told: dict[str, str], sales: dict[str, str]) -> bool:
    """A campaign and a customer, and when or in which group; no order that somebody traced back to a campaign."""
    return (
        {"campaign_id", "customer_id"} <= set(told)
        and has(told, "sent_at", "group")
        and not has(sales, "order_id", "qty", *_AMOUNT)
    )


def _is_events(events: dict[str, str]) -> bool:
    deed = ("type", "product_id", "fg_ms", "fg_s", "fg_min", "event_id")
    return "occurred_at" in events and has(events, *WHO) and has(events, *deed)


def _lines_or_orders(sample: Sample, sales: dict[str, str]) -> str:
    """One row is a line when rows name products or orders repeat, else an order."""
    if has(sales, "product_id", "product_name"):
        return "order_lines"
    if "order_id" in sales:
        ids = sample.frame[sales["order_id"]].drop_nulls()
        if len(ids) and ids.n_unique() < 0.95 * len(ids) and "qty" in sales:
            return "order_lines"
    return "orders"


def _by_values(sample: Sample, known: dict[str, str]) -> dict[str, str]:
    """For tables without headers: the one column of times, and the one of event words."""
    free = [c for c in sample.frame.columns if c not in known.values()]
    times = [c for c in free if sample.fits(c, "occurred_at") and sample.frame[c].n_unique() > 1]
    named = [c for c in free if not sample.fits(c, "qty")]
    words = [c for c in named if "view" in sample.knows(c, "type") and sample.share_known(c, "type") > MOST]
    found = {"occurred_at": times[-1]} if times else {}
    return found | ({"type": words[0]} if words else {})


def _detected(
    raw: RawTable, sample: Sample, shape: str, columns: dict[str, str], *, with_candidates: bool
) -> Detection:
    mapping = Mapping(shape, columns=_tidy(shape, columns), header=raw.header)
    if shape in {"orders", "order_lines"}:
        mapping = replace(mapping, returns=_returns(raw, columns))
    return Detection(mapping, candidates=_candidates(sample, shape) if with_candidates else {})


def _tidy(shape: str, columns: dict[str, str]) -> dict[str, str]:
    """Leave out what would say one thing twice."""
    out = dict(columns)
    if shape == "order_lines" and "net" in out and "unit_price" in out and "discount" not in out:
        out.pop("goods_net", None)
    if "lat" in out and "lng" in out:
        out.pop("latlng", None)
    for lat, lng in (("lat", "lng"), ("home_lat", "home_lng")):
        if (lat in out) != (lng in out):
            out.pop(lat, None)
            out.pop(lng, None)
    return out


def _returns(raw: RawTable, columns: dict[str, str]) -> str:
    """How returns are written: ids with a letter in front of negative quantities, or negative quantities alone."""
    if "qty" not in columns:
        return ""
    qty = parse_numbers(raw.frame[columns["qty"]], ".")
    negative = (qty < 0).fill_null(value=False)
    if not negative.any():
        return ""
    if "order_id" in columns:
        letters = clean_text(raw.frame[columns["order_id"]]).str.extract(r"^([A-Za-z]+)[-_]?\d")
        back = letters.filter(negative).value_counts(sort=True).drop_nulls()
        if back.height:
            letter = str(back[letters.name][0])
            same = (letters == letter).fill_null(value=False)
            if int(back["count"][0]) * 2 > int(negative.sum()) and bool(negative.filter(same).all()):
                return f"prefix:{letter}"
    return "negative_qty"


def _candidates(sample: Sample, shape: str) -> dict[str, tuple[str, ...]]:
    """For each canonical column the source columns that could be it: by header first, then by value."""
    out = {}
    for canonical, words in synonyms(shape).items():
        named = [c for word in words for c, plain in sample.plain.items() if plain == word]
        typed = canonical in TIMES | NUMBERS | {"latlng", "time_of_day"}
        fitting = [c for c in sample.frame.columns if typed and sample.fits(c, canonical)]
        if found := tuple(dict.fromkeys([*named, *fitting])):
            out[canonical] = found
    return out
