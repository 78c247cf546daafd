"""Headers of well-known exports and public sets are understood without a mapping."""

from __future__ import annotations

import polars as pl
import pytest

from loaders.detect import detect
from loaders.table import RawTable


def table(text: str, *, header: bool = True) -> RawTable:
    """A table typed as rows of comma-separated text, the header first."""
    lines = [line.strip().split(",") for line in text.strip().splitlines()]
    names = lines[0] if header else [f"column_{n + 1}" for n in range(len(lines[0]))]
    rows = lines[1:] if header else lines
    columns = {name: [row[n] or None for row in rows] for n, name in enumerate(names)}
    return RawTable("file.csv", pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), header=header)


CASES = {
    "invoice lines": (
        """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
        536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
        C536366,85123A,HEART,-6,2010-12-01 08:28:00,2.55,17850.0,United Kingdom""",
        "order_lines",
        {"order_id": "InvoiceNo", "product_id": "StockCode", "product_name": "Description", "qty": "Quantity",
         "placed_at": "InvoiceDate", "unit_price": "UnitPrice", "customer_id": "CustomerID"},
    ),
    "click log of a shop": (
        """event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
        2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde
        2019-10-01 00:00:01 UTC,purchase,3900821,2053013552326770905,appliances,aqua,33.20,554748717,9333dfbd""",
        "events",
        {"occurred_at": "event_time", "type": "event_type", "product_id": "product_id", "customer_id": "user_id",
         "session_id": "user_session", "category": "category_code"},
    ),
    "clicks with epoch milliseconds": (
        """timestamp,visitorid,event,itemid,transactionid
        1433221332117,257597,view,355908,
        1433224214164,992329,addtocart,248676,""",
        "events",
        {"occurred_at": "timestamp", "anon_id": "visitorid", "type": "event", "product_id": "itemid"},
    ),
    "check-ins": (
        """userId,venueId,latitude,longitude,timezoneOffset,utcTimestamp
        470,49bbd6c0f964a520f4531fe3,40.719810,-74.002581,-240,Tue Apr 03 18:00:09 +0000 2012""",
        "location_fixes",
        {"customer_id": "userId", "fixed_at": "utcTimestamp", "lat": "latitude", "lng": "longitude"},
    ),
    "Chinese orders with trailing blanks": (
        """订单编号 ,会员编号 ,下单时间 ,付款时间 ,订单状态 ,商品编码 ,数量 ,单价 ,实付金额 ,渠道 ,门店编号
        202611150001,M001,2026/11/15 20:03,2026/11/15 20:04,已完成,WC-07,1,1299.00,1199.00,小程序,S01""",
        "order_lines",
        {"order_id": "订单编号 ", "customer_id": "会员编号 ", "placed_at": "下单时间 ", "paid_at": "付款时间 ", "status": "订单状态 ",
         "product_id": "商品编码 ", "qty": "数量 ", "unit_price": "单价 ", "net": "实付金额 ", "channel": "渠道 ",
         "selling_store_id": "门店编号"},
    ),
    "Chinese stores": (
        """门店编号,门店名称,城市,区域,经度,纬度,开业日期,面积(平米)
        S01,西湖店,杭州,西湖区,120.13,30.26,2022-03-01,120""",
        "stores",
        {"store_id": "门店编号", "name": "门店名称", "city": "城市", "lng": "经度", "lat": "纬度", "opened_on": "开业日期",
         "area_m2": "面积(平米)"},
    ),
    "Spanish orders": (
        """Número Pedido,Cliente,Fecha,Importe
        A1,K7,15/11/2026,12
        A2,K8,16/11/2026,7""",
        "orders",
        {"order_id": "Número Pedido", "customer_id": "Cliente", "placed_at": "Fecha", "net": "Importe"},
    ),
    "customers with positions": (
        """customer_id,registered_at,lat,lng
        7,2026-01-02,31.2,121.5""",
        "customers",
        {"customer_id": "customer_id", "registered_at": "registered_at", "home_lat": "lat", "home_lng": "lng"},
    ),
    "products": (
        """sku,name,category,price
        WC-07,Coat,Coats,1299""",
        "products",
        {"product_id": "sku", "name": "name", "category": "category", "list_price": "price"},
    ),
    "orders with a time column beside the date": (
        """order_id,customer_id,date,time,lat,lng,amount
        1,7,2026-01-02,20:03:00,31.2,121.5,9.50""",
        "orders",
        {"order_id": "order_id", "customer_id": "customer_id", "placed_at": "date", "time_of_day": "time", "lat": "lat",
         "lng": "lng", "net": "amount"},
    ),
    "refunds": (
        """refund_id,order_id,refund_time,refund_amount,reason
        R1,A1,2026-01-02 10:00:00,9.50,too small""",
        "refunds",
        {"refund_id": "refund_id", "order_id": "order_id", "refunded_at": "refund_time", "goods": "refund_amount",
         "reason": "reason"},
    ),
    "agents": (
        """agent_id,name,level,contract_from
        A1,Taihu,gold,2024-01-01""",
        "agents",
        {"agent_id": "agent_id", "name": "name", "level": "level", "contract_from": "contract_from"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_known_export_is_recognised_by_headers_and_values(case: str) -> None:
    text, shape, columns = CASES[case]
    found = detect(table(text))
    assert found.refusal == ""
    assert (found.mapping.shape, found.mapping.columns) == (shape, columns)


def test_cancelled_invoices_with_a_letter_in_front_are_returns() -> None:
    assert detect(table(CASES["invoice lines"][0])).mapping.returns == "prefix:C"


def test_negative_quantities_without_a_letter_are_returns() -> None:
    found = detect(table("order_id,sku,date,qty,price\n1,A,2026-01-02,1,5\n2,A,2026-01-03,-1,5"))
    assert found.mapping.returns == "negative_qty"


def test_sessions_without_id_and_date_are_refused_in_words_that_say_so() -> None:
    found = detect(table("ProductRelated,ProductRelated_Duration,Month,Region,Revenue\n1,64.5,Feb,1,0"))
    assert found.mapping.shape == "ignore"
    assert found.refusal == (
        "file.csv: its 1 rows have no visitor or customer id and no date, so visits can be neither placed in time nor "
        "joined to customers, products or orders. Its columns are ProductRelated, ProductRelated_Duration, Month, Region, "
        "Revenue. An export with one row an event, with who (visitor or customer id), when (date and time) and what "
        "(product or page), would help. If it is something else, leave it out of the import."
    )


def test_a_log_without_header_is_recognised_by_its_words_and_asks_who() -> None:
    found = detect(table("1,2268318,2520377,pv,1511544070\n1,2333346,2520771,buy,1511561733", header=False))
    assert found.mapping.shape == "events"
    assert found.mapping.columns == {"occurred_at": "column_5", "type": "column_4"}


def test_candidates_name_every_column_that_could_be_it() -> None:
    found = detect(table("order_id,customer_id,created,paid_date,total\n1,7,2026-01-02,2026-01-03,5"))
    assert found.candidates["placed_at"] == ("created", "paid_date")


@pytest.mark.parametrize("case", CASES)
def test_a_table_is_taken_for_the_same_whether_or_not_anybody_asks_for_other_columns(case: str) -> None:
    raw = table(CASES[case][0])
    alone = detect(raw, with_candidates=False)
    assert (alone.mapping, alone.refusal) == (detect(raw).mapping, detect(raw).refusal)
    assert alone.candidates == {}
