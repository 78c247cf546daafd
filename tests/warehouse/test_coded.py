"""Text of the large marts is numbers in memory, and the same text when it is told."""

import datetime as dt

import polars as pl
import pytest

from schema.coding import CODED, spelled, text_columns
from schema.scope import Scope
from schema.wording import UNMAPPED
from tests.answers.tiny import COMPANY
from tests.warehouse.typed import marts, order, store, table, take
from warehouse.coded import read_coded
from warehouse.frames import narrow
from warehouse.mart_contract import empty_mart
from warehouse.snapshots import open_snapshot

NOTHING = {"places": empty_mart("places"), "goods": empty_mart("goods")}


def visits(*rows):
    """Views with only what matters here."""
    day = dt.date(2026, 11, 2)
    at = dt.datetime(2026, 11, 2, 4, tzinfo=dt.UTC)
    given = {
        "visitor": 1, "customer_key": 1, "at": at, "local_on": day, "hour_of_week": 12, "channel": "app", "session": 1,
        "product_id": "P1", "category": None, "store_id": None, "owner_store_id": None, "owner_agent_id": None,
        "owner_city": None, "dwell_ms": 5, "evidence": "gap", "is_capped": False, "is_linger": None,
        "before_sign_in": False,
    }  # fmt: skip
    return pl.DataFrame([given | row for row in rows], schema=empty_mart("visits").schema)


def files(folder, **frames):
    found = {}
    for name, several in frames.items():
        found[name] = []
        for number, frame in enumerate(several):
            file = folder / f"{name}-{number}.parquet"
            frame.write_parquet(file)
            found[name].append(file)
    return found


def test_what_is_coded_reads_as_the_text_that_was_written_row_by_row_and_null_by_null(tmp_path):
    first = visits({"product_id": "é"}, {"product_id": None, "store_id": "S2"}, {"product_id": "", "category": "Coats"})
    second = visits({"product_id": "a", "owner_store_id": "S1", "is_linger": True}, {"channel": "fax"})
    found = read_coded(files(tmp_path, visits=[first, second]), **NOTHING)["visits"]
    assert spelled(found).equals(pl.concat([first, second]))
    assert all(isinstance(found.schema[column], pl.Enum) for column in text_columns("visits"))


def test_products_are_sorted_as_their_text_is(tmp_path):
    rows = visits(*({"product_id": name} for name in ("b", "Z", "é", "10", "9", "a", "zz", "字")))
    found = read_coded(files(tmp_path, visits=[rows]), **NOTHING)["visits"]
    assert found.sort("product_id")["product_id"].to_list() == ["10", "9", "Z", "a", "b", "zz", "é", "字"]


def test_a_word_that_only_a_later_file_has_is_found_and_both_files_have_one_type(tmp_path):
    places = pl.concat([NOTHING["places"], pl.DataFrame({"store_id": ["S1"]})], how="diagonal")
    given = files(tmp_path, visits=[visits({"store_id": "S1"}), visits({"store_id": "S9"})])
    found = read_coded(given, places, NOTHING["goods"])["visits"]
    assert found["store_id"].to_list() == ["S1", "S9"]
    assert found.schema["store_id"] == found.schema["owner_store_id"]


def test_stores_of_orders_and_of_views_have_one_type_whichever_mart_names_them(tmp_path):
    orders = pl.concat([empty_mart("orders"), pl.DataFrame({"store_id": ["S7"]})], how="diagonal")
    found = read_coded(files(tmp_path, orders=[orders], visits=[visits({"store_id": "S8"})]), **NOTHING)
    joined = found["orders"].join(found["visits"], on="store_id", how="full", coalesce=True)
    assert joined["store_id"].sort().to_list() == ["S7", "S8"]


def test_a_mart_without_a_file_has_its_columns(tmp_path):
    found = read_coded({"visits": []}, **NOTHING)["visits"]
    assert spelled(found).equals(empty_mart("visits"))


def test_rows_that_lie_in_memory_are_coded_with_the_types_of_the_files(tmp_path):
    orders = pl.concat([empty_mart("orders"), pl.DataFrame({"store_id": ["S7"]})], how="diagonal")
    found = read_coded(files(tmp_path, visits=[visits({"store_id": "S8"})]), **NOTHING, rows={"orders": orders})
    assert found["orders"].schema["store_id"] == found["visits"].schema["store_id"]
    assert spelled(found["orders"]).equals(orders)


def test_no_category_can_be_told_by_name(tmp_path):
    found = read_coded(files(tmp_path, visits=[visits({})]), **NOTHING)["visits"]
    assert found["category"].fill_null(UNMAPPED).to_list() == ["Unmapped"]


def test_a_view_takes_at_most_sixty_bytes_and_an_order_line_ninety(tmp_path):
    number = pl.int_range(pl.len())
    many = pl.concat([visits({})] * 50_000).with_columns(
        product_id=pl.format("P{}", number % 2_000), category=pl.format("C{}", number % 40),
        store_id=pl.format("S{}", number % 250), owner_store_id=pl.format("S{}", number % 249),
        owner_agent_id=pl.format("A{}", number % 40), owner_city=pl.format("City {}", number % 90), visitor=number,
    )  # fmt: skip
    sold = pl.concat([empty_mart("lines"), pl.DataFrame({"order_key": range(50_000)})], how="diagonal").with_columns(
        pl.lit("CNY").alias("currency"), pl.format("P{}", number % 2_000).alias("product_id"),
        pl.format("size {}", number % 30).alias("size"), pl.format("S{}", number % 250).alias("store_id"),
    )  # fmt: skip
    found = read_coded(files(tmp_path, visits=[many], lines=[sold]), **NOTHING)
    assert found["visits"].estimated_size() / 50_000 <= 60
    assert found["lines"].estimated_size() / 50_000 <= 90


def known(rows):
    """Every word that the types of these marts know."""
    kinds = [kind for mart in CODED for kind in getattr(rows, mart).schema.values() if isinstance(kind, pl.Enum)]
    return {word for kind in kinds for word in kind.categories}


def test_the_types_of_an_agents_rows_know_no_word_that_is_not_in_them():
    everything, theirs = known(COMPANY), known(narrow(COMPANY, Scope("agent", "li", "AG1")))
    assert {"S1", "S2", "S3", "AG1", "AG2", "Wuxi"} <= everything
    assert theirs & {"S1", "S2", "S3", "AG1", "AG2", "Wuxi"} == {"S1", "AG1"}


def test_a_role_that_is_not_known_gets_types_that_know_nothing():
    nobody = narrow(COMPANY, Scope("visitor", "li"))
    assert known(nobody) == {"another store", "another agent", "another city", "Unmapped"}


@pytest.mark.usefixtures("data_folder")
def test_what_is_opened_is_what_lies_in_the_files():
    take(
        table("stores", store("S1", 31.3, 120.6), store("S2", 31.4, 120.6)),
        table("orders", order("O1", row=1, selling_store_id="S2"), order("O2", row=2, customer=None)),
    )
    folder = open_snapshot("real").marts_folder
    found = marts()
    for name in ("orders", "lines", "refunds"):
        written = read_mart(folder, name)
        assert spelled(getattr(found, name)).equals(written)
    assert isinstance(found.orders.schema["store_id"], pl.Enum)


def read_mart(folder, name):
    several = sorted((folder / name).glob("*.parquet")) or [folder / f"{name}.parquet"]
    there = [file for file in several if file.is_file()]
    rows = pl.concat([pl.read_parquet(file) for file in there]) if there else empty_mart(name)
    return rows.select(empty_mart(name).columns)
