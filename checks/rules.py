"""What is bought together on Online Retail: pairs of products, counted one basket at a time from the raw file.

Every pair that the binary shows is counted here with dictionaries alone: orders with both, orders with each, customers
with the one and not the other, and the money in it."""

import csv
import gzip
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import asked

# Postage, fees and bookkeeping entries are not goods.
NOT_GOODS = {"POST", "DOT", "C2", "D", "M", "CRUK", "B", "BANK CHARGES", "AMAZONFEE", "S", "PADS"}


def goods(row):
    code = row["StockCode"].upper()
    return not (row["InvoiceNo"].startswith(("A", "a")) or code in NOT_GOODS or code.startswith("ADJUST"))


def read(path):
    orders, customers, paid = defaultdict(set), defaultdict(set), defaultdict(int)
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["InvoiceNo"].startswith("C"):
                continue
            order = orders[row["InvoiceNo"]]
            if not goods(row):
                continue
            order.add(row["StockCode"])
            if row["CustomerID"]:
                price = (Decimal(row["UnitPrice"]) * 10_000).to_integral_value(ROUND_HALF_EVEN)
                paid[row["StockCode"]] += int(row["Quantity"]) * int(price)
                customers[row["CustomerID"]].add(row["StockCode"])
    return orders, customers, paid


def owners(baskets):
    of = defaultdict(set)
    for name, items in baskets.items():
        for item in items:
            of[item].add(name)
    return of


def half_even(fraction):
    return round(fraction)


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    orders, customers, paid = read(path)
    in_orders, by_customer = owners(orders), owners(customers)
    found = asked.Comparison()
    with asked.imported(path, zone="Europe/London", currency="GBP") as store:
        rows = store.rows("rules", "--support", "0.01", "--confidence", "0.3", "--limit", "0")
    for row in rows:
        one, other = row["bought"], row["also"]
        name = f"{one} -> {other}"
        both = len(in_orders[one] & in_orders[other])
        found.same(f"{name}: orders with both", both, int(row["baskets"]))
        found.near(f"{name}: support", both / len(orders), float(row["support_share"]), 1e-12)
        found.near(f"{name}: confidence", both / len(in_orders[one]), float(row["confidence_share"]), 1e-12)
        lift = Fraction(both * len(orders), len(in_orders[one]) * len(in_orders[other]))
        found.near(f"{name}: lift", float(lift), float(row["lift"]), 1e-9)
        without, with_both = by_customer[one] - by_customer[other], by_customer[one] & by_customer[other]
        found.same(f"{name}: customers without", len(without), int(row["customers_without"]))
        if by_customer[one] and by_customer[other]:
            money = Fraction(len(without) * len(with_both) * paid[other], len(by_customer[one]) * len(by_customer[other]))
            found.same(f"{name}: expected", half_even(money), asked.money(row["expected"]))
    least = -(-len(orders) // 100)
    shown = {(row["bought"], row["also"]) for row in rows}
    pairs = 0
    for one, with_one in in_orders.items():
        if len(with_one) < least:
            continue
        for other, with_other in in_orders.items():
            both = len(with_one & with_other) if one != other and len(with_other) >= least else 0
            if both >= least and both * 10 >= len(with_one) * 3:
                pairs += 1
                found.same(f"{one} -> {other} is shown", True, (one, other) in shown)
    found.same("pairs", pairs, len(rows))
    found.end(f"{len(orders):,} orders, {pairs} rules of two products")


main()
