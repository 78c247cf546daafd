"""Lists for tools: who is on them, how addresses are written and hashed, and that nothing leaves unlogged."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import audiences
from answers.periods import context
from exports.__main__ import main
from exports.addresses import Address, normal_email, normal_phone, read_addresses
from exports.audience_lists import TOOLS, audience_list
from records import audiences as kept
from records import audit
from schema.commands import run
from schema.errors import BusyError, RefusedError, UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.typed import customer, store, table, take
from warehouse import api

if TYPE_CHECKING:
    from pathlib import Path

AGREED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 5, 1, 18, tzinfo=dt.UTC)
REASON = "invitation to the autumn sale"
HOME = {"home_lat": 31.01, "home_lng": 121.0}
WHO = ("binding:store:S1",)
ADDRESSES = """Customer_ID;E-Mail;Mobile
A; Jane.Doe@Example.COM ;138 0013-8000
=B;not an address;+44 20 7946 0958
C-never-agreed;c@example.com;13800138001
Z-unknown;z@example.com;
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A and =B may be written to; C never agreed and D opted out."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    people = [
        customer("A", consent_marketing_at=AGREED, **HOME),
        customer("=B", consent_marketing_at=AGREED, **HOME),
        customer("C-never-agreed", **HOME),
        customer("D-opted-out", consent_marketing_at=AGREED, opted_out_at=AGREED, **HOME),
    ]
    take(
        table("stores", store("S1", 31.0, 121.0)),
        table("customers", *[one | {"_row": n} for n, one in enumerate(people)]),
    )
    return tmp_path


def made(tool: str, scope: Scope = LOCAL_OWNER, *, country: str = "86", **more: Any) -> list[list[str]]:
    snapshot = api.open_snapshot("real")
    assert snapshot is not None
    asked = context(
        parse_filters("from=2026-05-01&to=2026-05-02"),
        scope,
        snapshot,
        api.load_marts(snapshot, scope),
        page="audiences",
        all_data=True,
    )
    known, _ = read_addresses(ADDRESSES.encode(), country)
    ways = {"reason": REASON, "name": "wool", "known": known, "now": NOW} | more
    content = audience_list(asked, audiences.read(asked, WHO), tool, **ways)
    return list(csv.reader(io.StringIO(content.decode())))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_ids_carry_the_tag_and_no_spreadsheet_program_runs_them(shop: Path) -> None:
    assert made("ids") == [["customer_id", "tag"], ["'=B", "wool"], ["A", "wool"]]


def test_newsletter_tools_get_normal_addresses_of_who_agreed(shop: Path) -> None:
    assert made("klaviyo") == [
        ["Email", "Phone Number", "External ID"],
        ["", "+442079460958", "'=B"],
        ["jane.doe@example.com", "+8613800138000", "A"],
    ]


def test_mailchimp_takes_e_mails_alone(shop: Path) -> None:
    assert made("mailchimp") == [
        ["Email Address", "Phone Number", "Tags"], ["jane.doe@example.com", "+8613800138000", "wool"],
    ]  # fmt: skip


def test_meta_is_given_hashes_of_lower_case_e_mails_and_of_digits_with_the_country(shop: Path) -> None:
    """Hashes of ``jane.doe@example.com`` and ``8613800138000`` made by sha256sum."""
    assert made("meta") == [
        ["email", "phone", "extern_id"],
        ["", digest("442079460958"), digest("=B")],
        [
            "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d",
            "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
            digest("A"),
        ],
    ]


def test_google_is_given_hashes_of_e_164_with_its_plus_sign(shop: Path) -> None:
    assert made("google") == [
        ["Email", "Phone"],
        ["", digest("+442079460958")],
        [digest("jane.doe@example.com"), digest("+8613800138000")],
    ]


def test_a_number_without_a_country_is_left_out_where_none_is_given(shop: Path) -> None:
    assert made("google", country="")[2] == [digest("jane.doe@example.com"), ""]


def test_the_log_knows_who_why_and_how_many_before_and_nobodys_address(shop: Path) -> None:
    made("meta")
    (line,) = audit.entries(kinds=["contact_export"]).rows(named=True)
    assert json.loads(line["what"]) == {"reason": REASON, "rows": 2, "for": "meta", "audience": "wool"}
    assert "jane" not in line["what"]


def test_whoever_was_on_a_list_was_written_to_on_that_local_day(shop: Path) -> None:
    """18:00 UTC is the second of May in Shanghai; the next list has nobody left, as both were written to."""
    made("mailchimp")
    assert kept.contacted("real")["contacted_on"].to_list() == [dt.date(2026, 5, 2)]
    assert made("ids") == [["customer_id", "tag"], ["'=B", "wool"]]
    with pytest.raises(UsageError, match=r"^Nobody of this audience may be written to"):
        made("ids")


@pytest.mark.parametrize(
    "scope",
    [Scope("agent", "V-3", "AS1"), Scope("presenter", "V-2"), Scope("owner", "local", is_borrowed=True)],
    ids=["agent", "presenter", "borrowed"],
)
def test_only_an_owner_in_their_own_right_is_given_a_list(scope: Scope, shop: Path) -> None:
    with pytest.raises(RefusedError):
        made("ids", scope)
    assert audit.entries(kinds=["contact_export"]).is_empty()
    assert kept.contacted("real").is_empty()


def test_without_a_reason_or_with_an_unknown_tool_nothing_leaves(shop: Path) -> None:
    with pytest.raises(UsageError, match="Say in at least 10 letters"):
        made("ids", reason=" sale     ")
    with pytest.raises(UsageError, match=r"^No tool 'fax'; there are ids, klaviyo, mailchimp, meta, google\.$"):
        made("fax")
    assert audit.entries(kinds=["contact_export"]).is_empty()


def test_when_the_log_cannot_be_written_nothing_leaves(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        message = "busy"
        raise BusyError(message)

    monkeypatch.setattr("exports.audience_lists.audit.write", full)
    with pytest.raises(BusyError):
        made("ids")
    assert kept.contacted("real").is_empty()


def test_a_file_of_addresses_is_read_in_other_encodings_and_words() -> None:
    text = "会员ID,手机\nA,13800138000\nB,\n,13800138001\n"
    found, odd = read_addresses(text.encode("gb18030"), "+86")
    assert found == {"A": Address("", "+8613800138000"), "B": Address()}
    assert odd == 0
    assert read_addresses("\ufeffid\temail\nA\tx@y\n".encode())[1] == 1


@pytest.mark.parametrize(
    ("content", "country", "words"),
    [
        (b"", "", "needs a column customer_id and a column email or phone"),
        (b"customer_id,name\nA,B\n", "", "needs a column customer_id and a column email or phone"),
        (b"email,phone\nA,B\n", "", "needs a column customer_id and a column email or phone"),
        (b"\xff\xff\xff", "", "is no text in UTF-8 or GB 18030"),
        (b"customer_id,email\nA,x\n", "China", "'China' is no country's calling code, such as 86."),
        (b"customer_id,email\nA,x\ry\n", "", "cannot be read as CSV"),
    ],
    ids=["empty", "no address", "no id", "no text", "no code", "stray line end"],
)
def test_a_file_that_is_none_says_what_is_missing(content: bytes, country: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        read_addresses(content, country)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("given", "country", "said"),
    [
        ("138 0013 8000", "86", "+8613800138000"), ("0086-13800138000", "", "+8613800138000"),
        ("(020) 7946 0958", "44", "+442079460958"), ("+1 (415) 555-2671", "86", "+14155552671"),
        ("13800138000", "", ""), ("+0123456789", "", ""), ("12345", "86", ""), ("call me", "86", ""), ("", "86", ""),
        ("１３８００１３８０００", "86", ""),
    ],
)  # fmt: skip
def test_telephone_numbers_are_e_164_or_nothing(given: str, country: str, said: str) -> None:
    assert normal_phone(given, country) == said


@pytest.mark.parametrize("given", ["=cmd@x.com", "@x.com", "a@b", "a b@@c.de", "+a@b.de", "a@b.de,c@d.ef", "a@-b.de"])
def test_what_is_no_e_mail_or_begins_like_a_formula_is_left_out(given: str) -> None:
    assert normal_email(given) == ""


@given(st.binary(max_size=200), st.sampled_from(["", "86", "x"]))
def test_any_bytes_are_read_or_refused(content: bytes, country: str) -> None:
    try:
        found, odd = read_addresses(content, country)
    except UsageError:
        return
    assert odd >= 0
    assert all(one.email == normal_email(one.email) and one.phone == normal_phone(one.phone) for one in found.values())


def test_every_tool_has_as_many_cells_as_heads() -> None:
    whole = Address("a@b.de", "+14155552671")
    for tool in TOOLS.values():
        cells = tool.row("A", whole, "wool")
        assert cells is not None
        assert len(cells) == len(tool.heads)


def command(folder: Path, *more: str) -> tuple[int, str]:
    out = folder / "list.csv"
    code = run(main, ["contacts", "--data", "real", "--reason", REASON, "--out", str(out), *more])
    return code, out.read_text("utf-8") if out.exists() else ""


def test_a_saved_audience_is_handed_out_on_the_command_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whom = kept.Audience("", "wool", WHO, dt.date(2026, 5, 3), 1, 4)
    kept.keep("real", LOCAL_OWNER, whom)
    addresses = shop / "addresses.csv"
    addresses.write_text(ADDRESSES, encoding="utf-8")
    assert command(shop, "--audience", "wool", "--tool", "meta") == (2, "")
    assert "name the shop's file of them" in capsys.readouterr().err
    assert command(shop, "--audience", "hats") == (2, "")
    assert command(shop, "--audience", "wool", "--tool", "google", "--addresses", str(shop / "none.csv")) == (2, "")
    code, text = command(
        shop, "--audience", "WOOL", "--tool", "mailchimp", "--addresses", str(addresses), "--country", "86"
    )
    assert (code, text) == (0, "Email Address,Phone Number,Tags\njane.doe@example.com,+8613800138000,wool\n")
    assert (shop / "list.csv").stat().st_mode & 0o777 == 0o600
