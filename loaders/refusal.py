"""What is said of a table that nothing can be made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loaders.synonyms import plain_header
from schema.language import later, say

if TYPE_CHECKING:
    from loaders.sample import Sample
    from loaders.table import RawTable

WHO: Final = ("customer_id", "anon_id", "session_id")
_SINCE_LAST: Final = frozenset({"dayssinceprior", "dayssincepriororder", "dayssincelastorder", "dayssincelastpurchase"})
PLACE: Final = ("lat", "latlng", "geohash", "home_lat")
LOOKED_FOR: Final = later(
    "orders or order lines (an order or customer, a time and an amount), events (a visitor or customer, a time and "
    "what they did), stores (an id or name with a position, city or opening day), customers, products, refunds, "
    "location fixes, agents, guides, territories, travel distances, availability, identities, bills, complaints or campaign sends"
)


def has(assigned: dict[str, str], *names: str) -> bool:
    """Whether any of these columns was found."""
    return any(name in assigned for name in names)


def refusal(raw: RawTable, sample: Sample, found: dict[str, dict[str, str]]) -> str:
    """Why a table is nothing that can be used, and what would help."""
    who = any(has(found[name], *WHO) for name in ("orders", "events", "customers"))
    when = any(sample.fits(name, "occurred_at") and not sample.fits(name, "fg_s") for name in sample.frame.columns)
    when = when or has(found["events"], "occurred_at") or has(found["orders"], "placed_at")
    names = ", ".join(sample.frame.columns[:20]) + (" …" if sample.frame.width > 20 else "")  # noqa: PLR2004
    rows = raw.frame.height
    if "order_id" in found["orders"] and not has(found["orders"], "customer_id", "product_id", "product_name"):
        return say(
            "{source}: its {rows} rows name orders, but they are neither orders (a time and who bought) nor order lines (a product and an amount); payments and reviews are such files. Its columns are {names}. Leave it out of the import, or name its columns in a mapping.",
            source=raw.source,
            rows=rows,
            names=names,
        )
    if why := _of_tracks_and_gaps(raw, sample, names, when=when):
        return why
    if not who and not when and has(found["stores"], *PLACE):
        return say(
            "{source}: its {rows} rows hold positions, but no store, customer or visitor that they belong to. Its columns are {names}. Leave it out of the import; Catchment takes positions beside stores and customers.",
            source=raw.source,
            rows=rows,
            names=names,
        )
    if not who and not when:
        return say(
            "{source}: its {rows} rows have no visitor or customer id and no date, so visits can be neither placed in time nor joined to customers, products or orders. Its columns are {names}. An export with one row an event, with who (visitor or customer id), when (date and time) and what (product or page), would help. If it is something else, leave it out of the import.",
            source=raw.source,
            rows=rows,
            names=names,
        )
    lacking = (
        later("no visitor or customer id")
        if not who
        else later("no date or time")
        if not when
        else later("no shape that fits")
    )
    told = {"source": raw.source, "lacking": say(lacking), "rows": rows, "wanted": say(LOOKED_FOR), "names": names}
    if raw.header:
        return say(
            "{source}: {lacking} was found in its {rows} rows, so it is none of what Catchlight looks for: {wanted}. Its "
            "columns are {names}. If it is one of these, name its columns in a mapping; if not, leave it out of the import.",
            **told,
        )
    return say(
        "{source}: {lacking} was found in its {rows} rows, so it is none of what Catchlight looks for: {wanted}. Its columns "
        "are {names} (it has no header row). If it is one of these, name its columns in a mapping; if not, leave it out of "
        "the import.",
        **told,
    )


def _of_tracks_and_gaps(raw: RawTable, sample: Sample, names: str, *, when: bool) -> str:
    """What would help where the person stands in the folder's name alone, or days since the last order in place of a date."""
    if raw.source.lower().endswith(".plt"):
        return say(
            "{source}: is a GPS track of one person, and whose it is stands in its folder alone. Join the tracks into one CSV with the columns user, lat, lng, date and time, and import it after a list of these users as customers; docs/examples/README.md has the lines that do it.",
            source=raw.source,
        )
    since = next((name for name in sample.frame.columns if plain_header(name) in _SINCE_LAST), "")
    if since and not when:
        return say(
            "{source}: its {rows} rows tell in {since} how many days passed since the order before, and no date: on which day an order was placed cannot be told. Its columns are {names}. Write a date beside each order (the days of one customer added up from a day that you choose) and import it again; gaps between orders are then right, months and weekdays are as good as that day.",
            source=raw.source,
            rows=raw.frame.height,
            since=repr(since),
            names=names,
        )
    return ""
