"""``--as VIEWER``: what this viewer may see and nothing else, each export on the audit log."""

import csv
import datetime as dt
import io
import json
import sys

import pytest

from exports.__main__ import main
from exports.noted import told_address
from records import audit, viewers
from schema.commands import run
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from tests.records.held import held
from tests.warehouse import typed

pytestmark = pytest.mark.usefixtures("sqlite_home")


def sale(order_id, customer, store, net):
    paid = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
    return typed.order(order_id, customer=customer, net=net, minor=net) | {
        "placed_at": paid, "paid_at": paid, "local_on": paid.date(), "selling_store_id": store, "channel": "pos",
    }  # fmt: skip


@pytest.fixture
def company(sqlite_home):
    """Two stores of two agents, one sale each, and a viewer for each role."""
    sales = [sale("O1", "C1", "S1", 10_000), sale("O2", "C2", "S2", 5_000)]
    typed.take(
        typed.table(
            "stores", typed.store("S1", 31.2, 121.4, agent_id="A1"), typed.store("S2", 31.3, 121.5, agent_id="A2")
        ),
        typed.table("agents", *[{"agent_id": one, "name": one, "_row": 1, "_minor": 0} for one in ("A1", "A2")]),
        typed.table("customers", typed.customer("C1"), typed.customer("C2")),
        typed.table("orders", *[row | {"_row": at + 1} for at, row in enumerate(sales)]),
    )
    viewers.add_viewer(LOCAL_OWNER, role="owner", email="ada@shop.example")
    viewers.add_viewer(LOCAL_OWNER, role="agent", email="li@one.example", agent_id="A1")
    viewers.add_viewer(LOCAL_OWNER, role="agent", email="wu@two.example", agent_id="A2")
    return sqlite_home


@pytest.fixture
def exports(company, capfdbinary):
    """Run the command in this process: exit code, rows, standard error."""

    def command(*words):
        code = run(main, list(words))
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        rows = list(csv.DictReader(io.StringIO(out.removeprefix(b"\xef\xbb\xbf").decode())))
        return code, rows, err.decode()

    return command


def logged(kind):
    return [(row["viewer"], row["data"], json.loads(row["what"])) for row in audit.entries(kinds=[kind]).to_dicts()]


@pytest.mark.parametrize(
    ("name", "net"), [("V-001", "15000"), ("V-002", "10000"), ("wu@two.example", "5000"), ("local", "15000")]
)
def test_a_viewer_gets_their_own_rows_by_id_or_address(exports, name, net):
    code, rows, _ = exports("purchases/summary", "--as", name)
    assert (code, rows[0]["net_minor"]) == (0, net)


def test_a_filter_on_anothers_store_selects_nothing(exports):
    code, rows, err = exports("purchases/summary", "store=S2", "--as", "V-002")
    assert (code, rows, err) == (2, [], "No store S2 here.\n")


def test_who_was_shut_out_exports_nothing_and_leaves_a_file_as_it_was(exports, company):
    viewers.change_viewer(LOCAL_OWNER, "V-002", is_active=False)
    path = company / "out.csv"
    path.write_text("older")
    code, _, err = exports("purchases/summary", "--as", "V-002", "--out", str(path))
    assert (code, path.read_text()) == (6, "older")
    assert err.startswith("No active viewer is called 'V-002'.")
    assert (logged("export"), logged("refusal")) == ([], [("unknown", "", {"deed": "export", "named": "V-002"})])


def test_an_export_is_on_the_log_with_address_rows_and_format(exports):
    exports("purchases/summary?from=2026-03-01&to=2026-03-05", "members=known", "--as", "V-002", "--format", "json")
    address = "purchases/summary?from=2026-03-01&to=2026-03-05&members=known"
    assert logged("export") == [("V-002", "real", {"address": address, "rows": 1, "format": "json"})]


def test_the_log_does_not_say_which_person_was_asked_for():
    assert told_address("sharing/replay", parse_filters("store=S1"), {"customer": "C1"}) == (
        "sharing/replay?store=S1&customer=[hidden]"
    )


def test_a_refused_export_is_not_logged_as_one(exports):
    exports("purchases/summary", "colour=red")
    assert logged("export") == []


def test_an_export_does_not_wait_for_a_settlement(exports):
    with held():
        assert exports("purchases/summary")[0] == 0
    assert len(logged("export")) == 1
