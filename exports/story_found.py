"""What a step of a story was answered, and what can stand on a slide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go

    from answers.answer import Answer
    from charts.maps import MapView


@dataclass(frozen=True)
class Found:
    """The results behind one picture, read back; the snapshot they came from may be gone.

    Attributes:
        main: the address's own answer.
        more: further answers that the picture needs, by name.
        places: stores by ``store_id`` with name, agent and position; empty where the picture names none.
        query: the page's parameters, such as ``measure``.
        options: the address's options.
    """

    main: Answer
    more: Mapping[str, Answer] = field(default_factory=dict)
    places: pl.DataFrame = field(default_factory=pl.DataFrame)
    query: Mapping[str, list[str]] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Names of stores and agents by id."""
        if self.places.is_empty():
            return {}
        agents = self.places.select("agent_id", "agent_name").drop_nulls().unique()
        return {**dict(self.places.select("store_id", "name").iter_rows()), **dict(agents.iter_rows())}

    def given(self, name: str, otherwise: str = "") -> str:
        """A parameter of the page."""
        return next(iter(self.query.get(name, ())), otherwise)


@dataclass(frozen=True)
class Grid:
    """A table for a room: few rows, every cell in words.

    Attributes:
        is_number: per column, whether it is set to the right.
        left_out: rows that are not shown.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_number: tuple[bool, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Number:
    """One figure: what it is, how much, how it changed, and whether that is good (1), bad (-1) or neither (0)."""

    label: str
    value: str
    change: str = ""
    tone: int = 0


@dataclass(frozen=True)
class Said:
    """A sentence with the number that it is about."""

    number: str
    sentence: str
    detail: str


Picture: TypeAlias = "go.Figure | MapView | Grid | tuple[Number, ...] | tuple[Said, ...]"


def parsed(query: str) -> dict[str, list[str]]:
    """A page's parameters by name."""
    return parse_qs(query, keep_blank_values=True)
