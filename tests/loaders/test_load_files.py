"""Inspecting and loading whole files, and the same through a child process's plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loaders.load import Defaults, Inspection, Loaded, inspect_file, inspect_task, load_file, load_task
from schema.errors import NeedsAnswerError, SourceError, UsageError
from schema.mapping import Mapping

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "order_id,customer_id,order_date,amount\nA1,7,2026-01-02 10:00:00,5.00\nA2,8,oops,6.00\n"


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_an_inspection_shows_columns_sample_mapping_and_questions(orders: Path) -> None:
    (found,) = inspect_file(orders)
    assert (found.source, found.rows, found.mapping.shape, found.refusal) == ("orders.csv", 2, "orders", "")
    assert found.mapping.columns == {
        "order_id": "order_id",
        "customer_id": "customer_id",
        "placed_at": "order_date",
        "net": "amount",
    }
    assert found.sample[0] == {
        "order_id": "A1",
        "customer_id": "7",
        "order_date": "2026-01-02 10:00:00",
        "amount": "5.00",
    }
    assert [question.key for question in found.questions] == ["zone", "currency"]


def test_answers_in_the_mapping_silence_the_questions(orders: Path) -> None:
    (found,) = inspect_file(orders, mapping=Mapping("orders", zone="UTC", currency="EUR"))
    assert found.questions == ()
    assert found.mapping.columns["placed_at"] == "order_date"


def test_what_the_warehouse_knows_silences_the_questions(orders: Path) -> None:
    assert inspect_file(orders, defaults=Defaults("UTC", "EUR"))[0].questions == ()


def test_a_quarantined_row_keeps_its_reason_remedy_and_payload(orders: Path) -> None:
    (loaded,) = load_file(orders, defaults=Defaults("UTC", "EUR"))
    row = loaded.quarantine.row(0, named=True)
    assert (row["_row"], row["code"], row["column"], row["value"], row["_minor"]) == (
        2,
        "E02",
        "order_date",
        "oops",
        600,
    )
    assert row["message"] == "order_date is not a date or time."
    assert row["remedy"] == "Write the value as the column expects it: a number, a date, a yes or no."
    assert json.loads(row["payload"]) == {"order_id": "A2", "customer_id": "8", "order_date": "oops", "amount": "6.00"}


def test_a_missing_answer_stops_the_load_and_names_the_key(orders: Path) -> None:
    with pytest.raises(NeedsAnswerError) as asked:
        load_file(orders)
    assert (asked.value.key, asked.value.source) == ("zone", "orders.csv")


def test_a_mapping_of_a_column_that_is_not_there_asks_for_it(orders: Path) -> None:
    mapping = Mapping("orders", columns={"placed_at": "when", "net": "amount"}, zone="UTC", currency="EUR")
    with pytest.raises(
        NeedsAnswerError, match=r"^orders\.csv: the mapping reads placed_at from the column 'when', which"
    ) as asked:
        load_file(orders, mappings=mapping)
    assert (asked.value.key, asked.value.choices[0]) == ("columns.placed_at", "order_id")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"zone": "Mars"}, "zone: 'Mars' is no IANA time zone"),
        ({"currency": "EURO"}, "orders.csv: currency: 'EURO' is no ISO 4217 code"),
        ({"returns": "maybe"}, "orders.csv: returns: 'maybe' is not known"),
        (
            {"values": {"status": {"x": "great"}}, "constants": {"status": "x"}},
            "orders.csv: values.status: 'great' is no status",
        ),
        ({"start_on": "soon"}, "orders.csv: start_on: 'soon' is no day; write it as 1990-01-01."),
        ({"epoch": "days"}, "orders.csv: epoch: 'days' is not known; it is s or ms."),
        ({"date_order": "ddd"}, "orders.csv: date_order: 'ddd' is not known; it is dmy, mdy or ymd."),
        ({"decimal": ";"}, "orders.csv: decimal: ';' is not known; it is . or ,."),
    ],
)
def test_an_unusable_mapping_is_refused_by_name(orders: Path, fields: dict[str, object], message: str) -> None:
    mapping = Mapping("orders", **{"zone": "UTC", "currency": "EUR", **fields})  # type: ignore[arg-type]
    with pytest.raises(UsageError) as refused:
        load_file(orders, mappings=mapping)
    assert str(refused.value).startswith(message)


def test_an_ignored_source_is_left_out(orders: Path) -> None:
    assert load_file(orders, mappings={"orders.csv": Mapping("ignore")}) == []


def test_a_source_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("animal,legs\ncat,4\nbird,2\n", encoding="utf-8")
    (found,) = inspect_file(path)
    assert found.refusal.startswith("notes.csv: its 2 rows have no visitor or customer id and no date")
    with pytest.raises(SourceError, match=r"^notes\.csv: its 2 rows have no visitor"):
        load_file(path)


def test_plain_values_carry_an_inspection_there_and_back(orders: Path) -> None:
    answer = json.loads(json.dumps(inspect_task({"path": str(orders)})))
    (again,) = [Inspection.from_dict(plain) for plain in answer["inspections"]]
    (direct,) = inspect_file(orders)
    assert (again.mapping, again.sample, again.candidates) == (direct.mapping, direct.sample, direct.candidates)
    assert [q.key for q in again.questions] == ["zone", "currency"]


def test_plain_values_and_files_carry_loaded_tables_there_and_back(orders: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    defaults = {"zone": "UTC", "currency": "EUR", "store_zones": {}}
    answer = json.loads(json.dumps(load_task({"path": str(orders), "out": str(out), "defaults": defaults})))
    (again,) = [Loaded.from_dict(plain, out) for plain in answer["loaded"]]
    (direct,) = load_file(orders, defaults=Defaults("UTC", "EUR"))
    assert again.tables["orders"].equals(direct.tables["orders"])
    assert again.quarantine.equals(direct.quarantine)
    assert (again.rows_in, again.codes, again.mapping, again.notes) == (2, {"E02": 1}, direct.mapping, direct.notes)


def test_a_mapping_a_source_reaches_its_source(orders: Path, tmp_path: Path) -> None:
    mapping = {"shape": "orders", "zone": "UTC", "currency": "USD"}
    answer = load_task({"path": str(orders), "out": str(tmp_path / "out"), "mappings": {"orders.csv": mapping}})
    assert answer["loaded"][0]["currency"] == "USD"
