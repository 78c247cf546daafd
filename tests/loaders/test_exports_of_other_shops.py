"""Exports as other shops' tools really write them: their oddities are understood, or refused in words that help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loaders.load import Defaults, Loaded, inspect_file, load_file
from schema.errors import NeedsAnswerError, UsageError
from schema.mapping import Mapping

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = Defaults("Europe/Berlin", "EUR")


def write(folder: Path, text: str, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding=encoding)
    return path


def load(folder: Path, text: str, *, defaults: Defaults = KNOWN, mapping: Mapping | None = None) -> Loaded:
    (loaded,) = load_file(write(folder, text), mappings=mapping, defaults=defaults)
    return loaded


def test_a_spreadsheet_plugin_s_order_export_is_lines_and_no_customers(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """Order Number,Order Status,Order Date,Email (Billing),Order Shipping Amount,Order Refund Amount,Order Total Amount,SKU,Item #,Item Name,Quantity (- Refund),Item Cost
        4000,Completed,2026-02-01 00:00,a@example.com,4.95,0,64.95,S1,1,Scarf,2,30.00
        4001,On hold,2026-02-02 00:00,b@example.com,4.95,0,34.95,S1,1,Scarf,1,30.00""",
    )
    assert loaded.mapping.shape == "order_lines"
    assert loaded.tables["order_lines"].select("product_id", "qty", "net_minor").rows() == [
        ("S1", 2.0, 6000),
        ("S1", 1.0, 3000),
    ]
    orders = loaded.tables["orders"].select("order_id", "customer_id", "status", "shipping_minor", "paid_minor")
    assert orders.rows() == [
        ("4000", "h-2cade9f2fe91a44759b9d077e33baebd", "completed", 495, 6495),
        ("4001", "h-cebe4bdaf15e44dcccfc975249a5a877", "placed", 495, 3495),
    ]


def test_rows_with_an_order_and_a_time_are_never_taken_for_customers(tmp_path: Path) -> None:
    (found,) = inspect_file(
        write(tmp_path, "order number,order date,email,city,worth\n7,2026-01-02,a@example.com,Ulm,9.50"),
        defaults=KNOWN,
    )
    assert (found.mapping.shape, [q.key for q in found.questions]) == ("orders", ["columns.net"])


def test_a_file_with_a_header_alone_is_no_rows_and_says_so(tmp_path: Path) -> None:
    loaded = load(tmp_path, "order_id,customer_id,order_date,total")
    assert (loaded.mapping.shape, loaded.rows_in, loaded.tables["orders"].height) == ("orders", 0, 0)
    assert "It has a header and no rows." in loaded.notes


def test_matomo_actions_are_named_by_their_page_id_and_others_get_an_id(tmp_path: Path) -> None:
    actions = [
        {"type": "action", "timestamp": 1763179384, "pageId": 7, "timeSpent": "45"},
        {"type": "ecommerceAbandonedCart", "timestamp": 1763179390},
        {"type": "ecommerceAbandonedCart", "timestamp": 1763179390},
    ]
    path = tmp_path / "matomo.json"
    path.write_text(json.dumps([{"idVisit": 1, "visitorId": "ab12", "actionDetails": actions}]), encoding="utf-8")
    (loaded,) = load_file(path, defaults=KNOWN)
    ids = loaded.tables["events"]["event_id"].to_list()
    assert (loaded.rows_in, len(set(ids)), ids[0]) == (3, 3, "7")
    assert loaded.quarantine.is_empty()


def test_woocommerce_calls_a_guest_customer_0(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """order_id,order_date,status,customer_id,order_total
        1,2026-01-02 10:00:00,completed,0,20.00
        2,2026-01-03 10:00:00,completed,7,20.00""",
    )
    assert loaded.tables["orders"]["customer_id"].to_list() == [None, "7"]
    assert "1 row names '0' where a customer would stand: it counts as sold to nobody known." in loaded.notes


def test_one_number_that_stands_for_every_guest_is_no_customer(tmp_path: Path) -> None:
    guests = "\n".join(f"{n},2026-01-02,0,5.00" for n in range(12))
    known = "\n".join(f"{n},2026-01-02,{n},5.00" for n in range(20, 60))
    loaded = load(tmp_path, f"order_id,order_date,customer_id,total\n{guests}\n{known}\n99,2026-01-02,Guest,5.00")
    assert loaded.tables["orders"]["customer_id"].null_count() == 13
    assert loaded.tables["orders"].height == 53


def test_a_customer_0_who_buys_like_the_others_stays_a_customer(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},2026-01-02,{n % 4},5.00" for n in range(40))
    loaded = load(tmp_path, f"order_id,order_date,customer_id,total\n{rows}")
    assert loaded.tables["orders"]["customer_id"].n_unique() == 4


def test_german_umlauts_in_the_windows_encoding_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """Rechnungsnummer;Kundennummer;Rechnungsdatum;Artikelnummer;Bezeichnung;Menge;Einzelpreis
        1;7;31.01.2025;A1;Schal, grün;1;1.250,00
        2;8;31.01.2025;A2;Tuch, grün;2;12,50""",
        encoding="cp1252",
    )
    (loaded,) = load_file(path, defaults=KNOWN)
    assert loaded.encoding == "cp1252"
    assert loaded.tables["products"]["name"].to_list() == ["Schal, grün", "Tuch, grün"]
    assert loaded.tables["order_lines"]["net_minor"].to_list() == [125_000, 2_500]


COUNTED_DAYS = """household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,TRANS_TIME
    2375,26984851472,1,1004906,1,1.39,364,1631
    2375,26984851473,711,1033142,1,0.82,364,5
    2375,26984851474,60,1033142,1,0.82,364,742"""


def test_day_numbers_instead_of_dates_ask_which_date_day_1_was(tmp_path: Path) -> None:
    with pytest.raises(
        NeedsAnswerError, match=r"which date was day 1\? Its column 'DAY' counts days \(1 … 711\)"
    ) as asked:
        load(tmp_path, COUNTED_DAYS)
    assert asked.value.key == "day_one"


def test_counted_days_become_dates_from_day_1_on_and_hours_without_a_colon_times(tmp_path: Path) -> None:
    mapping = Mapping("order_lines", columns=COUNTED, day_one="2016-12-31")
    orders = load(tmp_path, COUNTED_DAYS, mapping=mapping).tables["orders"].sort("order_id")
    zone = KNOWN.zone
    at = orders["placed_at"].dt.convert_time_zone(zone).dt.to_string("%Y-%m-%d %H:%M").to_list()
    assert at == ["2016-12-31 16:31", "2018-12-11 00:05", "2017-02-28 07:42"]


def test_a_first_day_that_is_no_day_is_refused_by_its_key(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="day_one: 'spring' is no day"):
        load(tmp_path, COUNTED_DAYS, mapping=Mapping("order_lines", columns=COUNTED, day_one="spring"))


COUNTED = {
    "customer_id": "household_key",
    "order_id": "BASKET_ID",
    "product_id": "PRODUCT_ID",
    "qty": "QUANTITY",
    "net": "SALES_VALUE",
    "time_of_day": "TRANS_TIME",
}


def test_baskets_of_members_without_amounts_ask_for_the_amount_alone(tmp_path: Path) -> None:
    text = """Member_number,Date,itemDescription
    1808,21-07-2015,tropical fruit
    1808,21-07-2015,whole milk
    2552,05-01-2015,whole milk"""
    with pytest.raises(NeedsAnswerError, match="which column holds the amount of a line") as asked:
        load(tmp_path, text)
    assert asked.value.key == "columns.net"


@pytest.mark.parametrize("opened", ["opened_on", "open_date", "opening_date"])
@pytest.mark.parametrize("closed", ["closed_on", "close_date", "closed"])
def test_stores_with_the_days_they_opened_and_closed_are_stores_and_no_complaints(
    tmp_path: Path, opened: str, closed: str
) -> None:
    text = f"""store_id,name,agent_id,city,lat,lng,datum,{opened},{closed}
    S1,Harbour,A1,Ulm,48.1,9.1,WGS-84,2021-04-26,
    S2,Market,A2,Bonn,48.2,9.2,WGS-84,2022-01-13,2025-12-12"""
    found = load(tmp_path, text)
    assert found.mapping.shape == "stores"
    assert [str(day) for day in found.tables["stores"]["closed_on"].to_list()] == ["None", "2025-12-12"]


def test_lines_without_amounts_ask_for_them_and_count_purchases_without_money_when_told_so(tmp_path: Path) -> None:
    text = "order_id,product_id,add_to_cart_order,reordered\n2,33120,1,1\n2,28985,2,1"
    with pytest.raises(NeedsAnswerError, match=r'constants\.net = "0" with zero_price_is_purchase = true'):
        load(tmp_path, text)
    names = {"order_id": "order_id", "product_id": "product_id"}
    free = Mapping("order_lines", columns=names, constants={"net": "0"}, zero_price_is_purchase=True)
    lines = load(tmp_path, text, mapping=free).tables["order_lines"]
    assert lines.select("order_id", "product_id", "net_minor").rows() == [("2", "33120", 0), ("2", "28985", 0)]


def test_orders_that_tell_the_days_since_the_last_one_alone_are_refused_with_what_would_help(tmp_path: Path) -> None:
    text = """order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order
    2539329,1,prior,1,2,08,
    2398795,1,prior,2,3,07,15.0"""
    with pytest.raises(
        UsageError, match=r"tell in 'days_since_prior_order' how many days passed .* Write a date beside"
    ):
        load(tmp_path, text)


def test_points_with_a_date_and_a_time_in_two_columns_keep_their_time(tmp_path: Path) -> None:
    text = """user,lat,lng,altitude,date,time
    000,39.984702,116.318417,492,2008-10-23,02:53:04
    000,39.984683,116.318450,492,2008-10-23,02:53:10"""
    found = load(tmp_path, text, mapping=Mapping("location_fixes", columns=POINTS, datum="WGS-84", zone="UTC"))
    at = found.tables["location_fixes"]["fixed_at"].dt.to_string("%Y-%m-%d %H:%M:%S").to_list()
    assert at == ["2008-10-23 02:53:04", "2008-10-23 02:53:10"]
    (seen,) = inspect_file(tmp_path / "file.csv", defaults=KNOWN)
    assert {name: seen.mapping.columns[name] for name in POINTS} == POINTS


POINTS = {"customer_id": "user", "lat": "lat", "lng": "lng", "fixed_at": "date", "time_of_day": "time"}


def test_a_clock_beside_a_full_time_is_not_added_a_second_time(tmp_path: Path) -> None:
    text = """order_id,customer_id,timestamp,time,amount
    1,7,2026-01-05 10:30:00,10:30,5.00
    2,7,2026-01-06 11:00:00,11:00,5.00"""
    orders = load(tmp_path, text).tables["orders"].sort("order_id")
    at = orders["placed_at"].dt.convert_time_zone(KNOWN.zone).dt.to_string("%H:%M").to_list()
    assert at == ["10:30", "11:00"]


def test_payments_without_any_time_are_refused_and_may_be_left_out(tmp_path: Path) -> None:
    text = "order_id,payment_sequential,payment_type,payment_value\nb81ef226f3fe,1,credit_card,99.33"
    with pytest.raises(UsageError, match=r"name orders, but they are neither .* Leave it out"):
        load(tmp_path, text)


def test_positions_of_nobody_are_refused_and_may_be_left_out(tmp_path: Path) -> None:
    text = """geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
    01037,-23.545621,-46.639292,sao paulo,SP"""
    with pytest.raises(UsageError, match=r"hold positions, but no store, customer or visitor .* Leave it out"):
        load(tmp_path, text)


def test_exact_times_ask_only_in_which_zone_days_and_hours_count(tmp_path: Path) -> None:
    text = "timestamp,visitorid,event,itemid,transactionid\n1433221332117,257597,view,355908,"
    with pytest.raises(NeedsAnswerError, match="which time zone do days and hours count in") as asked:
        load(tmp_path, text, defaults=Defaults())
    assert asked.value.key == "zone"


def test_a_question_says_which_shape_the_answering_mapping_needs(tmp_path: Path) -> None:
    with pytest.raises(NeedsAnswerError, match='shape = "orders"'):
        load(tmp_path, "order_id,order_date,total\n1,03/04/2026,5.00")


def test_a_mapping_that_answers_one_thing_leaves_the_columns_of_a_known_export_alone(tmp_path: Path) -> None:
    text = """Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku
    #1001,a@example.com,paid,EUR,2026-03-02 10:00:00 +0100,1,Scarf,10.00,S1"""
    loaded = load(tmp_path, text, mapping=Mapping("order_lines", zone="Europe/London"), defaults=Defaults())
    assert (loaded.mapping.preset, loaded.mapping.zone) == ("shopify_orders", "Europe/London")
    assert (loaded.mapping.source, loaded.tables["orders"]["order_id"].to_list()) == ("shopify", ["#1001"])


def test_names_of_categories_go_before_their_numbers(tmp_path: Path) -> None:
    text = """event_time,event_type,product_id,category_id,category_code,price,user_id,user_session
    2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,electronics.smartphone,35.79,541312140,72d76fde"""
    loaded = load(tmp_path, text)
    assert loaded.tables["products"]["category"].to_list() == ["electronics.smartphone"]


def test_customers_with_a_second_id_for_the_person_say_so(tmp_path: Path) -> None:
    text = """customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
    c1,u1,14409,franca,SP\n    c2,u1,14409,franca,SP\n    c3,u2,09790,sao paulo,SP"""
    loaded = load(tmp_path, text)
    assert any(note.startswith("'customer_unique_id' names 2 people behind 3 customer_id") for note in loaded.notes)


def test_an_order_names_its_currency_once_on_its_first_line(tmp_path: Path) -> None:
    text = """Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku
    #1001,a@example.com,paid,JPY,2026-03-02 10:00:00 +0100,1,Scarf,1000,S1
    #1001,a@example.com,,,2026-03-02 10:00:00 +0100,1,Hat,500,S2"""
    loaded = load(tmp_path, text, defaults=Defaults("Europe/Berlin", ""))
    assert loaded.currency == "JPY"
    assert loaded.tables["order_lines"]["net_minor"].to_list() == [1000, 500]


def test_sold_items_are_lines_and_no_views(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """id,order_id,user_id,product_id,inventory_item_id,status,created_at,shipped_at,returned_at,sale_price
        1,1,10,P1,5,Complete,2023-01-02 10:00:00+00:00,2023-01-03 10:00:00+00:00,,25.5
        2,2,11,P2,6,Cancelled,2023-01-02 11:00:00.123456 UTC,,,19.99""",
    )
    assert loaded.tables["order_lines"].select("order_id", "product_id", "net_minor").rows() == [
        ("1", "P1", 2550),
        ("2", "P2", 1999),
    ]
    assert loaded.tables["orders"]["status"].to_list() == ["completed", "cancelled"]


def test_spanish_headers_name_the_product(tmp_path: Path) -> None:
    text = "Pedido;Cliente;Fecha;Producto;Cantidad;Precio\n1;7;31/01/2025;Bufanda;2;12,50"
    loaded = load(tmp_path, text)
    assert loaded.tables["order_lines"].select("product_id", "net_minor").rows() == [("Bufanda", 2500)]


def test_tracks_without_a_person_are_refused_with_what_would_help(tmp_path: Path) -> None:
    rows = "39.984702,116.318417,0,492,39744.12,2008-10-23,02:53:04\n39.984683,116.31845,0,492,39744.13,2008-10-23,02:53:10\n"
    head = "Geolife trajectory\nWGS 84\nAltitude is in Feet\nReserved 3\n0,2,255,My Track,0,0,2,8421376\n0\n"
    path = tmp_path / "20081023025304.plt"
    path.write_text(head + rows)
    with pytest.raises(UsageError, match=r"is a GPS track of one person, .* Join the tracks into one CSV"):
        load_file(path, defaults=KNOWN)
