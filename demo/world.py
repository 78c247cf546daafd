"""The whole demo company in memory: everything that is drawn, corrected and placed, before it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from demo.behaviour import Events, build_events
from demo.catalogue import Catalogue, build_catalogue
from demo.people import People, build_people, register_before_first_order
from demo.places import Places, build_places
from demo.refunds import Refunds, build_refunds, kept_money, place_cannibalisation
from demo.trade import Lines, Orders, build_orders
from demo.visits import Views, Visits, build_views, build_visits

SEED: Final = 47
"""Chosen among eighty, so that little has to be corrected."""


@dataclass(frozen=True)
class World:
    """The demo company."""

    seed: int
    places: Places
    people: People
    catalogue: Catalogue
    orders: Orders
    lines: Lines
    refunds: Refunds
    visits: Visits
    views: Views
    events: Events
    moved_orders: int
    """Orders that were moved between two shops to place P4."""


def build_world(seed: int = SEED) -> World:
    """Draw the company: the same seed gives the same company."""
    places = build_places(seed)
    catalogue = build_catalogue(seed)
    people = build_people(seed, places)
    orders, lines = build_orders(seed, places, people, catalogue)
    refunds = build_refunds(seed, orders)
    orders, moved = place_cannibalisation(places, orders, kept_money(orders, refunds))
    known = orders.member >= 0
    people = register_before_first_order(people, orders.member[known], orders.placed_s[known])
    visits = build_visits(seed, people, catalogue, orders, lines)
    views = build_views(seed, catalogue, orders, lines, visits)
    events = build_events(seed, people, orders, visits, views)
    return World(seed, places, people, catalogue, orders, lines, refunds, visits, views, events, moved)
