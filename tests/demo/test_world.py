"""The invented company holds together: people live on land, look before they buy, and exist before they order."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from demo.__main__ import main
from demo.files import write_files
from demo.people import MEMBERS
from demo.places import in_lake, metres
from demo.trade import POS
from schema.mapping import Mapping

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import World


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def exports(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Mapping]]:
    folder = tmp_path_factory.mktemp("exports")
    return folder, write_files(folder, world)


def test_the_same_seed_writes_the_same_bytes(exports: tuple[Path, dict[str, Mapping]], tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert main(["--files", str(again)]) == 0
    written = {name: digest for name, digest in _digests(again).items() if not name.endswith(".toml")}
    assert written == _digests(exports[0])
    assert Mapping.read(again / "stores.toml") == exports[1]["stores.csv"]


def test_each_file_has_a_mapping_that_survives_being_written_down(
    exports: tuple[Path, dict[str, Mapping]], tmp_path: Path
) -> None:
    folder, mappings = exports
    assert set(mappings) == {path.name for path in folder.iterdir()}
    for mapping in mappings.values():
        path = tmp_path / "mapping.toml"
        path.write_text(mapping.to_toml(), encoding="utf-8")
        assert Mapping.read(path) == mapping


def test_the_file_sent_twice_is_the_same_file_of_214_lines(exports: tuple[Path, dict[str, Mapping]]) -> None:
    folder, _ = exports
    first = (folder / "pos_2026-09-09.csv").read_bytes()
    assert first == (folder / "pos_2026-09-09_resent.csv").read_bytes()
    assert first.count(b"\n") == 215


def test_there_are_24_own_stores_and_36_of_nine_agents(world: World) -> None:
    agents = [agent for agent in world.places.agent if agent]
    assert len(world.places.store_id) == 60
    assert len(agents) == 36
    assert len(set(agents)) == 9
    cities = dict(zip(*np.unique(world.places.city, return_counts=True), strict=True))
    assert cities == {
        "Beijing": 10, "Chengdu": 6, "Hangzhou": 8, "Nanjing": 6, "Shanghai": 14, "Suzhou": 6, "Wuhan": 5, "Wuxi": 5,
    }  # fmt: skip


def test_the_new_store_opens_two_kilometres_from_its_neighbour(world: World) -> None:
    places = world.places
    a, b = places.index("S-038"), places.index("S-041")
    apart = metres(places.lat[[a]], places.lng[[a]], places.lat[[b]], places.lng[[b]])
    assert apart[0] == pytest.approx(2_100, abs=20)
    sold = world.orders.day[world.orders.store == b]
    assert sold.min() >= 471  # 2026-03-01


def test_nobody_lives_in_a_lake(world: World) -> None:
    wet = in_lake(world.people.lat, world.people.lng)
    assert wet.mean() < 0.002


def test_people_live_close_together_around_shops(world: World) -> None:
    cells = np.unique(np.round(world.people.lat * 100) * 100_000 + np.round(world.people.lng * 100), return_counts=True)
    densest = np.sort(cells[1])[::-1]
    assert densest[: len(densest) // 10].sum() / densest.sum() > 0.5


def test_every_online_order_follows_a_view_of_its_product_by_that_member(world: World) -> None:
    orders, lines, views = world.orders, world.lines, world.views
    actor = world.visits.actor[views.visit]
    first = (
        pl.DataFrame({"member": actor, "style": views.style, "at": views.start_ms})
        .group_by("member", "style")
        .agg(pl.col("at").min())
    )
    online = orders.channel[lines.order] != POS
    sold = pl.DataFrame(
        {"member": orders.member[lines.order], "style": lines.style, "placed": orders.placed_s[lines.order] * 1_000}
    ).filter(pl.Series(online))
    seen = sold.join(first, on=["member", "style"], how="left")
    assert seen.filter((pl.col("at") < pl.col("placed")).fill_null(value=False)).height == sold.height > 20_000


def test_anonymous_visitors_look_and_never_order(world: World) -> None:
    strangers = world.visits.actor >= MEMBERS
    assert len(np.unique(world.visits.actor[strangers])) == 90_000
    assert (world.visits.ends_s[strangers] < 0).all()


def test_nobody_orders_before_registering(world: World) -> None:
    known = world.orders.member >= 0
    assert (world.people.reg_s[world.orders.member[known]] <= world.orders.placed_s[known]).all()


def test_promotion_day_brings_900_members_and_one_guide_43_in_ten_minutes(world: World) -> None:
    people = world.people
    assert int((people.reg_day == 580).sum()) == 900  # 2026-06-18
    rush = people.reg_s[people.in_rush]
    assert len(rush) == 43
    assert rush.max() - rush.min() < 600


def test_lines_add_up_to_their_orders(world: World) -> None:
    sums = np.bincount(world.lines.order, world.lines.net, minlength=len(world.orders)).astype(np.int64)
    assert (sums == world.orders.goods).all()
    assert (world.lines.discount >= 0).all()
    assert (world.lines.net > 0).all()
