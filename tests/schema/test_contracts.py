"""Contracts, scopes, money and errors: what every room relies on."""

import dataclasses
import json
import re

import pytest

from schema import errors
from schema.commands import run
from schema.errors import NeedsAnswerError, RefusedError, UsageError
from schema.marts import MARTS, Marts
from schema.money import minor_digits
from schema.scope import LOCAL_OWNER, Scope
from schema.tables import CANONICAL

COLUMNS = [
    pytest.param(column, id=f"{table}.{name}")
    for tables in (CANONICAL, MARTS)
    for table, contract in tables.items()
    for name, column in contract.columns().items()
]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_says_what_it_is(column):
    text = column.description
    assert text
    assert text.rstrip().endswith((".", ")"))
    assert text == text.strip()


CANON = [
    pytest.param(name, column, id=f"{table}.{name}")
    for table, contract in CANONICAL.items()
    for name, column in contract.columns().items()
]


@pytest.mark.parametrize(("name", "column"), CANON)
def test_every_canonical_column_has_a_label_and_a_unit(name, column):
    assert column.metadata["label"]
    assert "unit" in column.metadata
    if name.endswith("_minor"):
        assert column.metadata["unit"] == "minor units"


def test_money_is_whole_numbers_everywhere():
    for contract in (*CANONICAL.values(), *MARTS.values()):
        for name, kind in contract.create_empty().schema.items():
            assert not name.endswith("_minor") or str(kind) == "Int64"


def test_marts_hold_every_mart_and_nothing_else():
    assert [field.name for field in dataclasses.fields(Marts)] == list(MARTS)


@pytest.mark.parametrize("agent", [None, ""])
def test_an_agents_scope_without_an_agent_is_refused(agent):
    with pytest.raises(ValueError, match=r"^An agent's scope needs the agent's id\.$"):
        Scope("agent", "wang", agent)


def test_no_two_that_see_other_things_share_a_key():
    scopes = [
        LOCAL_OWNER,
        Scope("presenter"),
        Scope("agent", "local", "A"),
        Scope("agent", "local", "B"),
    ]
    assert len({scope.key for scope in scopes}) == len(scopes)


def test_viewers_of_one_agent_share_what_was_computed():
    assert Scope("agent", "wang", "A").key == Scope("agent", "li", "A").key


def test_an_owner_who_looks_as_somebody_writes_nothing():
    assert not Scope("agent", "V-001", "A", is_borrowed=True).may_write
    assert not Scope("owner", "V-001", is_borrowed=True).may_write
    assert not Scope("presenter", "guest").may_write
    assert LOCAL_OWNER.may_write
    assert Scope("agent", "wang", "A").may_write


def test_a_scope_cannot_be_widened_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scope("agent", "wang", "A").role = "owner"


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("USD", 2), ("", 2), ("XXX", 2), ("nonsense", 2)]
)
def test_currencies_have_their_digits(currency, digits):
    assert minor_digits(currency) == digits


EXIT_CODES = {
    "CatchlightError": 1, "UsageError": 2, "SourceError": 2, "ContractError": 2, "NeedsAnswerError": 3, "BusyError": 4,
    "StorageError": 5, "RefusedError": 6,
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), list(EXIT_CODES.items()))
def test_every_error_has_its_exit_code(name, code):
    assert getattr(errors, name).exit_code == code


def raising(error):
    def main(_):
        raise error

    return main


def test_an_error_is_one_line_for_people_and_one_object_for_machines(capsys):
    assert run(raising(RefusedError("Only the owner may see this.")), []) == 6
    assert capsys.readouterr() == ("", "Only the owner may see this.\n")
    assert run(raising(UsageError("No.")), ["--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {"error": "No.", "exit_code": 2}


def test_a_question_prints_the_key_that_answers_it(capsys):
    question = NeedsAnswerError("Which zone?", key="zone", choices=("Asia/Shanghai", "UTC"), source="orders.csv")
    assert run(raising(question), []) == 3
    assert capsys.readouterr().err == (
        'Which zone?\nAnswer in the mapping file (--mapping FILE.toml): zone = "Asia/Shanghai"\n'
    )
    assert run(raising(question), ["--json"]) == 3
    assert json.loads(capsys.readouterr().out) == {
        "error": "Which zone?", "exit_code": 3, "key": "zone", "choices": ["Asia/Shanghai", "UTC"],
        "source": "orders.csv",
    }  # fmt: skip


def test_what_nobody_expected_is_kept_in_a_log_under_its_id(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    assert run(raising(ZeroDivisionError("one by none")), []) == 1
    said = capsys.readouterr().err
    found = re.match(r"internal error ([0-9a-f]{8}); details are in ", said)
    assert found
    assert "Traceback" not in said
    log = tmp_path / "logs" / f"error-{found[1]}.log"
    assert "one by none" in log.read_text()


def test_stopping_a_command_says_that_nothing_was_published(capsys):
    assert run(raising(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err == "Stopped; nothing was published.\n"
