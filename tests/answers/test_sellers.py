"""Each way of selling tells its own orders, looks and returns."""

from tests.answers.tiny import answer


def test_of_four_orders_each_way_tells_its_own():
    table = answer("purchases/models", "from=2026-11-01&to=2026-11-14", by="channel").table
    pos, mini, app = (table.filter(name=one).row(0, named=True) for one in ("pos", "wechat_mini", "app"))
    assert (pos["orders"], pos["net_minor"], pos["views"]) == (4, 19_000, 0)
    assert (mini["orders"], mini["net_minor"], mini["views"], mini["linger_rate"]) == (1, 6_000, 1, 0.0)
    assert (app["orders"], app["views"], app["known_views"], app["linger_rate"]) == (0, 3, 2, 1.0)
    models = answer("purchases/models", "from=2026-11-01&to=2026-11-14").table
    assert models.select("name", "orders", "net_minor").rows() == [("B2C", 4, 19_000), ("O2O", 1, 6_000)]


def test_young_orders_have_no_return_rate_and_that_is_said():
    found = answer("purchases/models", "from=2026-11-01&to=2026-11-14")
    assert found.table["return_rate"].null_count() == 2
    assert any(note.startswith("Every order here is younger than 30 days") for note in found.notes)
