"""What a file holds, whatever its form: cards with a finding, a picture or table, and where each number is from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from answers.groups import sample
from charts.numbers import percent
from schema.days import span
from schema.language import say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import plotly.graph_objects as go
    import polars as pl

    from answers.answer import Answer
    from charts.map_view import MapView

Shape = Literal["bars", "columns", "lines", "stack", "steps"]


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an editable chart; a value that is not known is None."""

    name: str
    values: tuple[float | None, ...]
    colour: str
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Native:
    """A chart as a slide holds it: numbers that can be edited there.

    Attributes:
        shape: bars lie, columns stand, ``stack`` are lying bars of parts, ``steps`` standing bars on hidden ones.
        form: how its numbers are written, as a spreadsheet says it.
        tints: colour of single places of the first series, by their place.
        labels: words at single places, where the number alone would not say it.
    """

    shape: Shape
    names: tuple[str, ...]
    series: tuple[Series, ...]
    form: str
    tints: dict[int, str] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """One finding and what shows it.

    Attributes:
        title: the finding as a sentence, or a plain noun.
        subtitle: measure, unit, and what a mark is.
        answer: the table behind it, with its definition.
        figure: its chart; None where the table itself is shown.
        map: its map.
        native: the same chart for a slide; None where its strokes are copied instead.
        shown: the columns and rows of the table that the screen shows.
        said: sentences below the chart.
        empty: what is said where there is nothing to show.
        spoken: notes for whoever presents it.
        is_whole: every row is written, over as many slides or sheets of paper as that takes.
        coarser: the map in cells so many levels larger; None where there are none.
    """

    key: str
    title: str
    subtitle: str
    answer: Answer
    figure: go.Figure | None = None
    map: MapView | None = None
    native: Native | None = None
    shown: pl.DataFrame | None = None
    said: tuple[str, ...] = ()
    empty: str = ""
    coarser: Callable[[int], MapView | None] | None = None
    is_whole: bool = False
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number of the row of key figures, in words, with its change and whether that is good."""

    label: str
    value: str
    change: str = ""
    is_good: bool | None = None


@dataclass(frozen=True)
class Document:
    """A page, one card of it, or a statement, ready to be written in any form.

    Attributes:
        address: where it can be asked for again.
        whose: whose data these are, such as the demo's.
        filters: which rows, in words; empty for all.
    """

    address: str
    title: str
    question: str
    cards: tuple[Card, ...]
    whose: str
    from_on: dt.date
    to_on: dt.date
    snapshot: int
    currency: str
    figures: tuple[KeyFigure, ...] = ()
    filters: str = ""
    notes: tuple[str, ...] = ()
    theme: Literal["light", "dark"] = "light"

    @property
    def days(self) -> str:
        """The period in words."""
        return span(self.from_on, self.to_on)

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(card.answer.table.height for card in self.cards)

    def tables(self) -> dict[str, Answer]:
        """Each table once, under the name of the first card that shows it."""
        found: dict[tuple[str, int], tuple[str, Answer]] = {}
        for card in self.cards:
            found.setdefault((card.answer.address, id(card.answer.table)), (card.key, card.answer))
        return dict(found.values())

    def source(self, card: Card) -> str:
        """The line below a picture: whose data, when, how many, how much of it could be used."""
        answer = card.answer
        parts = [self.whose, span(answer.from_on, answer.to_on), sample(answer)]
        if answer.coverage is not None:
            parts.append(f"{percent(answer.coverage)} {say(answer.coverage_label)}")
        parts.append(say("snapshot {number}", number=str(self.snapshot)))
        return " · ".join(parts) + (f" · {self.filters}" if self.filters else "")
