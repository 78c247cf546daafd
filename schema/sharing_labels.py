"""What the codes of bindings and of places are called, on screens and in files."""

from __future__ import annotations

from typing import Final

STEPS: Final = {
    "registered": "Registered",
    "located": "Located",
    "bound": "Bound to a store",
    "exact": "of these sure",
    "contested": "near a border",
    "provisional": "rough location",
    "unassigned": "Nobody's",
}
METHODS: Final = {
    "geo": "Nearest store",
    "territory": "Agreed territory",
    "scan": "Scan in a store",
    "guide": "A guide's code",
    "first_purchase": "First purchase",
    "city": "City only",
    "manual": "Head office",
    "store_closed": "Store closed",
}
PLACES: Final = {
    "own_store": "Own store",
    "online": "Online",
    "another_store": "Another store",
    "head_office": "Head office's own store",
}
