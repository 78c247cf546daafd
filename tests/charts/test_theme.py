"""The theme holds every colour, and texts from files cannot become markup."""

import re
from dataclasses import fields

import pytest

from charts.marks import contrast, even_ticks, fitted, readable_on, spread
from charts.theme import DARK, LIGHT, figure, finding_dot, theme_of, words


def test_a_theme_is_found_by_the_name_the_browser_reports():
    assert theme_of("light") is LIGHT
    assert theme_of("dark") is DARK


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_is_a_full_hexadecimal_colour(theme):
    plain = [getattr(theme, field.name) for field in fields(theme) if field.type is str]
    lists = [*theme.categorical, *theme.dwell, *theme.sales, *theme.diverging]
    pair = [*theme.pair.a_only, *theme.pair.both, *theme.pair.b_only]
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in [*plain, *lists, *pair])
    assert [len(theme.categorical), len(theme.dwell), len(theme.sales), len(theme.diverging)] == [10, 10, 10, 11]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_any_cell_colour_is_readable(theme):
    for colour in (*theme.dwell, *theme.sales, *theme.diverging):
        assert contrast(readable_on(colour, theme), colour) >= 4.5


def test_a_figure_is_transparent_still_and_has_words_for_a_screen_reader():
    fig = figure(LIGHT, alt="Sales rose.", height=200)
    layout = fig.layout.template.layout
    assert fig.layout.meta == {"alt": "Sales rose."}
    assert layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert layout.xaxis.fixedrange is True
    assert layout.yaxis.fixedrange is True
    assert layout.showlegend is False


def test_a_name_from_a_file_stays_text():
    assert words("<b>A & B</b>\n'x'") == "&lt;b&gt;A &amp; B&lt;/b&gt; 'x'"


def test_a_long_name_is_cut_to_its_width_and_wide_characters_count_double():
    assert fitted("Camel wrap", 140) == "Camel wrap"
    assert fitted("A very long product name indeed", 80).endswith("…")
    assert fitted("羊毛大衣", 56) == "羊毛大衣"
    assert fitted("羊毛大衣外套", 56) == "羊毛大…"


def test_ticks_are_round_and_enclose_the_values():
    assert even_ticks(0, 8.9) == [0, 2.5, 5, 7.5, 10]
    assert even_ticks(120, 290) == [100, 150, 200, 250, 300]
    assert even_ticks(0, 0) == [0, 0.25, 0.5, 0.75, 1.0]


def test_labels_that_would_collide_are_moved_apart_and_the_far_one_stays():
    assert spread([10, 12, 40], 17) == [2.5, 19.5, 40]


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("11 Nov: +203 % on the median day", "<b>11 Nov: +203 % on the median day</b>"),
        ("11 nov: +203 % sobre el día mediano", "<b>11 nov: +203 % sobre<br>el día mediano</b>"),
        ("比中位数日多" * 6, "<b>" + "比中位数日多" * 6 + "</b>"),
        ("a<b " + "x" * 40, "<b>a&lt;b<br>" + "x" * 40 + "</b>"),
    ],
)
def test_a_long_label_of_the_finding_is_written_in_two_lines(label, written):
    fig = figure(LIGHT, alt="", height=200)
    finding_dot(fig, LIGHT, x=1, y=1, label=label)
    note = fig.layout.annotations[0]
    assert (note.text.replace("\u2060", ""), note.align, note.xanchor) == (written, "right", "right")
