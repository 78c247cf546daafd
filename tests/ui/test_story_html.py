"""What people wrote stays text on slides, in the editor and beside the speaker's clock."""

import re

import pytest

from ui import story_html

HOSTILE = ("<script>alert(1)</script>", "*<img src=x onerror=alert(1)>*", "</h3><svg onload=x>", "\"><b x='")


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize(
    ("made", "tags"),
    [
        (lambda words: story_html.edited(words, words), {"h3", "em"}),
        (story_html.spoken, {"h2", "em"}),
        (lambda words: story_html.coming(words, words), {"p", "b", "em"}),
        (lambda words: story_html.clock(words, words), {"p", "b"}),
        (story_html.problem, {"p"}),
        (lambda words: story_html.image(b"x", words), {"img"}),
    ],
)
def test_words_of_people_make_no_element_of_their_own(words, made, tags):
    html = made(words)
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= tags
    assert not re.search(r"<(script|svg)|<img src=x", html)
    assert html.count("<") == len(re.findall(r"</?[a-z0-9]+[^<>]*>", html))


def test_stars_become_the_colour_of_the_finding_and_nothing_else_does():
    assert story_html.spoken("Bound: *100 %* & more") == ('<h2 class="speak-now">Bound: <em>100 %</em> &amp; more</h2>')
