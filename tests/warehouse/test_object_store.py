"""The real data's tables on an S3-compatible store: same answers, one writer, nothing left of those who are forgotten."""

import datetime as dt
import io
import json
import os
import subprocess
import sys
import textwrap

import polars as pl
import pytest

from schema.errors import BusyError, StorageError, UsageError
from schema.scope import LOCAL_OWNER
from tests.objectstore import bucket, s3_server
from tests.warehouse.typed import customer, event, line, orders_file, table, take
from warehouse import api, large, lease, snapshots, status
from warehouse.objects import Objects
from warehouse.pruning import prune
from warehouse.storage import append_row, read_table, warehouse_home, write_table, writer_lock

__all__ = ["bucket", "s3_server"]

H1, H2, H3 = ("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture
def there(bucket, data_folder, monkeypatch):
    """The store's objects, with the real data's tables set to lie there."""
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", bucket)
    monkeypatch.setattr(snapshots, "_ASKED_FOR_S", 0.0)
    return Objects(bucket)


def take_three():
    for number, key in enumerate((H1, H2, H3)):
        take(orders_file(f"{number}.csv", line(f"O{number}", key)), table("events", event(f"E{number}")))


def paths(store, prefix=""):
    return [one.path for one in store.below(prefix)]


def elsewhere(monkeypatch, tmp_path):
    """Another machine with nothing but the address."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "another machine"))


def test_the_store_gives_what_a_folder_gives(there, monkeypatch):
    take_three()
    far = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    monkeypatch.delenv("CATCHLIGHT_WAREHOUSE")
    assert api.open_snapshot("real") is None
    take_three()
    near = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    assert (far.orders.height, far.visits.height) == (3, 3)
    assert far.orders.drop("customer_key").equals(near.orders.drop("customer_key"))


def test_tables_lie_on_the_store_and_nowhere_else(there, data_folder):
    take_three()
    assert [p for p in paths(there, "_snapshots") if p.endswith(".json")] == [
        f"_snapshots/_delta_log/{n:020}.json" for n in range(3)
    ]
    assert any(p.startswith("events/month=2026-03/") for p in paths(there))
    assert not (data_folder / "real/warehouse").exists()
    assert {p.name for p in warehouse_home("real").iterdir()} == {"marts"}
    assert "writer.lock" not in paths(there)


def test_another_machine_opens_what_the_first_one_published(there, monkeypatch, tmp_path):
    take_three()
    mine = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    elsewhere(monkeypatch, tmp_path)
    snapshot = api.open_snapshot("real")
    assert (snapshot.number, snapshot.read("orders").height) == (3, 3)
    assert api.load_marts(snapshot, LOCAL_OWNER).orders.equals(mine.orders)
    take(orders_file("4.csv", line("O4", "4" * 32)))
    assert api.latest_number("real") == 4
    assert api.load_marts(api.open_snapshot("real"), LOCAL_OWNER).orders.height == 4


def test_marts_that_did_not_change_are_sent_and_fetched_once(there, monkeypatch, tmp_path):
    take(orders_file("1.csv", line("O1", H1)), table("events", event("E1", when="2026-01-05 04:00")))
    first = set(paths(there, "marts/files"))
    take(table("events", event("E2", when="2026-03-05 04:00")))
    assert first - set(paths(there, "marts/files")) == set()
    second = json.loads((api.open_snapshot("real").marts_folder / "objects.json").read_text())
    assert first & {f"marts/files/{digest}" for digest in second.values()}
    elsewhere(monkeypatch, tmp_path)
    asked, get = [], Objects.get

    def noting(self, path):
        asked.append(path)
        return get(self, path)

    monkeypatch.setattr(Objects, "get", noting)
    for number in (1, 2, 2):
        assert api.open_snapshot("real", number).marts_folder.is_dir()
    fetched = [path for path in asked if path.startswith("marts/files/")]
    assert len(fetched) == len(set(fetched)) > 0
    assert set(fetched) >= first


def test_a_second_machine_is_refused_while_the_first_one_writes(there, monkeypatch, tmp_path):
    with writer_lock("real"):
        elsewhere(monkeypatch, tmp_path)
        with pytest.raises(BusyError, match=r"is importing to s3://.*; if it died, until \d\d:\d\d UTC\."):
            take(orders_file("1.csv", line("O1", H1)))
    assert take(orders_file("1.csv", line("O1", H1))).snapshot == 1


def test_a_writer_that_died_is_followed_at_once_on_its_own_machine_and_later_on_others(there, monkeypatch, tmp_path):
    take(orders_file("1.csv", line("O1", H1)))
    own = warehouse_home("real").parent
    there.create("writer.lock", lease._said(lease._machine(own)))
    assert take(orders_file("2.csv", line("O2", H2))).snapshot == 2
    gone = {"machine": "another", "host": "till-7", "renewed_at": "2026-01-01T00:00:00+00:00"}
    there.create("writer.lock", json.dumps(gone).encode())
    assert take(orders_file("3.csv", line("O3", H3))).snapshot == 3


def test_a_writer_that_was_thought_dead_publishes_nothing(there, monkeypatch, tmp_path):
    take(orders_file("1.csv", line("O1", H1)))
    sent = snapshots.send_marts

    def slow(*arguments):
        found = there.get("writer.lock")
        there.exchange("writer.lock", json.dumps({"machine": "b", "host": "b"}).encode(), found[1])
        return sent(*arguments)

    monkeypatch.setattr(snapshots, "send_marts", slow)
    with pytest.raises(BusyError, match="another machine took over writing, so nothing was published"):
        take(orders_file("2.csv", line("O2", H2)))
    monkeypatch.undo()


def published(column):
    return read_table(warehouse_home("real"), "_snapshots", 0).collect()[column].item()


def test_two_publications_of_one_number_leave_one(there):
    take(orders_file("1.csv", line("O1", H1)))
    folder, facts = warehouse_home("real"), json.loads(published("facts"))
    with pytest.raises(BusyError, match="somebody else wrote there meanwhile"):
        snapshots.publish(folder, number=1, facts=facts)
    assert api.latest_number("real") == 1


def test_a_commit_for_an_older_version_fails(there):
    take(orders_file("1.csv", line("O1", H1)))
    folder = warehouse_home("real")
    row = read_table(folder, "_snapshots", 0).collect().with_columns(number=pl.lit(2, pl.Int64))
    append_row(folder, "_snapshots", row, onto=0)
    with pytest.raises(BusyError):
        append_row(folder, "_snapshots", row, onto=0)


def test_a_store_that_writes_over_what_is_there_is_refused(there, monkeypatch):
    def overwriting(self, path, content):
        return "mark"

    monkeypatch.setattr(Objects, "create", overwriting)
    with pytest.raises(StorageError, match="It needs conditional writes"):
        take(orders_file("1.csv", line("O1", H1)))


def test_a_day_after_only_the_newest_snapshot_lies_on_the_store(there):
    take_three()
    with writer_lock("real"):
        assert prune(warehouse_home("real"), now=dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)) == [1, 2]
    assert [p for p in paths(there, "marts") if p.endswith(".json")] == ["marts/3.json"]
    assert len([p for p in paths(there, "orders") if p.endswith(".parquet")]) == 1
    assert api.open_snapshot("real").read("orders").height == 3


def test_nothing_on_the_store_names_those_who_were_forgotten(there):
    take(table("customers", customer("secret-person"), customer("C2", row=2)))
    take(table("customers", customer("C3")))
    assert holds(there, "secret-person")
    api.forget("real", "secret-person", by=LOCAL_OWNER)
    assert not holds(there, "secret-person")
    assert not holds(there, "secret", deep=False)
    assert api.open_snapshot("real").read("customers").height == 2


def test_a_machine_that_reads_drops_marts_from_before_a_forgetting_with_the_next_it_opens(there, monkeypatch, tmp_path):
    take(table("customers", customer("secret-person"), customer("C2", row=2)))
    home = warehouse_home("real").parents[1]
    elsewhere(monkeypatch, tmp_path)
    old = api.open_snapshot("real").marts_folder
    assert old.is_dir()
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home))
    api.forget("real", "secret-person", by=LOCAL_OWNER)
    elsewhere(monkeypatch, tmp_path)
    new = api.open_snapshot("real").marts_folder
    assert {path.name for path in new.parent.iterdir()} == {new.name} != {old.name}


def holds(store, word, *, deep=True):
    for one in store.below(""):
        content = store.get(one.path)[0]
        if word.encode() in content:
            return True
        if deep and content[:4] == b"PAR1":
            texts = pl.read_parquet(io.BytesIO(content), hive_partitioning=False).select(pl.col(pl.String))
            if any(word in value for column in texts for value in column.drop_nulls()):
                return True
    return False


def test_a_reset_empties_the_store_and_another_machine_sees_the_new_beginning(there, monkeypatch, tmp_path):
    take_three()
    home = warehouse_home("real").parents[1]
    elsewhere(monkeypatch, tmp_path)
    assert api.load_marts(api.open_snapshot("real", 1), LOCAL_OWNER).orders.height == 1
    monkeypatch.setenv("CATCHLIGHT_HOME", str(home))
    api.reset("real", LOCAL_OWNER)
    assert paths(there) == []
    take(orders_file("9.csv", line("O8", H1), line("O9", H2)))
    elsewhere(monkeypatch, tmp_path)
    assert api.load_marts(api.open_snapshot("real"), LOCAL_OWNER).orders.height == 2


def test_a_large_import_in_pieces_goes_on_where_it_was_stopped(there, tmp_path, monkeypatch):
    monkeypatch.setattr(large, "LARGE_BYTES", 0)
    monkeypatch.setattr(large, "PIECE_BYTES", 4_000)
    lines = [f"u{n % 40},p{n % 9},pv,2026-0{1 + n % 3}-{1 + n % 28:02} {n % 24:02}:00:00,e{n}" for n in range(600)]
    (tmp_path / "clicks.csv").write_text("\n".join(["user_id,item_id,behavior,time,event_id", *lines]) + "\n")
    pieces = []
    step = large.merged

    def third_time_fails(*arguments, **named):
        pieces.append(1)
        if len(pieces) == 3:
            raise OSError(28, "No space left on device")
        return step(*arguments, **named)

    monkeypatch.setattr(large, "merged", third_time_fails)
    with pytest.raises(StorageError, match="No space left"):
        api.import_files([tmp_path / "clicks.csv"], zone="Asia/Shanghai", currency="CNY")
    assert api.latest_number("real") is None
    assert api.import_files([tmp_path / "clicks.csv"], zone="Asia/Shanghai", currency="CNY").snapshot == 1
    snapshot = api.open_snapshot("real")
    assert (snapshot.read("events").height, snapshot.read("events")["event_id"].n_unique()) == (600, 600)
    assert len(pieces) > 5
    assert api.import_files([tmp_path / "clicks.csv"], zone="Asia/Shanghai", currency="CNY").snapshot is None


def test_a_writer_killed_before_it_publishes_leaves_what_was_there_and_lets_its_machine_go_on(there):
    take(orders_file("1.csv", line("O1", H1)))
    lethal = """
        import os
        from tests.warehouse.typed import line, orders_file, take
        from warehouse import snapshots
        snapshots.append_row = lambda *a, **k: os.kill(os.getpid(), 9)
        take(orders_file("2.csv", line("O2", "2" * 32)))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(lethal)], check=False, env=os.environ)
    assert ended.returncode == -9
    assert "writer.lock" in paths(there)
    assert api.open_snapshot("real").read("orders").height == 1
    assert take(orders_file("3.csv", line("O3", H3))).snapshot == 2
    assert api.open_snapshot("real").read("orders")["order_id"].sort().to_list() == ["O1", "O3"]


def test_whether_there_are_data_is_asked_of_a_snapshot_once(there, monkeypatch):
    assert not api.has_rows("real")
    take(orders_file("1.csv", line("O1", H1)))
    assert api.has_rows("real")

    def opened(mode, number=None):
        pytest.fail("it was opened again")

    monkeypatch.setattr(status, "open_snapshot", opened)
    assert api.has_rows("real")
    assert api.current_mode() == "real"


def test_a_damaged_mart_on_the_store_is_told_from_a_sound_one(there, monkeypatch, tmp_path):
    take(orders_file("1.csv", line("O1", H1)))
    for path in paths(there, "marts/files"):
        there.put(path, b"PAR1 something else")
    elsewhere(monkeypatch, tmp_path)
    with pytest.raises(StorageError, match=r"a file of the marts is missing or damaged .* python -m warehouse rebuild"):
        api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)


def test_a_folder_of_tables_copied_to_the_store_opens_after_a_rebuild(there, monkeypatch):
    monkeypatch.delenv("CATCHLIGHT_WAREHOUSE")
    take_three()
    near = warehouse_home("real")
    for file in [p for p in near.rglob("*") if p.is_file() and "marts" not in p.parts]:
        there.put(file.relative_to(near).as_posix(), file.read_bytes())
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", there.url)
    assert api.rebuild("real") == 4
    assert api.load_marts(api.open_snapshot("real"), LOCAL_OWNER).orders.height == 3


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://bucket/prefix", "must be the address of an object store"),
        ("file:///srv/data", "must be the address of an object store"),
        ("/srv/data", "must be the address of an object store"),
        ("s3://", "must be the address of an object store"),
        ("s3://bucket/prefix?key=secret", "must not hold keys or options"),
        ("s3://user:secret@bucket/prefix", "must not hold keys or options"),
    ],
)
def test_an_address_that_is_no_store_is_refused_and_nothing_is_written_elsewhere(url, said, data_folder, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", url)
    with pytest.raises(UsageError, match=said) as caught:
        take(orders_file("1.csv", line("O1", H1)))
    assert "secret" not in str(caught.value)
    with pytest.raises(UsageError):
        api.open_snapshot("real")
    assert not (data_folder / "real/warehouse").exists()


def test_a_store_that_does_not_answer_is_told_and_nothing_is_written_elsewhere(there, data_folder, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("warehouse.objects.RETRY", {"max_retries": 0})
    with pytest.raises(StorageError, match="the object store cannot be used"):
        take(orders_file("1.csv", line("O1", H1)))
    assert not (data_folder / "real/warehouse").exists()
    monkeypatch.undo()


def test_the_demo_lies_in_its_folder_whatever_is_set(there):
    assert warehouse_home("demo").name == "warehouse"
    write_table(warehouse_home("demo"), "settings", pl.DataFrame({"key": ["zone"], "value": ["UTC"]}), version=None)
    assert paths(there) == []
