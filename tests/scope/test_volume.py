"""What an agent's browser gets does not count the company: two that differ in all of the others say the same, byte for word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from schema.scope import LOCAL_OWNER
from tests.scope.company import AMBER
from tests.scope.test_pages import look, sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scope.conftest import Company

__all__ = ["look"]

PLACES = (
    ("audiences", {}),
    ("audiences", {"who": "binding:agent:AG-1"}),
    ("sharing", {"tab": "disputes"}),
    ("sharing", {"tab": "replay"}),
    ("sharing", {"tab": "statements", "month": "2026-07"}),
    ("sharing", {"tab": "whatif", "pool": "+1"}),
    ("sync", {}),
    ("data", {}),
)
NUMBERED = re.compile(rb"\b(?:D|AU|B)-\d{3,}\b")
"""Names that are numbered over the whole company."""
_INSTANT = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


@pytest.mark.parametrize(
    ("page", "query"), PLACES, ids=lambda one: one if isinstance(one, str) else "-".join(one.values())
)
def test_two_companies_that_differ_in_all_of_the_others_say_the_same_to_an_agent(
    page: str,
    query: dict[str, str],
    look: Callable[..., bytes],
    first: Company,
    second: Company,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = []
    for company in (first, second):
        monkeypatch.setenv("CATCHLIGHT_HOME", str(company.home))
        st.cache_resource.clear()
        said = look(AMBER, page, query)
        assert not NUMBERED.search(said)
        heard.append([_INSTANT.sub("", line) for line in sentences(said, "Zzzzzz")])
    one, two = (set(lines) for lines in heard)
    assert one == two
    assert len(one) > 5


def test_the_comparison_sees_the_names_that_head_office_reads(look: Callable[..., bytes]) -> None:
    for page, query in (("sharing", {"tab": "disputes"}), ("audiences", {})):
        said = look(LOCAL_OWNER, page, query)
        assert bool(NUMBERED.search(said)) is (page == "sharing")
        assert b"Basalt" in said
