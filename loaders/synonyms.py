"""Which headers mean which canonical column, by what one row is; compared without case, blanks and punctuation."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

from loaders.limits import LONGEST_HEADER

_ORDER_ID: Final = (
    "order_id orderid order_no order_number ordernumber invoiceno invoice_no invoice_id invoice invoice_number transaction_id transactionid "
    "basket_id receipt_no receipt receipt_id ticket_id sales_order 订单号 订单编号 订单id 单号 交易号 交易编号 小票号 流水号 销售单号 bestellnummer "
    "bestellung numero_pedido pedido id_pedido auftragsnummer rechnungsnummer order bill_no check_no"
)
_CUSTOMER: Final = (
    "customer_id customerid customer_unique_id customer_no customer_number customer user_id userid user member_id memberid member_no member_number member "
    "buyer_id buyer client_id clientid household_key household_id household visitor_member shopper_id account_id cust_id custid uid customer_code "
    "客户id 客户编号 客户号 会员id 会员号 会员编号 会员卡号 用户id 用户编号 用户 买家 买家id 买家会员名 买家昵称 会员 客户 kundennummer kunden_id "
    "kunde id_cliente cliente customer_key person_id customer_email email buyer_email 手机号 买家手机号 收货人手机号 收货人手机 billing_email"
)
_PLACED: Final = (
    "placed_at order_date orderdate order_time ordered_at order_datetime created_at create_time created date_created order_created_at invoicedate "
    "invoice_date purchase_date order_purchase_timestamp transaction_date transaction_time transaction_timestamp sale_date sales_date sold_at "
    "date datetime timestamp time day 下单时间 订单时间 订单创建时间 创建时间 订单日期 下单日期 交易时间 销售时间 销售日期 购买时间 消费时间 日期 时间 "
    "bestelldatum datum fecha fecha_pedido rechnungsdatum submitted_at purchased_at order_placed"
)
_PAID: Final = "paid_at payment_time pay_time paid_date date_paid payment_date order_approved_at 付款时间 支付时间 订单付款时间 买家付款时间 付款日期 bezahlt_am"
_COMPLETED: Final = "completed_at completion_time date_completed delivered_at order_delivered_customer_date 完成时间 交易成功时间 确认收货时间 订单完成时间"
_UPDATED: Final = "updated_at update_time last_modified modified_at date_modified 更新时间 修改时间"
_PRODUCT: Final = (
    "product_id productid sku sku_id item_id itemid stockcode stock_code article_id article_no article product_code item_code goods_id style_no "
    "lineitem_sku asin ean barcode upc 商品编码 商品id 商品编号 商品货号 货号 款号 sku编码 规格编码 商品条码 条码 商家编码 artikelnummer codigo_producto "
    "id_producto artikel product item"
)
_PRODUCT_NAME: Final = (
    "product_name productname lineitem_name item_name description product_description item_description product_title title 商品名称 商品标题 宝贝标题 品名 商品 "
    "产品名称 artikelname bezeichnung nombre_producto producto produkt produit"
)
_QTY: Final = (
    "qty quantity lineitem_quantity units unit_sold count pieces number_of_items item_quantity product_qty num number_of_cds cds 数量 商品数量 "
    "购买数量 销售数量 件数 宝贝总数量 商品件数 menge anzahl cantidad quantity_sold"
)
_PRICE: Final = (
    "unit_price unitprice price lineitem_price item_price product_price selling_price 单价 商品单价 商品价格 销售单价 价格 售价 成交单价 einzelpreis preis "
    "precio precio_unitario stueckpreis item_cost sale_price"
)
_NET: Final = (
    "net net_amount line_total linetotal line_amount net_sales total_price sales_value sales amount total total_amount revenue item_total "
    "subtotal 金额 商品金额 实付金额 商品实付金额 销售金额 成交金额 小计 应收金额 实收金额 gesamtpreis importe betrag umsatz total_amt item_net spend"
)
_CHANNEL: Final = "channel sales_channel order_channel source_name platform 渠道 销售渠道 订单来源 来源 平台 订单渠道 kanal canal source device_type"
_STORE: Final = (
    "store_id storeid store store_no store_code shop_id shopid shop shop_code location_id location outlet outlet_id branch branch_id store_name "
    "门店 门店编号 门店id 门店编码 店铺编号 店铺 店铺id 门店名称 店铺名称 销售门店 filiale filial_id tienda storenum selling_store_id"
)
_LAT: Final = "lat latitude geolocation_lat y_lat geo_lat store_lat home_lat ship_lat 纬度 门店纬度 breitengrad latitud delivery_lat customer_lat shipping_lat"
_LNG: Final = "lng geolocation_lng lon long longitude x_lng geo_lng store_lng home_lng ship_lng 经度 门店经度 laengengrad längengrad longitud delivery_lng customer_lng shipping_lng geo_lon"
_LATLNG: Final = (
    "latlng lat_lng latlon lat_lon coordinates coordinate geopoint gps position 坐标 经纬度 位置坐标 koordinaten"
)
_DATUM: Final = "datum_raw datum crs coordinate_system 坐标系 坐标类型"
_CITY: Final = (
    "city town shipping_city billing_city customer_city store_city 城市 所在城市 市 收货城市 stadt ciudad strcity"
)
_DISTRICT: Final = (
    "district state province strstate region area suburb county 区 区县 行政区 所在区 地区 bezirk strstate estado"
)

SYNONYMS: Final[dict[str, dict[str, str]]] = {
    "sales": {
        "order_id": _ORDER_ID,
        "line_id": "line_id line_no line_number order_line_id order_item_id lineitem_id 子订单号 子订单编号 行号 明细编号",
        "customer_id": _CUSTOMER,
        "placed_at": _PLACED,
        "paid_at": _PAID,
        "completed_at": _COMPLETED,
        "updated_at": _UPDATED,
        "time_of_day": "time order_hour hour time_of_day trans_time clock_time hhmm 时刻",
        "product_id": _PRODUCT,
        "product_name": _PRODUCT_NAME,
        "qty": _QTY,
        "unit_price": _PRICE,
        "net": _NET,
        "goods_net": "goods_net order_subtotal_amount dollar_value dollars order_amount order_total order_value basket_value payment_value monetary 订单金额 商品总价 "
        "商品合计 货款金额 订单商品金额",
        "paid": "paid order_total_amount paid_amount amount_paid grand_total 买家实付 实付 实际支付 支付金额 订单实付金额 买家实际支付金额 付款金额",
        "discount": "discount discount_amount lineitem_discount line_discount coupon_amount 优惠 优惠金额 折扣金额 rabatt descuento",
        "shipping": "shipping shipping_amount shipping_cost order_shipping_amount freight freight_value delivery_fee 运费 邮费 配送费 versand envio",
        "refunded": "refunded refunded_amount refund_amount refund order_refund_amount 退款金额 已退款金额 erstattet",
        "refunded_at": "refunded_at refund_time refund_date 退款时间",
        "status": "status order_status financial_status payment_status state 订单状态 状态 交易状态 付款状态",
        "channel": _CHANNEL,
        "model": "model business_model 业务模式",
        "currency": "currency currency_code order_currency 币种 货币 waehrung währung moneda",
        "selling_store_id": _STORE,
        "fulfil_store_id": "fulfil_store_id fulfillment_store fulfilment_store pickup_store 自提门店 发货门店 核销门店 提货门店",
        "guide_id": "guide_id salesperson sales_person staff_id seller_staff employee_id 导购 导购编号 导购员 店员",
        "category": "category product_category product_category_name category_name department commodity 商品类目 类目 分类 品类 商品分类 kategorie categoria",
        "size": "size lineitem_size 尺码 尺寸 groesse größe talla",
        "colour": "colour color 颜色 farbe",
        "rail": "rail payment_method payment_type 支付方式 付款方式 zahlungsart",
        "lat": _LAT,
        "lng": _LNG,
        "latlng": _LATLNG,
        "datum_raw": _DATUM,
        "city": _CITY,
        "is_test": "is_test test_order 测试订单",
    },
    "events": {
        "event_id": "event_id eventid uuid event_uuid log_id 事件id 日志id",
        "occurred_at": "occurred_at event_time event_timestamp timestamp time datetime ts date event_date server_time created_at visited_at view_time "
        "browse_time visit_time viewed_at 时间 访问时间 浏览时间 事件时间 发生时间 行为时间 time_stamp behavior_time zeit hora",
        "ingested_at": "ingested_at received_at inserted_at 入库时间",
        "time_of_day": "hour time_of_day clock time 小时 时间",
        "customer_id": _CUSTOMER,
        "anon_id": "anon_id anonymous_id visitor_id visitorid visitor user_pseudo_id distinct_id device_id deviceid cookie_id fullvisitorid cookie "
        "session_user 访客id 访客 设备id 设备号 匿名id",
        "session_id": "session_id sessionid session user_session visit_id visitid ga_session_id 会话id 会话",
        "type": "type event event_name event_type eventname behavior_type behavior behaviour action action_type activity 行为类型 行为 事件 事件类型 "
        "事件名称 操作 typ tipo",
        "product_id": f"{_PRODUCT} content_id offer_id 宝贝id",
        "store_id": "store_id storeid store shop_id 门店 门店编号 门店id",
        "channel": f"{_CHANNEL} device 终端 设备类型",
        "guide_id": "guide_id 导购 导购编号",
        "seq": "seq sequence event_seq hit_number step 序号",
        "category": "category product_category category_code category_id item_category category_name 类目 商品类目 分类",
        "product_name": _PRODUCT_NAME,
        "fg_ms": "fg_ms dwell_ms duration_ms engagement_time_msec time_on_page_ms stay_ms 停留毫秒",
        "fg_s": "fg_s dwell_s duration_s dwell_seconds duration duration_sec duration_seconds dwell dwell_time stay_seconds seconds time_on_page "
        "timespent time_spent stay_time 停留时长 停留时间 停留秒数 浏览时长 停留 verweildauer",
        "fg_min": "fg_min dwell_minutes duration_min minutes 停留分钟",
    },
    "stores": {
        "store_id": f"{_STORE} id code 编号 店号 门店代码 门店号",
        "name": "name store_name shop_name branch_name 门店名称 店铺名称 门店名 店名 名称 filialname nombre",
        "type": "type store_type type_store format 门店类型 类型 经营类型",
        "agent_id": "agent_id agent franchisee franchisee_id dealer dealer_id owner 代理商 代理商编号 加盟商 经销商",
        "city": _CITY,
        "district": _DISTRICT,
        "lat": _LAT,
        "lng": _LNG,
        "latlng": _LATLNG,
        "geohash": "geohash",
        "datum_raw": _DATUM,
        "area_m2": "area_m2 area_sqm sqm square_metres 面积 营业面积 flaeche",
        "opened_on": "opened_on opendate open_date opening_date opened_at opened opening 开业日期 开业时间 开店日期 开店时间 eroeffnung apertura",
        "closed_on": "closed_on closedate close_date closing_date closed 关店日期 闭店日期 停业日期 schliessung",
        "accepts_binding": "accepts_binding 可绑定",
        "zone": "zone timezone time_zone tz 时区",
    },
    "agents": {
        "agent_id": "agent_id agent dealer_id franchisee_id id 代理商编号 代理商id 加盟商编号 经销商编号",
        "name": "name agent_name dealer_name 代理商名称 名称 代理商 加盟商名称",
        "level": "level grade tier 级别 代理级别 等级",
        "contract_from": "contract_from contract_start start_date 合同开始 合同开始日期",
        "contract_to": "contract_to contract_end end_date 合同结束 合同结束日期",
        "receiver_type": "receiver_type 收款类型",
        "rail_cap_bps": "rail_cap_bps",
        "return_authorised": "return_authorised return_authorized",
    },
    "guides": {
        "guide_id": "guide_id guide staff_id employee_id 导购编号 导购id 导购",
        "store_id": _STORE,
        "upline_guide_id": "upline_guide_id upline inviter 上级导购 推荐人",
        "active_from": "active_from start_date hired_on 入职日期",
        "active_to": "active_to end_date left_on 离职日期",
    },
    "territories": {
        "territory_id": "territory_id territory area_id zone_id protection_id 区域编号 领地编号 保护区编号 保护区",
        "agent_id": "agent_id agent dealer_id dealer franchisee_id franchisee 代理商编号 代理商id 代理商 加盟商编号 加盟商",
        "store_id": _STORE,
        "kind": "kind territory_kind territory_type area_type shape 区域类型 保护类型 类型",
        "value": "value extent cells h3_cells 范围 区域范围 保护范围 值",
        "radius_m": "radius_m radius protection_radius protection_radius_m 半径 保护半径 半径米 保护半径米",
        "protects": "protects protection protected_rights rights 保护内容 保护事项 权利",
        "valid_from": "valid_from effective_from start_date from_date 生效日期 开始日期",
        "valid_to": "valid_to effective_to end_date to_date 失效日期 结束日期",
    },
    "travel": {
        "cell": "cell h3 h3_cell h3_index hex_id home_cell hexagon 网格 网格编号 蜂窝",
        "store_id": _STORE,
        "distance_m": "distance_m distance road_distance_m distance_metres distance_meters metres meters 距离 距离米 路程",
        "distance_km": "distance_km road_distance_km km 距离公里 公里",
        "duration_s": "duration_s travel_time_s seconds travel_seconds drive_time_s 时长 耗时 秒",
        "duration_min": "duration_min travel_time_min minutes drive_time travel_time drive_minutes 分钟 时长分钟",
    },
    "products": {
        "product_id": f"{_PRODUCT} id code",
        "style_id": "style_id style style_code parent_sku 款号 款式编号",
        "name": f"{_PRODUCT_NAME} name 名称",
        "category": "category product_category product_category_name category_id category_name item_category department type product_type 类目 分类 "
        "品类 商品类目 商品分类 kategorie categoria",
        "list_price": "list_price listprice price msrp retail_price 吊牌价 原价 价格 零售价 标价 preis precio",
        "season": "season 季节 季度 saison temporada",
        "launched_on": "launched_on launch_date first_sale_date 上市日期 上架时间 上新日期",
        "retired_on": "retired_on end_of_sale 下架日期 下架时间",
        "size": "size 尺码 groesse talla",
        "colour": "colour color 颜色 farbe",
    },
    "availability": {
        "product_id": _PRODUCT,
        "size": "size 尺码",
        "store_id": _STORE,
        "channel": _CHANNEL,
        "from_on": "from_on from start out_from 缺货开始",
        "to_on": "to_on to end out_to 缺货结束",
    },
    "customers": {
        "customer_id": f"{_CUSTOMER} id",
        "registered_at": "registered_at registration_date register_time registered signup_date sign_up_date created_at join_date joined_at member_since "
        "date_created 注册时间 注册日期 入会时间 开卡时间 成为会员时间",
        "reg_channel": "reg_channel registration_channel signup_channel 注册渠道 入会渠道",
        "city": _CITY,
        "home_lat": _LAT,
        "home_lng": _LNG,
        "latlng": _LATLNG,
        "geohash": "geohash",
        "datum_raw": _DATUM,
        "home_src": "home_src",
        "home_precision_m": "home_precision_m",
        "consent_marketing_at": "consent_marketing_at marketing_consent_at",
        "consent_location_at": "consent_location_at",
        "consent_share_agent_at": "consent_share_agent_at",
        "opted_out_at": "opted_out_at unsubscribed_at",
        "is_staff": "is_staff staff employee 是否员工",
        "is_test": "is_test test",
        "updated_at": _UPDATED,
    },
    "identities": {
        "id_type": "id_type identity_type",
        "id_hash": "id_hash hash identity_hash",
        "customer_id": _CUSTOMER,
        "app_id": "app_id appid",
        "verified": "verified",
        "first_seen": "first_seen",
        "link_reason": "link_reason",
    },
    "location_fixes": {
        "fix_id": "fix_id checkin_id check_in_id",
        "customer_id": f"{_CUSTOMER} visitor_id anon_id",
        "fixed_at": "fixed_at check_in_time checkin_time check_in_at utctimestamp utc_time timestamp time datetime date located_at 定位时间 签到时间 时间",
        "time_of_day": "clock time_of_day time 时间",
        "lat": _LAT,
        "lng": _LNG,
        "latlng": _LATLNG,
        "geohash": "geohash",
        "datum_raw": _DATUM,
        "accuracy_m": "accuracy_m accuracy precision_m 精度 精度米",
        "src": "src fix_source",
        "context_store_id": "context_store_id scanned_store",
    },
    "refunds": {
        "refund_id": "refund_id refund_no return_id return_no 退款编号 退款单号 售后单号",
        "order_id": _ORDER_ID,
        "line_id": "line_id line_no 子订单号",
        "customer_id": _CUSTOMER,
        "product_id": _PRODUCT,
        "refunded_at": "refunded_at refund_time refund_date returned_at return_date return_time 退款时间 退款完结时间 退货时间",
        "goods": "goods refund_amount refunded_amount refund return_amount amount 退款金额 买家退款金额 退货金额",
        "shipping": "shipping refunded_shipping 退运费",
        "reason": "reason refund_reason return_reason 退款原因 退货原因",
        "channel": _CHANNEL,
        "currency": "currency currency_code 币种",
    },
    "bills": {
        "billed_on": "billed_on bill_date billing_date settled_on settlement_date settlement_day statement_date payout_date date day 账单日期 结算日期 对账日期 "
        "入账日期 日期 abrechnungsdatum fecha_liquidacion",
        "source": "source shop_system shop platform provider 平台 系统 渠道 来源",
        "billed": "billed billed_amount bill_amount settled_amount settlement_amount settled gross_amount total_amount received amount 账单金额 结算金额 入账金额 "
        "交易金额 金额",
        "orders": "orders order_count orders_count number_of_orders transactions transaction_count 订单数 订单笔数 交易笔数 笔数",
        "fees": "fees fee service_fee platform_fee commission fee_amount 手续费 服务费 平台服务费 佣金",
        "currency": "currency currency_code 币种 货币",
    },
    "complaints": {
        "complaint_id": "complaint_id complaint_no complaint_number complaint ticket_id ticket_no ticket_number ticket case_id case_no case_number "
        "投诉编号 投诉单号 投诉id 客诉编号 客诉单号 工单编号 工单号 工单id reklamation_id reklamationsnummer beschwerde_id id_reclamacion numero_reclamacion",
        "customer_id": f"{_CUSTOMER} requester requester_id complainant complainant_id 投诉人 投诉人id 投诉客户",
        "order_id": _ORDER_ID.replace(" ticket_id", ""),
        "store_id": f"{_STORE} 投诉门店 被投诉门店",
        "channel": f"{_CHANNEL} 投诉渠道 受理渠道",
        "kind": "kind type category complaint_type complaint_category topic reason subject issue issue_type 投诉类型 投诉类别 投诉原因 客诉类型 问题类型 工单类型 "
        "grund motivo tipo",
        "opened_at": "opened_at opened open_date opened_on open_time complained_at complaint_time complaint_date complaint_at created_at created create_time "
        "date_created reported_at received_at 投诉时间 投诉日期 客诉时间 受理时间 提交时间 创建时间 工单创建时间 eroeffnet_am eingegangen_am abierto_el",
        "closed_at": "closed_at closed closed_on close_date close_time resolved_at resolved resolution_date resolution_time solved_at settled_at finished_at "
        "关闭时间 结案时间 解决时间 处理完成时间 完结时间 办结时间 geschlossen_am erledigt_am cerrado_el",
        "updated_at": _UPDATED,
    },
    "campaign_sends": {
        "send_id": "send_id message_id delivery_id 消息id 发送编号 推送id",
        "campaign_id": "campaign_id campaign_no campaign_code campaign flow_id 活动编号 活动id 营销活动id 营销活动编号 计划id 任务id kampagne kampagnen_id campana id_campana",
        "name": "name campaign_name campaign_title 活动名称 营销活动名称 计划名称 任务名称 kampagnenname nombre_campana",
        "customer_id": f"{_CUSTOMER} recipient recipient_id profile_id 接收人 接收会员",
        "group": "group arm test_group variant treatment is_treated assignment 组别 分组 实验分组 实验组别 gruppe grupo",
        "channel": f"{_CHANNEL} medium send_channel message_channel 发送渠道 触达渠道 推送渠道",
        "sent_at": "sent_at sent_time send_time send_date sent_on sent_date sent delivered_at delivery_time scheduled_at 发送时间 推送时间 触达时间 发送日期 gesendet_am "
        "versendet_am enviado_el",
        "cost": "cost send_cost message_cost unit_cost 成本 费用 发送成本 发送费用 kosten coste costo",
        "currency": "currency currency_code 币种 货币",
    },
}
"""Shape → canonical column → headers, most telling first. ``sales`` stands for both orders and order lines."""


_UNITS: Final = frozenset(
    {"ms", "s", "sec", "seconds", "min", "minutes", "id", "秒", "毫秒", "分钟", "m", "km", "米", "公里"}
)


_PLAIN: Final = str.maketrans("", "", "_")


@functools.lru_cache(maxsize=8_192)
def plain_header(header: str) -> str:
    """A header without case, width, accents, blanks and punctuation: ``Order ID `` and ``order_id`` are both ``orderid``.

    Brackets at the end, such as ``Price (USD)``, are left out unless they name a unit of time or length.
    """
    known = header[:LONGEST_HEADER]
    if known.isascii() and (bare := known.translate(_PLAIN)).isalnum():
        return bare.lower()  # no brackets, accents or signs: most headers, and nearly all words they are compared with
    text = unicodedata.normalize("NFKC", known).strip().casefold()
    ending = re.search(r"\(([^)]*)\)$", text)
    if ending and ending.group(1).strip() not in _UNITS:
        text = text[: ending.start()]
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFC", bare))


def synonyms(shape: str) -> dict[str, list[str]]:
    """The plain headers of each column of a shape, the column's own name first."""
    table = SYNONYMS["sales" if shape in {"orders", "order_lines"} else shape]
    return {
        column: [plain_header(column), *(plain_header(word) for word in words.split())]
        for column, words in table.items()
    }
