"""Complaints and messages of campaigns run elsewhere, as ticket desks and sending tools export them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import pytest

from loaders.detect import detect
from loaders.load import Loaded, build, load_file
from loaders.table import RawTable
from loaders.work import Defaults
from schema.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingLike
    from collections.abc import Sequence
    from pathlib import Path

SHANGHAI = Defaults(zone="Asia/Shanghai", currency="CNY")


def found(columns: MappingLike[str, Sequence[str | None]], **said: str) -> Loaded:
    """Detect and load a text file."""
    raw = RawTable("told.csv", pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    return build(raw, detect(raw).mapping.with_answers(**said), SHANGHAI)


def reasons(loaded: Loaded) -> list[tuple[int, str, str]]:
    """Row, code and column of what was set aside."""
    return loaded.quarantine.select("_row", "code", "column").rows()


def test_a_chinese_ticket_desk_is_read_and_what_cannot_be_is_set_aside() -> None:
    loaded = found({
        "工单编号": ["T1", "T2", "T3", "T4", "T5"],
        "会员编号": ["C1", "C2", None, "C1", "C3"],
        "订单号": ["O1", None, None, None, None],
        "投诉时间": ["2026-03-01 00:30:00", "2026-03-05 10:00:00", "2026-03-05 10:00:00", "2026-03-05 10:00:00", "soon"],
        "结案时间": ["2026-03-03 00:30:00", None, None, "2026-03-04 10:00:00", None],
        "投诉类型": ["物流", "质量 13812345678", "质量", "质量", "质量"],
        "投诉渠道": ["小程序", "信鸽", None, "门店", "门店"],
    })  # fmt: skip
    assert (loaded.shape, loaded.rows_in) == ("complaints", 5)
    assert sorted(reasons(loaded)) == [(3, "E01", "会员编号"), (4, "E06", "结案时间"), (5, "E02", "投诉时间")]
    rows = loaded.tables["complaints"].select(
        "source", "complaint_id", "customer_id", "order_id", "channel", "opened_at", "closed_at", "local_on"
    )
    at = dt.datetime(2026, 2, 28, 16, 30, tzinfo=dt.UTC)
    assert rows.rows() == [
        ("main", "T1", "C1", "O1", "wechat_mini", at, at + dt.timedelta(days=2), dt.date(2026, 3, 1)),
        ("main", "T2", "C2", None, "other", dt.datetime(2026, 3, 5, 2, tzinfo=dt.UTC), None, dt.date(2026, 3, 5)),
    ]
    assert loaded.codes["W10"] == 1
    assert "138" not in str(loaded.tables["complaints"]["kind"].to_list())


@pytest.mark.parametrize(
    ("headers", "shape"),
    [
        (("ticket_id", "customer_id", "created_at", "resolved_at"), "complaints"),
        (("complaint_no", "order_id", "complaint_date"), "complaints"),
        (("case_number", "store_id", "opened_at", "closed_at"), "complaints"),
        (("ticket_id", "customer_id", "created_at", "amount"), "orders"),
        (("campaign_id", "customer_id", "sent_at"), "campaign_sends"),
        (("活动编号", "会员编号", "组别"), "campaign_sends"),
        (("campaign_id", "order_id", "customer_id", "order_date", "amount"), "orders"),
    ],
)
def test_headers_tell_complaints_and_messages_from_orders(headers: tuple[str, ...], shape: str) -> None:
    values = {"amount": "12.50", "组别": "对照组"}
    day = {name: "2026-03-01 10:00:00" for name in headers if name.endswith(("_at", "_date"))}
    raw = RawTable("t.csv", pl.DataFrame({name: [(day | values).get(name, f"{name}1")] for name in headers}))
    assert detect(raw).mapping.shape == shape


def test_messages_are_read_with_their_groups_and_costs() -> None:
    loaded = found({
        "campaign_id": ["K1"] * 6,
        "campaign_name": ["Spring"] * 6,
        "customer_id": ["C1", "C2", "C3", "C4", "C1", "C5"],
        "group": ["Treatment", "control", "what", "treated", "Treatment", "treated"],
        "channel": ["sms"] * 6,
        "sent_at": ["2026-03-02 23:30:00", None, "2026-03-02 09:00:00", None, "2026-03-02 23:30:00", "2026-03-03 09:00:00"],
        "cost": ["0.05", None, "0.05", "0.05", "0.05", "-0.05"],
    })  # fmt: skip
    assert loaded.shape == "campaign_sends"
    assert sorted(reasons(loaded)) == [(3, "E02", "group"), (4, "E01", "sent_at"), (6, "E05", "cost")]
    rows = loaded.tables["campaign_sends"]
    assert rows.select("customer_id", "group", "local_on", "cost_minor", "currency").rows() == [
        ("C1", "treated", dt.date(2026, 3, 2), 5, "CNY"),
        ("C2", "holdout", None, None, None),
        ("C1", "treated", dt.date(2026, 3, 2), 5, "CNY"),
    ]
    assert rows["send_id"].n_unique() == 3, "equal lines of one file are separate messages"


def test_without_a_column_of_groups_everybody_was_written_to_and_it_is_said() -> None:
    loaded = found({"campaign_id": ["K1"], "customer_id": ["C1"], "sent_at": ["2026-03-02 09:00:00"]})
    assert loaded.tables["campaign_sends"]["group"].to_list() == ["treated"]
    assert "no lift can be proven" in " ".join(loaded.notes)


def test_an_unknown_word_of_a_group_is_translated_by_the_mapping() -> None:
    columns = {"campaign_id": ["K1", "K1"], "customer_id": ["C1", "C2"], "sent_at": ["2026-03-02 09:00:00"] * 2,
               "group": ["A", "B"]}  # fmt: skip
    raw = RawTable("t.csv", pl.DataFrame(columns))
    mapping = Mapping(
        "campaign_sends", {name: name for name in columns}, values={"group": {"A": "treated", "B": "holdout"}}
    )
    loaded = build(raw, mapping, SHANGHAI)
    assert loaded.tables["campaign_sends"]["group"].to_list() == ["treated", "holdout"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_every_kind_of_file_says_the_same(kind: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"complaint_id": ["K1", "K2"], "customer_id": ["C1", "C2"], "opened_at": ["2026-03-01 10:00:00", "2026-03-02 10:00:00"],
         "closed_at": [None, "2026-03-05 10:00:00"]},
        schema_overrides={"closed_at": pl.String},
    )  # fmt: skip
    path = tmp_path / f"complaints.{kind}"
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "xlsx":
        frame.write_excel(path)
    else:
        frame.write_parquet(path)
    (loaded,) = load_file(path, defaults=SHANGHAI)
    told = loaded.tables["complaints"].select("complaint_id", "customer_id", "opened_at", "closed_at").rows()
    day = dt.datetime(2026, 3, 1, 2, tzinfo=dt.UTC)
    assert told == [
        ("K1", "C1", day, None), ("K2", "C2", day + dt.timedelta(days=1), day + dt.timedelta(days=4)),
    ]  # fmt: skip
