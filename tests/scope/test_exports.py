"""``python -m exports --as``: files hold what the viewer may see; a foreign id is refused in the words of an unknown one."""

from __future__ import annotations

import io
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from answers.registry import ADDRESSES
from exports.__main__ import main
from records import viewers
from schema.errors import CatchlightError, RefusedError
from schema.scope import LOCAL_OWNER
from tests.scope.company import AGENTS_OF_OTHERS, FIRST
from tests.scope.looking import NEIGHBOURS, questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scope.conftest import Company

WANG = "wang@shop.example"


@pytest.fixture(scope="module", autouse=True)
def home(first: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the company whose book of viewers holds an agent and somebody who left."""
    copy = tmp_path_factory.mktemp("exports") / "home"
    shutil.copytree(first.home, copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(copy))
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        viewers.add_viewer(LOCAL_OWNER, email=WANG, role="agent", agent_id="AG-1")
        yield copy


def exported(folder: Path, address: str, form: str, *words: str) -> bytes:
    """What a command writes, or says when it refuses; a workbook's parts unpacked."""
    out = folder / f"out.{form}"
    try:
        main([address, *words, "--as", WANG, "--format", form, "--out", str(out)])
    except CatchlightError as refusal:
        return str(refusal).encode()
    content = out.read_bytes()
    if form != "xlsx":
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_file_made_for_an_agent_holds_a_word_of_others(name: str, tmp_path: Path) -> None:
    words = FIRST.canaries if name in NEIGHBOURS else (*FIRST.canaries, *AGENTS_OF_OTHERS)
    for number, (_, options) in enumerate(questions((name,))):
        told = [f"{option}={value}" for option, value in options.items() if value]
        for form in ("csv", "json", "xlsx") if number == 0 else ("csv",):
            said = exported(tmp_path, name, form, *told).decode(errors="replace").lower()
            assert not [word for word in words if word.lower() in said], (form, told, said[:900])


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("overview/trend", "store={}-S1"), ("overview/trend", "product={}-PX"), ("purchases/summary", "city={}ton"),
        ("sharing/statement", "receiver={}-S1"), ("sharing/replay", "customer={}-C200"),
        ("catchment/whatif", "store={}-S1"), ("sharing/lines", "statement=2026-07/store/{}-S1/EUR"),
    ],
)  # fmt: skip
def test_a_foreign_id_is_refused_as_one_that_nobody_has(address: str, word: str, tmp_path: Path) -> None:
    foreign, unknown = (exported(tmp_path, address, "csv", word.format(one)).decode() for one in ("Basalt", "Zzzzzz"))
    assert foreign.replace("Basalt", "Zzzzzz") == unknown


@pytest.mark.parametrize("somebody", ["nobody@shop.example", "AG-1", "*", ""])
def test_whoever_is_not_on_the_list_gets_no_file(somebody: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        main(["purchases/summary", "--as", somebody, "--out", str(tmp_path / "out.csv")])
    assert list(tmp_path.iterdir()) == []
