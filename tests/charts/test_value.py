"""Expected buyers are drawn as they were computed, with their interval and the money beside them."""

import polars as pl

from charts.theme import LIGHT
from charts.value import value_bars

TABLE = pl.DataFrame(
    {
        "group": [f"S{n}" for n in range(12)],
        "label": ["Old <b>town</b>", *[f"Shop {n}" for n in range(11)]],
        "customers": [500] * 12,
        "expected_buyers": [40.4, *[10.0] * 11],
        "buyers_low": [30.2, *[5.0] * 11],
        "buyers_high": [50.6, *[15.0] * 11],
        "value_minor": [1_000_000, *[5_000] * 11],
        "low_minor": [900_000, *[4_000] * 11],
        "high_minor": [1_100_000, *[6_000] * 11],
    }
)


def test_each_group_has_its_buyers_interval_and_money():
    fig = value_bars(TABLE, LIGHT, currency="CNY")
    (bars,) = fig.data
    assert bars.x.tolist() == [40.4, *[10.0] * 9]
    assert bars.text[0] == "40 (30–51)"
    assert "<b>¥10.0 k</b>" in [one.text for one in fig.layout.annotations]
    assert fig.layout.meta["alt"] == "Expected buyers of 10 groups; Old <b>town</b>: 40 (30–51)."


def test_a_name_is_text_and_unknown_money_a_dash():
    unknown = TABLE.with_columns(
        pl.lit(None).cast(pl.Int64).alias(name) for name in ("value_minor", "low_minor", "high_minor")
    )
    fig = value_bars(unknown, LIGHT, currency="CNY")
    assert "Old <b>town" not in fig.data[0].hovertext[0]
    assert fig.layout.annotations[0].text == "<b>—</b>"
