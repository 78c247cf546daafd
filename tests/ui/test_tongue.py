"""What is said around the pages: the list's groups, and to the browser which language it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from schema.language import LANGUAGES, say, speaking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

GROUPS = ("See", "Place", "Act", "Trust")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_groups_of_the_list_are_named_in_the_language(code: str, demo: Path, app: Callable[..., AppTest]) -> None:
    assert demo
    with speaking(code):
        at = app("people", lang=code)
        styles = "".join(one.proto.body for one in at.get("html"))
        for group in GROUPS:
            is_named = f"--group-{group.lower()}:{json.dumps(say(group), ensure_ascii=False)};" in styles
            assert is_named == (code != "en")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_browser_is_told_the_language(code: str, demo: Path, app: Callable[..., AppTest]) -> None:
    assert demo
    with speaking(code):
        at = app("people", lang=code)
    told = [one for one in at.get("bidi_component") if "page_language" in one.proto.component_name]
    assert [json.loads(one.proto.json) for one in told] == [{"code": code}]
