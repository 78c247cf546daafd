"""The demo's five minutes say what the answers say, outlive their snapshot, and move on with the data together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest

from answers.periods import context
from answers.registry import ask
from charts.map_view import MapView
from charts.theme import theme_of
from exports import story as telling
from exports import story_demo
from exports.story_found import Grid
from exports.story_kinds import TABLE, kinds, offered
from records import stories
from records.stories import Shown, Step, Story
from schema.errors import UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from warehouse import api as warehouse
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exports.story import Slide
    from schema.marts import Marts
    from warehouse.api import Snapshot


@pytest.fixture(scope="module")
def opened(demo_home: Path) -> tuple[Snapshot, Callable[[Scope], Marts]]:
    assert demo_home.exists()
    snapshot = warehouse.open_snapshot("demo")
    assert snapshot is not None
    held: dict[tuple[str, str], Marts] = {}

    def rows(scope: Scope) -> Marts:
        if scope.key not in held:
            held[scope.key] = load_marts(snapshot, scope)
        return held[scope.key]

    return snapshot, rows


@pytest.fixture(scope="module")
def made(opened: tuple[Snapshot, Callable[[Scope], Marts]]) -> tuple[Story, dict[str, str]]:
    snapshot, rows = opened
    return telling.refreshed(Story("", story_demo.TITLE, story_demo.STEPS), snapshot=snapshot, marts_for=rows)


@pytest.fixture
def slides(made: tuple[Story, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Slide, ...]:
    """The story read back in a data folder that holds nothing else: no snapshot, no orders, no people."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    kept = stories.keep("demo", LOCAL_OWNER, made[0], change="made", bodies=made[1])
    return telling.told("demo", Scope("presenter", "guest"), kept)


def test_every_step_of_the_five_minutes_has_its_picture_without_any_data(slides: tuple[Slide, ...]) -> None:
    assert [slide.problem for slide in slides] == [""] * 14
    for name in ("light", "dark"):
        drawn = [slide.picture(theme_of(name)) for slide in slides]
        assert None not in drawn
        assert not [picture for picture in drawn if isinstance(picture, Grid)]
    assert sum(isinstance(picture, go.Figure) for picture in drawn) == 10
    assert sum(isinstance(picture, MapView) for picture in drawn) == 1


def test_what_a_page_writes_as_a_chart_is_a_chart_on_the_slide_too(slides: tuple[Slide, ...]) -> None:
    charts = {slide.step.step_id: slide.native(theme_of("light")) for slide in slides}
    assert [key for key, chart in charts.items() if chart is not None] == ["taihu", "whatif"]
    row = next(slide for slide in slides if slide.step.step_id == "whatif").found
    assert row is not None
    changed = row.main.table.filter(row.main.table["delta_minor"] != 0)["delta_minor"].to_list()
    assert charts["whatif"] is not None
    assert charts["whatif"].series[0].values == tuple(minor / 100 for minor in changed)


def test_the_captions_hold_the_numbers_of_the_answers(
    slides: tuple[Slide, ...], opened: tuple[Snapshot, Callable[[Scope], Marts]]
) -> None:
    captions = [slide.caption for slide in slides]
    assert captions[2] == "The evening belongs to *wool coats*"
    assert captions[5] == "wool-eve worked: *+2.0 pp*; scarf-week is not proven"
    assert captions[6] == "Jiangnan and Taihu share *40\u202f%* of their demand"
    assert captions[8] == "*45\u202f%* of Chengdu Tianfu's sales came from its neighbour"
    assert captions[11] == "Allocated = distributed = *100.00\u202f%*".replace("\u202f", captions[11][-3])
    snapshot, rows = opened
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, rows(LOCAL_OWNER), page="overview")
    row = ask("overview/kpis", asked).table.row(0, named=True)
    rise = 100 * (row["value"] / row["previous"] - 1)
    assert f"{rise:+.1f}" in captions[0]
    assert not [slide.notes for slide in slides if "{" in slide.notes or "{" in slide.caption]


def test_the_agents_step_shows_own_stores_alone(slides: tuple[Slide, ...]) -> None:
    own, whole = slides[9], slides[0]
    assert own.step.eyes == "AG-06"
    assert own.about.endswith("as Taihu sees it")
    assert own.found is not None
    assert whole.found is not None
    mine, all_of_it = (
        found.table.filter(found.table["kpi"] == "net_minor")["value"][0]
        for found in (own.found.main, whole.found.more["figures"])
    )
    assert 0 < mine < all_of_it / 5


def test_all_steps_are_of_one_snapshot_and_a_step_added_later_moves_them_together(
    made: tuple[Story, dict[str, str]], opened: tuple[Snapshot, Callable[[Scope], Marts]]
) -> None:
    snapshot, rows = opened
    story = replace(made[0], steps=made[0].steps[7:8])
    assert telling.is_of(story, snapshot)
    older = replace(story, snapshot=1, stamp="2026-01-01T00:00:00+00:00", as_of="2026-11-01")
    step = Step("new", Shown("data", "", "data.checked", "data/report"))
    grown, _ = telling.with_step(older, step, snapshot=snapshot, marts_for=rows)
    assert telling.is_of(grown, snapshot)
    assert [bool(one.shown.results) for one in grown.steps] == [True, True]


def test_days_that_were_the_newest_move_on_with_the_data_and_others_stay(
    opened: tuple[Snapshot, Callable[[Scope], Marts]],
) -> None:
    snapshot, rows = opened
    newest = Shown("overview", "from=2026-10-04&to=2026-10-31&as_of=2026-11-01", TABLE, "overview/trend")
    fixed = Shown("overview", "from=2026-06-01&to=2026-06-30&as_of=2026-07-01", TABLE, "overview/trend")
    story = Story("", "A", (Step("a", newest), Step("b", fixed)), 1, "earlier", "2026-11-01")
    moved, _ = telling.refreshed(story, snapshot=snapshot, marts_for=rows)
    assert moved.steps[0].shown.query == "from=2026-10-18&to=2026-11-14&as_of=2026-11-15"
    assert moved.steps[1].shown.query == "from=2026-06-01&to=2026-06-30&as_of=2026-07-01"


def test_a_view_that_is_gone_leaves_its_step_empty_and_the_others_whole(
    opened: tuple[Snapshot, Callable[[Scope], Marts]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, rows = opened
    gone = Step("a", Shown("overview", "store=S-999", TABLE, "overview/trend"), caption="Gone")
    here = Step("b", Shown("data", "", "data.checked", "data/report"))
    story, bodies = telling.refreshed(Story("", "A", (gone, here)), snapshot=snapshot, marts_for=rows)
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    kept = stories.keep("demo", LOCAL_OWNER, story, change="made", bodies=bodies)
    told = telling.told("demo", LOCAL_OWNER, kept)
    assert told[0].problem == "This view cannot be computed on these data any more; change or delete the step."
    assert told[0].caption == "Gone"
    assert told[1].problem == ""


def test_a_filter_that_nothing_understands_is_no_step(opened: tuple[Snapshot, Callable[[Scope], Marts]]) -> None:
    snapshot, rows = opened
    step = Step("a", Shown("overview", "store=S-999", TABLE, "overview/trend"))
    with pytest.raises(UsageError, match="S-999"):
        telling.with_step(Story("", "A"), step, snapshot=snapshot, marts_for=rows)


def test_typed_numbers_are_found_and_numbers_in_braces_are_not() -> None:
    shown = Shown("overview", "", TABLE, "overview/trend")
    steps = (Step("a", shown, "Up {net_change}"), Step("b", shown, "Up 11 %"), Step("c", shown, "", "by 12 o'clock"))
    assert telling.typed_numbers(Story("", "A", steps)) == [2]
    assert telling.filled("Up {net_change}, {unknown}", {"net_change": "+3 %"}) == "Up +3 %, {unknown}"
    assert telling.unknown_facts(("Up {net_change}, {unknown}",), {"net_change": "+3 %"}) == ["unknown"]


def test_every_kind_is_offered_where_its_card_stands_and_all_else_is_a_table() -> None:
    for kind in kinds().values():
        for page, card in kind.cards:
            assert offered(page, card, kind.address) == kind.name
    assert offered("products", "attach", "products/attach") == TABLE
    assert offered("dwell", "quadrant", "dwell/products") == TABLE
