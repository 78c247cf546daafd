import csv
import io
import json

import pytest

from records import audit
from records.__main__ import main
from records.audit import write
from records.viewers import viewers
from schema.commands import run
from tests.records.tampering import behind_the_back

BOSS = "V-001 (boss@shop.example)"


@pytest.fixture
def told(sqlite_home, capsys):
    """Run the command: its exit code, what it printed and what it complained of."""

    def command(*words):
        code = run(main, words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def company(told):
    assert told("viewers", "add", "--email", "boss@shop.example", "--role", "owner")[0] == 0
    assert told("viewers", "add", "--email", "ann@shop.example", "--role", "agent", "--agent", "A01", "--name", "Ann")[0] == 0  # fmt: skip
    return told


def test_nobody_yet_says_how_to_begin(told, sqlite_home):
    expected = "Nobody yet. Add the first owner: python -m records viewers add --email me@shop.example --role owner\n"
    assert told("viewers") == told("viewers", "list") == (0, expected, "")
    assert told("audit", "list") == (0, "Nothing was done.\n", "")
    assert list(sqlite_home.iterdir()) == []


def test_the_first_owner_is_added(told):
    assert told("viewers", "add", "--email", "Boss@shop.example", "--role", "owner") == (
        0, f"Added: {BOSS}, owner, active.\n", "")  # fmt: skip


def test_everybody_is_listed(company):
    assert company("viewers")[1] == (
        "viewer  role   agent  active  e-mail             name\n"
        "V-001   owner         yes     boss@shop.example\n"
        "V-002   agent  A01    yes     ann@shop.example   Ann\n"
    )


def test_a_viewer_is_changed_shut_out_and_let_in_again(company):
    assert company("viewers", "change", "V-002", "--agent", "A02") == (
        0, "Now: V-002 (ann@shop.example), agent of A02, active.\n", "")  # fmt: skip
    assert company("viewers", "deactivate", "v-002") == (
        0, "Now: V-002 (ann@shop.example), agent of A02, not active.\n", "")  # fmt: skip
    assert company("viewers", "change", "V-002", "--activate", "--role", "presenter") == (
        0, "Now: V-002 (ann@shop.example), presenter, active.\n", "")  # fmt: skip
    assert viewers()[1].version == 4


def test_the_last_owner_cannot_be_shut_out(company):
    message = f"{BOSS} is the last active owner; add another owner first.\n"
    assert company("viewers", "deactivate", "V-001") == (6, "", message)
    assert company("viewers", "change", "V-001", "--role", "presenter") == (6, "", message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("viewers", "add", "--email", "x@y.example", "--role", "boss"), "'boss' is no role; one of owner, agent, presenter is.\n"),
        (("viewers", "add", "--email", "x@y.example", "--role", "agent"), "An agent needs the agent's id, whose stores and customers they see.\n"),
        (("viewers", "add", "--email", "boss@shop.example", "--role", "owner"), f"{BOSS} has this e-mail address already; change that viewer, or deactivate it first.\n"),
        (("viewers", "change", "V-009"), "There is no viewer 'V-009'.\n"),
        (("audit", "list", "--kind", "sneeze"), f"'sneeze' is nothing the audit log keeps; it keeps {', '.join(audit.KINDS)}.\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_line(company, words, message):
    assert company(*words) == (2, "", message)


@pytest.mark.parametrize("words", [("viewers", "add", "--email", "x@y.example"), ("audit",), (), ("audit", "list", "--since", "soon")])  # fmt: skip
def test_a_wrong_use_ends_with_2(told, words):
    assert told(*words)[0] == 2


def test_json_is_one_object(company):
    for words in (("viewers", "--json"), ("viewers", "list", "--json"), ("viewers", "--json", "list")):
        found = json.loads(company(*words)[1])["viewers"]
        assert [(one["viewer_id"], one["role"], one["agent_id"], one["is_active"]) for one in found] == [
            ("V-001", "owner", None, True),
            ("V-002", "agent", "A01", True),
        ]
    assert json.loads(company("viewers", "deactivate", "V-002", "--json")[1])["viewer"]["is_active"] is False
    assert json.loads(company("viewers", "deactivate", "V-001", "--json")[1]) == {
        "error": f"{BOSS} is the last active owner; add another owner first.", "exit_code": 6}  # fmt: skip


def test_the_log_is_listed_and_narrowed(company):
    write("export", viewer="V-002", what={"address": "=cmd()", "rows": 3}, data="demo")
    lines = company("audit", "list", "--kind", "export")[1].splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("+00:00  export  V-002   demo  address: =cmd(); rows: 3")
    assert len(company("audit", "list")[1].splitlines()) == 4
    assert company("audit", "list", "--viewer", "V-009")[1] == "Nothing was done.\n"
    assert company("audit", "list", "--until", "2026-01-01")[1] == "Nothing was done.\n"
    assert len(company("audit", "list", "--since", "2026-01-01T00:00:00+08:00", "--kind", "export", "--kind", "viewer_change")[1].splitlines()) == 4  # fmt: skip


def test_the_log_as_json_and_csv(told):
    write("export", viewer="=1+1", what={"rows": 3}, data="demo")
    for words in (("--json",), ("--format", "json")):
        (row,) = json.loads(told("audit", "list", *words)[1])["entries"]
        assert (row["kind"], row["viewer"], row["data"], row["what"]) == ("export", "=1+1", "demo", {"rows": 3})
    (row,) = csv.DictReader(io.StringIO(told("audit", "list", "--format", "csv")[1]))
    assert (row["seq"], row["kind"], row["viewer"], row["what"]) == ("1", "export", "'=1+1", '{"rows": 3}')


def test_a_whole_log_is_verified_and_a_broken_one_ends_with_5(company):
    code, out, _ = company("audit", "verify")
    assert (code, [line.split(",")[0] for line in out.splitlines()]) == (
        0, ["viewers: 2 rows", "audit: 2 rows", "Both chains are whole."])  # fmt: skip
    assert [one["rows"] for one in json.loads(company("audit", "verify", "--json")[1])["tables"]] == [2, 2]
    behind_the_back("UPDATE audit SET viewer = 'V-002' WHERE seq = 2")
    assert company("audit", "verify") == (5, "", "audit: broken at row 2: the row was changed.\n")
