import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import polars as pl
import pytest

from records import audit
from schema.commands import run
from schema.errors import BusyError, RefusedError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from schema.secret import hash_key, stored_id
from tests.warehouse.byte_search import files_with
from tests.warehouse.typed import Source, customer, event, fix, frame, line, order, refund, store, table, take
from warehouse import api
from warehouse.__main__ import main
from warehouse.storage import writer_lock

ROOT = Path(__file__).parents[2]
GONE, STAYS = "MEMBER-000777", "MEMBER-000778"


def identity(number, who):
    return {"id_type": "card", "id_hash": f"hash{number}", "customer_id": who, "verified": True, "_row": number,
            "_minor": 0}  # fmt: skip


def aside(who, row=9):
    return {"_row": row, "code": "E02", "column": "paid_at", "value": f"no day for {who}", "message": "is no day",
            "remedy": "", "parent": None, "payload": json.dumps({"member": who, "paid_at": "soon"}), "_minor": 5}  # fmt: skip


def sources(tag=""):
    """Two members with orders, a return, visits, identities, positions and a row each that was set aside."""
    people = [GONE, STAYS]
    orders = [order(f"O{tag}{n}", customer=who, net=100 + n, selling_store_id="S1", row=None)
              for n, who in enumerate(people)]  # fmt: skip
    lines = [line(f"O{tag}{n}", "1", net=100 + n, row=n + 1) for n in range(2)]
    bad = pl.DataFrame([aside(GONE), aside(STAYS, 10)])
    return [
        table("stores", store("S1", 31.0, 121.0), store("S2", 31.5, 121.0, row=2)),
        table("customers", *[
            customer(who, row=n + 1, home_lat=31.01 + n / 10, home_lng=121.01, home_src="address", city="Suzhou",
                     consent_marketing_at=order("x")["placed_at"], registered_at=order("x")["placed_at"])
            for n, who in enumerate(people)
        ]),
        table("identities", *[identity(n, who) for n, who in enumerate(people)]),
        table("location_fixes", *[fix(f"F{tag}{n}", 31.02, 121.02, customer=who, row=n) for n, who in enumerate(people)]),
        Source("lines.csv", "order_lines", {"orders": frame(orders), "order_lines": frame(lines)}, quarantine=bad),
        table("refunds", *[refund(f"R{tag}{n}", f"O{tag}{n}", goods=10, customer_id=who, row=n)
                           for n, who in enumerate(people)]),
        table("events", *[event(f"E{tag}{n}", customer=who, anon=who, session_id=f"{who}/1", row=n)
                          for n, who in enumerate(people)]),
    ]  # fmt: skip


@pytest.fixture
def shop(data_folder):
    take(*sources())
    take(
        table("location_fixes", fix("F9", 31.03, 121.03, customer=GONE), fix("F8", 31.03, 121.03, customer="NOBODY-9"))
    )
    incoming = data_folder / "real/incoming"
    incoming.mkdir()
    (incoming / "plain").write_text(f"member\n{GONE}\n")
    for name, text in (
        ("logs/crash-1.log", f"KeyError: {GONE}"),
        ("logs/crash-2.log", "disk"),
        ("real/uploads/ab", GONE),
    ):
        (data_folder / name).parent.mkdir(exist_ok=True)
        (data_folder / name).write_text(text)
    (incoming / "wide").write_bytes(f"member\n{GONE}\n".encode("utf-16"))
    (incoming / "packed.gz").write_bytes(gzip.compress(GONE.encode()))
    with zipfile.ZipFile(incoming / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", GONE * 20)
    return data_folder


def figures():
    marts = api.load_marts(api.open_snapshot("real"), LOCAL_OWNER)
    columns = ["order_key", "customer_key", "net_minor", "local_on"]
    return (
        marts.orders.select(columns).sort("order_key").rows(),
        int(marts.refunds["goods_minor"].sum()),
        marts.visits.height,
        sorted(marts.refunds["customer_key"].to_list()),
    )


def key_of(who):
    return dict(api.customer_ids(api.open_snapshot("real"), LOCAL_OWNER).select("customer_id", "customer_key").rows())[
        who
    ]


def test_before_forgetting_the_id_is_found_in_every_kind_of_file(shop):
    found = files_with(shop, GONE)
    rooms = {name.split("/")[2] if name.startswith("real/warehouse") else name for name in found}
    assert {"customer_keys", "quarantine", "events", "logs/crash-1.log", "real/uploads/ab", "real/incoming/plain", "real/incoming/wide", "real/incoming/packed.gz",
            "real/incoming/packed.zip"} <= rooms  # fmt: skip


def test_after_forgetting_no_byte_names_the_person_and_no_figure_changed(shop):
    before = figures()
    report = api.forget("real", GONE, by=LOCAL_OWNER, reason="asked in writing")
    assert files_with(shop, GONE) == []
    assert figures() == before
    assert len(files_with(shop, STAYS)) > 0
    assert (shop / "logs/crash-2.log").exists()
    assert (report.identities, report.fixes, report.emptied, report.snapshot) == (1, 2, 1, 3)


def test_home_place_and_description_are_gone_and_the_key_stays(shop):
    key = key_of(GONE)
    api.forget("real", GONE, by=LOCAL_OWNER)
    snapshot = api.open_snapshot("real")
    people = api.load_marts(snapshot, LOCAL_OWNER).people.filter(pl.col("customer_key") == key)
    assert people.select("home_cell", "home_lat", "registered_at", "nearest_store_id", "is_described").rows() == [
        (None, None, None, None, False)
    ]
    assert snapshot.read("customers")["customer_key"].to_list() == [key_of(STAYS)]
    assert snapshot.read("location_fixes")["fix_id"].to_list() == ["F1"]


def test_every_older_snapshot_is_deleted_at_once(shop):
    api.forget("real", GONE, by=LOCAL_OWNER)
    assert {p.name for p in (shop / "real/warehouse/marts").iterdir()} == {"3"}
    assert len(list((shop / "real/warehouse/customers").glob("*.parquet"))) == 1


def test_it_is_on_the_log_before_it_is_done_and_by_the_pseudonym_alone(shop):
    key = key_of(GONE)
    api.forget("real", GONE, by=Scope("owner", viewer="v1"), reason="asked")
    (entry,) = audit.entries(kinds=["forget"]).rows(named=True)
    assert (entry["viewer"], entry["data"]) == ("v1", "real")
    assert json.loads(entry["what"]) == {"customer": f"C-{key % 2**40:010x}", "reason": "asked"}


@pytest.mark.parametrize("who", [Scope("agent", agent_id="A1"), Scope("presenter"), Scope("owner", is_borrowed=True)])
def test_only_an_owner_as_themselves_forgets(shop, who):
    with pytest.raises(RefusedError):
        api.forget("real", GONE, by=who)
    with pytest.raises(RefusedError):
        api.allow_again("real", GONE, by=who)
    assert key_of(GONE)


def test_when_the_log_cannot_be_written_nobody_is_forgotten(shop, monkeypatch):
    def busy(*_a, **_k):
        msg = "no"
        raise BusyError(msg)

    monkeypatch.setattr("records.audit.write", busy)
    with pytest.raises(BusyError):
        api.forget("real", GONE, by=LOCAL_OWNER)
    assert key_of(GONE)
    assert (shop / "real/incoming/plain").exists()


def test_somebody_unknown_is_refused_and_nobody_is_forgotten(shop, capsys):
    assert run(main, ["forget", GONE, "MEMBER-1", "--data", "real"]) == 2
    said = capsys.readouterr().err
    assert "No customer MEMBER-1 in the real data (1 of 2 are not known), so nobody was forgotten." in said
    assert key_of(GONE)


def test_a_reason_must_not_name_the_person(shop):
    with pytest.raises(UsageError, match="The reason names the customer"):
        api.forget("real", GONE, by=LOCAL_OWNER, reason=f"{GONE} asked")


def test_a_second_call_does_nothing_and_several_go_at_once(shop, capsys):
    both = ["forget", GONE, STAYS, "--data", "real", "--json"]
    assert run(main, both) == 0
    assert len(json.loads(capsys.readouterr().out)["forgotten"]) == 2
    assert files_with(shop, GONE) + files_with(shop, STAYS) == []
    assert run(main, both) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["already"], again["snapshot"], api.latest_number("real")) == (2, None, 3)


def test_the_same_files_again_do_not_bring_the_person_back(shop):
    before = figures()
    api.forget("real", GONE, by=LOCAL_OWNER)
    report = take(*sources())
    assert files_with(shop, GONE) == []
    assert figures() == before
    notes = [note for source in report.sources for note in source.notes]
    assert notes == ["forgotten 1: the row is about people who were forgotten, and left out."] * 3
    assert report.snapshot is None


def test_a_reset_brings_nobody_back(shop):
    api.forget("real", GONE, by=LOCAL_OWNER)
    api.reset("real", LOCAL_OWNER)
    take(*sources())
    assert files_with(shop, GONE) == []
    assert key_of(STAYS)
    take(*sources("new"))
    assert files_with(shop, GONE) == []
    api.reset("real", LOCAL_OWNER)
    take(*sources())
    assert files_with(shop, GONE) == []


def test_new_rows_of_somebody_forgotten_are_nobodys(shop):
    api.forget("real", GONE, by=LOCAL_OWNER)
    take(*sources("new"))
    assert files_with(shop, GONE) == []
    orders = api.open_snapshot("real").read("orders").filter(pl.col("order_id") == "Onew0")
    assert orders.select("customer_key", "goods_net_minor").rows() == [(None, 100)]


def test_the_owner_can_let_somebody_come_back_as_somebody_new(shop, capsys):
    key = key_of(GONE)
    api.forget("real", GONE, by=LOCAL_OWNER)
    assert run(main, ["forget", GONE, "--data", "real", "--allow-again"]) == 0
    assert "1 customer may come back with the next import." in capsys.readouterr().out
    take(*sources("new"))
    assert key_of(GONE) != key
    with pytest.raises(UsageError, match="1 of 1 were not forgotten"):
        api.allow_again("real", GONE, by=LOCAL_OWNER)


def test_staff_and_test_orders_count_as_before(data_folder):
    rows = sources()
    rows[1] = table("customers", customer(GONE, is_test=True), customer(STAYS, row=2, is_staff=True))
    take(*rows)
    before = figures()
    api.forget("real", [GONE, STAYS], by=LOCAL_OWNER)
    assert figures() == before
    assert len(before[0]) == 1
    assert files_with(data_folder, GONE) + files_with(data_folder, STAYS) == []


def test_another_writer_makes_it_wait(shop):
    with writer_lock("real"), pytest.raises(BusyError):
        api.forget("real", GONE, by=LOCAL_OWNER)


def test_what_neighbours_were_told_is_taken_over(shop, monkeypatch):
    seen = []
    from warehouse import commits  # noqa: PLC0415

    real = commits.build_marts

    def build(stored, folder, before):
        seen.append(before.published)
        return real(stored, folder, before)

    monkeypatch.setattr(commits, "build_marts", build)
    api.forget("real", GONE, by=LOCAL_OWNER)
    assert seen[0] is not None


def test_files_in_the_inbox_are_named_and_left(shop):
    inbox = shop / "inbox"
    inbox.mkdir()
    (inbox / "mine.csv").write_text("x")
    assert api.forget("real", GONE, by=LOCAL_OWNER).inbox == (str(inbox / "mine.csv"),)
    assert (inbox / "mine.csv").exists()


def test_an_id_of_few_letters_empties_only_rows_that_name_it_as_a_word(data_folder):
    bad = pl.DataFrame([aside("C1"), aside("C10", 10)])
    take(Source("c.csv", "customers", {"customers": frame([customer("C1"), customer("C10", row=2)])}, quarantine=bad))
    assert api.forget("real", "C1", by=LOCAL_OWNER).emptied == 1
    left = api.quarantine("real", LOCAL_OWNER, None).sort("row")
    assert left["payload"].to_list() == [None, '{"member": "C10", "paid_at": "soon"}']


FORGETTER = """
from schema.scope import LOCAL_OWNER
from warehouse import api
print("ready", flush=True)
api.forget("real", "MEMBER-000777", by=LOCAL_OWNER)
print("done", flush=True)
"""
STOPPERS = {
    "after the log": "import warehouse.forget as f; f.commit = lambda *a, **k: os.kill(os.getpid(), 9)",
    "before the marts": "import warehouse.commits as c; c.build_marts = lambda *a, **k: os.kill(os.getpid(), 9)",
    "before publishing": "import warehouse.commits as c; c.publish = lambda *a, **k: os.kill(os.getpid(), 9)",
    "after publishing": "import warehouse.forget as f; f.prune = lambda *a, **k: os.kill(os.getpid(), 9)",
    "amid deleting": "import warehouse.pruning as p; p.shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), 9)",
    "before the copies": "import warehouse.forget as f; f.shutil.rmtree = lambda *a, **k: os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("stage", STOPPERS)
def test_killed_at_any_stage_a_second_call_completes_it(shop, stage):
    before = figures()
    script = f"import os\n{STOPPERS[stage]}\n{FORGETTER}"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert figures() == before
    api.forget("real", GONE, by=LOCAL_OWNER)
    assert files_with(shop, GONE) == []
    assert figures() == before


def test_killed_after_publishing_the_next_import_deletes_the_rest(shop):
    script = f"import os\n{STOPPERS['after publishing']}\n{FORGETTER}"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    for copy in [*(shop / "real/incoming").iterdir(), *(shop / "real/uploads").iterdir()]:
        os.utime(copy, (0, time.time() - 90_000))
    (shop / "logs/crash-1.log").unlink()
    assert files_with(shop / "real/warehouse", GONE)
    take(*sources("new"))
    assert files_with(shop, GONE) == []


LANDLINE = "021-63211234"
SALES = f"""order_id,手机号,order_date,amount,channel
O1,{LANDLINE},2026-02-01 10:00:00,100.00,pos
O2,021-60000000,2026-02-02 10:00:00,50.00,pos
"""


def sold(folder, text, name="sales.csv"):
    (folder / name).write_text(text)
    return api.import_files([folder / name], mode="real", zone="Asia/Shanghai", currency="CNY", trusted=True)


def people_there():
    return sorted(api.open_snapshot("real").read("customer_keys")["customer_id"])


def test_a_number_that_only_its_column_told_apart_is_found_by_the_number(data_folder, capsys):
    sold(data_folder, SALES)
    kept, gone = (stored_id(hash_key(), one, always=True) for one in ("021-60000000", LANDLINE))
    assert people_there() == sorted([kept, gone])
    assert run(main, ["forget", LANDLINE, "--data", "real"]) == 0
    assert "1 customer forgotten: C-" in capsys.readouterr().out
    assert people_there() == [kept]
    sold(data_folder, SALES.replace("O1", "O3"), "later.csv")
    assert people_there() == [kept]
    sold(data_folder, SALES.replace("O1", "O4").replace("手机号", "customer_id"), "clear.csv")
    assert people_there() == sorted([kept, "021-60000000"])
    assert run(main, ["forget", LANDLINE, "--data", "real", "--allow-again"]) == 0
    sold(data_folder, SALES.replace("O1", "O5"), "again.csv")
    assert people_there() == sorted([kept, "021-60000000", gone])


def test_a_number_that_one_file_had_in_clear_and_another_in_its_column_is_forgotten_in_both(data_folder):
    sold(data_folder, SALES)
    sold(data_folder, SALES.replace("O1", "O3").replace("O2", "O4").replace("手机号", "customer_id"), "clear.csv")
    assert len(people_there()) == 4
    report = api.forget("real", LANDLINE, by=LOCAL_OWNER)
    assert len(report.forgotten) == 2
    assert people_there() == sorted(["021-60000000", stored_id(hash_key(), "021-60000000", always=True)])
    assert api.open_snapshot("real").rows["orders"] == 4


def test_a_log_that_holds_the_number_as_it_was_typed_goes_too(data_folder):
    sold(data_folder, SALES)
    (data_folder / "logs").mkdir()
    (data_folder / "logs/crash-1.log").write_text(f"ValueError: {LANDLINE}")
    api.forget("real", LANDLINE, by=LOCAL_OWNER)
    assert not (data_folder / "logs/crash-1.log").exists()
