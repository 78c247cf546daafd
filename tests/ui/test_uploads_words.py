"""The file field's words are text in a style sheet and never its end."""

import pytest
import streamlit as st

from schema.language import speaking
from ui import uploads_words


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(st, "html", said.append)
    return said


def test_the_field_is_said_in_the_readers_language(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_words, "spoken", lambda: "es")
    with speaking("es"):
        uploads_words.in_words(["csv", "xlsx"])
    assert len(shown) == 1
    assert "Subir" in shown[0]
    assert "CSV, XLSX" in shown[0]


def test_english_is_the_fields_own(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_words, "spoken", lambda: "en")
    uploads_words.in_words(["csv"])
    assert shown == []


@pytest.mark.parametrize("words", ["</style><script>alert(1)</script>", '"; } body { display: none } "', "\\", "a\nb"])
def test_hostile_words_end_neither_the_text_nor_the_style(
    words: str, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads_words, "spoken", lambda: "zh-CN")
    with speaking("zh-CN"):
        uploads_words.in_words([words])
    style = shown[0].removeprefix("<style>").removesuffix("</style>")
    assert "<" not in style
    assert "\n" not in style
    quoted = style.replace("\\\\", "").replace('\\"', "")  # what is escaped ends no text
    assert quoted.count('"') % 2 == 0
    assert style.count("::after") == 2
