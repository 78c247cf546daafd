"""Whatever is asked of an imported shop, the dashboard says what its files say, computed the plainest way."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.checked import compare
from tests.checked.odd_shops import Odd, write
from tests.checked.plain import Plain
from warehouse import api

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {
    "a shop like others": Odd(events=2_000, orders=600),
    "one store, one category": Odd(seed=2, stores=1, agents=1, categories=1, events=1_500, orders=300),
    "the night clocks go forward": Odd(seed=4, zone="America/New_York", first_on=dt.date(2024, 3, 1), days=20, events=1_500, orders=300),
    "clocks that move by half an hour": Odd(seed=3, zone="Australia/Lord_Howe", first_on=dt.date(2024, 3, 20), days=30, events=1_500, orders=300),
    "a single event": Odd(seed=6, events=1, orders=1, days=1),
    "nobody known": Odd(seed=7, members=0.0, events=1_000, orders=300),
    "two currencies": Odd(seed=9, currencies=("EUR", "USD"), zone="Europe/Berlin", first_on=dt.date(2023, 10, 1), events=1_000, orders=500),
}  # fmt: skip
LARGE = {
    "two thousand stores, eight thousand products": Odd(seed=10, stores=2_000, agents=500, products=8_000, categories=200, customers=3_000,
                                                        events=20_000, orders=5_000, days=400, first_on=dt.date(2023, 1, 1)),
    "ten agents": Odd(seed=11, agents=10, stores=60, orders=3_000, events=12_000, days=500, first_on=dt.date(2023, 1, 1), customers=600),
    "everybody known": Odd(seed=8, members=1.0, homes=1.0, events=30_000, orders=6_000, customers=2_000),
    "one day": Odd(seed=5, days=1, events=8_000, orders=2_000),
}  # fmt: skip


def _check(shop: Odd, count: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home / "home"))
    tables = write(shop, home / "files")
    api.import_files([home / "files"], zone=shop.zone, currency=shop.currencies[0])
    asked, plain = compare.Asked(), Plain(tables, shop.zone)
    compared, found = 0, []
    for scope, filters in compare.questions(shop, count):
        if question := asked.of(scope, filters):
            answers, differ = compare.differences(question, plain)
            compared += answers
            found += [f"{scope.role} {filters.key}: {one}" for one in differ]
    assert found == []
    assert compared > 3 * count  # most questions could be asked


@pytest.mark.parametrize("name", SMALL)
def test_answers_are_what_the_files_say(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _check(SMALL[name], 8, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("name", SMALL | LARGE)
def test_answers_of_larger_shops_are_what_the_files_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _check((SMALL | LARGE)[name], 60, tmp_path, monkeypatch)
