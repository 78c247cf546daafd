"""What sales rows become: orders, lines, refunds and what is set aside."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from loaders.load import Loaded, build
from loaders.table import RawTable
from loaders.work import Defaults
from schema.errors import NeedsAnswerError
from schema.mapping import Mapping


def load(text: str, shape: str = "order_lines", *, defaults: Defaults | None = None, **fields: object) -> Loaded:
    """Load a typed table whose headers are the canonical names."""
    lines = [line.strip().split(",") for line in text.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    columns = {name: [row[n] or None for row in rows] for n, name in enumerate(names)}
    raw = RawTable("file.csv", pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)))
    mapping = Mapping(shape, columns={name: name for name in names}, **fields)  # type: ignore[arg-type]
    return build(raw, mapping, defaults or Defaults("Asia/Shanghai", "CNY"))


def test_lines_of_one_order_become_one_order_with_the_sum() -> None:
    loaded = load(
        """order_id,customer_id,placed_at,product_id,qty,unit_price
        A1,7,2026-01-02 20:03:04,P1,2,10.005
        A1,7,2026-01-02 20:03:04,P2,1,5""",
        decimal=".",
    )
    order = loaded.tables["orders"].row(0, named=True)
    assert order["goods_net_minor"] == 2501
    assert order["paid_minor"] == 2501
    assert order["placed_at"] == datetime(2026, 1, 2, 12, 3, 4, tzinfo=UTC)
    assert order["paid_at"] == order["placed_at"]
    assert (order["local_on"], order["hour_of_week"]) == (date(2026, 1, 2), 116)
    assert (order["channel"], order["model"], order["status"], order["currency"]) == ("web", "B2C", "paid", "CNY")
    assert loaded.tables["order_lines"]["net_minor"].to_list() == [2001, 500]
    assert loaded.tables["order_lines"]["_row"].to_list() == [1, 2]
    assert loaded.tables["orders"]["_row"].to_list() == [None]


def test_identical_lines_are_separate_facts_with_their_own_stable_ids() -> None:
    text = "order_id,placed_at,product_id,qty,unit_price\nA1,2026-01-02,P1,1,5\nA1,2026-01-02,P1,1,5"
    first, again = load(text), load(text)
    ids = first.tables["order_lines"]["line_id"].to_list()
    assert len(set(ids)) == 2
    assert ids == again.tables["order_lines"]["line_id"].to_list()
    assert first.duplicate == 0


def test_the_same_line_number_twice_is_a_duplicate() -> None:
    loaded = load("order_id,line_id,placed_at,product_id,net\nA1,1,2026-01-02,P1,5\nA1,1,2026-01-02,P1,5")
    assert (loaded.duplicate, loaded.duplicate_minor, loaded.rows_in_minor) == (1, 500, 1000)
    assert loaded.tables["orders"]["goods_net_minor"].to_list() == [500]


def test_one_id_with_two_bodies_is_set_aside_on_both_sides() -> None:
    loaded = load("order_id,placed_at,net\nA1,2026-01-02,5\nA1,2026-01-02,6", "orders")
    assert loaded.quarantine["code"].to_list() == ["E03", "E03"]
    assert loaded.tables["orders"].is_empty()


def test_the_newest_body_of_an_order_wins() -> None:
    loaded = load("order_id,placed_at,net,updated_at\nA1,2026-01-02,5,2026-01-03\nA1,2026-01-02,6,2026-01-04", "orders")
    assert loaded.tables["orders"]["goods_net_minor"].to_list() == [600]
    assert loaded.duplicate == 1


def test_lines_that_disagree_on_their_header_keep_the_earliest_time_and_the_first_customer() -> None:
    loaded = load("""order_id,customer_id,placed_at,product_id,net
        A1,,2026-01-02 10:01:00,P1,5
        A1,8,2026-01-02 10:00:00,P2,5
        A1,9,2026-01-02 10:02:00,P3,5""")
    order = loaded.tables["orders"].row(0, named=True)
    assert (order["customer_id"], order["placed_at"]) == ("8", datetime(2026, 1, 2, 2, tzinfo=UTC))
    assert loaded.codes == {"W07": 1}


def test_a_negative_line_that_is_no_return_is_impossible() -> None:
    loaded = load("order_id,placed_at,product_id,qty,unit_price\nA1,2026-01-02,P1,-1,5\nA1,2026-01-02,P1,1,5")
    assert loaded.quarantine.select("code", "column", "value", "message", "_minor").rows() == [
        ("E05", "qty", "-1", "qty is negative, but the row is no return.", -500)
    ]
    assert loaded.rows_in_minor == 0


def test_cancelled_invoices_become_unlinked_returns() -> None:
    text = "order_id,customer_id,placed_at,product_id,qty,unit_price\nC9,7,2026-01-02,P1,-2,5\nA1,7,2026-01-01,P1,2,5"
    loaded = load(text, returns="prefix:C")
    refund = loaded.tables["refunds"].row(0, named=True)
    assert (refund["order_id"], refund["goods_minor"], refund["_minor"], refund["product_id"]) == (
        None,
        1000,
        -1000,
        "P1",
    )
    assert loaded.codes == {"W08": 1}
    assert loaded.tables["orders"]["order_id"].to_list() == ["A1"]
    assert loaded.rows_in_minor == 0


def test_a_negative_quantity_in_the_same_order_is_a_linked_return() -> None:
    text = "order_id,placed_at,product_id,qty,unit_price\nA1,2026-01-01,P1,2,5\nA1,2026-01-02,P1,-1,5"
    loaded = load(text, returns="negative_qty")
    assert loaded.tables["refunds"]["order_id"].to_list() == ["A1"]
    assert loaded.codes == {}


def test_an_order_discount_is_shared_to_the_last_minor_unit() -> None:
    loaded = load("""order_id,placed_at,product_id,net,order_discount
        A1,2026-01-02,P1,1299,100
        A1,2026-01-02,P2,599,
        A1,2026-01-02,P3,199,""")
    assert loaded.tables["order_lines"]["discount_minor"].to_list() == [6195, 2856, 949]
    assert loaded.tables["orders"]["goods_net_minor"].to_list() == [199_700]
    assert loaded.rows_in_minor == 199_700


def test_a_free_line_is_kept_and_counted() -> None:
    loaded = load("order_id,placed_at,product_id,qty,unit_price\nA1,2026-01-02,P1,1,0")
    assert loaded.codes == {"W09": 1}
    assert loaded.tables["orders"].height == 1


def test_status_words_say_what_was_paid() -> None:
    loaded = load(
        """order_id,placed_at,net,status
        A1,2026-01-01,5,已完成
        A2,2026-01-01,5,待付款
        A3,2026-01-01,5,交易关闭
        A4,2026-01-01,5,wc-processing
        A5,2026-01-01,5,refunded""",
        "orders",
    )
    orders = loaded.tables["orders"]
    assert orders["status"].to_list() == ["completed", "placed", "cancelled", "paid", "refunded"]
    assert orders["paid_at"].is_null().to_list() == [False, True, True, False, False]
    refund = loaded.tables["refunds"].row(0, named=True)
    assert (refund["order_id"], refund["goods_minor"], refund["_row"]) == ("A5", 500, None)


def test_a_refunded_amount_becomes_a_refund_of_goods_first_and_shipping_then() -> None:
    loaded = load("order_id,placed_at,net,shipping,refunded\nA1,2026-01-01,5,2,6", "orders")
    assert loaded.tables["refunds"].select("order_id", "goods_minor", "shipping_minor").rows() == [("A1", 500, 100)]


def test_a_refund_above_what_was_paid_is_impossible() -> None:
    loaded = load("order_id,placed_at,net,refunded\nA1,2026-01-01,5,6", "orders")
    assert loaded.quarantine["message"].to_list() == ["refunded is more than was paid."]


def test_unknown_channels_are_kept_as_other() -> None:
    loaded = load(
        "order_id,placed_at,net,channel\nA1,2026-01-01,5,小程序\nA2,2026-01-01,5,Kiosk\nA3,2026-01-01,5,POS", "orders"
    )
    assert loaded.tables["orders"]["channel"].to_list() == ["wechat_mini", "other", "pos"]
    assert loaded.codes == {"W10": 1}


def test_an_online_order_handed_over_by_a_store_is_o2o() -> None:
    loaded = load(
        "order_id,placed_at,net,channel,fulfil_store_id\nA1,2026-01-01,5,app,S1\nA2,2026-01-01,5,pos,S1", "orders"
    )
    assert loaded.tables["orders"]["model"].to_list() == ["O2O", "B2C"]


def test_currencies_of_rows_have_their_own_decimals() -> None:
    loaded = load("order_id,placed_at,net,currency\nA1,2026-01-01,1500,JPY\nA2,2026-01-01,1.5,KWD", "orders")
    assert loaded.tables["orders"].select("currency", "goods_net_minor").rows() == [("JPY", 1500), ("KWD", 1500)]


def test_rows_without_order_numbers_are_orders_of_their_own() -> None:
    loaded = load("customer_id,placed_at,net\n7,2026-01-01,5\n7,2026-01-01,5", "orders")
    assert loaded.tables["orders"]["order_id"].n_unique() == 2


def test_lines_without_order_numbers_are_baskets_of_a_customer_at_a_time() -> None:
    loaded = load("customer_id,placed_at,product_id,net\n7,2026-01-01,P1,5\n7,2026-01-01,P2,6")
    assert loaded.tables["orders"]["goods_net_minor"].to_list() == [1100]


def test_delivery_places_become_fixes_of_the_customer() -> None:
    loaded = load("order_id,customer_id,placed_at,net,lat,lng\nA1,7,2026-01-01,5,40.7,-74.0", "orders")
    fix = loaded.tables["location_fixes"].row(0, named=True)
    assert (fix["customer_id"], fix["lat"], fix["lng"], fix["src"], fix["_row"]) == ("7", 40.7, -74.0, "address", None)


def test_future_and_prehistoric_orders_are_impossible() -> None:
    loaded = load("order_id,placed_at,net\nA1,2999-01-01,5\nA2,1980-01-01,5\nA3,,5\nA4,soon,5", "orders")
    assert loaded.quarantine["code"].to_list() == ["E06", "E06", "E01", "E02"]


def test_a_store_with_its_own_zone_has_its_own_local_day() -> None:
    defaults = Defaults("Asia/Shanghai", "CNY", {"S1": "Europe/London"})
    text = (
        "order_id,placed_at,net,selling_store_id\nA1,2026-01-02T02:00:00+08:00,5,S1\nA2,2026-01-02T02:00:00+08:00,5,S2"
    )
    loaded = load(text, "orders", defaults=defaults)
    assert loaded.tables["orders"]["local_on"].to_list() == [date(2026, 1, 1), date(2026, 1, 2)]


@pytest.mark.parametrize(
    ("text", "fields", "defaults", "key", "choices"),
    [
        ("order_id,placed_at,net\nA,01/02/2026,5", {}, Defaults("UTC", "EUR"), "date_order", ("dmy", "mdy")),
        ("order_id,placed_at,net\nA,2026-01-02,5", {}, Defaults("", "EUR"), "zone", None),
        ("order_id,placed_at,net\nA,2026-01-02,5", {}, Defaults("UTC", ""), "currency", None),
        (
            "order_id,placed_at,net\nA,2026-01-02,$5",
            {},
            Defaults("UTC", ""),
            "currency",
            ("USD", "CAD", "AUD", "MXN", "SGD"),
        ),
        ("order_id,placed_at,net\nA,2026-01-02,1.234", {}, Defaults("UTC", "EUR"), "decimal", (".", ",")),
        ("order_id,net\nA,5", {}, Defaults("UTC", "EUR"), "columns.placed_at", ("order_id", "net")),
        (
            "order_id,placed_at,net,status\nA,2026-01-02,5,blorp",
            {},
            Defaults("UTC", "EUR"),
            "values.status.blorp",
            None,
        ),
    ],
)
def test_what_cannot_be_known_is_asked_and_never_guessed(
    text: str, fields: dict[str, object], defaults: Defaults, key: str, choices: tuple[str, ...] | None
) -> None:
    with pytest.raises(NeedsAnswerError, match=r"^file\.csv: ") as asked:
        load(text, "orders", defaults=defaults, **fields)
    assert asked.value.key == key
    if choices is not None:
        assert asked.value.choices == choices


def test_signs_beside_amounts_answer_the_currency() -> None:
    loaded = load("order_id,placed_at,net\nA,2026-01-02,€5", "orders", defaults=Defaults("UTC", ""))
    assert (loaded.currency, loaded.tables["orders"]["goods_net_minor"][0]) == ("EUR", 500)


def test_lines_without_a_time_belong_to_orders_of_another_file() -> None:
    loaded = load("order_id,line_id,product_id,net\nA1,1,P1,5\nA1,2,P2,6")
    assert list(loaded.tables) == ["order_lines"]
    assert loaded.tables["order_lines"]["net_minor"].to_list() == [500, 600]
    assert loaded.notes[-1] == "No time here: these are lines of orders that another file describes."


def test_orders_without_an_amount_get_it_from_their_lines() -> None:
    loaded = load("order_id,customer_id,placed_at\nA1,7,2026-01-01", "orders")
    assert loaded.tables["orders"]["goods_net_minor"].to_list() == [0]
    assert loaded.tables["order_lines"].is_empty()
    assert loaded.codes == {}


def test_orders_without_an_amount_are_asked_about_when_a_column_could_be_it() -> None:
    raw = RawTable("file.csv", pl.DataFrame({"id": ["A1"], "at": ["2026-01-01"], "worth": ["5.00"]}))
    with pytest.raises(NeedsAnswerError, match=r"^file\.csv: which column holds the amount of a line\?") as asked:
        build(raw, Mapping("orders", {"order_id": "id", "placed_at": "at"}), Defaults("UTC", "EUR"))
    assert asked.value.key == "columns.net"
