"""The example mappings and the two commands give the numbers that others published on the same public files."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import exports.__main__
import warehouse.__main__
from schema.commands import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
FOLDER = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.xdist_group("published answers"),
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the public files are not in the repository and not in {FOLDER}"),
]


class Shop:
    """One data folder with one public set in it, used through the two commands."""

    def __init__(self, home: Path, file: str, mapping: str) -> None:
        """Import the file as ``python -m warehouse import FILE --mapping docs/examples/MAPPING.toml --json`` does."""
        self.home = home
        chosen = ROOT / "docs" / "examples" / f"{mapping}.toml"
        words = ["import", str(FOLDER / file), "--mapping", str(chosen), "--json"]
        (self.source,) = json.loads(self._run(warehouse.__main__.main, words))["sources"]

    def ask(self, address: str) -> list[dict[str, Any]]:
        """The rows of ``python -m exports ADDRESS --format json --out FILE``."""
        out = self.home / "answer.json"
        self._run(exports.__main__.main, [address, "--format", "json", "--out", str(out)])
        rows: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["rows"]
        return rows

    def _run(self, main: Callable[[Sequence[str]], int], words: list[str]) -> str:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
            patch.setenv("CATCHLIGHT_HOME", str(self.home))
            assert run(main, words) == 0
        return out.getvalue()


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("cdnow"), "cdnow/CDNOW_master.txt", "cdnow")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("sample"), "cdnow/CDNOW_sample.txt", "cdnow_sample")


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("retail"), "uci_online_retail/online_retail.parquet", "uci_online_retail")


def test_cdnow_repeats_as_published_by_rows_and_by_days(master: Shop) -> None:
    (row,) = master.ask("purchases/summary")
    assert (master.source["rows_in"], master.source["accepted"]) == (69_659, 69_659)
    assert (row["orders"], row["buyers"], row["gross_minor"]) == (69_659, 23_570, 250_031_563)
    assert (round(row["repeat_rate_orders"], 4), round(row["repeat_rate"], 4)) == (0.4948, 0.4886)


def test_the_cdnow_sample_has_the_published_calibration_period(sample: Shop) -> None:
    """2,457 repeat days, 1,411 customers without a repeat and 946 with one, until 1997-09-30."""
    (row,) = sample.ask("purchases/summary?to=1997-09-30")
    assert (row["buyers"], row["order_days"] - row["buyers"]) == (2_357, 2_457)
    days = {bar["orders"]: bar["customers"] for bar in sample.ask("purchases/frequency?to=1997-09-30")}
    assert (days[1], sum(days.values()) - days[1]) == (1_411, 946)


def test_every_retail_row_and_penny_is_accounted_for(retail: Shop) -> None:
    found = retail.source
    assert (found["rows_in"], found["rows_in_minor"]) == (541_909, 974_774_793)
    assert found["accepted"] + found["duplicate"] + found["quarantined"] == 541_909
    assert found["accepted_minor"] + found["duplicate_minor"] + found["quarantined_minor"] == 974_774_793
    assert (found["codes"]["E05"], found["codes"]["W08"]) == (1_338, 9_288)


def test_cleaned_retail_invoices_have_the_published_buyers_sales_and_repeat_rates(retail: Shop) -> None:
    (row,) = retail.ask("purchases/summary?members=known")
    assert (row["buyers"], row["orders"], row["gross_minor"]) == (4_338, 18_532, 891_140_790)
    assert (round(row["repeat_rate_orders"], 4), round(row["repeat_rate"], 4)) == (0.6558, 0.6432)


def test_store_openings_are_all_there_with_their_positions(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "walmart_openings/1962_2006_walmart_store_openings.csv", "walmart_openings")
    columns = {row["column"]: row for row in shop.ask("data/profile?table=stores")}
    assert shop.source["accepted"] == 2_992
    assert (columns["lat"]["nulls"], columns["opened_on"]["nulls"]) == (0, 0)
    assert columns["opened_on"]["distinct"] == 559


def test_mobile_events_are_all_there(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "tianchi_sample/sample_user_behavior.csv", "tianchi_sample")
    (row,) = shop.ask("dwell/coverage")
    assert (shop.source["rows_in"], shop.source["accepted"]) == (1_999, 1_999)
    assert (row["channel"], row["views"]) == ("app", 1_876)


def test_sessions_without_ids_and_dates_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path))
        code = run(warehouse.__main__.main, ["import", str(FOLDER / "online_shoppers/online_shoppers_intention.csv")])
    assert (code, capsys.readouterr().err.partition(", so")[0]) == (
        2,
        "online_shoppers_intention.csv: its 12,330 rows have no visitor or customer id and no date",
    )


def test_the_cdnow_sample_gives_the_published_purchase_model(sample: Shop) -> None:
    (row,) = sample.ask("purchases/btyd?to=1997-09-30")
    assert (row["customers"], row["repeaters"], row["repeat_days"], row["model"]) == (2_357, 946, 2_457, "BG/NBD")
    assert [round(row[name], 3) for name in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426]
    assert round(row["log_likelihood"], 2) == -9_582.43
    assert [round(row[name], 2) for name in ("p", "q", "v")] == [6.25, 3.74, 15.44]
