"""Columns and sections of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import streamlit as st

from schema.language import say
from ui import links
from ui.parts import LINK, draw_again
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator


def columns(*widths: float, key: str | None = None) -> list[DeltaGenerator]:
    """Cards side by side, ending on one line. Under the key ``firstrow`` a phone shows the last one first."""
    return st.container(key=key).columns(list(widths), gap="medium")


def toolbar(key: str) -> DeltaGenerator:
    """A row for a card's controls."""
    return st.container(horizontal=True, vertical_alignment="bottom", key=key)


Id = TypeVar("Id", bound=str)


@dataclass(frozen=True)
class Choice(Generic[Id]):
    """A row of buttons bound to a parameter of the URL; nonsense in the URL shows the first.

    Its value is known before it is drawn, so that a card's title can speak of it.

    Attributes:
        label: what is chosen, for screen readers.
        name: the parameter, such as ``measure``.
        values: id → words, said where they are shown.
    """

    label: str
    name: str
    values: dict[Id, str]

    @property
    def value(self) -> Id:
        """The chosen id."""
        return cast("Id", links.option(self.name, list(self.values)))

    def draw(self, *, redraws: Sequence[str] = ()) -> Id:
        """Show the buttons; returns the chosen id.

        Args:
            redraws: keys of the parts that a press changes, nothing else; none draws the whole page.
        """
        key = f"choose-{self.name}"
        st.session_state[key] = self.value
        st.segmented_control(
            say(self.label),
            list(self.values),
            key=key,
            format_func=lambda value: plain(say(self.values[value])),
            required=True,
            label_visibility="collapsed",
            on_change=lambda: _chosen(self.name, st.session_state[key], redraws),
        )
        return self.value


def _chosen(name: str, value: str, redraws: Sequence[str]) -> None:
    links.write(name, [value])
    if redraws:
        draw_again(*redraws, LINK)


def pick(
    label: str, name: str, values: Sequence[str], words: dict[str, str] | None = None, *, width: int = 260
) -> str | None:
    """A select box bound to a parameter of the URL; None when there is nothing to choose from."""
    if not values:
        return None
    chosen = links.option(name, values)
    key = f"pick-{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        values,
        key=key,
        format_func=lambda value: say(words[value]) if words and value in words else value,
        width=width,
        on_change=lambda: links.write(name, [st.session_state[key]]),
    )
    return chosen
