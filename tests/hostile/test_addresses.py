"""Nonsense in a link by the hundred: named as text, never widening, never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.filters import FILTER_NAMES, parse_filters
from tests.hostile.strings import ALL

if TYPE_CHECKING:
    from schema.filters import Filters

NUMBERS = ("-1", "0", "1e309", "NaN", "inf", "9" * 400, "0x10", "1_000", "\u0661", "-0", "2026-02-30", "99999-01-01")


def parsed(name: str, value: str) -> Filters:
    return parse_filters({name: [value]})


@pytest.mark.parametrize("name", sorted(FILTER_NAMES))
def test_any_value_of_a_filter_is_kept_as_text_or_named(name: str) -> None:
    for value in (*ALL, *NUMBERS, "", "\ud800", "a" * 100_000):
        found = parsed(name, value)
        assert found.unreadable or dict(found.to_query()).get(name, "").strip() == value.strip()
