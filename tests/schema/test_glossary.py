"""One glossary for the documentation and the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema.glossary import search, terms, used_in
from schema.language import speaking

LINES = [
    line
    for line in (Path(__file__).parents[2] / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("| word |", "|---"))
]


def test_every_line_of_the_glossary_is_on_the_screen_word_for_word():
    shown = {f"| {one.name} | {one.meaning} |" for one in terms()}
    assert shown == {line.replace("`", "") for line in LINES}
    assert len(terms()) == len(LINES) > 50


def test_no_word_is_explained_twice():
    words = [word.casefold() for one in terms() for word in one.words]
    assert len(words) == len(set(words))
    assert all(words)


def test_a_search_finds_names_before_meanings():
    found = [one.name for one in search("OVERLAP")]
    assert found[0] == "overlap index"
    assert "shared demand" in found
    assert search("no such word anywhere") == ()
    assert len(search("")) == len(LINES)


def test_a_text_names_the_longest_terms_that_it_uses_once_each_and_in_order():
    found = [one.name for one in used_in("Repeat rate of buyers; a repeat rate counts days. Cohorts by dwell index.")]
    assert found == ["repeat rate", "cohort", "dwell index"]


def test_words_of_everyday_are_not_pointed_out():
    assert used_in("Still no step in the story as of today") == ()
    assert used_in("overlapping recall") == ()


@pytest.mark.parametrize("code", ["zh-CN", "es"])
def test_every_language_explains_the_same_terms(code: str):
    path = Path(__file__).parents[2] / f"GLOSSARY.{code}.md"
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")][2:]
    assert len(rows) == len(LINES)
    for ours, theirs in zip(LINES, rows, strict=True):
        assert ours.count("`") == theirs.count("`"), theirs
    with speaking(code):
        words = [word.casefold() for one in terms() for word in one.words]
        assert len(terms()) == len(LINES)
        assert len(words) == len(set(words))
        assert all(words)


def test_the_glossary_is_searched_and_its_terms_are_found_in_the_language_of_the_moment():
    with speaking("es"):
        assert search("SOLAPAMIENTO")[0].name == "índice de solapamiento"
        assert [one.name for one in used_in("Tasa de recompra por cohortes; cada paso")] == [
            "tasa de recompra",
            "cohorte",
        ]
        assert terms()[0].name == "a fecha de"
    with speaking("zh-CN"):
        assert search("重叠")[0].name == "重叠指数"
        assert [one.name for one in used_in("按同期群的复购率与停留指数，截至今日")] == ["同期群", "复购率", "停留指数"]
        assert search("overlap index") == ()
    assert search("solapamiento") == ()
