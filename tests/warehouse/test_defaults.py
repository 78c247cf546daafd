import json

import pytest

from tests.warehouse.typed import Source, frame, line, orders_file
from warehouse import api

pytestmark = pytest.mark.usefixtures("data_folder")


def test_before_the_first_import_nothing_is_known():
    assert api.known_defaults("real") == {"zone": "", "currency": "", "store_zones": {}}


def test_afterwards_zone_currency_and_the_stores_own_zones_are_known():
    stores = [
        {"store_id": "S1", "zone": "Asia/Urumqi", "accepts_binding": True, "_row": 1, "_minor": 0},
        {"store_id": "S2", "zone": None, "accepts_binding": True, "_row": 2, "_minor": 0},
    ]
    api.import_tables(
        [Source("s.csv", "stores", {"stores": frame(stores)}), orders_file("a.csv", line("O1", "1" * 32))]
    )
    known = api.known_defaults("real")
    assert known == {"zone": "Asia/Shanghai", "currency": "CNY", "store_zones": {"S1": "Asia/Urumqi"}}
    assert json.loads(json.dumps(known)) == known
