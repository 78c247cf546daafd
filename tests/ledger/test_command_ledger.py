import fcntl
import json

import pytest

from ledger.__main__ import main
from records import database
from records.locking import writing
from schema.commands import run
from tests.ledger.world import found, order, orders, refund, refunds
from warehouse.__main__ import main as import_main


@pytest.fixture
def told(sqlite_home, capsys):
    """Run the command: its exit code, what it printed and what it complained of."""

    def command(*words):
        code = run(main, [*words, "--data", "real"])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def summer():
    found()
    orders(
        order("O1", 128_499, "2026-07-03 10:00:00", completed="2026-07-05 10:00:00"),
        order("O2", 10_000, "2026-07-04 10:00:00", customer="C2"),
    )
    refunds(refund("X1", "O1", 40_000, "2026-07-20 10:00:00"))


def test_bind_posts_and_publishes_and_tells_it(told):
    summer()
    code, out, _ = told("bind")
    assert code == 0
    assert "Customers bound or on the books: 3\n" in out
    assert "Entries posted: 2 accrual, 1 clawback\n" in out
    assert out.endswith("Snapshot 4.\n")
    code, out, _ = told("bind", "--json")
    again = json.loads(out)
    assert (code, again["spells"], again["accrual"]["entries"], again["snapshot"]) == (0, {}, {}, 4)


def test_settle_verify_and_status(told):
    summer()
    told("bind")
    code, out, _ = told("settle", "--month", "2026-07")
    assert code == 0
    assert out.startswith("Settled 2026-07: 1 statements, 0 payouts.\n")
    assert told("settle", "--month", "2026-07")[:2] == (0, "2026-07 is settled already; nothing was changed.\n")
    code, out, _ = told("verify")
    assert (code, out.splitlines()[-1]) == (0, "Every chain is whole and every sum agrees.")
    code, out, _ = told("status", "--json")
    status = json.loads(out)
    assert (code, status["settled_months"], status["rows"]["entries"]) == (0, ["2026-07"], 3)


def test_a_word_that_is_no_month_is_exit_2(told):
    summer()
    assert told("settle", "--month", "July") == (2, "", "'July' is not a month; write it as 2026-10.\n")


def test_an_interval_that_is_no_number_is_exit_2(told):
    assert told("bind", "--watch", "often")[0] == 2
    assert told("bind", "--watch", "0")[0] == 2
    assert "'often' is not a number of seconds from 1 to 86,400" in told("bind", "--watch", "often")[2]


def test_a_held_lock_is_exit_4(told, sqlite_home):
    summer()
    holder = open(sqlite_home / "real" / "ledger.lock", "w")  # noqa: SIM115,PTH123
    fcntl.flock(holder, fcntl.LOCK_EX)
    code, out, err = told("bind")
    holder.close()
    assert (code, out) == (4, "")
    assert err == (
        "This must be on the audit log, and somebody else is writing now. Nothing was done; try again in a minute.\n"
    )


def test_a_broken_chain_is_exit_5_and_says_where(told):
    summer()
    told("bind")
    with writing("real"), database.engine("real").connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS entries_no_update")
        triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE entries SET amount_minor = amount_minor + 1 WHERE seq = 2")
        connection.exec_driver_sql("COMMIT")
    code, out, err = told("verify")
    assert (code, out) == (5, "")
    assert "entries: broken at row 2: the row was changed.\n" in err


def test_watching_ends_cleanly_when_stopped(told, monkeypatch):
    summer()
    rounds = []

    def stop_at_the_third(seconds):
        rounds.append(seconds)
        if len(rounds) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("ledger.__main__.time.sleep", stop_at_the_third)
    code, out, err = told("bind", "--watch", "30", "--json")
    assert (code, rounds, err) == (0, [30.0, 30.0, 30.0], "Stopped; what was told is kept.\n")
    assert [json.loads(line)["snapshot"] for line in out.splitlines()] == [4]


def test_without_data_bind_says_so(told):
    code, _, err = told("bind")
    assert (code, err) == (
        2, "There are no real data yet, so nobody can be bound. Import customers and stores first.\n"
    )  # fmt: skip


def test_an_import_says_what_to_do_next_once_customers_have_owners(sqlite_home, told, tmp_path, capsys):
    summer()
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,registered_at\nC8,2026-07-08 10:00:00\n")
    assert run(import_main, ["import", str(path)]) == 0
    assert "python -m ledger" not in capsys.readouterr().out
    told("bind")
    path.write_text("customer_id,registered_at\nC9,2026-07-09 10:00:00\n")
    assert run(import_main, ["import", str(path)]) == 0
    assert capsys.readouterr().out.endswith("\nBind the new customers: python -m ledger bind\n")
    assert run(import_main, ["import", str(path)]) == 0
    assert capsys.readouterr().out.endswith("Nothing new: no snapshot published.\n")


def test_customers_without_a_registration_are_told_of(sqlite_home, told, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,city\nC1,Leeds\n")
    assert run(import_main, ["import", str(path), "--zone", "Europe/London", "--currency", "GBP"]) == 0
    code, out, _ = told("bind")
    assert code == 0
    assert "No customer says when they registered (registered_at), so nobody can be bound.\n" in out
