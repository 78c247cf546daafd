import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from schema.errors import StorageError
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import event, line, marts, orders_file, table, take
from warehouse import api
from warehouse.storage import writer_lock

pytestmark = pytest.mark.usefixtures("data_folder")
H1, H2 = ("1" * 32, "2" * 32)
HEAD = "order_id,order_date,customer_id,product,quantity,price,currency\n"

SMALL_DISK = """
import resource, sys
from pathlib import Path
from schema.commands import run
from warehouse import api
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
def main(words):
    api.import_files([Path(words[0])], zone="UTC", currency="CNY", trusted=True)
    return 0
sys.exit(run(main, sys.argv[2:]))
"""


def many_orders(path, first, count):
    rows = [f"{n},2026-03-0{1 + n % 9} 12:00:00,C{n},P{n},1,{n}.37,CNY" for n in range(first, first + count)]
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("room", [1_000, 16_000])
def test_a_full_disk_is_exit_5_and_everything_earlier_stays(data_folder, room):
    take(orders_file("a.csv", line("O1", H1)))
    more = many_orders(data_folder / "more.csv", 1, 2_000)
    script = [sys.executable, "-W", "error", "-c", SMALL_DISK, str(room), str(more)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert (done.returncode, done.stdout) == (5, "")
    assert "Traceback" not in done.stderr
    assert api.latest_number("real") == 1
    assert marts().orders["net_minor"].to_list() == [100]
    assert api.import_files([more], zone="UTC", currency="CNY", trusted=True).snapshot == 2
    assert marts().orders.height == 2_001


def test_marts_that_cannot_be_written_leave_the_old_snapshot(data_folder):
    take(orders_file("a.csv", line("O1", H1)))
    in_the_way = data_folder / "real/warehouse/marts/2.part"
    (data_folder / "real/warehouse/marts").rename(data_folder / "kept")
    (data_folder / "real/warehouse/marts").write_text("in the way")
    with pytest.raises(StorageError):
        take(orders_file("b.csv", line("O2", H2)))
    (data_folder / "real/warehouse/marts").unlink()
    (data_folder / "kept").rename(data_folder / "real/warehouse/marts")
    assert not in_the_way.exists()
    assert marts().orders.height == 1
    assert take(orders_file("b.csv", line("O2", H2))).snapshot == 2
    assert marts().orders.height == 2


def test_reading_goes_on_while_somebody_writes():
    take(orders_file("a.csv", line("O1", H1)))
    with writer_lock("real"):
        assert marts().orders.height == 1
        assert api.status("real")["snapshot"] == 1


def test_a_reader_sees_the_old_or_the_new_snapshot_while_imports_run():
    take(orders_file("0.csv", line("O0", f"{0:032d}")), table("events", event("E0")))
    seen, stop, broken = set(), threading.Event(), []

    def read():
        while not stop.is_set():
            try:
                found = marts()
                seen.add((found.orders.height, found.lines.height, found.visits.height))
            except Exception as error:  # noqa: BLE001  (whatever it is, the test must see it)
                broken.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 6):
        take(orders_file(f"{number}.csv", line(f"O{number}", f"{number:032d}")), table("events", event(f"E{number}")))
    stop.set()
    reader.join()
    assert broken == []
    assert seen <= {(n, n, n) for n in range(1, 7)}
    assert len(seen) > 1


def test_a_session_keeps_its_snapshot_while_newer_ones_are_published():
    take(orders_file("a.csv", line("O1", H1)))
    mine = api.open_snapshot("real")
    for number in range(2, 7):
        take(orders_file(f"{number}.csv", line(f"O{number}", f"{number:032d}")))
    assert api.load_marts(mine, LOCAL_OWNER).orders.height == 1
    assert mine.read("orders").height == 1


def test_a_dropped_file_can_be_looked_at_first_and_accepted_later(data_folder):
    content = (HEAD + "1,2026-03-02 12:00:00,C1,Coat,1,100.00,CNY\n").encode()
    dropped = data_folder / "real/incoming" / hashlib.sha256(content).hexdigest()
    dropped.parent.mkdir(parents=True)
    dropped.write_bytes(content)
    options = {"names": {dropped: "orders.csv"}, "zone": "UTC", "currency": "CNY"}
    assert api.import_files([dropped], dry_run=True, **options).snapshot is None
    report = api.import_files([dropped], **options)
    assert (report.snapshot, report.sources[0].source) == (1, "orders.csv")


def test_marts_of_another_version_say_what_to_run(data_folder):
    take(orders_file("a.csv", line("O1", H1)))
    file = data_folder / "real/warehouse/marts/1/orders/2026-03.parquet"
    pl.read_parquet(file).drop("is_kept").write_parquet(file)
    with pytest.raises(StorageError, match=r"run python -m warehouse rebuild\.$"):
        marts()
    assert api.rebuild("real") == 2
    assert marts().orders.height == 1
