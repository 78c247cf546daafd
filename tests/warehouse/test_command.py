import json

import pytest

from schema.commands import run
from warehouse.__main__ import main

CSV = "order_id,order_date,customer_id,product,quantity,price,currency\n1,2026-03-02 12:00:00,C1,Coat,1,100.00,CNY\n"


@pytest.fixture
def orders_csv(data_folder):
    path = data_folder / "orders.csv"
    path.write_text(CSV)
    return str(path)


def test_an_import_without_a_zone_asks_for_it_with_exit_3(orders_csv, capsys):
    assert run(main, ["import", orders_csv, "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert (answer["key"], answer["exit_code"]) == ("zone", 3)


def test_an_import_prints_one_json_object_and_exits_0(orders_csv, capsys):
    assert run(main, ["import", orders_csv, "--zone", "UTC", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["snapshot"], report["sources"][0]["accepted"]) == (1, 1)
    assert run(main, ["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["orders"] == 1


def test_an_unknown_command_or_file_exits_2(data_folder, capsys):
    assert run(main, ["nonsense"]) == 2
    assert run(main, ["import", str(data_folder / "missing.csv")]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("missing.csv: there is no such file.")


def test_an_unexpected_fault_exits_1_with_an_id_and_no_traceback(data_folder, capsys):
    def broken(_):
        return 1 // 0

    assert run(broken, ["--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["error"].startswith("internal error ")
    assert "Traceback" not in said.err
    assert "ZeroDivisionError" in next((data_folder / "logs").iterdir()).read_text()


def test_reset_needs_a_yes_and_a_mode(data_folder):
    assert run(main, ["reset"]) == 2
    assert run(main, ["reset", "--data", "demo", "--yes"]) == 0


STORES = "store_id,lat,lng,datum\nS1,39.910103,116.403744,WGS-84\nS2,31.2,121.4,WGS-84\n"


@pytest.fixture
def two_stores(data_folder):
    path = data_folder / "stores.csv"
    path.write_text(STORES)
    assert run(main, ["import", str(path), "--zone", "Asia/Shanghai", "--currency", "CNY"]) == 0
    return data_folder


def test_a_datum_is_corrected_and_taken_back(two_stores, capsys):
    capsys.readouterr()
    assert run(main, ["datum", "S1", "--is", "GCJ-02"]) == 0
    assert capsys.readouterr().out == "1 store is read as GCJ-02. Published snapshot 2.\n"
    assert run(main, ["datum", "S1", "S2", "--is", "WGS-84", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"data": "real", "stores": 2, "datum": "WGS-84", "snapshot": 3}
    assert run(main, ["datum", "S2", "--is", "WGS-84"]) == 0
    assert capsys.readouterr().out == "1 store is read as WGS-84 already: no snapshot published.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["datum", "S9", "--is", "GCJ-02"], "No store S9 here (1 of 1 are not known)."),
        (["datum", "S1", "--is", "GPS"], "datum: 'GPS' is not known; it must be one of WGS-84, GCJ-02, BD-09."),
    ],
)
def test_an_unknown_store_or_datum_exits_2(two_stores, capsys, words, said):
    assert run(main, words) == 2
    assert capsys.readouterr().err == f"{said}\n"


def test_a_datum_needs_stores_and_a_name_and_data(data_folder, capsys):
    assert run(main, ["datum", "S1"]) == 2
    assert run(main, ["datum", "--is", "GCJ-02"]) == 2
    assert run(main, ["datum", "S1", "--is", "GCJ-02", "--data", "real"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "There are no real data yet, so there are no stores to correct."
