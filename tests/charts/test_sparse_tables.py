"""Small, odd and half-unknown tables are drawn, not crashed on."""

from datetime import date

import polars as pl
import pytest

from charts import dwell, overlap, overview, products, purchases
from charts.theme import DARK, LIGHT

F, N, S = pl.Float64, pl.Int64, pl.String


def _table(rows, **schema):
    return pl.DataFrame(rows, schema=schema, orient="row")


CASES = {
    "a trend without any known value": lambda t: overview.trend_chart(
        _table([(date(2026, 1, 1), None, None)] * 2, local_on=pl.Date, value=F, previous=F), t, unit="CNY"
    ),
    "a trend of zeros": lambda t: overview.trend_chart(
        _table([(date(2026, 1, 1), 0, 0), (date(2026, 1, 2), 0, 0)], local_on=pl.Date, value=N, previous=N),
        t,
        unit="count",
    ),
    "a trend below zero": lambda t: overview.trend_chart(
        _table([(date(2026, 1, 1), -500, 0), (date(2026, 1, 2), -90, 3)], local_on=pl.Date, value=N, previous=N),
        t,
        unit="JPY",
    ),
    "a ranking with a negative and an unknown value": lambda t: overview.ranking_bars(
        _table([("A", -500, None), ("B", None, 0.0)], group=S, value=N, change=F), t, unit="CNY"
    ),
    "a funnel with an unknown share": lambda t: overview.funnel_bars(
        _table([("Viewed", None, None)], step=S, visitors=N, share=F), t
    ),
    "a heatmap with unknown views": lambda t: dwell.hour_of_week_heatmap(
        _table([("A", 0, None, None)], group=S, hour_of_week=pl.Int16, value=F, known_views=N), t, measure="linger"
    ),
    "a quadrant without conversion": lambda t: dwell.dwell_quadrant(
        _table(
            [("p", "P", 3.0, None, None, None, 3)],
            product_id=S,
            name=S,
            median_dwell_s=F,
            conversion_rate=F,
            low=F,
            high=F,
            viewers=N,
        ),
        t,
        highlight="p",
    ),
    "a cross table of blanks": lambda t: dwell.cross_heatmap(
        _table([("A", "x", None, 3)], row=S, column=S, value=F, known_views=N), t, measure="linger"
    ),
    "a channel without views": lambda t: dwell.coverage_bars(
        _table([("web", 0, 0, 0, 0, 0)], channel=S, views=N, measured=N, pings=N, gap=N, unknown=N), t
    ),
    "nobody bought": lambda t: purchases.orders_histogram(_table([(1, 0)], orders=N, customers=N), t),
    "one gap of no days": lambda t: purchases.gaps_histogram(_table([(0, 1)], gap_days=N, gaps=N), t, median_day=0.0),
    "nobody came back": lambda t: purchases.survival_curve(_table([(0, 1.0)], day=N, survival=F), t, mark_day=0),
    "one rfm cell": lambda t: purchases.rfm_grid(
        _table([(3, 1, 0, None)], r=N, f=N, customers=N, net_minor=N), t, currency="XYZ"
    ),
    "sales below zero": lambda t: purchases.lorenz_curve(
        _table([(0.5, -0.1), (1.0, 1.0)], customers_share=F, net_share=F), t, gini=None
    ),
    "an hour without orders": lambda t: products.orders_vs_views_hours(
        _table([(0, 0, None)], hour=N, orders=N, views=N), t
    ),
    "a band without units": lambda t: products.price_bands_chart(_table([("all", 0)], band=S, units=N), t),
    "an unknown return rate": lambda t: products.return_rate_bars(
        _table([("S", None, None, None, 0)], group=S, rate=F, low=F, high=F, n=N), t
    ),
    "pairs without overlap": lambda t: overlap.overlap_heatmap(
        _table([("a", "b", None)], a=S, b=S, overlap_index=F), t, highlight=("a", "b")
    ),
    "a strip without overlap": lambda t: overlap.overlap_strip(
        _table([("a × b", None)], label=S, overlap_index=F), t, highlight="a × b"
    ),
}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("draw", CASES.values(), ids=CASES.keys())
def test_it_is_drawn_with_words_and_without_a_foreign_colour(draw, theme):
    fig = draw(theme)
    text = fig.to_json()
    assert fig.layout.meta["alt"].endswith(".")
    assert fig.layout.height >= 40
    other = DARK if theme is LIGHT else LIGHT
    assert f'"{other.ink}"' not in text
    assert f'"{other.primary}"' not in text
