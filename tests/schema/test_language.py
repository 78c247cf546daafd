"""Three languages: which one is spoken, how numbers and days are written in it, and that every sentence has its translation."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts import numbers
from schema import catalogues, days
from schema.language import LANGUAGES, closest, joined, language, later, plural, say, speak, speaking, whole

NOVEMBER = dt.date(2026, 11, 14)


def in_each(write: object, *arguments: object) -> list[str]:
    """What a function writes in English, Chinese and Spanish."""
    said = []
    for code in LANGUAGES:
        with speaking(code):
            said.append(write(*arguments))  # type: ignore[operator]
    return said


@pytest.mark.parametrize(
    ("browser", "code"),
    [("en-US", "en"), ("zh", "zh-CN"), ("zh-TW", "zh-CN"), ("zh_Hans_CN", "zh-CN"), ("es-MX", "es"), ("ES", "es"), ("fr", "en"), ("", "en")],
)  # fmt: skip
def test_a_browser_is_answered_in_its_language_or_in_english(browser: str, code: str) -> None:
    assert closest(browser) == code


def test_a_language_is_spoken_for_a_while_and_given_back_after_a_fault() -> None:
    assert language() == "en"
    with speaking("es"):
        with speaking("zh-CN"):
            assert language() == "zh-CN"
        assert language() == "es"
    with pytest.raises(RuntimeError), speaking("es"):
        raise RuntimeError
    assert language() == "en"
    with pytest.raises(ValueError, match="No language 'fr'; the languages are en, zh-CN, es"):
        speak("fr")


def test_numbers_carry_the_marks_of_their_language() -> None:
    assert in_each(whole, 1234) == ["1,234", "1,234", "1234"]
    assert in_each(whole, -12345) == ["−12,345", "−12,345", "−12.345"]
    assert in_each(numbers.percent, 0.2134) == ["21.3 %", "21.3 %", "21,3 %"]
    assert in_each(numbers.number, 12345.67, 1) == ["12,345.7", "12,345.7", "12.345,7"]
    assert in_each(numbers.interval, 0.022, 0.038) == ["[2.2, 3.8]", "[2.2, 3.8]", "[2,2; 3,8]"]


def test_money_is_counted_as_people_count_it() -> None:
    assert in_each(numbers.money, 128_499, "CNY") == ["¥1,284.99", "¥1,284.99", "1284,99\u00a0¥"]
    assert in_each(numbers.money_compact, 512_345_678, "CNY") == ["¥5.12 M", "¥512 万", "5,12 M\u00a0¥"]
    assert in_each(numbers.compact, 99_999_999) == ["100 M", "1.00 亿", "100 M"]
    assert in_each(numbers.compact, 48_234) == ["48.2 k", "4.82 万", "48,2 mil"]
    assert in_each(numbers.compact, 5e12) == ["5.00 T", "5.00 万亿", "5,00 B"]


@given(st.integers(min_value=10_000, max_value=10**15))
def test_a_short_number_is_within_half_a_percent_in_every_language(n: int) -> None:
    sizes = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}
    for code in LANGUAGES:
        with speaking(code):
            figure, _, unit = numbers.compact(n).partition(" ")
        size = {**sizes, "mil": 1e3, "mil M": 1e9, "B": 1e12 if code == "es" else 1e9}[unit]
        value = float(figure.replace(",", ".") if code == "es" else figure.replace(",", ""))
        assert abs(value * size - n) <= 0.005 * n + 0.5


def test_days_are_written_as_in_their_language() -> None:
    assert in_each(days.day_year, NOVEMBER) == ["14 Nov 2026", "2026年11月14日", "14 nov 2026"]
    assert in_each(days.month, NOVEMBER) == ["November 2026", "2026年11月", "noviembre de 2026"]
    assert in_each(days.weekday, NOVEMBER) == ["Saturday", "星期六", "sábado"]
    assert in_each(days.span, dt.date(2026, 10, 16), NOVEMBER) == [
        "16 Oct – 14 Nov 2026",
        "2026年10月16日 – 11月14日",
        "16 oct – 14 nov 2026",
    ]
    assert in_each(days.span, dt.date(2025, 12, 30), dt.date(2026, 1, 5))[1] == "2025年12月30日 – 2026年1月5日"


def test_lists_are_joined_as_in_their_language() -> None:
    assert in_each(joined, ["a", "b", "c"]) == ["a, b and c", "a、b和c", "a, b y c"]
    assert joined(["a"]) == "a"
    assert joined([]) == ""


def test_what_has_no_translation_is_said_in_english_with_its_values() -> None:
    with speaking("es"):
        assert say("No catalogue holds {this}: {n}.", this="that", n=12_345) == "No catalogue holds that: 12.345."
        assert plural("{n} quux", "{n} quuxes", 2) == "2 quuxes"
    assert plural("{n} quux", "{n} quuxes", 1) == "1 quux"
    assert say("") == ""
    assert later("As it is, {n}") == "As it is, {n}"


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_has_a_translation_with_its_places_and_no_translation_is_left_over(code: str) -> None:
    assert list(catalogues.faults(code)) == []


def test_a_fault_in_a_catalogue_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: a sentence without translation, one too many, a lost place and a wrong number of forms."""
    said = {"One {a}": "ui", "Two": "ui", ("{n} x of {b}", "{n} xs of {b}"): "answers"}
    known = {
        "One {a}": ("ui", ("Uno {z}",)),
        "Three": ("ui", ("Tres",)),
        ("{n} x of {b}", "{n} xs of {b}"): ("answers", ("x de {b}", "{n} xs")),
    }
    monkeypatch.setattr(catalogues, "spoken", lambda: said)
    monkeypatch.setattr(catalogues, "translated", lambda _: known)
    assert sorted(catalogues.faults("es")) == [
        "answers.po: other places b: ('{n} x of {b}', '{n} xs of {b}')",
        "ui.po: missing: 'Two'",
        "ui.po: other places a, z: 'One {a}'",
        "ui.po: unused: 'Three'",
    ]
