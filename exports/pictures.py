"""A document as one picture: its cards side by side as on a wide page, or one card alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from charts.figure_picture import figure_picture, wrapped
from charts.picture_pen import fitting, width_of
from charts.picture_vector import Vector
from charts.theme import Theme, theme_of
from exports.words import heads_of, numeric, rows_of
from schema.language import plural, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from exports.document import Card, Document

ALONE: Final = 1600
"""Pixels across a picture of one card."""
_PAGE: Final = 800.0
_EDGE: Final = 24.0
_GAP: Final = 20
_ACROSS: Final = 6
_FIGURE: Final = 92
"""Key figures a row, and how high one is with the air below it."""
_ROW: Final = 32.0
_MOST_ROWS: Final = 14
_MOST_COLUMNS: Final = 7


def picture_of(document: Document, progress: Callable[[float], None] | None = None) -> Vector:
    """All of a document as one picture, two cards a row; one card alone is twice as fine."""
    if len(document.cards) == 1 and not document.figures:
        return card_picture(document, document.cards[0])
    theme = theme_of(document.theme)
    made = []
    for index, card in enumerate(document.cards):
        made.append(card_picture(document, card, width=round(_PAGE + 2 * _EDGE)))
        if progress is not None:
            progress((index + 1) / len(document.cards))
    columns: list[list[Vector]] = [[], []]
    heights = [0, 0]
    for one in made:
        place = 0 if heights[0] <= heights[1] else 1
        columns[place].append(one)
        heights[place] += one.height + _GAP
    wide = made[0].width if made else ALONE // 2
    top = 96 + _FIGURE * -(-len(document.figures) // _ACROSS)
    page = Vector(2 * wide + 3 * _GAP, top + max(heights) + 40, theme.panel)
    _head(page, document, theme)
    for place, column in enumerate(columns):
        y = top
        for one in column:
            page.paste(one, _GAP + place * (wide + _GAP), y)
            y += one.height + _GAP
    told = " · ".join(
        part
        for part in (
            document.whose,
            document.days,
            say("snapshot {number}", number=str(document.snapshot)),
            document.filters,
        )
        if part
    )
    page.text(_GAP, page.height - 22, fitting(told, 14, page.width - 2 * _GAP), theme.caption, 14)
    return page


def _head(page: Vector, document: Document, theme: Theme) -> None:
    page.text(_GAP, 36, document.title, theme.ink, 30, bold=True)
    page.text(_GAP, 70, fitting(document.question, 16, page.width - 2 * _GAP), theme.caption, 16)
    if not document.figures:
        return
    step = (page.width - 2 * _GAP) / min(_ACROSS, len(document.figures))
    for place, figure in enumerate(document.figures):
        x, y = _GAP + place % _ACROSS * step, 96 + place // _ACROSS * _FIGURE
        page.plate((x, y, x + step - 12, y + 80), theme.page, 8)
        page.text(x + 14, y + 16, fitting(figure.label, 14, step - 40), theme.caption, 14)
        page.text(x + 14, y + 48, figure.value, theme.ink, 26, bold=True)
        if figure.change:
            tint = theme.caption if figure.is_good is None else theme.good if figure.is_good else theme.bad
            page.text(x + 26 + width_of(figure.value, 26, bold=True), y + 50, figure.change, tint, 14)


def card_picture(document: Document, card: Card, *, width: int = ALONE, bare: bool = False) -> Vector:
    """One card with its finding above and its source below, or without both (``bare``)."""
    theme = theme_of(document.theme)
    source = "" if bare else document.source(card)
    if card.map is not None and not card.empty:
        from charts.map_picture import map_vector  # noqa: PLC0415  (pydeck and h3 load only for a map)

        height = round(width * 0.625)
        return map_vector(
            card.map, theme, width=width, height=height, title=card.title, subtitle=card.subtitle, source=source
        )
    if card.figure is not None and not card.empty:
        return figure_picture(
            card.figure, theme, width=width, title=card.title, subtitle=card.subtitle, source=source, page=_PAGE
        )
    return _table_picture(document, card, theme, width, source)


def _table_picture(document: Document, card: Card, theme: Theme, width: int, source: str) -> Vector:
    """A table drawn as the page shows it, its first rows."""
    k = width / (_PAGE + 2 * _EDGE)
    table = card.shown if card.shown is not None else card.answer.table
    table = table.select(table.columns[:_MOST_COLUMNS])
    rows = [] if card.empty else rows_of(table, document.currency, most=_MOST_ROWS)
    heads = [] if card.empty else heads_of(table, document.currency)
    lines = wrapped(card.title, 22, _PAGE, bold=True)
    top = _EDGE + 28 * len(lines) + 30
    high = top + _ROW * (len(rows) + 1) + 60
    pen = Vector(width, round(high * k), theme.page)
    for place, line in enumerate(lines):
        pen.text(_EDGE * k, (_EDGE + 12 + 28 * place) * k, line, theme.ink, 22 * k, bold=True)
    said = fitting(card.subtitle, 15, _PAGE)
    pen.text(_EDGE * k, (top - 18) * k, said, theme.caption, 15 * k)
    if card.empty:
        pen.text(_EDGE * k, (top + 20) * k, fitting(card.empty, 15, _PAGE), theme.caption, 15 * k)
    _cells(pen, heads, rows, numeric(table), theme, top, k)
    more = (
        plural("{n} more row · ", "{n} more rows · ", table.height - len(rows))
        if table.height > len(rows) and not card.empty
        else ""
    )
    pen.text(_EDGE * k, (high - 22) * k, fitting(more + source, 12.5, _PAGE), theme.caption, 12.5 * k)
    return pen


def _cells(
    pen: Vector, heads: list[str], rows: list[list[str]], right: list[bool], theme: Theme, top: float, k: float
) -> None:
    if not heads:
        return
    needs = [
        max(width_of(text, 14) for text in [head, *(row[at] for row in rows)]) + 18 for at, head in enumerate(heads)
    ]
    share = _PAGE / sum(needs)
    widths = [need * min(share, 1.0) if share < 1 else need * share for need in needs]
    for at, line in enumerate([heads, *rows]):
        x, y = _EDGE, top + _ROW * at + _ROW / 2
        for place, words in enumerate(line):
            text = fitting(words, 14, widths[place] - 12)
            shift = widths[place] - 12 - width_of(text, 14, bold=at == 0) if right[place] else 0.0
            pen.text((x + shift) * k, y * k, text, theme.caption if at == 0 else theme.ink, 14 * k, bold=at == 0)
            x += widths[place]
        rule = (top + _ROW * (at + 1)) * k
        pen.line([(_EDGE * k, rule), ((_EDGE + _PAGE) * k, rule)], theme.border, max(0.8, k))
