"""What the codes of bindings and of places are called, on screens and in files."""

from __future__ import annotations

from typing import Final

from schema.language import later

STEPS: Final = {
    "registered": later("Registered"),
    "located": later("Located"),
    "bound": later("Bound to a store"),
    "exact": later("of these sure"),
    "contested": later("near a border"),
    "provisional": later("rough location"),
    "unassigned": later("Nobody's"),
}
METHODS: Final = {
    "geo": later("Nearest store"),
    "territory": later("Agreed territory"),
    "scan": later("Scan in a store"),
    "guide": later("A guide's code"),
    "first_purchase": later("First purchase"),
    "city": later("City only"),
    "manual": later("Head office"),
    "store_closed": later("Store closed"),
}
PLACES: Final = {
    "own_store": later("Own store"),
    "online": later("Online"),
    "another_store": later("Another store"),
    "head_office": later("Head office's own store"),
}
