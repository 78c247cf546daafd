"""``python -m warehouse`` as a nightly job meets it: a process of its own, one JSON object, an exact exit code."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from schema.commands import run
from warehouse.__main__ import main
from warehouse.storage import writer_lock

ROOT = Path(__file__).parents[2]
HEAD = "order_id,order_date,customer_id,product,quantity,price,currency\n"
ROW = "1,2026-03-02 12:00:00,C1,Coat,1,100.00,CNY\n"


def command(*words, home=None, **settings):
    environment = os.environ | ({"CATCHLIGHT_HOME": str(home)} if home else {}) | settings
    arguments = [sys.executable, "-W", "error", "-m", "warehouse", *map(str, words)]
    done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def process(*words, **options):
    done = command(*words, "--json", **options)
    assert done.stdout.count("\n") == 1
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def answer(capsys):
    """The same without a process of its own, which is quicker."""

    def ask(*words):
        code = run(main, [*map(str, words), "--json"])
        said = capsys.readouterr().out
        assert said.count("\n") == 1
        return code, json.loads(said)

    return ask


@pytest.fixture
def orders(data_folder):
    path = data_folder / "orders.csv"
    path.write_text(HEAD + ROW)
    return path


def test_0_done_and_quarantined_rows_are_no_failure(orders, answer):
    orders.write_text(HEAD + ROW + "2,2026-03-02 12:00:00,C1,Coat,one,x,CNY\n")
    code, told = process("import", orders, "--zone", "UTC")
    assert (code, told["snapshot"], told["sources"][0]["quarantined"]) == (0, 1, 1)
    again, told = answer("import", orders)
    assert (again, told["snapshot"], told["sources"][0]["duplicate"]) == (0, None, 1)
    code, status = answer("status")
    assert (code, status["data"], status["rows"]["orders"], status["quarantine"]) == (0, "real", 1, {"E02": 1})
    code, aside = answer("quarantine")
    assert (code, aside["rows"][0]["code"]) == (0, "E02")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["import", "missing.csv"],
        ["import", "--no-such-option", "a.csv"],
        ["import", "a.csv", "--preset", "generic", "--mapping", "a.toml"],
        ["import", "--sql", "sqlite:///a.db"],
        ["reset"],
    ],
)
def test_2_usage(data_folder, words, answer):
    code, told = process(*words) if words == ["nonsense"] else answer(*words)
    assert (code, told["exit_code"]) == (2, 2)
    assert told["error"]


def test_2_a_file_that_is_nothing_we_know_is_refused_and_nothing_is_written(data_folder, answer):
    sessions = data_folder / "sessions.csv"
    sessions.write_text("Administrative,BounceRates,Month,Weekend,Revenue\n" + "0,0.2,Feb,FALSE,FALSE\n" * 30)
    code, told = process("import", sessions, "--zone", "UTC")
    assert (code, told["exit_code"]) == (2, 2)
    assert told["error"].startswith("sessions.csv")
    assert answer("status")[1]["snapshot"] is None or not (data_folder / "real/warehouse").exists()


def test_2_without_a_name_and_with_an_empty_inbox_the_inbox_is_named(data_folder, answer):
    code, told = answer("import")
    inbox = data_folder / "real/inbox"
    assert (code, told["error"]) == (
        2,
        f"Name at least one file or folder to import, or put files into {inbox}; there are none.",
    )


def test_0_without_a_name_the_inbox_is_imported(data_folder, answer):
    inbox = data_folder / "real/inbox"
    inbox.mkdir(parents=True)
    (inbox / "orders.csv").write_text(HEAD + ROW)
    code, told = answer("import", "--zone", "UTC")
    assert (code, told["sources"][0]["source"], told["snapshot"]) == (0, "orders.csv", 1)


def test_3_needs_an_answer_and_prints_the_key_of_the_mapping(orders, answer):
    done = command("import", orders)
    assert (done.returncode, done.stdout) == (3, "")
    assert 'Answer in the mapping file (--mapping FILE.toml): zone = "' in done.stderr
    code, told = answer("import", orders)
    assert (code, told["exit_code"], told["key"], told["source"]) == (3, 3, "zone", "orders.csv")
    assert told["choices"]


def test_4_busy_while_somebody_else_writes(orders):
    with writer_lock("real"):
        code, told = process("import", orders, "--zone", "UTC")
    assert (code, told["exit_code"]) == (4, 4)
    assert told["error"] == "Another import is writing the real data. Wait until it is done and try again."


def test_5_the_data_folder_cannot_be_used(orders, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    code, told = process("import", orders, "--zone", "UTC", home=in_the_way)
    assert (code, told["exit_code"]) == (5, 5)
    assert "cannot be used" in told["error"]


def test_a_folder_stands_for_its_files(data_folder, answer):
    folder = data_folder / "exports" / "2026"
    folder.mkdir(parents=True)
    (folder / "b.csv").write_text(HEAD + ROW.replace("1,2026", "2,2026", 1))
    (folder.parent / "a.csv").write_text(HEAD + ROW)
    (folder / ".hidden").write_text("not ours")
    code, told = answer("import", folder.parent, "--zone", "UTC")
    assert (code, [s["source"] for s in told["sources"]], told["snapshot"]) == (0, ["2026/b.csv", "a.csv"], 1)
    assert answer("status")[1]["rows"]["orders"] == 2


def test_a_query_of_a_database_is_imported_and_does_not_double(data_folder, answer):
    path = data_folder / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table sales (order_id, order_date, customer_id, product, quantity, price, currency)")
        shop.executemany(
            "insert into sales values (?, '2026-03-02 12:00:00', 'C1', 'Coat', 1, ?, 'CNY')",
            [("1", 100.0), ("2", 20.5)],
        )
    shop.close()
    words = ["import", "--sql", f"sqlite:///{path}", "--query", "select * from sales", "--zone", "UTC"]
    code, told = answer(*words)
    assert (code, told["sources"][0]["accepted"], told["sources"][0]["accepted_minor"]) == (0, 2, 12_050)
    assert answer(*words)[1]["snapshot"] is None
    assert answer("import", "--sql", f"sqlite:///{path}", "--query", "drop table sales")[0] == 2


def test_a_dry_run_says_it_all_and_writes_nothing(orders, answer):
    code, told = answer("import", orders, "--zone", "UTC", "--dry-run")
    assert (code, told["dry_run"], told["snapshot"], told["sources"][0]["accepted"]) == (0, True, None, 1)
    assert answer("status", "--data", "real")[1]["snapshot"] is None
