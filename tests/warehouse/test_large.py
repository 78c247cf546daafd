"""Large imports, file by file and piece by piece, end as if everything had been read at once."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from schema.errors import SourceError
from schema.scope import LOCAL_OWNER
from warehouse import api, batch, large

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.report import ImportReport

ROOT = Path(__file__).parents[2]
KINDS = ("pv", "pv", "pv", "cart", "fav")
TABLES = ("events", "orders", "order_lines", "customers", "products", "stores", "refunds")


def clicks(count: int, *, ids: bool, seed: int = 1, days: int = 60) -> str:
    """A log of clicks in no order, some lines twice or thrice, some that cannot be used."""
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    lines = []
    for n in range(count):
        day, second = world.randrange(days), world.randrange(86_400)
        stamp = f"2026-{1 + day // 28:02d}-{1 + day % 28:02d} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        line = f"u{world.randrange(40)},p{world.randrange(9)},{world.choice(KINDS)},{stamp}"
        lines += [f"{line},e{n}" if ids else line] * world.choice([1] * 20 + [2, 3])
    lines[count // 2] = lines[count // 2].replace("2026-", "2o26-")
    world.shuffle(lines)
    head = "user_id,item_id,behavior,time" + (",event_id" if ids else "")
    return "\n".join([head, *lines]) + "\n"


def files(folder: Path, **texts: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return [folder / f"{name}.csv" for name in texts]


def load(home: Path, monkeypatch: pytest.MonkeyPatch, paths: Sequence[Path], piece: int | None) -> ImportReport:
    """Import into a home of its own; in pieces of so many bytes, or all at once."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home))
    monkeypatch.setattr(large, "LARGE_BYTES", 0 if piece else 10**9)
    monkeypatch.setattr(large, "PIECE_BYTES", piece or 10**9)
    return api.import_files(paths, zone="Asia/Shanghai", currency="CNY", key_seed=7)


def stored(name: str) -> pl.DataFrame:
    """A table with ids in place of keys, in an order of its own."""
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    rows = snapshot.read(name)
    if "customer_key" in rows.columns:
        keys = snapshot.read("customer_keys")
        rows = rows.join(keys, on="customer_key", how="left").drop("customer_key")
    rows = rows.drop("source_run", "set_aside_at", strict=False)
    return rows.select(sorted(rows.columns)).sort(sorted(rows.columns))


def counts(report: ImportReport) -> dict[str, tuple[object, ...]]:
    return {
        one.source: (one.rows_in, one.accepted, one.duplicate, one.quarantined, one.rows_in_minor, one.accepted_minor,
                     sorted(one.codes.items()))
        for one in report.sources
    }  # fmt: skip


@pytest.mark.parametrize("ids", [False, True], ids=["without ids", "with ids"])
def test_pieces_end_as_the_whole_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ids: bool) -> None:
    paths = files(tmp_path / "in", clicks=clicks(900, ids=ids))
    whole = load(tmp_path / "whole", monkeypatch, paths, None)
    wanted = {name: stored(name) for name in ("events", "quarantine")}
    pieces = load(tmp_path / "pieces", monkeypatch, paths, 3_000)
    assert counts(pieces) == counts(whole)
    for name, rows in wanted.items():
        assert stored(name).equals(rows), name
    assert counts(load(tmp_path / "pieces", monkeypatch, paths, 3_000))["clicks.csv"][1] == 0


def test_files_of_all_kinds_find_their_parents_whatever_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "a_clicks": clicks(200, ids=False),
        "b_orders": "order_id,user_id,order_date,amount,channel,store_id\n"
        + "".join(f"o{n},u{n % 40},2026-01-{1 + n % 28:02d} 10:00:00,{n}.50,pos,s{n % 3}\n" for n in range(60)),
        "c_stores": "store_id,store_name,lat,lng,datum\n" + "".join(f"s{n},Shop {n},3{n}.5,120.5,WGS-84\n" for n in range(3)),
        "d_products": "product_id,name,category\n" + "".join(f"p{n},Coat {n},C{n % 2}\n" for n in range(9)),
    }  # fmt: skip
    paths = files(tmp_path / "in", **texts)
    whole = load(tmp_path / "whole", monkeypatch, paths, None)
    wanted = {name: stored(name) for name in TABLES}
    marts = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    pieces = load(tmp_path / "pieces", monkeypatch, paths, 2_000)
    assert counts(pieces) == counts(whole)
    for name, rows in wanted.items():
        assert stored(name).equals(rows), name
    found = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    for name in ("visits", "actions", "orders", "lines"):
        keys = [c for c in ("visitor", "customer_key", "session") if c in getattr(marts, name).columns]
        ours, theirs = (getattr(one, name).drop(keys) for one in (found, marts))
        assert ours.sort(ours.columns).equals(theirs.sort(theirs.columns)), name


@pytest.mark.parametrize("at_once", [1, 7, 59])
def test_orders_merged_a_few_at_a_time_end_as_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """New ones, the same again, corrected ones, and lines that come to stored orders, over three months."""
    head = "order_id,user_id,order_date,amount,channel,product_id\n"
    day = "2026-0{}-{:02d} 10:00:00"
    first = [f"o{n},u{n % 9},{day.format(1 + n % 3, 1 + n % 28)},{n}.50,pos,p{n % 5}\n" for n in range(60)]
    again = first[10:30] + [
        f"o{n},u{n % 9},{day.format(1 + n % 3, 1 + n % 28)},{n}.75,pos,p{n % 5}\n" for n in range(40, 75)
    ]
    paths = files(tmp_path / "in", first=head + "".join(first), again=head + "".join(again))

    def both(name: str) -> tuple[list[dict[str, tuple[object, ...]]], dict[str, pl.DataFrame]]:
        told = [counts(load(tmp_path / name, monkeypatch, [path], None)) for path in paths]
        return told, {table: stored(table) for table in ("orders", "order_lines", "quarantine")}

    whole = both("whole")
    monkeypatch.setattr(batch, "ORDERS_AT_ONCE", at_once)
    few = both("few")
    assert few[0] == whole[0]
    assert whole[1]["orders"].height == 75
    for table, rows in whole[1].items():
        assert few[1][table].equals(rows), table


def test_an_id_of_two_months_is_set_aside_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "user_id,item_id,behavior,time,event_id\n"
    text = head + "".join(f"u1,p1,pv,2026-0{1 + n // 50}-0{1 + n % 9} 10:00:{n % 60:02d},e{n}\n" for n in range(100))
    paths = files(tmp_path / "in", clicks=text + "u1,p1,pv,2026-02-20 10:00:00,e7\n")
    report = load(tmp_path / "home", monkeypatch, paths, 500)
    assert counts(report)["clicks.csv"][:4] == (101, 100, 0, 1)
    assert report.sources[0].codes["E03"] == 1
    aside = stored("quarantine")
    assert (aside["code"].to_list(), aside["value"].to_list()) == (["E03"], ["e7"])
    assert stored("events").height == 100


def test_packed_files_are_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = clicks(300, ids=False)
    plain = files(tmp_path / "in", clicks=text)
    load(tmp_path / "whole", monkeypatch, plain, None)
    wanted = stored("events")
    packed = tmp_path / "in" / "clicks.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    load(tmp_path / "packed", monkeypatch, [packed], 2_000)
    assert stored("events").equals(wanted)


def test_parquet_is_cut_after_so_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = pl.read_csv(clicks(400, ids=True).encode(), infer_schema=False)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    text.write_parquet(tmp_path / "clicks.parquet", row_group_size=64)
    whole = load(tmp_path / "one", monkeypatch, [tmp_path / "clicks.parquet"], None)
    before = stored("events")
    cut = load(tmp_path / "two", monkeypatch, [tmp_path / "clicks.parquet"], 3_000)
    assert counts(cut) == counts(whole)
    assert stored("events").equals(before)
    assert before.height == 399


def test_parquet_that_is_cut_off_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pl.read_csv(clicks(400, ids=True).encode(), infer_schema=False).write_parquet(tmp_path / "whole.parquet")
    (tmp_path / "clicks.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-100])
    with pytest.raises(SourceError, match=r"clicks\.parquet: is cut off"):
        load(tmp_path / "home", monkeypatch, [tmp_path / "clicks.parquet"], 3_000)
    assert api.open_snapshot("real") is None


def test_packed_files_are_large_by_what_they_unpack_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE_BYTES", 40)
    plain, parquet, packed = (tmp_path / name for name in ("a.csv", "b.parquet", "c.csv.gz"))
    plain.write_bytes(b"x" * 40)
    parquet.write_bytes(b"PAR1xx")
    packed.write_bytes(b"\x1f\x8bxxxxxx")
    assert [large.is_large([(path, path.name)]) for path in (plain, parquet, packed)] == [False, True, False]
    assert large.is_large([(plain, "a.csv"), (packed, "c.csv.gz")])


def test_a_quoted_line_end_is_no_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f'u{n},"p\n{n}",pv,2026-01-05 10:{n // 60:02d}:{n % 60:02d}\n' for n in range(200))
    paths = files(tmp_path / "in", clicks="user_id,item_id,behavior,time\n" + rows)
    report = load(tmp_path / "home", monkeypatch, paths, 400)
    assert counts(report)["clicks.csv"][:4] == (200, 200, 0, 0)


def test_a_file_that_cannot_be_used_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = files(tmp_path / "in", clicks=clicks(100, ids=False), zz_letter="Dear all,\nwe meet on Friday.\n")
    with pytest.raises(SourceError):
        load(tmp_path / "home", monkeypatch, paths, 1_000)
    assert api.open_snapshot("real") is None


def test_progress_says_rows_rate_and_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []
    paths = files(tmp_path / "in", clicks=clicks(300, ids=False))
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(large, "LARGE_BYTES", 0)
    monkeypatch.setattr(large, "PIECE_BYTES", 3_000)
    api.import_files(paths, zone="UTC", currency="EUR", progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert any("rows so far" in text and "a second" in text and "left" in text for _, text in told)


def test_a_dry_run_publishes_nothing_and_counts_as_the_import_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = files(tmp_path / "in", clicks=clicks(400, ids=False))
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(large, "LARGE_BYTES", 0)
    monkeypatch.setattr(large, "PIECE_BYTES", 3_000)
    looked = api.import_files(paths, zone="Asia/Shanghai", currency="CNY", key_seed=7, dry_run=True)
    assert (looked.snapshot, looked.dry_run, api.open_snapshot("real")) == (None, True, None)
    assert not (tmp_path / "home" / "real" / "import.json").exists()
    assert counts(load(tmp_path / "home", monkeypatch, paths, 3_000)) == counts(looked)


KILLED = """
import os, signal, sys
from warehouse import api, large, progress
from pathlib import Path
large.LARGE_BYTES, large.PIECE_BYTES = 0, 3_000
keep, count = progress.Progress._keep, [0]
def dying(self):
    if sys.argv[2] == "after":
        keep(self)
    count[0] += 1
    if count[0] == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[2] == "before":
        keep(self)
progress.Progress._keep = dying
api.import_files([Path(sys.argv[3])], zone="Asia/Shanghai", currency="CNY", key_seed=7)
"""


@pytest.mark.parametrize(("at", "when"), [(3, "after"), (3, "before"), (1, "before")])
def test_a_killed_import_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, when: str
) -> None:
    paths = files(tmp_path / "in", clicks=clicks(700, ids=False))
    whole = load(tmp_path / "whole", monkeypatch, paths, None)
    wanted = stored("events")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    command = [sys.executable, "-c", KILLED, str(at), when, str(paths[0])]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    assert api.open_snapshot("real") is None
    kept = tmp_path / "home" / "real" / "import.json"
    parts = json.loads(kept.read_text())["parts"]["0"] if kept.exists() else 0
    assert parts == at - (when == "before")
    report = load(tmp_path / "home", monkeypatch, paths, 3_000)
    assert counts(report) == counts(whole)
    assert stored("events").equals(wanted)
    assert not kept.exists()


def test_other_files_after_a_stop_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = files(tmp_path / "in", clicks=clicks(700, ids=False))
    others = files(tmp_path / "in", others=clicks(300, ids=False, seed=2))
    whole = load(tmp_path / "whole", monkeypatch, others, None)
    wanted = stored("events")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    command = [sys.executable, "-c", KILLED, "2", "after", str(stopped[0])]
    assert subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode == -signal.SIGKILL
    assert counts(load(tmp_path / "home", monkeypatch, others, 3_000)) == counts(whole)
    assert stored("events").equals(wanted)


def test_positions_in_pieces_are_those_read_at_once_and_tracks_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = random.Random(3)  # noqa: S311  (repeatable, not secret)
    spots = [
        f"u{n % 30},48.{world.randrange(1000):03d},9.{world.randrange(1000):03d},2024-05-{1 + n % 28:02d},{n // 30 % 24:02d}:00:00"
        for n in range(600)
    ]
    track = [f"u1,48.5,9.5,2024-06-01,{n // 360:02d}:{n // 6 % 60:02d}:{n % 6 * 10:02d}" for n in range(3_000)]
    people = "customer_id,is_staff\n" + "".join(f"u{n},no\n" for n in range(29))  # one of them nobody describes
    for name, rows, most in (("spots", spots, 600), ("track", track, 120)):
        text = "user,lat,lng,date,time\n" + "\n".join(rows) + "\n"
        paths = files(tmp_path / name, people=people, points=text)
        reports = {}
        for kind, piece in (("at once", None), ("in pieces", 6_000)):
            reports[kind] = counts(load(tmp_path / name / kind, monkeypatch, paths, piece))
            assert 0 < stored("location_fixes").height <= most
        if name == "spots":
            assert reports["at once"] == reports["in pieces"]
            assert stored("location_fixes").height == 580
