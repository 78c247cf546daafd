"""Headings of tables: what translators are given."""

from __future__ import annotations

import pytest

from answers import all_addresses
from answers.registry import ADDRESSES
from exports.column_words import COLUMN_WORDS
from exports.labels import column_label, is_worded
from loaders.synonyms import synonyms
from schema.mapping import SHAPES

all_addresses()


@pytest.mark.parametrize("address", sorted(ADDRESSES))
def test_translators_are_given_every_heading_of_an_answer(address: str) -> None:
    assert [name for name in ADDRESSES[address].columns if not _is_given(name)] == []


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "ignore"])
def test_translators_are_given_every_column_that_a_file_may_have(shape: str) -> None:
    assert [name for name in synonyms(shape) if not _is_given(name)] == []


def _is_given(name: str) -> bool:
    """A name of one letter is the same in every language."""
    head = column_label(name, "CNY").removesuffix(", CNY").removesuffix(", %")
    return is_worded(name) or head in COLUMN_WORDS or len(name) == 1
