"""One function an address: filters, scope and snapshot in, a small table with its definition out."""


def all_addresses() -> None:
    """Register every address; importing a page's module is what registers its questions."""
    from answers import (  # noqa: PLC0415
        audiences,  # noqa: F401
        campaigns,  # noqa: F401
        catchment,  # noqa: F401
        catchment_depth,  # noqa: F401
        catchment_ground,  # noqa: F401
        catchment_neighbours,  # noqa: F401
        catchment_sites,  # noqa: F401
        data,  # noqa: F401
        dwell,  # noqa: F401
        findings,  # noqa: F401
        overview,  # noqa: F401
        products,  # noqa: F401
        purchases,  # noqa: F401
        sellers,  # noqa: F401
        sharing,  # noqa: F401
        sharing_anomalies,  # noqa: F401
        sharing_ledger,  # noqa: F401
        sharing_money,  # noqa: F401
        sharing_month,  # noqa: F401
        sharing_replay,  # noqa: F401
        sharing_simulation,  # noqa: F401
        sync,  # noqa: F401
        sync_after,  # noqa: F401
        sync_bills,  # noqa: F401
        sync_decisions,  # noqa: F401
        sync_sign_ins,  # noqa: F401
        sync_sources,  # noqa: F401
        value,  # noqa: F401
    )
