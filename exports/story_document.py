"""A whole story as a document: a card a picture, with its caption as the finding; drawn from kept results alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from answers.answer import Answer
from charts.theme import LIGHT
from exports.document import Card, Document
from exports.story import title_of, told
from exports.story_found import Grid, Number
from records import stories
from schema.errors import UsageError
from schema.language import plural, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.theme import Theme
    from exports.story import Slide
    from exports.story_found import Said
    from records.stories import Story
    from schema.scope import Scope
    from schema.settings import DataMode

STORY = "story"
"""The address of a story; its option names which one."""


def story_document(mode: DataMode, scope: Scope, story_id: str = "", *, theme: Theme = LIGHT) -> Document:
    """All pictures of a story in their order, a reveal's second one after its first.

    Args:
        mode: which data.
        scope: who asks.
        story_id: such as ``ST-001``; empty is the first story.
        theme: light or dark.

    Raises:
        RefusedError: an agent asks.
        UsageError: there is no such story, or none at all.
        StorageError: the database cannot be read.
    """
    if story_id:
        found = stories.story(mode, scope, story_id)
    else:
        known = stories.stories(mode, scope)
        if not known:
            msg = say("There is no story yet: make one on the page Story.")
            raise UsageError(msg)
        found = known[0]
    slides = told(mode, scope, found)
    cards = tuple(_card(slide, found, theme, place) for place, slide in enumerate(slides, 1))
    days = [(card.answer.from_on, card.answer.to_on) for card in cards]
    day = dt.date.fromisoformat(found.as_of) if found.as_of else dt.date(1970, 1, 1)
    cards = tuple(replace(card, spoken=slide.notes) for card, slide in zip(cards, slides, strict=True))
    return Document(
        address=f"{STORY}?story={found.story_id}",
        title=title_of(mode, found),
        question=plural(
            "{n} step, computed on snapshot {snapshot}",
            "{n} steps, all computed on snapshot {snapshot}",
            len(found.steps),
            snapshot=str(found.snapshot),
        ),
        cards=cards,
        whose=say("Hazel & Wool demo") if mode == "demo" else say("Own data"),
        from_on=min((first for first, _ in days), default=day),
        to_on=max((last for _, last in days), default=day),
        snapshot=found.snapshot,
        currency=next((card.answer.currency for card in cards if card.answer.currency), ""),
        notes=tuple(dict.fromkeys(say(note) for card in cards for note in card.answer.notes)),
        theme=theme.name,
    )


def _card(slide: Slide, story: Story, theme: Theme, place: int) -> Card:
    key, title = f"step-{slide.number}-{place}", slide.plain_caption
    if slide.found is None or slide.problem:
        return Card(key, title, slide.about, _nothing(story), empty=slide.problem or say("This step has no result."))
    answer, picture = slide.found.main, slide.picture(theme)
    if picture is None or answer.is_empty:
        return Card(key, title, slide.about, answer, empty=say("Nothing here for these filters and days."))
    if isinstance(picture, Grid):
        return Card(key, title, slide.about, answer, shown=_grid(picture))
    if isinstance(picture, tuple):
        return Card(key, title, slide.about, answer, shown=_list(picture))
    if hasattr(picture, "deck"):
        return Card(key, title, slide.about, answer, map=picture)
    return Card(key, title, slide.about, answer, figure=picture, native=slide.native(theme))


def _nothing(story: Story) -> Answer:
    """Stands where a step has no result any more."""
    day = dt.date.fromisoformat(story.as_of) if story.as_of else dt.date(1970, 1, 1)
    return Answer("story", pl.DataFrame(), "", 0, "rows", day, day, story.snapshot)


def _grid(grid: Grid) -> pl.DataFrame:
    names = [head or " " * (place + 1) for place, head in enumerate(grid.heads)]
    unique = [name if names.count(name) == 1 else f"{name} {place + 1}" for place, name in enumerate(names)]
    return pl.DataFrame(list(grid.rows), schema=dict.fromkeys(unique, pl.String), orient="row")


def _list(parts: Sequence[Number | Said]) -> pl.DataFrame:
    """Numbers or sentences, one a row."""
    rows = [
        (one.label, one.value, one.change) if isinstance(one, Number) else (one.number, one.sentence, one.detail)
        for one in parts
    ]
    return pl.DataFrame(rows, schema={"what": pl.String, "value": pl.String, "detail": pl.String}, orient="row")
