"""Words of other systems and languages for the few values that Catchlight knows: channels, states, kinds of events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.tables import ARMS, CHANNELS, EVENT_TYPES, MODELS, ORDER_STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHANNELS: Final = {
    "wechat_mini": "小程序 微信小程序 微信 mini_program miniprogram wechat weapp mini weixin 微商城小程序 wechat_mini_program wx",
    "mall": "商城 微商城 网店 shop mall eshop 官方商城",
    "h5_site": "h5 m站 h5商城 手机网页 wap mobile_web mobile_site",
    "app": "app ios android 客户端 安卓 苹果 mobile_app iphone 手机app android_app ios_app",
    "live": "直播 直播间 live livestream 抖音直播 live_stream douyin 抖音 快手 kuaishou",
    "pos": "pos 门店 线下 线下门店 实体店 店铺 store offline in_store instore retail retail_store shop_floor 门店自提 tienda filiale",
    "web": "web website online online_store site desktop internet 官网 网站 网页 pc 电脑 web_store ecommerce e_commerce checkout browser 线上",
    "marketplace": "marketplace 天猫 淘宝 京东 拼多多 tmall taobao jd pdd amazon ebay 平台 etsy allegro otto 第三方平台 marktplatz",
    "phone": "phone 电话 电话订购 telephone call call_center tel hotline",
    "other": "other 其他 其它 sonstige otro unknown 未知",
}
_STATUSES: Final = {
    "placed": "placed pending open created new unpaid on_hold authorized 待付款 待支付 未付款 未支付 已下单 等待买家付款 wc_pending wc_on_hold "
    "checkout_draft wc_checkout_draft awaiting_payment pending_payment draft payment_pending offen pendiente submitted",
    "paid": "paid processing partially_paid partially_refunded fulfilled shipped 已付款 已支付 待发货 已发货 待收货 买家已付款 卖家已发货 支付成功 "
    "wc_processing captured bezahlt pagado dispatched in_transit approved invoiced 待核销 部分退款 shipping success",
    "completed": "completed complete delivered closed_won done finished 已完成 交易成功 已签收 完成 wc_completed abgeschlossen completado "
    "picked_up 已收货 交易完成 received",
    "cancelled": "cancelled canceled voided void failed expired 已取消 已关闭 交易关闭 取消 关闭 wc_cancelled wc_failed storniert cancelado "
    "declined rejected closed unavailable trash 付款后用户取消",
    "refunded": "refunded refund returned charged_back chargeback 已退款 退款成功 已退货 全额退款 wc_refunded erstattet reembolsado",
}
_EVENTS: Final = {
    "view": "view pageview page_view product_view view_item browse pv click detail item_view viewed impression_click product_viewed "
    "浏览 访问 查看 商品浏览 点击 visit $pageview screen screen_view $screen view_product product_detail action goto page",
    "cart": "cart add_to_cart addtocart added_to_cart 加购 加入购物车 product_added cart_add add_cart ecommerceabandonedcart",
    "share": "share shared 分享 转发 forward",
    "scan": "scan qr qr_scan 扫码 scan_code",
    "ping": "ping heartbeat 心跳 alive",
    "hide": "hide blur hidden page_hide background app_background 隐藏 切后台",
    "leave": "leave close exit unload pageleave $pageleave page_leave app_close 离开 退出 session_end",
    "activity": "activity buy purchase order checkout begin_checkout fav favorite favourite wishlist add_to_wishlist search login scroll "
    "session_start user_engagement first_visit remove_from_cart 购买 下单 收藏 搜索 event ecommerceorder download outlink transaction "
    "$autocapture $identify $set",
}
_EVENT_CODES: Final = {"1": "view", "2": "activity", "3": "cart", "4": "activity"}
"""The numbering of public Chinese mobile-commerce logs: 1 look, 2 favourite, 3 cart, 4 buy."""
_MODELS: Final = {"C2C": "c2c", "B2C": "b2c", "O2O": "o2o bopis click_and_collect 自提 到店自提"}
_KINDS: Final = {
    "radius_m": "radius circle distance metres meters 半径 圆 圆形 保护半径 radio umkreis",
    "h3_set": "h3 cells h3_cells hexagons hex grid 网格 蜂窝 六边形 zellen celdas",
    "district": "area region county borough 区 区县 行政区 商圈 bezirk distrito",
}
_PROTECTS: Final = {
    "opening": "open openings store_opening new_store exclusivity 开店 新店 选址 独家 eroeffnung apertura",
    "binding": "bind customers members 绑定 会员 客户 客户绑定 bindung clientes",
    "delivery": "deliver deliveries fulfilment fulfillment 配送 发货 送货 lieferung entrega",
}
_ARMS: Final = {
    "treated": "treatment test test_group treatment_group target exposed sent send recipient experiment 1 true yes 实验组 处理组 测试组 发送 发送组 "
    "已发送 tratamiento testgruppe",
    "holdout": "hold_out control control_group held_out withheld not_sent suppressed 0 false no 对照组 对照 空白组 控制组 保留组 未发送 kontrollgruppe grupo_control",
}
_TRUE: Final = "true yes y 1 t ja si sí 是 有 真"
_FALSE: Final = "false no n 0 f nein 否 无 假"
_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "channel": CHANNELS,
    "status": ORDER_STATUSES,
    "type": EVENT_TYPES,
    "model": MODELS,
    "kind": tuple(_KINDS),
    "protects": tuple(_PROTECTS),
    "group": ARMS,
}


def plain_word(word: str) -> str:
    """A word without case, blanks and punctuation, so that ``Add to Cart`` and ``add_to_cart`` are one."""
    return re.sub(r"[\s\-./]+", "_", word.strip().lower()).strip("_")


def _table(groups: Mapping[str, str]) -> dict[str, str]:
    return {word: value for value, words in groups.items() for word in (plain_word(value), *words.split())}


_TABLES: Final = {
    "channel": _table(_CHANNELS),
    "status": _table(_STATUSES),
    "type": _table(_EVENTS),
    "model": _table(_MODELS),
    "kind": _table(_KINDS),
    "protects": _table(_PROTECTS),
    "group": _table(_ARMS),
    "flag": _table({"true": _TRUE, "false": _FALSE}),
}


def translate(kind: str, values: pl.Series, own: Mapping[str, str]) -> pl.Series:
    """Words as canonical values; what nobody knows becomes null.

    Args:
        kind: ``channel``, ``status``, ``type``, ``model``, ``kind`` (of an area), ``protects``, ``group`` (of a campaign) or ``flag``.
        values: the words of one column.
        own: the mapping's own translations; they come first.
    """
    distinct = [word for word in values.unique().to_list() if word is not None]
    codes = kind == "type" and set(distinct) <= set(_EVENT_CODES)
    mine = {plain_word(word): value for word, value in own.items()}
    table = {**_TABLES[kind], **mine}
    meaning = {w: own.get(w) or (_EVENT_CODES[w] if codes else table.get(plain_word(w))) for w in distinct}
    known = {word: value for word, value in meaning.items() if value is not None}
    if not known:
        return pl.Series(values.name, [None] * len(values), dtype=pl.String)
    if all(word == value for word, value in known.items()) and len(known) == len(distinct):
        return values
    return values.replace_strict(known, default=None, return_dtype=pl.String)


def known_values(kind: str) -> tuple[str, ...]:
    """The values a kind may have."""
    return _KNOWN[kind]
