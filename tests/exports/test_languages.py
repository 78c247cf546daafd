"""Files and stories in another language: said where they are read, kept in one."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pptx import Presentation

from charts.figure_picture import wrapped
from charts.picture_pen import width_of
from exports import story as telling
from exports import story_demo
from exports.onefile import html_bytes
from exports.slides import pptx_bytes
from records import stories
from records.stories import Story
from schema import catalogues
from schema.language import LANGUAGES, say, speaking
from schema.scope import LOCAL_OWNER
from tests.exports.opened import document
from warehouse import api as warehouse
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_file_names_its_language(code: str) -> None:
    with speaking(code):
        made = document("overview")
        html, deck = html_bytes(made).decode(), Presentation(BytesIO(pptx_bytes(made)))
        assert html.startswith(f'<!DOCTYPE html>\n<html lang="{code}">')
        assert made.title == say("Overview")
    title = deck.slides[0].shapes.title
    assert title is not None
    told = title.text_frame.paragraphs[0].runs[0]._r.rPr
    assert told is not None
    assert told.get("lang") == (None if code == "en" else code)


def test_a_line_of_chinese_is_broken_between_its_signs_and_never_before_a_mark() -> None:
    lines = wrapped("羊毛大衣在晚间格外受关注：停留指数明显高于平时，请查看详情。", 20, 300)
    assert len(lines) == 2
    assert all(width_of(line, 20) <= 300 for line in lines)
    assert not lines[1].startswith(("：", "，", "。"))
    assert wrapped("The evening belongs to wool coats", 20, 160) == ["The evening", "belongs to wool…"]


def test_the_five_minutes_are_kept_in_english_and_said_in_the_language_of_who_looks(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo_home.exists()
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    empty = Story("", story_demo.TITLE, story_demo.STEPS[:1])
    with speaking("es"):
        made, bodies = telling.refreshed(empty, snapshot=snapshot, marts_for=lambda scope: load_marts(snapshot, scope))
    assert {f"main.{code}" for code in OTHERS} < set(made.steps[0].shown.results)
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    kept = stories.keep("demo", LOCAL_OWNER, made, change=story_demo.MADE, bodies=bodies)
    assert kept.title == "Five minutes with Hazel & Wool"
    captions = {}
    for code in LANGUAGES:
        with speaking(code):
            slide = telling.told("demo", LOCAL_OWNER, kept)[0]
            assert not slide.problem
            assert telling.title_of("demo", kept) == say(story_demo.TITLE)
            assert telling.title_of("real", kept) == kept.title
            assert slide.caption == telling.filled(say(story_demo.STEPS[0].caption), slide.facts)
            captions[code] = slide.caption
    assert captions["en"].endswith("*five things* need you")
    assert len(set(captions.values())) == len(LANGUAGES)


def test_sentences_inside_other_sentences_are_found_for_translators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "one.py").write_text(
        "x = f\"{say('Within')} · {plural('{n} row', '{n} rows', 2)}\"\ny = say(x)\nz = later(\"A\" \"B\")\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(catalogues, "_ROOT", tmp_path)
    assert catalogues.spoken(["ui"]) == {"Within": "ui", ("{n} row", "{n} rows"): "ui", "AB": "ui"}
