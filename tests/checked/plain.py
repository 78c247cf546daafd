"""The dashboard's questions answered from a shop's files alone, the plainest way, from the formulas of the specification."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import h3
import numpy as np
import polars as pl

if TYPE_CHECKING:
    from answers.answer import Context

UNMAPPED: Final = "Unmapped"
_R: Final = 6_371_008.8
_MINUTE: Final = 60_000_000
_DAY: Final = 86_400_000_000
Table = dict[Any, Any]


def _utc(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_zone="UTC", time_unit="us")


def _metres(lat: Any, lng: Any, lats: Any, lngs: Any) -> Any:
    a, b = np.radians(lat)[:, None], np.radians(lats)[None, :]
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lngs[None, :] - lng[:, None]) / 2) ** 2
    return 2 * _R * np.arcsin(np.sqrt(half))


@dataclass(frozen=True)
class Plain:
    """A shop as its files tell it.

    Attributes:
        tables: the files.
        zone: the business zone.
    """

    tables: dict[str, pl.DataFrame]
    zone: str

    # what the files say

    @cached_property
    def people(self) -> pl.DataFrame:
        """Customers without tests."""
        rows = self.tables["customers"].filter(~pl.col("is_test"))
        on = _utc("registered_at").dt.convert_time_zone(self.zone).dt.date()
        return rows.with_columns(registered_on=on)

    @cached_property
    def staff(self) -> set[str]:
        """Who works there."""
        return set(self.people.filter("is_staff")["customer_id"])

    @cached_property
    def tests(self) -> set[str]:
        """Customers who are tests."""
        return set(self.tables["customers"].filter("is_test")["customer_id"])

    @cached_property
    def _near(self) -> tuple[dict[str, int], Any, pl.DataFrame]:
        homes = self.people.drop_nulls(["home_lat", "home_lng"])
        stores = self.tables["stores"].sort("store_id")
        if not stores.height or not homes.height:
            return {}, np.zeros((0, 0)), stores
        far = _metres(
            *(homes[c].to_numpy() for c in ("home_lat", "home_lng")), *(stores[c].to_numpy() for c in ("lat", "lng"))
        )
        return {who: row for row, who in enumerate(homes["customer_id"])}, far, stores

    def owners(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With whose customer it was on that day: the nearest store open then, where nobody was ever bound."""
        place, far, stores = self._near
        opened, closed = stores["opened_on"].to_list(), stores["closed_on"].to_list()
        found: dict[tuple[str, dt.date], int | None] = {}
        out: list[int | None] = []
        open_on: dict[dt.date, Any] = {}
        for who, day in rows.select("customer_id", "local_on").iter_rows():
            if who not in place:
                out.append(None)
                continue
            if (who, day) not in found:
                if day not in open_on:
                    open_on[day] = np.array(
                        [o <= day and (c is None or day < c) for o, c in zip(opened, closed, strict=True)]
                    )
                near = np.where(open_on[day], far[place[who]], np.inf)
                found[who, day] = int(near.argmin()) if np.isfinite(near.min()) else None
            out.append(found[who, day])
        at = pl.Series(out, dtype=pl.Int64)
        return rows.with_columns(
            owner_store=stores["store_id"].gather(at),
            owner_agent=stores["agent_id"].gather(at),
            owner_city=stores["city"].gather(at),
        )

    def _stored(self, rows: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
        known = self.tables["stores"].select(pl.col("store_id").alias(column), agent="agent_id", city="city")
        return rows.join(known, on=column, how="left", maintain_order="left").rename({column: name})

    @cached_property
    def _categories(self) -> pl.DataFrame:
        return self.tables["products"].select("product_id", "category")

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Valid orders with their owner."""
        rows = self.tables["orders"].filter(pl.col("paid_at").is_not_null() & (pl.col("status") != "cancelled"))
        rows = rows.filter(~pl.col("customer_id").is_in(list(self.tests)).fill_null(value=False))
        at = _utc("paid_at")
        rows = rows.with_columns(at=at, local_on=at.dt.convert_time_zone(self.zone).dt.date()).sort("at", "order_id")
        wall = pl.col("at").dt.convert_time_zone(self.zone)
        rows = rows.with_columns(how=(wall.dt.weekday().cast(pl.Int64) - 1) * 24 + wall.dt.hour())
        own = self.tables["stores"].select(fulfil_store_id="store_id", fulfil_agent="agent_id")
        rows = rows.join(own, on="fulfil_store_id", how="left", maintain_order="left")
        return self.owners(self._stored(rows, "selling_store_id", "store"))

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Lines of valid orders, with what came back of them."""
        back = (
            self.tables["refunds"]
            .group_by("order_id", "line_id")
            .agg(back=(pl.col("refund_amount") * 100).round().cast(pl.Int64).sum())
        )
        rows = self.tables["order_lines"].with_columns(net=(pl.col("net_amount") * 100).round().cast(pl.Int64))
        rows = rows.join(back, on=["order_id", "line_id"], how="left").with_columns(pl.col("back").fill_null(0))
        rows = rows.join(self._categories, on="product_id", how="left")
        return rows.join(self.orders, on="order_id", how="inner")

    @cached_property
    def events(self) -> pl.DataFrame:
        """Events of nobody who is a test or on the staff, each once, in order."""
        rows = self.tables["events"].unique("event_id")
        out = list(self.tests | self.staff)
        rows = rows.filter(~pl.col("customer_id").is_in(out).fill_null(value=False))
        at = _utc("occurred_at")
        wall = at.dt.convert_time_zone(self.zone)
        rows = rows.with_columns(
            us=at.dt.epoch("us"), local_on=wall.dt.date(), how=(wall.dt.weekday().cast(pl.Int64) - 1) * 24 + wall.dt.hour(),
            visitor=pl.coalesce("customer_id", "anon_id"),
        ).join(self._categories, on="product_id", how="left")  # fmt: skip
        return rows.sort("visitor", "us", "seq")

    @cached_property
    def actions(self) -> pl.DataFrame:
        """Carts, shares and scans."""
        return self.owners(
            self._stored(self.events.filter(pl.col("type").is_in(["cart", "share", "scan"])), "store_id", "store")
        )

    @cached_property
    def visits(self) -> pl.DataFrame:
        """Views with their dwell and whether they are lingering (T1)."""
        rows = self.events
        dwell = _dwell(rows)
        views = rows.with_columns(dwell=pl.Series(dwell, dtype=pl.Int64)).filter(pl.col("type") == "view")
        limit = _thresholds(views)
        lingers = [
            None if d is None else d >= limit[category, day.replace(day=1)]
            for d, category, day in views.select("dwell", "category", "local_on").iter_rows()
        ]
        return self.owners(
            self._stored(views.with_columns(linger=pl.Series(lingers, dtype=pl.Boolean)), "store_id", "store")
        )

    # whose rows, and which

    def seen(self, rows: pl.DataFrame, asked: Context) -> pl.DataFrame:
        """Rows that the scope may see at all."""
        if asked.scope.role == "owner":
            return rows
        mine = (pl.col("agent") == asked.scope.agent_id) | (pl.col("owner_agent") == asked.scope.agent_id)
        if "fulfil_agent" in rows.columns:
            mine = mine.fill_null(value=False) | (pl.col("fulfil_agent") == asked.scope.agent_id)
        return rows.filter(mine.fill_null(value=False) & pl.col("customer_id").is_not_null())

    def sales(self, asked: Context, *, goods: bool = True) -> pl.DataFrame:
        """Valid orders of all days in the currency that match the filters: ``gross, back, paid, kept``."""
        chosen = asked.filters
        lines = self.seen(self.lines, asked).filter(pl.col("currency") == asked.currency)
        rows = _in(
            lines, {"city": chosen.city, "agent": chosen.agent, "store": chosen.store, "channel": chosen.channel}
        )
        if chosen.segment:
            rows = rows.filter(pl.col("customer_id").is_in(list(self.of_segment(asked))).fill_null(value=False))
        if goods:
            rows = _goods(rows, asked)
        whole = rows.group_by("order_id").agg(
            pl.col("customer_id", "local_on", "at", "channel", "city", "agent", "store", "how").first(),
            gross=pl.col("net").sum(), back=pl.col("back").sum(), paid=(pl.col("net") > 0).any(),
        )  # fmt: skip
        whole = whole.with_columns(net=pl.col("gross") - pl.col("back"))
        kept = pl.col("paid") & ~((pl.col("back") > 0) & (pl.col("net") <= 0))
        known = pl.col("customer_id").is_not_null() & ~pl.col("customer_id").is_in(list(self.staff)).fill_null(
            value=False
        )
        return whole.with_columns(buyer=kept & known).sort("at", "order_id")

    def sold(self, asked: Context) -> pl.DataFrame:
        """Lines of all days that match the filters."""
        rows = _goods(self.seen(self.lines, asked).filter(pl.col("currency") == asked.currency), asked)
        chosen = asked.filters
        rows = _in(rows, {"city": chosen.city, "agent": chosen.agent, "store": chosen.store, "channel": chosen.channel})
        if chosen.segment:
            rows = rows.filter(pl.col("customer_id").is_in(list(self.of_segment(asked))).fill_null(value=False))
        return rows

    def looks(self, asked: Context, which: str = "visits") -> pl.DataFrame:
        """Views (or actions) of all days that match the filters: by their owner then, or where they happened."""
        chosen = asked.filters
        rows = self.seen(self.visits if which == "visits" else self.actions, asked)
        if asked.scope.role == "agent":  # which of the others' stores it was, and where that is, is not theirs to know
            mine = pl.col("agent") == asked.scope.agent_id
            rows = rows.with_columns(pl.when(mine).then(pl.col(c)).alias(c) for c in ("store", "agent", "city"))
        for column, values in (("store", chosen.store), ("agent", chosen.agent), ("city", chosen.city)):
            if values:
                here = pl.col(column).is_in(list(values)).fill_null(value=False)
                rows = rows.filter(here | pl.col(f"owner_{column}").is_in(list(values)).fill_null(value=False))
        rows = _goods(_in(rows, {"channel": chosen.channel}), asked)
        if chosen.segment:
            rows = rows.filter(pl.col("customer_id").is_in(list(self.of_segment(asked))).fill_null(value=False))
        return rows

    def of_segment(self, asked: Context) -> set[str]:
        """Customers of the chosen segments, as of as-of, on the whole base."""
        rows = self.seen(self.lines, asked).filter(pl.col("currency") == asked.currency)
        whole = rows.group_by("order_id").agg(
            pl.col("customer_id", "local_on").first(),
            net=pl.col("net").sum(),
            back=pl.col("back").sum(),
            paid=(pl.col("net") > 0).any(),
        )
        whole = whole.with_columns(net=pl.col("net") - pl.col("back")).filter(
            "paid", ~((pl.col("back") > 0) & (pl.col("net") <= 0))
        )
        whole = whole.filter(pl.col("customer_id").is_not_null() & ~pl.col("customer_id").is_in(list(self.staff)))
        return {who for who, told in _scores(whole, asked.as_of).items() if told[3] in asked.filters.segment}

    # answers, by address

    def kpis(self, asked: Context) -> Table:
        """Key figures of the period."""
        rows = _on(self.sales(asked), asked.from_on, asked.to_on)
        orders, net = int(rows["paid"].sum()), int(rows["net"].sum())
        online = int(rows.filter(pl.col("channel") != "pos")["net"].sum())
        views = _on(self.looks(asked), asked.from_on, asked.to_on)
        known = views.drop_nulls("dwell")
        upto = min(asked.to_on, asked.as_of - dt.timedelta(days=31))
        old = _on(self.sales(asked), upto - dt.timedelta(days=asked.days - 1), upto)
        year = _on(self.sales(asked), asked.to_on - dt.timedelta(days=364), asked.to_on).filter("buyer")
        days = year.group_by("customer_id").agg(pl.col("local_on").n_unique())["local_on"]
        return {
            "net_minor": net, "orders": orders, "buyers": rows.filter("buyer")["customer_id"].n_unique() if self._names_members(asked) else None,
            "average_order_value_minor": (2 * net + orders) // (2 * orders) if orders else None,
            "online_share": online / net if net else None,
            "return_rate": int(old["back"].sum()) / int(old["gross"].sum()) if old["gross"].sum() else None,
            "repeat_rate": (days > 1).mean() if len(days) else None,
            "dwell_minutes": known["dwell"].sum() / 60_000 if known.height else None,
            "linger_rate": known["linger"].mean(),
            "conversion_rate": self._conversion(asked),
        }  # fmt: skip

    def _names_members(self, asked: Context) -> bool:
        return bool(self.seen(self.orders, asked)["customer_id"].count())

    def _conversion(self, asked: Context) -> float | None:
        upto = min(asked.to_on, asked.as_of - dt.timedelta(days=15))
        rows = _on(self.looks(asked), upto - dt.timedelta(days=asked.days - 1), upto)
        rows = rows.filter(pl.col("customer_id").is_not_null() & pl.col("product_id").is_not_null())
        first = dict(rows.group_by("customer_id").agg(pl.col("us").min()).iter_rows())
        lines = self.seen(self.lines, asked).filter(pl.col("back") < pl.col("net"), pl.col("local_on") < asked.as_of)
        lines = lines.filter(~pl.col("customer_id").is_in(list(self.staff)))  # whatever was bought, wherever
        bought = {
            who
            for who, at in lines.select("customer_id", pl.col("at").dt.epoch("us")).iter_rows()
            if who in first and first[who] <= at < first[who] + 14 * _DAY
        }
        return len(bought) / len(first) if first else None

    def trend(self, asked: Context) -> Table:
        """Day → net, orders."""
        rows = (
            _on(self.sales(asked), asked.from_on, asked.to_on)
            .group_by("local_on")
            .agg(pl.col("net").sum(), pl.col("paid").sum())
        )
        return {day: (net, paid) for day, net, paid in rows.iter_rows() if net or paid}

    def ranking(self, asked: Context, by: str) -> Table:
        """Group → net of the period."""
        column = {"agent_id": "agent", "store_id": "store"}.get(by, by)
        rows = self.sold(asked) if by == "category" else self.sales(asked)
        rows = _on(rows, asked.from_on, asked.to_on)
        net = (pl.col("net") - pl.col("back")) if by == "category" else pl.col("net")
        return dict(rows.group_by(column).agg(net.sum()).iter_rows())

    def funnel(self, asked: Context) -> list[int | None]:
        """Distinct visitors by step, each of the step before; a step of which nothing is known is passed over."""
        seen = _on(self.looks(asked), asked.from_on, asked.to_on)
        cart = _on(self.looks(asked, "actions"), asked.from_on, asked.to_on).filter(pl.col("type") == "cart")
        rows = _on(self.sales(asked), asked.from_on, asked.to_on)
        paid, kept = rows.filter("paid"), rows.filter("buyer")
        out = list(self.staff)
        steps: list[set[str] | None] = [
            set(seen["visitor"]),
            set(seen.filter(pl.col("linger").fill_null(value=False))["visitor"]) if seen["linger"].count() else None,
            set(cart["visitor"]) or None,
            set(paid["customer_id"].drop_nulls()) - set(out) or None,
            set(kept["customer_id"]),
        ]
        found: list[int | None] = []
        left = set(seen["visitor"])
        for step in steps if steps[3] else [*steps[:4], None]:
            left = left if step is None else left & step
            found.append(None if step is None else len(left))
        return found if seen.height else []

    def heatmap(self, asked: Context, group: str) -> Table:
        """(group, hour of the week) → views, known views, milliseconds."""
        rows = _on(self.looks(asked), asked.from_on, asked.to_on)
        column = "product_id" if group == "product" else "category"
        rows = (
            rows.drop_nulls("product_id")
            if group == "product"
            else rows.with_columns(pl.col("category").fill_null(UNMAPPED))
        )
        told = rows.group_by(column, "how").agg(
            pl.len(), pl.col("dwell").count().alias("k"), pl.col("dwell").sum().alias("d")
        )
        return {(g, h): (n, k, d) for g, h, n, k, d in told.iter_rows()}

    def coverage(self, asked: Context) -> Table:
        """Channel → views, known views, measured."""
        rows = _on(self.looks(asked), asked.from_on, asked.to_on)
        is_measured = (pl.col("fg_ms").is_not_null()).sum()
        told = rows.group_by("channel").agg(pl.len(), pl.col("dwell").count().alias("k"), is_measured.alias("m"))
        return {c: (n, k, m) for c, n, k, m in told.iter_rows()}

    def cross(self, asked: Context, by: str) -> Table:
        """(category, where) → views, known views, median, linger rate."""
        column = {"city": "owner_city", "store": "owner_store", "agent": "owner_agent"}.get(by, by)
        rows = _on(self.looks(asked), asked.from_on, asked.to_on).with_columns(pl.col("category").fill_null(UNMAPPED))
        return _attention(rows, "category", column)

    def products(self, asked: Context) -> Table:
        """Product → views, known views, median, linger rate."""
        rows = _on(self.looks(asked), asked.from_on, asked.to_on).drop_nulls("product_id")
        return {key[0]: told for key, told in _attention(rows, "product_id").items()}

    def frequency(self, asked: Context) -> Table:
        """Order-days → customers."""
        days = self._days(asked).group_by("customer_id").len()["len"]
        return dict(days.value_counts().iter_rows())

    def gaps(self, asked: Context) -> Table:
        """Gap in days → how often."""
        found: dict[int, int] = defaultdict(int)
        last: dict[str, dt.date] = {}
        for who, day in self._days(asked).sort("customer_id", "local_on").iter_rows():
            if who in last:
                found[(day - last[who]).days] += 1
            last[who] = day
        return dict(found)

    def _days(self, asked: Context) -> pl.DataFrame:
        rows = _on(self.sales(asked), asked.from_on, asked.to_on).filter("buyer")
        return rows.select("customer_id", "local_on").unique()

    def rfm(self, asked: Context) -> Table:
        """Scores and segment → customers and net."""
        rows = self.sales(asked, goods=False).filter("buyer")
        found: dict[Any, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for r, f, m, segment, net in _scores(rows, asked.to_on + dt.timedelta(days=1)).values():
            n, money = found[r, f, m, segment]
            found[r, f, m, segment] = (n + 1, money + net)
        return dict(found)

    def cohorts(self, asked: Context) -> Table:
        """(cohort, month) → customers, active."""
        rows = self.sales(asked, goods=False).filter(pl.col("buyer") & (pl.col("local_on") <= asked.to_on))
        months: dict[str, set[int]] = defaultdict(set)
        for who, day in rows.select("customer_id", "local_on").iter_rows():
            months[who].add(day.year * 12 + day.month - 1)
        size: dict[int, int] = defaultdict(int)
        active: dict[tuple[int, int], int] = defaultdict(int)
        for seen in months.values():
            size[min(seen)] += 1
            for month in seen:
                active[min(seen), month] += 1
        now, first = asked.to_on.year * 12 + asked.to_on.month - 1, asked.from_on.year * 12 + asked.from_on.month - 1
        return {
            (dt.date(start // 12, start % 12 + 1, 1), at - start): (size[start], active[start, at])
            for start in size
            if start >= first
            for at in range(start, now + 1)
        }

    def second(self, asked: Context) -> Table:
        """Days since the first order → at risk, came back, censored; of buyers whose very first order lies in the period."""
        rows = self.sales(asked, goods=False).filter(pl.col("buyer") & (pl.col("local_on") <= asked.to_on))
        waits: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for _, days in rows.group_by("customer_id").agg(pl.col("local_on").unique().sort()).iter_rows():
            if asked.from_on <= days[0] <= asked.to_on:
                wait = (days[1] if len(days) > 1 else asked.to_on) - days[0]
                waits[wait.days][len(days) < 2] += 1
        found, left = {}, sum(sum(pair) for pair in waits.values())
        if left and 0 not in waits:
            waits[0] = [0, 0]
        for day in sorted(waits):
            found[day] = (left, *waits[day])
            left -= sum(waits[day])
        return found

    def nets(self, asked: Context) -> list[int]:
        """What each buyer spent, smallest first."""
        rows = _on(self.sales(asked), asked.from_on, asked.to_on).filter("buyer")
        return sorted(rows.group_by("customer_id").agg(pl.col("net").sum())["net"])

    def product(self, asked: Context, product: str) -> Table:
        """One product's key figures."""
        rows = _on(self.sold(asked), asked.from_on, asked.to_on).filter(
            (pl.col("product_id") == product) & (pl.col("net") > 0)
        )
        rows = rows.filter(~pl.col("customer_id").is_in(list(self.staff)).fill_null(value=False))
        views = _on(self.looks(asked), asked.from_on, asked.to_on).filter(pl.col("product_id") == product)
        kept = rows.filter((pl.col("net") > 0) & (pl.col("back") < pl.col("net")) & pl.col("customer_id").is_not_null())
        kept = kept.filter(~pl.col("customer_id").is_in(list(self.staff)))
        return {
            "orders": rows["order_id"].n_unique(), "buyers": kept["customer_id"].n_unique(), "units": float(rows["qty"].sum()),
            "net_minor": int((rows["net"] - rows["back"]).sum()), "views": views.height,
        } if rows.height or views.height else {}  # fmt: skip

    def by_hour(self, asked: Context, product: str) -> tuple[Table, Table]:
        """Orders and views of a product by hour of the week."""
        rows = _on(self.sold(asked), asked.from_on, asked.to_on).filter(
            (pl.col("product_id") == product) & (pl.col("net") > 0)
        )
        rows = rows.filter(~pl.col("customer_id").is_in(list(self.staff)).fill_null(value=False))
        views = _on(self.looks(asked), asked.from_on, asked.to_on).filter(pl.col("product_id") == product)
        return dict(rows.group_by("how").agg(pl.col("order_id").n_unique()).iter_rows()), dict(
            views.group_by("how").len().iter_rows()
        )

    # where

    def _homes(self, asked: Context) -> pl.DataFrame:
        """Customers who are known to live somewhere, with their cell of resolution 8 and their nearest open store at as-of."""
        homes = self.people.drop_nulls(["home_lat", "home_lng"])
        cells = [
            h3.cell_to_parent(h3.latlng_to_cell(lat, lng, 9), 8)
            for lat, lng in homes.select("home_lat", "home_lng").iter_rows()
        ]
        last = asked.snapshot.as_of - dt.timedelta(days=1)
        rows = self.owners(homes.with_columns(cell=pl.Series(cells, dtype=pl.String), local_on=pl.lit(last)))
        if asked.scope.role != "agent":
            return rows
        there = self.orders.filter(pl.col("agent") == asked.scope.agent_id)["customer_id"].drop_nulls().unique()
        mine = (pl.col("owner_agent") == asked.scope.agent_id).fill_null(value=False)
        return rows.filter(mine | pl.col("customer_id").is_in(there.implode()))

    def sales_by_cell(self, asked: Context) -> Table:
        """Home cell → customers, net."""
        homes = self._homes(asked).select("customer_id", "cell")
        rows = _on(self.sales(asked), asked.from_on, asked.to_on).join(homes, on="customer_id")
        told = rows.group_by("cell").agg(pl.col("customer_id").n_unique(), pl.col("net").sum())
        return {cell: (n, net) for cell, n, net in told.iter_rows()}

    def customers_by_cell(self, asked: Context) -> Table:
        """Home cell → customers, without staff."""
        rows = self._homes(asked).filter(~pl.col("is_staff"))
        for column, values in (
            ("store", asked.filters.store),
            ("agent", asked.filters.agent),
            ("city", asked.filters.city),
        ):
            if values:
                rows = rows.filter(pl.col(f"owner_{column}").is_in(list(values)).fill_null(value=False))
        if asked.filters.segment:
            rows = rows.filter(pl.col("customer_id").is_in(list(self.of_segment(asked))))
        return dict(rows.group_by("cell").len().iter_rows())


def _in(rows: pl.DataFrame, wanted: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    for column, values in wanted.items():
        if values:
            rows = rows.filter(pl.col(column).is_in(list(values)).fill_null(value=False))
    return rows


def _goods(rows: pl.DataFrame, asked: Context) -> pl.DataFrame:
    if asked.filters.category:
        rows = rows.filter(pl.col("category").fill_null(UNMAPPED).is_in(list(asked.filters.category)))
    return _in(rows, {"product_id": asked.filters.product})


def _on(rows: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    return rows.filter(pl.col("local_on").is_between(first, last))


def _attention(rows: pl.DataFrame, *by: str) -> Table:
    told = rows.group_by(by).agg(
        pl.len(),
        pl.col("dwell").count().alias("k"),
        (pl.col("dwell").median() / 1000).alias("m"),
        pl.col("linger").mean().alias("l"),
    )
    return {row[: len(by)]: row[len(by) :] for row in told.iter_rows()}


def _dwell(rows: pl.DataFrame) -> list[int | None]:
    """Milliseconds of each row that is a view, of rows by visitor and time; None: unknown."""
    told = rows.select("visitor", "us", "type", "fg_ms").rows()
    found: list[int | None] = [None] * len(told)
    for at, (who, us, kind, measured) in enumerate(told):
        if kind != "view":
            continue
        if measured is not None:
            found[at] = min(measured, 600_000)
            continue
        dwell, before = 0, us
        for other, then, what, _ in told[at + 1 :]:
            if other != who or then - before > 30 * _MINUTE:
                break
            dwell += min(then - before, 3 * _MINUTE)
            before = then
            if what in {"view", "leave", "hide"}:
                found[at] = dwell // 1000
                break
    return found


def _thresholds(views: pl.DataFrame) -> dict[tuple[str | None, dt.date], float]:
    """Category and month → milliseconds from which a view is lingering: P75 of 90 days before, 15 s at least, 30 s without history."""
    of: dict[str | None, list[tuple[dt.date, int]]] = defaultdict(list)
    for category, day, dwell in views.select("category", "local_on", "dwell").iter_rows():
        of[category].append((day, -1 if dwell is None else dwell))
    found: dict[tuple[str | None, dt.date], float] = {}
    for category, seen in of.items():
        for month in {day.replace(day=1) for day, _ in seen}:
            past = [d for day, d in seen if d >= 0 and month - dt.timedelta(days=90) <= day < month]
            found[category, month] = max(round(float(np.quantile(past, 0.75))), 15_000) if past else 30_000
    return found


def _scores(kept: pl.DataFrame, as_of: dt.date) -> dict[str, tuple[int, int | None, int | None, str, int]]:
    """Customer → R, F, M, segment and net, of kept orders of known customers (T6, §9)."""
    start = as_of - dt.timedelta(days=365)
    found: dict[str, tuple[int, int | None, int | None, str, int]] = {}
    for who, days, nets in (
        kept.filter(pl.col("local_on") < as_of).group_by("customer_id").agg("local_on", "net").iter_rows()
    ):
        inside = [(day, net) for day, net in zip(days, nets, strict=True) if day >= start]
        age = (as_of - max(days)).days
        r = next((score for most, score in ((30, 5), (90, 4), (180, 3), (365, 2)) if age <= most), 1)
        if not inside:
            found[who] = (r, None, None, "lapsed", 0)
            continue
        net, bought = sum(net for _, net in inside), len({day for day, _ in inside})
        f = min(bought, 4) if bought < 4 else 4 if bought <= 5 else 5
        m = 1 + sum(net >= least for least in (50_000, 150_000, 300_000, 600_000))
        found[who] = (r, f, m, _segment(r, f, m), net)
    return found


def _segment(r: int, f: int, m: int) -> str:
    v = (f + m) / 2
    ladder = (
        ("champions", r >= 4 and v >= 4), ("loyal", r >= 3 and v >= 3), ("new", r >= 4 and f == 1), ("promising", r >= 4 and v < 3),
        ("at_risk", r == 2 and v >= 2.5), ("lost", r == 1 and v >= 2.5),
    )  # fmt: skip
    return next((name for name, fits in ladder if fits), "fading")
