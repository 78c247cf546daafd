"""A mapping is a small file that people can read, correct and keep."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.errors import UsageError
from schema.mapping import SHAPES, Mapping

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TABLE = st.dictionaries(KEY, TEXT, max_size=3)


@st.composite
def mappings(draw):
    scalars = {name: draw(TEXT) for name in ("zone", "currency", "datum", "sheet", "source", "returns", "preset")}
    return Mapping(
        draw(st.sampled_from(SHAPES)), columns=draw(TABLE), constants=draw(TABLE),
        values=draw(st.dictionaries(KEY, TABLE, max_size=2)), header=draw(st.booleans()),
        zero_price_is_purchase=draw(st.booleans()), **scalars,
    )  # fmt: skip


@given(mappings())
def test_any_mapping_reads_back_from_its_file(mapping):
    assert Mapping.from_table(tomllib.loads(mapping.to_toml()), where="m.toml") == mapping


def test_the_file_says_only_what_differs_from_the_defaults(tmp_path):
    mapping = Mapping(
        "orders", columns={"order_id": "Order #", "paid_at": "Paid at"}, constants={"channel": "pos"},
        values={"channel": {"网店": "web"}}, zone="Asia/Shanghai", header=False,
    )  # fmt: skip
    assert mapping.to_toml() == (
        'shape = "orders"\nzone = "Asia/Shanghai"\nheader = false\n\n[columns]\norder_id = "Order #"\n'
        'paid_at = "Paid at"\n\n[constants]\nchannel = "pos"\n\n[values.channel]\n"网店" = "web"\n'
    )
    path = tmp_path / "m.toml"
    path.write_bytes(b"\xef\xbb\xbf" + mapping.to_toml().encode())  # some editors write a BOM
    assert Mapping.read(path) == mapping


KNOWN = ", ".join(sorted(Mapping.__dataclass_fields__))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('shap = "orders"', f"m.toml: unknown key 'shap'; known keys are {KNOWN}."),
        ('zone = "UTC"', f"m.toml: the key shape is missing; it says what one row is: {', '.join(SHAPES)}."),
        ('shape = "baskets"', f"Mapping: shape is 'baskets'; it must be one of {', '.join(SHAPES)}."),
        ('shape = "orders"\nheader = "no"', "m.toml: header must be true or false, not 'no'."),
        ('shape = "orders"\nzone = 8', "m.toml: zone must be text, not 8."),
        ('shape = "orders"\ncolumns = "x"', "m.toml: columns must be a table, not 'x'."),
        ('shape = "orders"\n[columns]\norder_id = 1', "m.toml: columns.order_id must be text, not 1."),
        ('shape = "orders"\n[values]\nchannel = "x"', "m.toml: values.channel must be a table of text, not 'x'."),
        (
            'shape = "orders"\n[values.channel]\nx = 1',
            "m.toml: values.channel must be a table of text, not {'x': 1}.",
        ),
    ],
)
def test_a_wrong_key_is_refused_with_what_would_be_right(tmp_path, text, message):
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        Mapping.read(path)
    assert str(error.value) == message


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path):
    path = tmp_path / "m.toml"
    with pytest.raises(UsageError) as error:
        Mapping.read(path)
    assert str(error.value) == f"{path}: cannot be read (No such file or directory)."
    path.write_text("shape = orders")
    with pytest.raises(UsageError, match=r"m\.toml: is not TOML \(Invalid value"):
        Mapping.read(path)
    path.write_bytes(b"shape = '\xff'")
    with pytest.raises(UsageError, match=r"m\.toml: is not TOML \("):
        Mapping.read(path)


def test_answers_are_added_without_touching_the_mapping():
    mapping = Mapping("orders")
    assert mapping.with_answers(zone="UTC").zone == "UTC"
    assert mapping.zone == ""
