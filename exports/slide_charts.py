"""Editable charts and tables of a slide."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pptx.chart.data import CategoryChartData
from pptx.chart.xlsx import CategoryWorkbookWriter
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt
from xlsxwriter import Workbook

from exports.slide_strokes import EMU, clean, in_language, letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from charts.theme import Theme
    from exports.document import Native

_MOST_TICKS: Final = 10
_MOST_LABELS: Final = 24
"""A chart with more places carries no number at each."""
_TYPES: Final = {
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "columns": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "lines": XL_CHART_TYPE.LINE,
    "stack": XL_CHART_TYPE.BAR_STACKED,
    "steps": XL_CHART_TYPE.COLUMN_STACKED,
}
Box = tuple[float, float, float, float]


class _Inert(CategoryWorkbookWriter):  # type: ignore[misc]
    """The numbers behind a chart, in which no name is a formula or a link."""

    @contextmanager
    def _open_worksheet(self, xlsx_file: Any) -> Iterator[tuple[Workbook, Any]]:
        book = Workbook(xlsx_file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        yield book, book.add_worksheet()
        book.close()


class _Numbers(CategoryChartData):  # type: ignore[misc]
    """Names and values of a chart."""

    @property
    def _workbook_writer(self) -> _Inert:
        return _Inert(self)


def colour(text: str) -> RGBColor:
    """``#rrggbb`` as a slide has it."""
    return RGBColor.from_string(text[1:7].upper())


def emu(box: Box) -> tuple[Emu, Emu, Emu, Emu]:
    """Pixels of the slide as its own units."""
    left, top, wide, high = (Emu(round(part * EMU)) for part in box)
    return left, top, wide, high


def add_chart(slide: Any, found: Native, box: Box, theme: Theme) -> Any:
    """An editable chart.

    Args:
        slide: where.
        found: names, series and colours.
        box: left, top, width and height in pixels of the slide.
        theme: light or dark.
    """
    data = _Numbers(number_format=found.form)
    data.categories = [clean(name) for name in found.names]
    for series in found.series:
        data.add_series(clean(series.name), series.values)
    frame = slide.shapes.add_chart(_TYPES[found.shape], *emu(box), data)
    chart = frame.chart
    chart.has_title = False
    chart.font.size, chart.font.color.rgb = Pt(13), colour(theme.ink)
    seen = [series for series in found.series if not series.is_hidden]
    chart.has_legend = len(seen) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        chart.legend.font.size, chart.legend.font.color.rgb = Pt(13), colour(theme.ink)
    _axes(chart, found, theme)
    _series(chart, found, theme)
    return frame


def _axes(chart: Any, found: Native, theme: Theme) -> None:
    names, numbers = chart.category_axis, chart.value_axis
    names.has_major_gridlines = False
    names.major_tick_mark = numbers.major_tick_mark = XL_TICK_MARK.NONE
    names.format.line.color.rgb = colour(theme.border)
    names.tick_labels.font.size, names.tick_labels.font.color.rgb = Pt(13), colour(theme.ink)
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    lies = found.shape in {"bars", "stack"}
    if lies:
        names.reverse_order = True
    numbers.format.line.fill.background()
    numbers.tick_labels.font.size, numbers.tick_labels.font.color.rgb = Pt(12), colour(theme.axis)
    numbers.tick_labels.number_format, numbers.tick_labels.number_format_is_linked = found.form, False
    if len(found.names) > _MOST_LABELS or found.shape == "lines":
        _skip(names, max(1, -(-len(found.names) // _MOST_TICKS)))
    labelled = _is_labelled(found)
    numbers.has_major_gridlines = not labelled
    if numbers.has_major_gridlines:
        numbers.major_gridlines.format.line.color.rgb = colour(theme.grid)
    else:
        numbers.visible = False
    known = [value for series in found.series for value in series.values if value is not None]
    if lies or found.shape == "columns":
        numbers.minimum_scale = min(0.0, *known) if known else 0.0


def _skip(axis: Any, step: int) -> None:
    """Name every so-many-th place alone."""
    element = axis._element  # noqa: SLF001  (python-pptx has no setting for it)
    for name in ("c:tickLblSkip", "c:tickMarkSkip"):
        found = element.makeelement(qn(name), {"val": str(step)})
        after = element.find(qn("c:noMultiLvlLbl"))
        if after is not None:
            after.addprevious(found)
        else:
            element.append(found)


def _is_labelled(found: Native) -> bool:
    return found.shape != "lines" and len(found.names) <= _MOST_LABELS


def _series(chart: Any, found: Native, theme: Theme) -> None:
    plot = chart.plots[0]
    plot.vary_by_categories = False
    if found.shape != "lines":
        plot.gap_width = 45
    if found.shape in {"stack", "steps"}:
        plot.overlap = 100
    for place, (made, wanted) in enumerate(zip(plot.series, found.series, strict=True)):
        if found.shape == "lines":
            made.smooth = False
            made.format.line.color.rgb = colour(wanted.colour)
            made.format.line.width = Pt(2.75 if place == 0 else 1.75)
            made.marker.style = XL_MARKER_STYLE.NONE
            if place == 0:
                _glints(made, found, theme)
            continue
        if wanted.is_hidden:
            made.format.fill.background()
            continue
        made.format.fill.solid()
        made.format.fill.fore_color.rgb = colour(wanted.colour)
        made.invert_if_negative = False
        tints = found.tints if place == 0 or any(one.is_hidden for one in found.series) else {}
        for at, tint in tints.items():
            fill = made.points[at].format.fill
            fill.solid()
            fill.fore_color.rgb = colour(tint)
        if _is_labelled(found):
            _labels(made, found, theme)


def _labels(made: Any, found: Native, theme: Theme) -> None:
    labels = made.data_labels
    labels.show_value, labels.number_format, labels.number_format_is_linked = True, found.form, False
    labels.font.size = Pt(12)
    labels.font.color.rgb = colour(theme.page if found.shape in {"stack", "steps"} else theme.ink)
    if found.shape in {"bars", "columns"}:
        labels.position = XL_LABEL_POSITION.OUTSIDE_END
    for at, words in found.labels.items():
        frame = made.points[at].data_label.text_frame
        frame.text = clean(words)
        run = frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = Pt(12), True
        within = found.shape in {"stack", "steps"} and bool(found.series[-1].values[at])
        run.font.color.rgb = colour(theme.page if within else theme.ink)


def _glints(made: Any, found: Native, theme: Theme) -> None:
    """The finding of a line: a dot in its colour, with words beside it."""
    for at, tint in found.tints.items():
        point = made.points[at]
        point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 11
        point.marker.format.fill.solid()
        point.marker.format.fill.fore_color.rgb = colour(tint)
        point.marker.format.line.color.rgb = colour(theme.page)
        if at in found.labels:
            label = point.data_label
            label.position = XL_LABEL_POSITION.LEFT if at > len(found.names) / 2 else XL_LABEL_POSITION.RIGHT
            label.text_frame.text = clean(found.labels[at])
            run = label.text_frame.paragraphs[0].runs[0]
            run.font.size, run.font.bold, run.font.color.rgb = Pt(14), True, colour(theme.finding_text)


def add_table(
    slide: Any,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    box: Box,
    theme: Theme,
    *,
    right: Sequence[bool] = (),
    fills: dict[tuple[int, int], tuple[str, str]] | None = None,
    size: float = 13,
) -> Any:
    """An editable table.

    Args:
        slide: where.
        heads: names of the columns.
        rows: words of the cells.
        box: left, top, width and height in pixels of the slide.
        theme: light or dark.
        right: which columns are numbers.
        fills: row and column → colours of a cell and of its words.
        size: of the words, in points.
    """
    frame = slide.shapes.add_table(len(rows) + 1, len(heads), *emu(box))
    table = frame.table
    table.horz_banding = False
    table.first_row = False
    _no_style(frame)
    widths = _widths(heads, rows)
    for place, part in enumerate(widths):
        table.columns[place].width = Emu(round(box[2] * EMU * part))
    for row in table.rows:
        row.height = Emu(round(box[3] * EMU / (len(rows) + 1)))
    for at, line in enumerate([heads, *rows]):
        for place, words in enumerate(line):
            paint = (fills or {}).get((at - 1, place))
            ink = paint[1] if paint else theme.caption if at == 0 else theme.ink
            cell = table.cell(at, place)
            is_right = bool(right and right[place])
            align = PP_ALIGN.CENTER if fills and place else PP_ALIGN.RIGHT if is_right else PP_ALIGN.LEFT
            _fill_cell(cell, words, ink, paint[0] if paint else None, align, bold=at == 0, size=size)
            _rule(cell, theme.page if fills else theme.caption if at == 0 else theme.border, all_sides=bool(fills))
    return frame


def _fill_cell(cell: Any, words: str, ink: str, fill: str | None, align: Any, *, bold: bool, size: float) -> None:
    cell.margin_left = cell.margin_right = Emu(60000)
    cell.margin_top = cell.margin_bottom = Emu(20000)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    frame = cell.text_frame
    frame.word_wrap = True
    frame.text = clean(words)
    paragraph = frame.paragraphs[0]
    paragraph.alignment = align
    for run in paragraph.runs:
        run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, colour(ink)
        in_language(run)
    if fill is None:
        cell.fill.background()
    else:
        cell.fill.solid()
        cell.fill.fore_color.rgb = colour(fill)


def _rule(cell: Any, tint: str, *, all_sides: bool) -> None:
    """A thin line below a cell; around a coloured one a gap in the page's colour."""
    properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001  (python-pptx has no borders)
    for place, side in enumerate(("lnL", "lnR", "lnT", "lnB") if all_sides else ("lnB",)):
        line = properties.makeelement(qn(f"a:{side}"), {"w": "19050" if all_sides else "9525"})
        fill = line.makeelement(qn("a:solidFill"), {})
        fill.append(fill.makeelement(qn("a:srgbClr"), {"val": tint[1:7].upper()}))
        line.append(fill)
        properties.insert(place, line)  # lines stand before the fill


def _no_style(frame: Any) -> None:
    """No coloured style of the program's own."""
    style = frame._element.graphic.graphicData.tbl.tblPr  # noqa: SLF001  (python-pptx has no setting for it)
    for child in list(style):
        child.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid": our own thin lines


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Shares of the width: as long as the words are, but none below a share nor above a half."""
    longest = [
        max([letters(head), *(letters(row[place]) for row in rows)], default=1) for place, head in enumerate(heads)
    ]
    bounded = [min(max(one, 8), 70) for one in longest]
    return [one / sum(bounded) for one in bounded]
