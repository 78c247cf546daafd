"""A link says who is meant, or what of it nobody understands; it never says everybody by mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.audience import KINDS, Condition, Definition, parse_definition

LINK = ("lingered:product:WC-07", "segment:loyal", "not:channel:live", "or", "place:city:Suzhou")
IDS = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
NUMBERS = st.integers(0, 10**9).map(float) | st.floats(0, 1e6)


def test_a_link_is_groups_of_conditions():
    found = parse_definition(LINK)
    assert found == Definition((
        (
            Condition("lingered", "product", "WC-07"), Condition("segment", of="loyal"),
            Condition("channel", of="live", is_not=True),
        ),
        (Condition("place", "city", "Suzhou"),),
    ))  # fmt: skip
    assert found.texts == LINK


@pytest.mark.parametrize(
    ("text", "kind", "what", "of", "least"),
    [
        ("dwell:300", "dwell", "", "", 300.0),
        ("dwell:300:Wool: coats", "dwell", "", "Wool: coats", 300.0),
        ("interest:0.5:category:Knits", "interest", "category", "Knits", 0.5),
        ("bought:product:A:B", "bought", "product", "A:B", 0.0),
        ("cohort:2026-03", "cohort", "", "2026-03", 0.0),
        ("cohort:never", "cohort", "", "never", 0.0),
        ("place:cell:8831aa5091fffff", "place", "cell", "8831aa5091fffff", 0.0),
        ("place:tier:primary:S-001", "place", "tier", "primary:S-001", 0.0),
        ("binding:status:contested", "binding", "status", "contested", 0.0),
        ("value:500", "value", "", "", 500.0),
        ("contact:30", "contact", "", "", 30.0),
    ],
)
def test_every_kind_is_read_and_written_the_same(text, kind, what, of, least):
    found = parse_definition([text])
    assert found.unreadable == ()
    assert found.groups == ((Condition(kind, what, of, least),),)
    assert found.texts == (text,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("everybody", "The condition everybody is none of dwell, interest, "),
        (
            "lingered:WC-07",
            "The condition lingered:WC-07 is not of the form lingered:product:ID or lingered:category:NAME.",
        ),
        ("dwell:long", "The condition dwell:long is not of the form dwell:SECONDS or dwell:SECONDS:CATEGORY."),
        ("dwell:-1", "not of the form"),
        ("dwell:nan", "not of the form"),
        ("dwell:1_0", "not of the form"),
        ("value:", "not of the form"),
        ("value:1:2", "not of the form"),
        ("contact:1.5", "not of the form"),
        ("cohort:2026-13", "not of the form"),
        ("cohort:2026-3", "not of the form"),
        ("cohort:", "not of the form"),
        ("segment:", "not of the form"),
        ("place:tier:core:S1", "not of the form"),
        ("place:tier:primary:", "not of the form"),
        ("place:cell:zz", "not of the form"),
        ("place:cell:8f31aa509100000", "not of the form"),
        ("place:planet:Mars", "not of the form"),
        ("binding:status:loose", "not of the form"),
        ("not:not:segment:loyal", "The condition not:not:segment:loyal is none of "),
        ("", "The condition  is none of "),
    ],
)
def test_nonsense_is_named_and_selects_nobody(text, words):
    found = parse_definition([text])
    assert found.groups == ()
    assert len(found.unreadable) == 1
    assert words in found.unreadable[0]


def test_groups_without_a_condition_and_repeats_say_nothing():
    assert parse_definition(["or", "or"]).groups == ()
    assert parse_definition(["or", "value:5", "value:5", "or"]).texts == ("value:5",)


def test_more_conditions_than_can_be_read_are_said():
    found = parse_definition([f"value:{n}" for n in range(61)])
    assert found.unreadable == ("The audience has 61 conditions; at most 60 are read.",)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    of=IDS,
    least=NUMBERS,
    is_not=st.booleans(),
    part=st.sampled_from(["product", "category"]),
)
def test_what_is_written_is_read_back(kind, of, least, is_not, part):
    made = {
        "dwell": Condition("dwell", "", of, least, is_not=is_not),
        "interest": Condition("interest", part, of, least, is_not=is_not),
        "cohort": Condition("cohort", "", "2026-03", is_not=is_not),
        "place": Condition("place", "city", of, is_not=is_not),
        "binding": Condition("binding", "store", of, is_not=is_not),
        "value": Condition("value", "", "", least, is_not=is_not),
        "contact": Condition("contact", "", "", float(int(least)), is_not=is_not),
    }.get(kind, Condition(kind, part if kind in {"lingered", "bought"} else "", of, is_not=is_not))
    found = parse_definition([made.text])
    assert found.unreadable == ()
    assert found.groups == ((made,),)


@given(st.lists(st.text(max_size=30), max_size=70))
def test_any_text_is_read_or_named_and_never_fails(texts):
    found = parse_definition(texts)
    again = parse_definition(found.texts)
    assert again.groups == found.groups
    assert all(found.groups)
    assert bool(found.unreadable) or len(texts) <= 60
