import json

import polars as pl
import pytest

from loaders.identities import hide
from loaders.load import Defaults, load_file
from schema.errors import StorageError, UsageError
from schema.mapping import Mapping
from schema.scope import LOCAL_OWNER
from schema.secret import hash_key, keyed_hash, stored_id
from tests.warehouse.byte_search import files_with
from warehouse import api

KEY = "0123456789abcdef0123456789abcdef"
PHONE, EMAIL, OPENID, NAME = "13812345678", "Ann.Lee@shop.example", "oABCdefghijklmnopqrstuvwxy_1", "Li Xiaolan"
STREET = "7 Garden Road"


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HASH_KEY", KEY)


def orders(folder, header, *who, more=""):
    """Orders of these people, and one row whose price cannot be read."""
    path = folder / "orders.csv"
    rows = [f"O{n},2026-03-0{n % 9 + 1} 12:00:00,{one},P1,1,10.00,{NAME},{STREET}" for n, one in enumerate(who)]
    bad = f"OX,2026-03-01 12:00:00,{who[0]},P1,1,call {PHONE},{NAME},{STREET}"
    path.write_text("\n".join([f"order_id,order_date,{header},product,quantity,price,receiver_name,shipping_address",
                               *rows, bad, more]) + "\n")  # fmt: skip
    return path


def load(path):
    (one,) = load_file(path, defaults=Defaults(zone="UTC", currency="CNY", hash_key=KEY))
    return one


@pytest.mark.parametrize("written", ["13812345678", "+86 138 1234 5678", "86-138-1234-5678"])
def test_one_mobile_number_is_one_customer_however_it_is_written(tmp_path, written):
    people = load(orders(tmp_path, "customer_id", written)).tables["orders"]["customer_id"].unique().to_list()
    assert people == [f"h-{keyed_hash(KEY.encode(), 'identity', '13812345678')[:32]}"]


@pytest.mark.parametrize("written", [EMAIL, EMAIL.lower(), EMAIL.upper()])
def test_one_e_mail_address_is_one_customer(tmp_path, written):
    people = load(orders(tmp_path, "email", written)).tables["orders"]["customer_id"].unique().to_list()
    assert people == [f"h-{keyed_hash(KEY.encode(), 'identity', 'ann.lee@shop.example')[:32]}"]


def test_ids_of_the_shop_itself_stay_as_they_are(tmp_path):
    found = load(orders(tmp_path, "customer_id", "C000123", "266079", "00042")).tables["orders"]
    assert sorted(found["customer_id"].unique()) == ["00042", "266079", "C000123"]


def test_a_column_of_telephone_numbers_is_hashed_whatever_its_values_look_like(tmp_path):
    found = load(orders(tmp_path, "手机号", "0512-6688")).tables["orders"]["customer_id"][0]
    assert found == stored_id(KEY.encode(), "0512-6688", always=True)
    assert found.startswith("h-")


def test_rows_set_aside_name_nobody(tmp_path):
    broken = f'OY,2026-03-01,{PHONE},P1,1,2,{NAME},{STREET},{EMAIL},"'
    aside = load(orders(tmp_path, "customer_id", PHONE, EMAIL, more=broken)).quarantine
    texts = "\n".join(str(row) for row in aside.rows())
    assert aside.height == 2
    for word in (PHONE, EMAIL, EMAIL.lower()):
        assert word not in texts
    payload = json.loads(aside.filter(pl.col("payload").str.contains("OX"))["payload"][0])
    assert payload["customer_id"] == stored_id(KEY.encode(), PHONE)
    assert (payload["receiver_name"], payload["shipping_address"]) == ("[hidden]", "[hidden]")
    assert payload["price"] == "call [hidden]"


def test_amounts_days_and_order_numbers_are_not_hidden():
    said = ["2026-03-01 12:00:00", "1234567890123456", "138", "12 345 678.90", "P-138-1234", "a@b"]
    assert pl.Series("t", said).to_frame().select(hide(pl.col("t")))["t"].to_list() == said


def test_identities_are_hashed_again_on_arrival_with_the_key(tmp_path):
    path = tmp_path / "identities.csv"
    path.write_text(f"id_type,id_hash,customer_id\nphone,{PHONE},C1\nopenid,{OPENID},C1\ncard,ab12,C2\n")
    rows = load(path).tables["identities"]
    assert rows["id_hash"].to_list() == [stored_id(KEY.encode(), one, always=True) for one in (PHONE, OPENID, "ab12")]


def test_after_an_import_no_file_holds_a_number_an_address_or_a_name(data_folder, tmp_path_factory, key):
    outside = tmp_path_factory.mktemp("given")
    api.import_files([orders(outside, "customer_id", PHONE, EMAIL, OPENID)], zone="UTC", currency="CNY")
    for word in (PHONE, EMAIL, EMAIL.lower(), OPENID, NAME, STREET):
        assert files_with(data_folder, word) == [], word
    before = api.customer_ids(api.open_snapshot("real"), LOCAL_OWNER).height
    assert len(api.forget("real", ["+8613812345678", EMAIL.lower()], by=LOCAL_OWNER).forgotten) == 2
    assert api.customer_ids(api.open_snapshot("real"), LOCAL_OWNER).height == before - 2


def test_the_key_is_made_once_readable_by_its_owner_alone(data_folder):
    first = hash_key()
    assert (data_folder / "hash.key").stat().st_mode & 0o777 == 0o600
    assert (len(first), hash_key()) == (64, first)
    (data_folder / "hash.key").chmod(0o644)
    with pytest.raises(StorageError, match="others on this machine can read it"):
        hash_key()


def test_a_key_too_short_is_refused(monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HASH_KEY", "secret")
    with pytest.raises(UsageError, match="CATCHLIGHT_HASH_KEY has 6 characters; it must have at least 16"):
        hash_key()


def test_a_mapping_of_ones_own_is_hashed_like_any(tmp_path):
    mapping = Mapping("order_lines", columns={"order_id": "order_id", "placed_at": "order_date", "customer_id": "who",
                                              "product_id": "product", "qty": "quantity", "unit_price": "price"},
                      zone="UTC", currency="CNY")  # fmt: skip
    (one,) = load_file(orders(tmp_path, "who", PHONE), mappings=mapping, defaults=Defaults(hash_key=KEY))
    assert one.tables["orders"]["customer_id"].unique().to_list() == [stored_id(KEY.encode(), PHONE)]
