"""The example mappings load their public files and give the published numbers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Loaded, load_file
from schema.errors import SourceError
from schema.mapping import Mapping

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FOLDER = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public files lie beside the repository, not in it")


def load(file: str, mapping: str) -> Loaded:
    (loaded,) = load_file(FOLDER / file, mappings=Mapping.read(EXAMPLES / f"{mapping}.toml"))
    return loaded


def repeat_rates(orders: pl.DataFrame) -> tuple[float, float]:
    """Repeat rate counting rows, and counting days."""
    people = orders.group_by("customer_id").agg(rows=pl.len(), days=pl.col("local_on").n_unique())
    rows, days = people.filter(pl.col("rows") > 1).height, people.filter(pl.col("days") > 1).height
    return round(rows / people.height, 4), round(days / people.height, 4)


@pytest.fixture(scope="module")
def retail() -> Loaded:
    return load("uci_online_retail/online_retail.parquet", "uci_online_retail")


def test_every_invoice_line_and_penny_is_accounted_for(retail: Loaded) -> None:
    assert (retail.rows_in, retail.rows_in_minor) == (541_909, 974_774_793)
    assert retail.codes == {"E05": 1_338, "W07": 42, "W08": 9_288, "W09": 1_183}
    assert {name: table.height for name, table in retail.tables.items()} == {
        "orders": 20_726, "order_lines": 531_283, "refunds": 9_288, "products": 3_957,
    }  # fmt: skip


def test_cleaned_invoices_give_the_published_numbers(retail: Loaded) -> None:
    paid = retail.tables["order_lines"].filter(pl.col("net_minor") > 0)
    known = paid.join(retail.tables["orders"].filter(pl.col("customer_id").is_not_null()), on="order_id")
    assert (known["customer_id"].n_unique(), known["order_id"].n_unique()) == (4_338, 18_532)
    assert known["net_minor"].sum() == 891_140_790
    assert repeat_rates(known.unique("order_id")) == (0.6558, 0.6432)


def test_the_same_mapping_fits_a_daily_file_and_gives_the_same_ids(retail: Loaded) -> None:
    day = load("uci_online_retail/2010-12-01.csv", "uci_online_retail")
    assert day.rows_in == 3_108
    assert day.tables["order_lines"].join(retail.tables["order_lines"], on=["order_id", "line_id"]).height == 3_081
    assert day.tables["refunds"].join(retail.tables["refunds"], on="refund_id").height == 26


def test_cdnow_gives_the_published_repeat_rates_with_free_purchases_counted() -> None:
    loaded = load("cdnow/CDNOW_master.txt", "cdnow")
    orders = loaded.tables["orders"]
    assert (orders.height, orders["customer_id"].n_unique()) == (69_659, 23_570)
    assert repeat_rates(orders) == (0.4948, 0.4886)
    assert loaded.mapping.zero_price_is_purchase


def test_the_cdnow_sample_has_two_ids_and_no_header() -> None:
    orders = load("cdnow/CDNOW_sample.txt", "cdnow_sample").tables["orders"]
    assert (orders.height, orders["customer_id"].n_unique()) == (6_919, 2_357)


def test_openings_of_the_sixties_lie_in_the_sixties() -> None:
    stores = load("walmart_openings/1962_2006_walmart_store_openings.csv", "walmart_openings").tables["stores"]
    assert stores.height == 2_992
    assert (str(stores["opened_on"].min()), str(stores["opened_on"].max())) == ("1962-07-01", "2006-01-31")


def test_hourly_events_keep_their_kinds() -> None:
    loaded = load("tianchi_sample/sample_user_behavior.csv", "tianchi_sample")
    assert loaded.rows_in == 1_999
    assert set(loaded.tables["events"]["type"].unique()) <= {"view", "activity", "cart"}


def test_sessions_without_ids_and_dates_are_refused() -> None:
    with pytest.raises(
        SourceError, match="have no visitor or customer id and no date, so visits can be neither placed in"
    ):
        load_file(FOLDER / "online_shoppers" / "online_shoppers_intention.csv")
