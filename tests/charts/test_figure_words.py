"""A chart's bits of HTML become lines of words as a browser would show them."""

import pytest

from charts.figure_words import Run, lines_of, plain_words, width_of_lines


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("one", [[Run("one", bold=False, colour=None)]]),
        ("<b>one</b><br>two", [[Run("one", bold=True, colour=None)], [Run("two", bold=False, colour=None)]]),
        ("<b>one<br>two</b>", [[Run("one", bold=True, colour=None)], [Run("two", bold=True, colour=None)]]),
        ("one<br/>two", [[Run("one", bold=False, colour=None)], [Run("two", bold=False, colour=None)]]),
        (
            'a <span style="color:#c46a00">b</span> c',
            [
                [
                    Run("a ", bold=False, colour=None),
                    Run("b", bold=False, colour="#c46a00"),
                    Run(" c", bold=False, colour=None),
                ]
            ],
        ),
        ("<img src=x> &lt;b&gt;", [[Run("<img src=x> <b>", bold=False, colour=None)]]),
    ],
)
def test_a_break_begins_a_line_and_only_b_is_bold(html, lines):
    assert lines_of(html) == lines


def test_two_lines_are_as_wide_as_the_wider_one_and_read_with_a_blank():
    assert width_of_lines("wide words<br>x", 13) == width_of_lines("wide words", 13)
    assert plain_words("<b>Juniper wool coat</b><br>53 s") == "Juniper wool coat 53 s"
