"""A document as slides with charts and tables that can be edited there; no template, no font and no server needed."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Emu, Pt

from charts.figure_picture import draw_figure
from charts.picture_vector import Vector
from charts.theme import Theme, theme_of
from exports.heat import heat_of
from exports.slide_charts import add_chart, add_table, colour, emu
from exports.slide_strokes import EMU, clean, count_shapes, group_xml, in_language, letters
from exports.words import heads_of, numeric, rows_of
from schema.language import plural, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from exports.document import Card, Document

WIDE, HIGH = 1600, 900
_EDGE: Final = 64.0
_BODY: Final = (_EDGE, 208.0, WIDE - 2 * _EDGE, 580.0)
"""Where a slide's chart stands: left, top, width and height."""
_MOST_ROWS: Final = 12
_MOST_COLUMNS: Final = 7
_MOST_WHOLE: Final = 18
"""Rows of a table that is written whole, on one slide."""
_MOST_SLIDES: Final = 60
"""More rows than these hold are in the HTML and XLSX."""
_MOST_SHAPES: Final = 2_500
_SCALE: Final = 1.55
"""How much larger a chart's letters are on a slide than on the page."""
_STRETCH: Final = 1.7
"""A chart may be so much taller on a slide than its letters are larger."""
_LONG: Final = 58
"""A title with more letters is set smaller."""
_FOOT: Final = 260
"""Letters of a definition below a chart; the whole of it stands on the last slides."""
_LINE: Final = 135
"""Letters a line of the last slides holds."""


def pptx_bytes(document: Document, progress: Callable[[float], None] | None = None) -> bytes:
    """The document as a PPTX, 16:9: a first slide, one a card with its finding as title, and where the numbers are from.

    Args:
        document: what to show.
        progress: told the done part, 0 to 1.
    """
    theme = theme_of(document.theme)
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(WIDE * EMU), Emu(HIGH * EMU)
    _dress(deck, theme)
    deck.core_properties.title = clean(document.title)
    deck.core_properties.author = "Catchlight"
    deck.core_properties.keywords = clean(document.address)
    if len(document.cards) > 1 or document.figures:
        _cover(_slide(deck, theme), document, theme)
    for index, card in enumerate(document.cards):
        for part in _parts(card):
            _card(_slide(deck, theme), document, part, theme, len(deck.slides))
        if progress is not None:
            progress((index + 1) / len(document.cards))
    if len(document.cards) > 1:
        _definitions(deck, document, theme)
    out = BytesIO()
    deck.save(out)
    return out.getvalue()


def _parts(card: Card) -> list[Card]:
    """A card whose every row counts takes as many slides as its rows need."""
    table = card.shown
    if not card.is_whole or table is None or table.height <= _MOST_WHOLE:
        return [card]
    slides = -(-table.height // _MOST_WHOLE)
    return [
        replace(
            card,
            shown=table.slice(at * _MOST_WHOLE, _MOST_WHOLE),
            subtitle=f"{card.subtitle} · {say('{n} of {all}', n=at + 1, all=slides)}",
        )
        for at in range(min(slides, _MOST_SLIDES))
    ]


def _slide(deck: Any, theme: Theme) -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[5])  # "Title only", so that readers find each slide's title
    background = slide.background.fill
    background.solid()
    background.fore_color.rgb = colour(theme.page)
    return slide


def _dress(deck: Any, theme: Theme) -> None:
    """Our colours and fonts as those that the program offers for whatever is added later."""
    part = deck.slide_masters[0].part.part_related_by(RELATIONSHIP_TYPE.THEME)
    tree = etree.fromstring(part.blob)
    main = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
    tree.set("name", "Catchlight")
    wanted = {
        "dk1": theme.ink, "lt1": theme.page, "dk2": theme.caption, "lt2": theme.panel, "hlink": theme.primary,
        "folHlink": theme.caption, "accent1": theme.primary, "accent2": theme.finding,
        **{f"accent{place}": theme.categorical[place] for place in range(3, 7)},
    }  # fmt: skip
    for name, value in wanted.items():
        for found in tree.iterfind(f".//a:clrScheme/a:{name}", main):
            for child in list(found):
                found.remove(child)
            etree.SubElement(found, f"{{{main['a']}}}srgbClr", val=value[1:].upper())
    for kind in ("majorFont", "minorFont"):
        for found in tree.iterfind(f".//a:fontScheme/a:{kind}", main):
            found.find("a:latin", main).set("typeface", "Calibri")
            found.find("a:ea", main).set("typeface", "Microsoft YaHei")
    part._blob = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)  # noqa: SLF001


def _title(slide: Any, words: str, theme: Theme, box: tuple[float, float, float, float], size: float) -> None:
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = emu(box)
    _write(title.text_frame, words, theme.ink, size, bold=True, anchor=MSO_ANCHOR.TOP)


def _text(
    slide: Any, words: str, tint: str, box: tuple[float, float, float, float], size: float, *, bold: bool = False,
    right: bool = False, anchor: Any = MSO_ANCHOR.TOP,
) -> None:  # fmt: skip
    frame = slide.shapes.add_textbox(*emu(box)).text_frame
    _write(frame, words, tint, size, bold=bold, anchor=anchor, align=PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT)


def _write(
    frame: Any, words: str, tint: str, size: float, *, bold: bool, anchor: Any, align: Any = PP_ALIGN.LEFT
) -> None:
    frame.word_wrap = True
    frame.vertical_anchor = anchor
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.text = clean(words)
    paragraph = frame.paragraphs[0]
    paragraph.alignment = align
    for run in paragraph.runs:
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, colour(tint)
        in_language(run)


def _cover(slide: Any, document: Document, theme: Theme) -> None:
    """What it is about, for which days, with the key figures."""
    _mark(slide, theme, (0, 0, 18, HIGH))
    _title(slide, document.title, theme, (_EDGE + 20, 150, WIDE - 2 * _EDGE - 20, 90), 44)
    _text(slide, document.question, theme.caption, (_EDGE + 20, 246, WIDE - 2 * _EDGE - 20, 50), 21)
    told = " · ".join(part for part in (document.whose, document.days, document.filters) if part)
    _text(slide, told, theme.caption, (_EDGE + 20, 300, WIDE - 2 * _EDGE - 20, 44), 16)
    _cover_figures(slide, document, theme)
    _foot(slide, f"{say('Snapshot {number}', number=str(document.snapshot))} · {document.address}", "", theme, 1)


def _cover_figures(slide: Any, document: Document, theme: Theme) -> None:
    """The key figures, three a row, or five where there are more than two rows of these."""
    across = 3 if len(document.figures) <= 6 else 5  # noqa: PLR2004  (two rows of three)
    big = 34 if across == 3 else 24  # noqa: PLR2004
    wide, step = (WIDE - 2 * _EDGE - 20) / across, 190 if across == 3 else 130  # noqa: PLR2004
    for place, figure in enumerate(document.figures):
        left, top = _EDGE + 20 + place % across * wide, (440 if across == 3 else 390) + place // across * step  # noqa: PLR2004
        _text(slide, figure.label, theme.caption, (left, top, wide - 24, 34), 15 if big > 30 else 12)  # noqa: PLR2004
        _text(slide, figure.value, theme.ink, (left, top + big, wide - 24, 2 * big), big, bold=True)
        if figure.change:
            tint = theme.caption if figure.is_good is None else theme.good if figure.is_good else theme.bad
            arrow = "▼" if figure.change.startswith("−") else "▲"
            said = f"{arrow} {figure.change}"
            if across == 3:  # noqa: PLR2004
                said = say("{change} on the period before", change=said)
            _text(slide, said, tint, (left, top + big * 3, wide - 24, 34), 14 if big > 30 else 11)  # noqa: PLR2004


def _mark(slide: Any, theme: Theme, box: tuple[float, float, float, float]) -> None:
    from pptx.enum.shapes import MSO_SHAPE  # noqa: PLC0415  (used here alone)

    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *emu(box))
    bar.name = "Mark"
    bar.fill.solid()
    bar.fill.fore_color.rgb = RGBColor.from_string(theme.primary[1:].upper())
    bar.line.fill.background()
    bar.shadow.inherit = False


def _foot(slide: Any, source: str, definition: str, theme: Theme, number: int) -> None:
    _text(slide, source, theme.caption, (_EDGE, 812, WIDE - 2 * _EDGE - 70, 26), 11.5)
    if definition:
        most = _FOOT * len(definition) // letters(definition)
        short = definition if len(definition) <= most else f"{definition[:most].rsplit(' ', 1)[0]} …"
        _text(slide, short, theme.caption, (_EDGE, 838, WIDE - 2 * _EDGE - 70, 46), 10.5)
    _text(slide, str(number), theme.caption, (WIDE - _EDGE - 60, 812, 60, 26), 11.5, right=True)


def _card(slide: Any, document: Document, card: Card, theme: Theme, number: int) -> None:
    size = 28 if letters(card.title) <= _LONG else 23
    _title(slide, card.title, theme, (_EDGE, 40, WIDE - 2 * _EDGE, 100), size)
    _text(slide, card.subtitle, theme.caption, (_EDGE, 148, WIDE - 2 * _EDGE, 34), 15)
    body = _BODY
    if card.said:
        body = (*_BODY[:3], _BODY[3] - 40 * len(card.said))
        for place, words in enumerate(card.said):
            _text(slide, words, theme.ink, (_EDGE, body[1] + body[3] + 8 + 38 * place, body[2], 36), 15)
    if card.empty:
        _text(slide, card.empty, theme.caption, body, 22, anchor=MSO_ANCHOR.MIDDLE)
    elif card.map is not None:
        from exports.slide_maps import add_map  # noqa: PLC0415  (pydeck and h3 load only for a slide with a map)

        add_map(slide, card, body, theme)
    elif card.native is not None:
        frame = add_chart(slide, card.native, body, theme)
        frame.name = clean(card.title)[:200]
    elif card.figure is not None:
        _drawn(slide, card, body, theme)
    else:
        _table(slide, document, card, body, theme)
    _foot(slide, document.source(card), say(card.answer.definition), theme, number)
    if card.spoken:
        slide.notes_slide.notes_text_frame.text = "\n".join(clean(line) for line in card.spoken.splitlines())


def _drawn(slide: Any, card: Card, body: tuple[float, float, float, float], theme: Theme) -> None:
    """A chart that slides have no kind for: a table of coloured cells, else the strokes of its picture."""
    heat = heat_of(card.figure) if card.figure is not None else None
    if heat is not None:
        rows = [
            [name, *(heat.words.get((at, place), "") for place in range(len(heat.heads)))]
            for at, name in enumerate(heat.names)
        ]
        fills = {(row, column + 1): paint for (row, column), paint in heat.fills.items()}
        high = min(body[3], 46.0 * (len(rows) + 1))
        add_table(slide, ["", *heat.heads], rows, (*body[:3], high), theme, fills=fills, size=12)
        return
    left, top, wide, high = body
    natural = float(card.figure.layout.height or 320)  # type: ignore[union-attr]
    scale = min(_SCALE, high / natural)
    tall = min(high, natural * scale * _STRETCH)
    picture = Vector(round(wide), round(tall), theme.page)
    draw_figure(card.figure, picture, (0, 0, wide / scale, tall / scale), scale, theme)
    place_picture(slide, picture, card.title, (left, top, wide, tall))


def place_picture(slide: Any, picture: Vector, name: str, box: tuple[float, float, float, float]) -> None:
    """A remembered picture: as shapes, or as one picture where these would be too many."""
    ids = count(max((shape.shape_id for shape in slide.shapes), default=1) + 1)
    xml = group_xml(picture, name, box, ids)
    tree = etree.fromstring(xml.encode())
    if count_shapes(picture) > _MOST_SHAPES and len(tree) > _MOST_SHAPES:
        made = slide.shapes.add_picture(BytesIO(picture.png()), *emu(box))
        made.name = clean(name)[:200]
        return
    slide.shapes._spTree.append(tree)  # noqa: SLF001  (python-pptx builds groups shape by shape, a second for 600)


def _table(slide: Any, document: Document, card: Card, body: tuple[float, float, float, float], theme: Theme) -> None:
    table = card.shown if card.shown is not None else card.answer.table
    table = table.select(table.columns[: table.width if card.is_whole else _MOST_COLUMNS])
    most = _MOST_WHOLE if card.is_whole else _MOST_ROWS
    rows = rows_of(table, document.currency, most=most)
    if table.height > most:
        more = plural(
            "{n} more row in the XLSX and CSV of {address}",
            "{n} more rows in the XLSX and CSV of {address}",
            table.height - most,
            address=card.answer.address,
        )
        _text(slide, more, theme.caption, (_EDGE, body[1] + body[3] - 30, body[2], 28), 12)
    high = min(body[3] - 36, 44.0 * (len(rows) + 1))
    size = 13 if len(table.columns) <= 4 else 10 if card.is_whole else 11  # noqa: PLR2004  (more columns need smaller words)
    heads = heads_of(table, document.currency)
    made = add_table(slide, heads, rows, (*body[:3], high), theme, right=numeric(table), size=size)
    made.name = clean(card.title)[:200]


def _definitions(deck: Any, document: Document, theme: Theme) -> None:
    """The last slides: what each number means, and what to know about them."""
    lines = [(card.title, f"{say(card.answer.definition)} ({card.answer.address})") for card in document.cards]
    lines += [(say("Note"), note) for note in document.notes]
    top, slide = float(HIGH), None
    for name, words in lines:
        high = 30 + 25 * (1 + letters(words) // _LINE)
        if top + high > 800:  # noqa: PLR2004  (where the foot begins)
            slide, top = _slide(deck, theme), 124.0
            _title(slide, say("About these numbers"), theme, (_EDGE, 44, WIDE - 2 * _EDGE, 60), 26)
            told = " · ".join(part for part in (document.whose, document.days, document.filters) if part)
            _foot(
                slide,
                f"{told} · {say('snapshot {number}', number=str(document.snapshot))} · {document.address}",
                "",
                theme,
                len(deck.slides),
            )
        _text(slide, name, theme.ink, (_EDGE, top, WIDE - 2 * _EDGE, 28), 13, bold=True)
        _text(slide, words, theme.caption, (_EDGE, top + 28, WIDE - 2 * _EDGE, high - 30), 12)
        top += high + 16
