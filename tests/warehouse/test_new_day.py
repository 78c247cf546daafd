"""A day more, as its export brings it: what an import adds to yesterday's marts is what making all of them anew gives."""

from __future__ import annotations

import csv
import datetime as dt
import random
import shutil
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from schema.scope import LOCAL_OWNER
from warehouse import api
from warehouse.seen import seen_since

if TYPE_CHECKING:
    from pathlib import Path

    from schema.marts import Marts
    from schema.report import ImportReport

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = ("event_id", "occurred_at", "customer_id", "anon_id", "type", "product_id", "channel", "store_id")
ORDERS = (
    "order_id",
    "paid_at",
    "customer_id",
    "channel",
    "selling_store_id",
    "status",
    "product_id",
    "qty",
    "net_amount",
)


def look(name: str, when: str, customer: str = "", product: str = "P1", kind: str = "view") -> tuple[str, ...]:
    """An event at a local time in Berlin; the device is the first letter of its id."""
    at = dt.datetime.fromisoformat(when).replace(tzinfo=BERLIN).astimezone(dt.UTC)
    return name, f"{at:%Y-%m-%dT%H:%M:%S}.000Z", customer, "" if customer else name[0], kind, product, "app", ""


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def bring(*paths: Path) -> ImportReport:
    return api.import_files(list(paths), zone="Europe/Berlin", currency="EUR", plain_here=True)


@pytest.fixture
def shop(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores, two products, two customers, and a look on 1 March 2026; gives a folder for further files."""
    files = tmp_path_factory.mktemp("files")
    bring(
        write(files / "stores.csv", ("store_id", "name", "lat", "lng", "opened_on"),
              [("S1", "Mitte", "52.52", "13.40", "2020-01-01"), ("S2", "Wedding", "52.55", "13.36", "2020-01-01")]),
        write(files / "products.csv", ("product_id", "category", "name"), [("P1", "Shoes", "Red"), ("P2", "Hats", "Blue")]),
        write(files / "customers.csv", ("customer_id", "registered_at"),
              [("C1", "2026-01-01T09:00:00+01:00"), ("C2", "2026-01-02T09:00:00+01:00")]),
        write(files / "first.csv", COLUMNS, [look("a1", "2026-03-01 10:00"), look("b1", "2026-03-01 22:30", "C1")]),
    )  # fmt: skip
    assert data_folder.is_dir()
    return files


def marts() -> Marts:
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    return api.load_marts(snapshot, LOCAL_OWNER)


@pytest.fixture
def as_rebuilt(data_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compares the marts with those of a rebuild in a copy: the next import builds on what this one left."""

    def compare() -> None:
        now, copy = marts(), tmp_path_factory.mktemp("copy") / "home"
        shutil.copytree(data_folder, copy)
        with monkeypatch.context() as patch:
            patch.setenv("CATCHLIGHT_HOME", str(copy))
            api.rebuild("real")
            anew = marts()
        for name in ("visits", "actions", "orders", "lines", "refunds", "people", "goods", "places"):
            found, wanted = getattr(now, name), getattr(anew, name)
            assert found.equals(wanted), (name, found, wanted)

    return compare


def days_of(folder: Path, first: dt.date, seed: int) -> list[Path]:
    """Files of eight days around a border: looks over midnight, strangers, new products, late rows, a day without any."""
    world, files, told = random.Random(seed), [], 0  # noqa: S311  (repeatable, not secret)
    for number in range(8):
        day, rows = first + dt.timedelta(number), []
        for _ in range(0 if number == 3 else 12):
            told += 1
            late = dt.timedelta(days=world.choice([0, 0, 0, 0, 1, 2, 5]))
            hour, minute = world.choice([0, 1, 2, 3, 12, 22, 23, 23]), world.choice([0, 5, 15, 31, 45, 59])
            who = world.choice(["", "", "C1", "C2", f"N{number}"])
            when = f"{day - late} {hour:02}:{minute:02}"
            rows.append(
                look(f"{world.choice('abc')}{told:04}", when, who, world.choice(["P1", "P2", f"Q{number % 3}"]))
            )
        files.append(write(folder / f"events-{number}.csv", COLUMNS, rows))
    return files


@pytest.mark.parametrize(
    "first", [dt.date(2026, 3, 26), dt.date(2025, 10, 23), dt.date(2026, 2, 25)], ids=["forward", "back", "month"]
)
@pytest.mark.parametrize("seed", range(3))
def test_each_of_eight_days_ends_as_a_rebuild(shop: Path, as_rebuilt: Any, first: dt.date, seed: int) -> None:
    for file in days_of(shop, first, seed):
        bring(file)
        as_rebuilt()


def test_the_same_day_again_changes_nothing(shop: Path) -> None:
    rows = [look("a2", "2026-03-02 10:00"), look("b2", "2026-03-02 10:03", "C9")]
    assert bring(write(shop / "day.csv", COLUMNS, rows)).snapshot == 2
    again = bring(shop / "day.csv")
    assert (again.snapshot, [(one.accepted, one.duplicate) for one in again.sources]) == (None, [(0, 2)])
    turned = bring(write(shop / "turned.csv", COLUMNS, rows[::-1]))
    assert (turned.snapshot, [(one.accepted, one.duplicate) for one in turned.sources]) == (None, [(0, 2)])


def test_a_day_without_events_changes_nothing(shop: Path) -> None:
    report = bring(write(shop / "empty.csv", COLUMNS, []))
    assert (report.snapshot, [one.rows_in for one in report.sources]) == (None, [0])


def test_an_id_of_another_day_with_another_body_is_set_aside(shop: Path, as_rebuilt: Any) -> None:
    report = bring(write(shop / "day.csv", COLUMNS, [look("a1", "2026-03-02 10:00"), look("a3", "2026-03-02 10:01")]))
    assert [(one.accepted, one.quarantined, one.codes) for one in report.sources] == [(1, 1, {"E03": 1})]
    as_rebuilt()


def test_orders_of_a_day_and_their_correction_later_end_as_a_rebuild(shop: Path, as_rebuilt: Any) -> None:
    def sold(status: str, net: str) -> list[tuple[str, ...]]:
        return [("O1", "2026-02-28T23:30:00+01:00", "C1", "pos", "S1", status, "P1", "1", net),
                ("O2", "2026-03-01T00:30:00+01:00", "N1", "app", "", "completed", "P7", "2", "8.00")]  # fmt: skip

    bring(write(shop / "sold.csv", ORDERS, sold("completed", "5.00")))
    as_rebuilt()
    assert marts().orders["net_minor"].to_list() == [500, 800]
    bring(write(shop / "day.csv", COLUMNS, [look("a2", "2026-03-02 10:00", "N1", "P8")]))
    as_rebuilt()
    bring(write(shop / "corrected.csv", ORDERS, sold("cancelled", "5.00")))
    as_rebuilt()
    assert marts().orders["net_minor"].to_list() == [800]


def test_whoever_and_whatever_a_day_names_first_is_among_people_and_goods(shop: Path, as_rebuilt: Any) -> None:
    before = marts()
    assert (before.people.height, before.goods["product_id"].to_list()) == (2, ["P1", "P2"])
    bring(
        write(shop / "day.csv", COLUMNS, [look("a2", "2026-03-02 10:00", "C8", "P8"), look("b2", "2026-03-02 11:00")])
    )
    now = marts()
    assert (now.people.height, now.goods["product_id"].to_list()) == (3, ["P1", "P2", "P8"])
    assert now.goods.filter(product_id="P8")["is_described"].to_list() == [False]
    as_rebuilt()
    described = write(shop / "products-2.csv", ("product_id", "category", "name"), [("P8", "Hats", "Green")])
    bring(described)
    assert marts().goods.filter(product_id="P8")["name"].to_list() == ["Green"]
    as_rebuilt()


def test_notes_of_a_day_tell_what_is_named_since_and_nothing_where_a_name_is_gone(tmp_path: Path) -> None:
    def note(folder: str, name: str, *rows: tuple[int | None, str | None]) -> None:
        (tmp_path / folder / "seen").mkdir(parents=True, exist_ok=True)
        schema = {"customer_key": pl.Int64, "product_id": pl.String}
        pl.DataFrame(rows, schema=schema, orient="row").write_parquet(tmp_path / folder / "seen" / f"{name}.parquet")

    def since() -> list[tuple[int | None, str | None]] | None:
        found = seen_since(tmp_path / "now", tmp_path / "then")
        return None if found is None else sorted(found.rows())

    for name in ("then", "now"):
        (tmp_path / name).mkdir()
    assert since() == []
    note("then", "one", (1, "A"), (2, None))
    (tmp_path / "now" / "seen").mkdir()
    (tmp_path / "now" / "seen" / "one.parquet").hardlink_to(tmp_path / "then" / "seen" / "one.parquet")
    note("now", "two", (3, "B"))
    assert since() == [(3, "B")]
    note("then", "two", (3, "A"))
    assert since() is None
    note("now", "three", (7, "A"))
    assert since() == [(3, "B"), (7, "A")]
    (tmp_path / "now" / "seen" / "one.parquet").unlink()
    assert since() is None
