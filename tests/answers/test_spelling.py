"""Formulas read text, whatever lies in memory, and a question that names its columns gets those alone."""

import polars as pl
import pytest

from answers import all_addresses, narrow
from answers.registry import ADDRESSES
from schema.coding import text_columns
from schema.errors import CatchlightError
from schema.marts import Marts
from tests.answers.tiny import COMPANY, answer, asked

all_addresses()

TEXT = Marts(**{
    name: getattr(COMPANY, name).with_columns(pl.selectors.enum().cast(pl.String)) for name in Marts.__slots__
    if name != "__weakref__"
})  # fmt: skip
"""The same company as it lies in files."""


@pytest.mark.parametrize("which", ["visits", "actions", "orders", "lines", "later_lines", "refunds"])
def test_all_text_of_a_question_is_text(which):
    question = asked("city=Suzhou", all_data=True)
    rows = getattr(narrow, which)(question)
    assert {rows.schema[column] for column in text_columns(which.removeprefix("later_"))} == {pl.String}
    assert rows.equals(getattr(narrow, which)(asked("city=Suzhou", all_data=True, rows=TEXT)))


def test_the_columns_that_are_named_come_in_their_order_and_no_others():
    question = asked(all_data=True)
    whole = narrow.visits(question)
    named = narrow.visits(question, "product_id", "local_on")
    assert named.columns == ["product_id", "local_on"]
    assert named.equals(whole.select("product_id", "local_on"))
    assert named.height > 0


@pytest.mark.parametrize(
    "query", ["", "category=Unmapped", "store=S2&channel=app", "segment=new&product=P1", "currency=XXX"]
)
def test_every_answer_is_the_same_from_text_and_from_numbers_and_tells_text(query):
    told = 0
    for name in sorted(ADDRESSES):
        try:
            one, two = answer(name, query), answer(name, query, rows=TEXT)
        except CatchlightError:
            continue
        assert one.table.schema == two.table.schema, name
        assert not any(isinstance(kind, pl.Enum) for kind in one.table.schema.values()), name
        assert one.table.equals(two.table), name
        assert (one.n, one.coverage, one.notes) == (two.n, two.coverage, two.notes), name
        told += 1
    assert told > 40
