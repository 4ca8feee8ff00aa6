"""One shop read twice: from recorded pages of WooCommerce's API, and from an export in Shopify's layout.

Orders that count, gross and refunds by month and currency, registered customers and guests, counted here from the raw
files, have to be what the binary says of each; and the two have to say the same wherever they know the same."""

import csv
import json
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import asked

ZONE = "America/New_York"
FAR = "2026-03-01"


def rest():
    """What the API pages say: (orders, refunds, registered, guests)."""
    folder = asked.data("woocommerce_store", "wc_rest")

    def pages(name):
        return [item for page in sorted(folder.glob(f"{name}_*.json")) for item in json.loads(page.read_text())["body"]]

    orders, refunds = Counter(), Counter()
    currency, people = {}, {}
    registered = {person["email"].strip().lower() for person in pages("customers") if person["role"] == "customer"}
    for order in pages("orders"):
        currency[order["id"]] = order["currency"]
        # Never paid: failed, a draft, still waiting. Cancelled orders do not count either.
        if order["status"] not in ("completed", "processing", "refunded"):
            counts = False
        else:
            counts = order["date_paid"] is not None
            orders[order["date_created"][:7], order["currency"]] += asked.money(order["total"])
            orders["count", order["currency"]] += 1
        email = order["billing"]["email"].strip().lower()
        if order["customer_id"] == 0 and email not in registered and order["status"] != "checkout-draft":
            people.setdefault(email, False)
            people[email] = people[email] or counts
    for refund in pages("refunds"):
        refunds[refund["date_created"][:7], currency[refund["parent_id"]]] += asked.money(refund["amount"])
    return orders, refunds, registered, people


def export():
    """What the Shopify-layout files say. Refunds have no date there and count in the month of their order."""
    orders, refunds, people = Counter(), Counter(), {}
    with asked.data("woocommerce_store", "customers_export.csv").open(newline="") as file:
        registered = {row["Email"].strip().lower() for row in csv.DictReader(file)}
    with asked.data("woocommerce_store", "orders_export.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["Financial Status"]:
                continue  # a further line item of the order above
            moment = datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z").astimezone(ZoneInfo(ZONE))
            counts = row["Financial Status"] in ("paid", "partially_paid", "refunded", "partially_refunded") and not row["Cancelled at"]
            if counts:
                orders[moment.strftime("%Y-%m"), row["Currency"]] += asked.money(row["Total"])
                orders["count", row["Currency"]] += 1
            back = asked.money(row["Refunded Amount"]) or 0
            if counts and back:
                refunds[moment.strftime("%Y-%m"), row["Currency"]] += back
            email = row["Email"].strip().lower()
            if email not in registered:
                people[email] = people.get(email, False) or counts
    return orders, refunds, registered, people


# Months are those of the shop's own zone. An order counts by its standing, unless a cancellation is known of it.
COUNTED = "standing = 'counts' AND order_id NOT IN (SELECT order_id FROM cancellations)"


def month(instant):
    moment = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("UTC"))
    return moment.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m")


def held(check, name, files, slow):
    orders, refunds, registered, guests = slow
    fast_orders, fast_refunds = Counter(), Counter()
    with asked.imported(*files, zone=ZONE, currency="USD") as store:
        for row in store.sql(f"SELECT at, currency, total FROM orders WHERE {COUNTED}"):
            fast_orders[month(row["at"]), row["currency"]] += asked.money(row["total"])
            fast_orders["count", row["currency"]] += 1
        for row in store.sql("SELECT at, currency, amount FROM refunds"):
            fast_refunds[month(row["at"]), row["currency"]] += asked.money(row["amount"])
        profile = store.rows("profile", "--as-of", FAR, "--columns", "customer_id,number_of_orders")
    for key in sorted(orders.keys() | fast_orders.keys()):
        check.same(f"{name}: orders {key}", orders[key], fast_orders[key])
    for key in sorted(refunds.keys() | fast_refunds.keys()):
        check.same(f"{name}: refunds {key}", refunds[key], fast_refunds[key])
    check.same(f"{name}: customers", len(registered) + len(guests), len(profile))
    buying = sum(int(row["number_of_orders"]) > 0 for row in profile)
    return fast_orders, fast_refunds, len(profile), buying


def main():
    check = asked.Comparison()
    folder = asked.data("woocommerce_store")
    pages, files = rest(), export()
    one = held(check, "API pages", [folder / "wc_rest"], pages)
    two = held(check, "export", [folder / "orders_export.csv", folder / "customers_export.csv"], files)
    check.same("orders in both", one[0], two[0])
    check.same("customers in both", one[2:], two[2:])
    count = sum(value for (what, _), value in pages[0].items() if what == "count")
    dollars = sum(value for (what, currency), value in pages[0].items() if what != "count" and currency == "USD")
    check.end(
        f"{count} orders that count, {asked.shown(dollars)} USD gross, {asked.shown(sum(pages[1].values()))} refunded in all currencies,"
        f" {len(pages[2])} registered and {len(pages[3])} guests, from either source"
    )


if __name__ == "__main__":
    main()
