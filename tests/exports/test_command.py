"""``python -m exports`` for a nightly job: its output and its exit codes are exact."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exports.__main__ import main
from schema.commands import run

ROOT = Path(__file__).parents[2]
ORDERS = """order_id,order_date,customer_id,product,quantity,price,currency
1,2026-03-02 12:00:00,C1,Coat,1,100.00,CNY
2,2026-03-05 12:00:00,C1,Scarf,2,10.50,CNY
3,2026-03-09 09:30:00,C2,Coat,1,90.00,CNY
4,2026-03-09 10:30:00,,Hat & Co,1,5.00,CNY
5,2026-03-10 10:30:00,C2,Coat,1,8.00,USD
"""


def python(home, *words):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", *words],
        cwd=ROOT, env={**os.environ, "CATCHLIGHT_HOME": str(home)}, capture_output=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "orders.csv").write_text(ORDERS)
    loaded = python(folder, "warehouse", "import", str(folder / "orders.csv"), "--zone", "Asia/Shanghai")
    assert loaded.returncode == 0, loaded.stderr
    return folder


@pytest.fixture
def exports(home, monkeypatch, capfdbinary):
    """Run the command in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home))

    def command(*words):
        code = run(main, list(words))
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return command


def rows(out):
    return list(csv.DictReader(io.StringIO(out.removeprefix(b"\xef\xbb\xbf").decode())))


def test_the_command_prints_csv_and_ends_with_0(home):
    done = python(home, "exports", "purchases/frequency")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"\xef\xbb\xbforders,customers\n1,1\n2,1\n"


def test_a_wrong_argument_ends_with_2_and_one_line(home):
    done = python(home, "exports", "purchases/frequency", "--format", "papyrus")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(
        "python -m exports: argument --format: invalid choice: 'papyrus' (choose from 'csv', 'json', 'xlsx', 'pptx', 'html', "
    )


def test_the_list_names_every_address_with_columns_options_and_meaning(exports):
    code, out, _ = exports("--list")
    text = out.decode()
    assert code == 0
    assert (
        "catchment/overlap [by=store|agent] [resolution=…]\n"
        "    a, b, overlap_index, jaccard, a_in_b, b_in_a, customers_b_in_ta_a, shared_buyers, n_a, n_b\n"
        "    How much two stores or agents draw on the same cells; one row an ordered pair.\n"
    ) in text
    heads = [line.split(" ")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert heads == sorted(heads)
    assert {"overview/kpis", "dwell/heatmap", "products/buyers", "catchment/nearest", "data/report"} <= set(heads)


def test_without_a_period_all_data_are_meant(exports):
    _, out, _ = exports("purchases/summary")
    assert rows(out)[0]["net_minor"] == "21600"
    assert rows(out)[0]["orders"] == "4"
    assert rows(out)[0]["orders_without_customer"] == "1"
    assert rows(out)[0]["currency"] == "CNY"


@pytest.mark.parametrize(
    "words",
    [
        ("purchases/summary?from=2026-03-05&to=2026-03-09",),
        ("purchases/summary", "from=2026-03-05", "to=2026-03-09"),
        ("purchases/summary?from=2026-03-05", "to=2026-03-09"),
        ("purchases/summary", "from=2026-03-05", "--format", "csv", "to=2026-03-09"),
        ("--data", "real", "purchases/summary", "from=2026-03-05", "to=2026-03-09"),
    ],
)
def test_filters_stand_behind_the_address_or_after_it(exports, words):
    code, out, _ = exports(*words)
    assert code == 0
    assert rows(out)[0]["net_minor"] == "11600"


def test_a_repeated_filter_holds_several_values(exports):
    _, out, _ = exports("purchases/summary", "product=Coat", "product=Scarf")
    assert rows(out)[0]["net_minor"] == "21100"
    _, out, _ = exports("purchases/summary?product=Coat&product=Scarf")
    assert rows(out)[0]["net_minor"] == "21100"


def test_values_in_a_link_are_decoded_and_typed_ones_are_not(exports):
    assert rows(exports("purchases/summary?product=Hat+%26+Co")[1])[0]["net_minor"] == "500"
    assert rows(exports("purchases/summary", "product=Hat & Co")[1])[0]["net_minor"] == "500"
    assert exports("purchases/summary", "product=Hat+%26+Co")[0] == 2


def test_another_currency_is_asked_for_by_name(exports):
    assert rows(exports("purchases/summary", "currency=USD")[1])[0]["net_minor"] == "800"


def test_options_change_the_question(exports):
    assert rows(exports("purchases/summary", "members=known")[1])[0]["net_minor"] == "21100"
    assert len(rows(exports("purchases/rfm?preset=quintiles")[1])) >= 1


def test_json_is_exactly_one_object(exports):
    code, out, err = exports("purchases/summary", "--format", "json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["rows"][0]["net_minor"] == 21_600
    assert (found["address"], found["from"], found["to"]) == ("purchases/summary", "2026-03-02", "2026-03-10")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["overview/nothing"], "No address 'overview/nothing'; the addresses are audiences/"),
        (["purchases/summary", "store=S9"], "No store S9 here."),
        (["purchases/summary?segment=friends"], "No segment friends here."),
        (["purchases/summary", "currency=EUR"], "No sales in EUR here."),
        (["purchases/summary", "from=soon"], "The date from=soon is not a day like 2026-10-31."),
        (
            ["purchases/summary", "from=2026-03-05", "to=2026-03-01"],
            "The period starts on 2026-03-05 and ends on 2026-03-01: the end lies before the start.",
        ),
        (["purchases/summary", "from=2026-03-05", "from=2026-03-06"], "The date from is given 2 times."),
        (["purchases/summary", "store="], "The filter store has an empty value."),
        (["purchases/summary", "colour=red"], "purchases/summary has no option 'colour'; its options are: members."),
        (["purchases/summary", "members=some"], "purchases/summary: members='some' is none of all, known."),
        (["purchases/summary", "members=all", "members=known"], "purchases/summary: members is given 2 times."),
        (["purchases/summary", "members"], "'members' is not of the form name=value."),
        (["catchment/cells", "resolution=12"], "resolution='12' is none of 4, 5, 6, 7, 8, 9."),
        (["dwell/products", "hours=168"], "hours='168' is no hour of the week: 0 (Monday 00:00) to 167."),
        (["catchment/pair", "a=S1", "b=S2"], "No store S1 here."),
        (["data/profile", "table=secrets"], "data/profile: table='secrets' is none of "),
        ([], "Say which address to export; --list prints them all."),
        (["purchases/summary", "--nonsense"], "python -m exports: unrecognized arguments: --nonsense. usage: "),
    ],
)
def test_what_nothing_understands_ends_with_2_and_says_so(exports, words, message):
    code, out, err = exports(*words)
    assert (code, out) == (2, b"")
    assert err.startswith(message)
    assert "Traceback" not in err


def test_an_unknown_viewer_ends_with_6(exports):
    for name in ("eve", "", "V-999"):
        code, out, err = exports("purchases/summary", "--as", name)
        assert (code, out) == (6, b"")
        assert err == f"No active viewer is called {name!r}. See: python -m records viewers list\n"
    assert exports("purchases/summary", "--as", "local")[0] == 0


def test_no_data_end_with_5(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    assert run(main, ["purchases/summary"]) == 5
    assert capsys.readouterr().err == (
        "No demo data yet. Load files with python -m warehouse import, or start the app once for the demo.\n"
    )


@pytest.mark.parametrize("words", [["--data", "demo"], ["data=demo"]])
def test_the_demo_is_not_read_when_there_is_none(exports, words):
    code, _, err = exports("purchases/summary", *words)
    assert code == 5
    assert err.startswith("No demo data yet.")


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_file_holds_what_standard_output_shows(exports, tmp_path, form):
    path = tmp_path / f"out.{form}"
    code, out, _ = exports("purchases/frequency", "--format", form, "--out", str(path))
    assert (code, out) == (0, b"")
    assert list(tmp_path.iterdir()) == [path]
    if form != "xlsx":
        assert exports("purchases/frequency", "--format", form, "--out", "-")[1] == path.read_bytes()


def test_a_file_that_cannot_be_written_ends_with_5(exports, tmp_path):
    code, _, err = exports("purchases/frequency", "--out", str(tmp_path / "no" / "where.csv"))
    assert code == 5
    assert err == f"{tmp_path}/no/where.csv: cannot be written (No such file or directory).\n"


def test_a_refused_export_leaves_an_older_file_as_it_was(exports, tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("older")
    assert exports("purchases/frequency", "store=S9", "--out", str(path))[0] == 2
    assert path.read_text() == "older"


def test_the_report_accounts_for_every_row_and_minor_unit(exports):
    found = {key: int(value) for key, value in rows(exports("data/report")[1])[0].items() if value.isdigit()}
    assert found["rows_in"] == found["accepted"] + found["duplicate"] + found["quarantined"] == 5
    assert found["rows_in_minor"] == found["accepted_minor"] + found["duplicate_minor"] + found["quarantined_minor"]


def test_a_table_can_be_profiled_and_every_data_address_written(exports, tmp_path):
    found = {row["column"]: row for row in rows(exports("data/profile", "table=orders")[1])}
    assert found["customer_key"] == {"column": "customer_key", "rows": "5", "distinct": "2", "nulls": "1"}
    for name in ("data/report", "data/profile", "data/quarantine", "data/codes", "data/freshness"):
        for form in ("csv", "json", "xlsx"):
            assert exports(name, "--format", form, "--out", str(tmp_path / "x"))[0] == 0
