"""What is kept on disk stays English, and is said in the language of whoever reads it."""

from __future__ import annotations

import pytest

from schema.language import later, speaking
from schema.stored import retold, stored

KINDS = later("{n} events of other kinds ({common}) count as activity.")


def test_a_sentence_is_kept_in_english_whatever_is_spoken():
    with speaking("es"):
        assert stored(KINDS, n=12_345, common="hug, wave") == (
            "12,345 events of other kinds (hug, wave) count as activity."
        )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("en", "12,345 events of other kinds (hug, wave) count as activity."),
        ("es", "12.345 eventos de otros tipos (hug, wave) cuentan como actividad."),
        ("zh-CN", "12,345 个其他类型的事件（hug, wave）计为活动。"),
    ],
)
def test_it_is_said_in_the_language_of_the_moment_with_its_values(code: str, told: str):
    kept = stored(KINDS, n=12_345, common="hug, wave")
    with speaking(code):
        assert retold(kept) == told


def test_the_sentence_with_the_most_words_of_ours_is_meant():
    with speaking("es"):
        assert retold("lat is out of range; latitude and longitude look swapped.") == (
            "lat está fuera de rango; latitud y longitud parecen intercambiadas."
        )
        assert retold("lat is out of range.") == "lat está fuera de rango."


def test_fixed_sentences_are_said_and_those_of_others_stay():
    with speaking("es"):
        assert retold("It has a header and no rows.") == "Tiene cabecera y ninguna fila."
        assert retold("What somebody typed: is {odd}") == "What somebody typed: is {odd}"
        assert retold("") == ""
