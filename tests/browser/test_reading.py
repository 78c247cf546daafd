"""From a finding to its page, from a chart to its table and its file."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from tests.browser.visits import PATHS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


def exported(home: Path, address: str) -> bytes:
    made = subprocess.run(
        [sys.executable, "-m", "exports", address, "--data", "demo"],
        cwd=ROOT,
        env={**os.environ, "CATCHLIGHT_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    return made.stdout


def findings(home: Path) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(exported(home, "overview/findings?from=2026-10-18&to=2026-11-14")))


def test_a_finding_opens_the_page_it_names_with_its_filters(visit: Visit, demo_home: Path) -> None:
    wanted = findings(demo_home)
    assert 1 <= wanted.height <= 5
    page = visit.open("/?from=2026-10-18&to=2026-11-14")
    for row in wanted.iter_rows(named=True):
        link = page.get_by_test_id("stPageLink").filter(has_text=row["sentence"])
        link.click()
        name = next(name for name, path in PATHS.items() if path.strip("/") == row["page"].replace("overview", ""))
        page.get_by_role("heading", level=2, name=name, exact=True).wait_for()
        visit.settle()
        assert parse_qs(urlsplit(page.url).query) == parse_qs(row["query"] or ""), row["sentence"]
        assert page.get_by_test_id("stAlert").count() == 0, row["sentence"]
        visit.open("/?from=2026-10-18&to=2026-11-14")
    assert visit.complaints == []


def test_as_table_shows_the_rows_behind_a_chart(visit: Visit) -> None:
    page = visit.open("/purchases")
    assert visit.card("gaps").get_by_test_id("stDataFrame").count() == 0
    visit.about("gaps")
    page.get_by_test_id("stPopoverBody").get_by_text("As table").click()
    visit.card("gaps").get_by_test_id("stDataFrame").wait_for()
    visit.settle()
    assert visit.card("gaps").get_by_test_id("stPlotlyChart").count() == 0
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("path", "card", "address"),
    [
        ("/dwell", "heat", "dwell/heatmap"),
        ("/purchases", "rfm", "purchases/rfm"),
        ("/catchment", "map", "catchment/customers?resolution=8"),
    ],
)
def test_the_csv_of_a_card_equals_the_export_of_its_address(
    path: str, card: str, address: str, visit: Visit, demo_home: Path
) -> None:
    filters = "from=2026-08-01&to=2026-11-14&agent=AG-05"
    page = visit.open(f"{path}?{filters}")
    visit.about(card)
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click()
    name = address.partition("?")[0].replace("/", "-")
    assert download.value.suggested_filename == f"{name}_2026-08-01_2026-11-14.csv"
    found = download.value.path().read_bytes()
    assert found == exported(demo_home, f"{address}{'&' if '?' in address else '?'}{filters}")
    assert pl.read_csv(io.BytesIO(found)).height > 3
