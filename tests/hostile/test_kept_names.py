"""Names that people type and the product keeps: audiences, campaigns, viewers, languages, by the hundred."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import polars as pl
import pytest

from answers.registry import ask
from exports.__main__ import main
from exports.addresses import read_addresses
from exports.desk import Desk
from exports.files import csv_bytes, xlsx_bytes
from exports.forms import document_bytes
from exports.pages import address_document
from records import audiences, campaigns, viewers
from records.audiences import Audience
from records.campaigns import Campaign
from schema.errors import CatchlightError, UsageError
from schema.filters import parse_filters
from schema.language import LANGUAGES
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.test_campaigns import company
from tests.answers.tiny import asked
from tests.hostile.files import zipped
from tests.hostile.strings import ALL
from tests.hostile.test_exports import RUNS

if TYPE_CHECKING:
    from answers.answer import Answer, Context

pytestmark = pytest.mark.usefixtures("sqlite_home")

AGENT = Scope("agent", "wang", "AG1")
ACTING = {"script", "img", "iframe", "input", "x", "base", "object", "form", "textarea", "link", "math"}
LONGEST_WORDS = 500


class Elements(HTMLParser):
    """Every element of a file and every attribute of one, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)


def refused(act: object) -> str:
    """What is said against it, empty where it is done; anything but one of our own sentences fails the test."""
    try:
        act()  # type: ignore[operator]
    except CatchlightError as refusal:
        said = str(refusal)
    else:
        return ""
    assert 0 < len(said) < LONGEST_WORDS
    return said


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
def test_an_audience_is_called_by_letters_or_not_kept(scope: Scope) -> None:
    for name in ALL:
        wanted = Audience("", name, ("channel:pos",), dt.date(2026, 11, 1), 1, 5)
        refused(lambda: audiences.keep("real", scope, wanted))  # noqa: B023
    kept = [one.name for one in audiences.audiences("real", scope)]
    assert 2 < len(kept) < len(ALL) // 4
    assert not [name for name in kept if re.search(r"[<>\[\]{}$%&|:;/\\`*~#=@'\"\x00-\x1f]", name) or RUNS.match(name)]


def test_an_audience_is_asked_for_by_any_text_and_the_answer_is_a_sentence() -> None:
    here = asked(page="audiences")
    for name in ALL:
        with pytest.raises(UsageError):
            ask(f"audiences/{name}", here)
        refused(lambda: ask("audiences/people", here, who=f"channel:{name}"))  # noqa: B023
        refused(lambda: ask("audiences/people", here, who=name))  # noqa: B023


def results() -> tuple[Context, Answer]:
    """Campaigns called by every name that is kept, each with a result."""
    rows = company([*range(1, 61), *range(301, 306)])
    for name in ALL:
        wanted = Campaign(name, salt=name)
        sides = {"treated": pl.Series(range(1, 301)), "holdout": pl.Series(range(301, 401))}
        refused(lambda: campaigns.plan("real", LOCAL_OWNER, wanted, **sides))  # noqa: B023
    for one in campaigns.campaigns("real"):
        campaigns.send("real", LOCAL_OWNER, one.name, dt.date(2026, 10, 1))
    here = asked(page="audiences", rows=rows)
    return here, ask("audiences/results", here)


def test_a_campaigns_name_runs_in_no_file() -> None:
    here, answer = results()
    names = answer.table["campaign"].to_list()
    assert len(names) > len(ALL) // 2
    assert "=1+1" in names
    text = csv_bytes(answer.table).decode().removeprefix("\ufeff")
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(read) == len(names)
    assert [row["campaign"] for row in read if RUNS.match(row["campaign"])] == []
    assert b"<f>" not in xlsx_bytes(answer)
    html = document_bytes(address_document(Desk(here), answer), "html").decode()
    assert "&lt;script&gt;" in html
    found = Elements()
    found.feed(html)
    assert {"h1", "svg", "text"} <= found.tags
    assert not found.tags & ACTING
    assert not [one for one in found.attributes if one[0].startswith("on") or "javascript:" in (one[1] or "")]


def test_a_viewer_is_let_in_under_an_address_or_not_at_all(tmp_path: object) -> None:
    for name in ALL:
        refused(lambda: viewers.add_viewer(LOCAL_OWNER, email=name, role="agent", agent_id="AG1"))  # noqa: B023
        refused(lambda: viewers.add_viewer(LOCAL_OWNER, email="li@shop.example", role="agent", agent_id=name))  # noqa: B023
        with pytest.raises(CatchlightError):
            main(["overview/kpis", "--as", name, "--out", f"{tmp_path}/out.csv"])
    for one in viewers.viewers():
        assert re.fullmatch(r"[\w.+-]+@[\w.-]+", one.email or ""), one


@pytest.mark.parametrize("lang", [*ALL, "../../x", "..%2f..%2fx", "zh-CN/../../x", "zh_CN", "en\x00", "es " * 5_000])
def test_a_language_that_is_none_is_named_and_looked_for_in_no_folder(lang: str) -> None:
    found = parse_filters({"lang": [lang]})
    assert found.lang in {"", *LANGUAGES}
    assert found.lang == "" or lang.strip() == found.lang
    with pytest.raises((CatchlightError, SystemExit)):
        main([f"overview/kpis?lang={lang.strip() or 'x'}", "--out", "-"])


HEAD = b"customer_id,email\n"
HARM = {
    "nothing": b"", "zeros": bytes(1_000), "another encoding": "customer_id,email\nA,a@b.de".encode("utf-16"),
    "gzip": gzip.compress(bytes(10_000_000)), "zip": zipped({"a.csv": bytes(10_000_000)}), "no address": b"customer_id\n1\n", "no sign of a text": HEAD + b"\xff\xfe\x81,\xff\n",
}  # fmt: skip
ODD = {
    "wide": b"1," + b"x," * 500_000, "dots": b"1,a@" + b"a." * 60_000 + b"!", "letters": b"1," + b"a" * 130_000,
    "a formula": b"=1+1,=cmd@x.de",
}  # fmt: skip


@pytest.mark.parametrize("what", HARM)
def test_a_file_of_addresses_that_is_none_is_refused_in_words(what: str) -> None:
    assert "file of addresses" in refused(lambda: read_addresses(HARM[what], "86"))
    assert "calling code" in refused(lambda: read_addresses(HEAD, "=1+1"))


@pytest.mark.parametrize("what", ODD)
def test_an_odd_address_is_counted_and_not_used(what: str) -> None:
    found, odd = read_addresses(HEAD + ODD[what] + b"\n", "86")
    assert ([one.email for one in found.values()], odd) == ([""], 1)
