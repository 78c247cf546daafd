import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from records.canonical import canonical_text, canonical_texts
from records.columns import day, instant, real, text, whole
from records.frames import stored_frame

COLUMNS = [whole("seq"), text("name"), instant("at"), day("on"), real("metres")]
sa.Table("sample", sa.MetaData(), *COLUMNS)

ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.none() | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999),
    st.none() | st.dates().map(str) | st.sampled_from(["é", '"']),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


def test_a_row_is_written_as_documented():
    row = (3, 'Größe "M"', 1_791_748_800_000_001, "2026-10-11", 1180.0)
    expected = '{"at":"2026-10-11T20:00:00.000001Z","metres":1180.0,"name":"Gr\\u00f6\\u00dfe \\"M\\"","on":"2026-10-11","seq":3}'
    assert canonical_text(COLUMNS, row) == expected
    assert canonical_texts(COLUMNS, stored_frame([row], COLUMNS)) == [expected]


def test_what_is_missing_is_null():
    expected = '{"at":null,"metres":null,"name":null,"on":null,"seq":1}'
    assert canonical_texts(COLUMNS, stored_frame([(1, None, None, None, None)], COLUMNS)) == [expected]


@given(st.lists(ROWS, min_size=1, max_size=20))
def test_many_rows_at_once_are_written_like_one_by_one(rows):
    assert canonical_texts(COLUMNS, stored_frame(rows, COLUMNS)) == [canonical_text(COLUMNS, row) for row in rows]


@pytest.mark.parametrize("value", [b"\xff", float("nan")])
def test_a_value_that_cannot_be_written_is_an_error(value):
    with pytest.raises((TypeError, ValueError)):
        canonical_text(COLUMNS, (1, None, None, None, value))


def test_numbers_are_written_as_python_writes_them():
    rows = [(1, None, None, None, number) for number in (1e16, 0.1, -2.5e-7, 1e22, 123456789.125)]
    metres = [one.split('"metres":')[1].split(",")[0] for one in canonical_texts(COLUMNS, stored_frame(rows, COLUMNS))]
    assert metres == ["1e+16", "0.1", "-2.5e-07", "1e+22", "123456789.125"]
