"""An account's month read back: its sums, its lines without people, and what proves it."""

import polars as pl
import pytest

from exports.desk import Desk
from exports.forms import document_bytes
from exports.pages import page_document
from schema.errors import UsageError
from tests.answers.tiny import COMPANY, LOCAL_OWNER, asked
from tests.exports.opened import sheets, slides, words


def statement(**options):
    return page_document("statement", Desk(asked(page="sharing", rows=COMPANY, scope=LOCAL_OWNER), options=options))


def settled():
    """The largest agent's account of the newest settled month."""
    rows = COMPANY.statements.filter(pl.col("receiver_kind") == "agent")
    newest = rows.filter(pl.col("month") == rows["month"].max())
    return newest.sort("accrued_minor", "receiver_id", descending=[True, False]).row(0, named=True)


def test_the_sums_are_those_of_the_ledger_and_add_up():
    made, row = statement(), settled()
    assert [figure.label for figure in made.figures] == [
        "Opening", "Accrued", "Clawed back", "Paid out", "Closing", "May be paid",
    ]  # fmt: skip
    total = sum(row[f"{name}_minor"] for name in ("opening", "accrued", "clawback", "paid", "adjust"))
    assert total == row["closing_minor"]
    assert row["receiver_id"] in made.cards[0].answer.table["receiver_id"].to_list()


def test_digest_and_chain_head_stand_on_it_with_the_way_to_check_them():
    row = settled()
    for form in ("html", "pptx"):
        content = document_bytes(statement(), form)
        said = content.decode() if form == "html" else " ".join(
            cell.text for cell in _cells(content)
        )  # fmt: skip
        assert row["digest"] in said
        assert row["chain_head"] in said
        assert "python -m ledger verify" in said


def _cells(content):
    return [
        cell for slide in slides(content) for shape in slide.shapes if shape.has_table
        for line in shape.table.rows for cell in line.cells
    ]  # fmt: skip


def test_no_line_names_a_customer():
    columns = statement().cards[1].answer.table.columns
    assert not {"customer_id", "why", "bound_store_id"} & set(columns)
    assert "customer_id" not in sheets(document_bytes(statement(), "xlsx"))["orders"].columns


def test_a_month_that_is_not_there_is_said_so():
    with pytest.raises(UsageError) as error:
        statement(month="1999-01")
    assert str(error.value) == "No statement 1999-01 here."


def test_a_slide_says_what_may_be_paid():
    content = document_bytes(statement(), "pptx")
    assert any(text.startswith("May be paid on the 10th: ") for text in words(content))
