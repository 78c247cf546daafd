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
