"""One function an address: filters, scope and snapshot in, a small table with its definition out."""


def all_addresses() -> None:
    """Register every address; importing a page's module is what registers its questions."""
    from answers import catchment, data, dwell, findings, overview, products, purchases  # noqa: F401, PLC0415
