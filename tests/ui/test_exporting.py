"""What the Export menu hands out is what the page shows: its findings, figures and tables, and for whom it still may be."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from answers.periods import context
from charts.theme import LIGHT
from exports.desk import Desk
from exports.pages import page_document
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from tests.ui.conftest import ROOT
from ui.plain import plain
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from exports.document import Document


def documented(page: str, **options: str) -> Document:
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, warehouse.load_marts(snapshot, LOCAL_OWNER), page=page)
    return page_document(page, Desk(asked, theme=LIGHT, options=options))


def alts(at: AppTest) -> list[str]:
    """What each chart on the page says that it shows."""
    specs: list[Any] = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    return [str(spec["layout"]["meta"]["alt"]) for spec in specs]


@pytest.mark.parametrize(
    ("page", "options"),
    [
        ("overview", {"rank": "channel"}), ("dwell", {"measure": "linger", "rows": "product", "by": "store"}),
        ("purchases", {"split": "city"}), ("products", {"returns": "size"}), ("catchment", {"layer": "sales"}),
    ],
)  # fmt: skip
def test_a_file_of_a_page_has_the_findings_and_figures_that_the_page_shows(
    page: str, options: dict[str, str], demo: Path, app: Callable[..., AppTest]
) -> None:
    at, made = app(page, **options), documented(page, **options)
    heads = [str(head.value) for head in at.subheader]
    assert [card.title for card in made.cards if plain(card.title) not in heads] in ([], ["Every row is accounted for"])
    assert [figure.value for figure in made.figures] == [metric.value for metric in at.metric]
    assert {str(card.figure.layout.meta["alt"]) for card in made.cards if card.figure is not None} <= set(alts(at))


def test_the_menu_stands_on_every_page_that_can_be_written_and_nothing_is_made_before_it_is_asked_for(
    demo: Path, app: Callable[..., AppTest]
) -> None:
    at = app("dwell")
    labels = [button.label for button in at.get("download_button")]
    for wanted in ("Slides (PPTX)", "Workbook (XLSX)", "One file (HTML)", "Picture (PNG)", "Tables (CSV)"):
        assert wanted in labels
    assert "Slides (PPTX)" not in [button.label for button in app("sharing", tab="replay").get("download_button")]


def test_a_story_offers_its_whole_file_and_names_it_by_the_story(demo: Path, app: Callable[..., AppTest]) -> None:
    buttons = {button.label: button.proto for button in app("story").get("download_button")}
    assert set(buttons) == {
        "Slides (PPTX)", "Workbook (XLSX)", "One file (HTML)", "Picture (PNG)", "Drawing (SVG)", "Tables (CSV)",
    }  # fmt: skip


def test_drawing_a_page_loads_nothing_that_writes_files() -> None:
    script = (
        "import sys; sys.path.insert(0, 'ui'); import ui.exporting, ui.filterbar; "
        "print([name for name in ('pptx', 'lxml', 'xlsxwriter', 'exports.pages', 'charts.figure_picture') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
