"""Segments of Online Retail over orders, lines and refunds, counted from the raw file one customer after the other."""

import csv
import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal

AS_OF = dt.datetime(2011, 12, 10)
DAY = dt.timedelta(days=1)


def main(quintile: str) -> None:
    path = os.path.join(os.environ["QUINTILE_SHARED"], "data/online_retail/online_retail_I.csv.gz")
    invoices, products, refunded = {}, defaultdict(list), set()
    for row in csv.DictReader(gzip.open(path, "rt", encoding="utf8")):
        customer, number = row["CustomerID"], row["InvoiceNo"]
        if not customer:
            continue
        if number.startswith("C"):
            refunded.add(customer)
            continue
        at = dt.datetime.strptime(row["InvoiceDate"], "%Y-%m-%d %H:%M:%S")
        invoice = invoices.setdefault(number, [customer, at, Decimal(0)])
        invoice[1] = min(invoice[1], at)
        invoice[2] += Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
        products[customer].append((number, row["StockCode"]))
    orders = defaultdict(list)
    for customer, at, value in invoices.values():
        orders[customer].append((at, value))
    for own in orders.values():
        own.sort()

    def bought(customer, code):
        return sorted({invoices[number][1] for number, product in products[customer] if product == code})

    def silent_after_first(own):
        first = own[0][0]
        later = [at for at, _ in own if at > first]
        return not later or later[0] >= first + 90 * DAY

    def spent(own):
        return sum(value for _, value in own)

    june = (dt.datetime(2011, 6, 1), dt.datetime(2011, 7, 1))
    expected = {
        "orders_placed MATCHES (date >= -90d, count >= 3)": sum(
            sum(at >= AS_OF - 90 * DAY for at, _ in own) >= 3 for own in orders.values()
        ),
        "products_purchased MATCHES (id = '22423', date BETWEEN 2011-06-01 AND 2011-06-30)": sum(
            any(june[0] <= at < june[1] for at in bought(customer, "22423")) for customer in orders
        ),
        "orders_placed MATCHES (nth = 1) THEN NO orders_placed WITHIN 90d": sum(
            silent_after_first(own) for own in orders.values()
        ),
        "orders_placed MATCHES (sum_amount > 1000) AND refunds NOT MATCHES ()": sum(
            spent(own) > 1000 and customer not in refunded for customer, own in orders.items()
        ),
        "orders_placed MATCHES (average_amount > 500, count >= 2)": sum(
            len(own) >= 2 and spent(own) / len(own) > 500 for own in orders.values()
        ),
        "products_purchased MATCHES (id = '22423') THEN products_purchased MATCHES (id = '22423') WITHIN 30d": sum(
            any(a < b < a + 30 * DAY for a in bought(customer, "22423") for b in bought(customer, "22423"))
            for customer in orders
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        ask = lambda *words: subprocess.run([quintile, *words, "-C", folder, "-q"], check=True, capture_output=True).stdout
        subprocess.run([quintile, "init", folder, "--tz", "Europe/London", "--currency", "GBP", "-q"], check=True)
        ask("import", path)
        wrong = 0
        for query, count in expected.items():
            answer = json.loads(ask("segment", "count", "--query", query, "--as-of", "2011-12-10", "--format", "json"))
            if answer["count"] != count:
                wrong += 1
                print(f"{query}: {answer['count']} and not {count}")
    if wrong:
        sys.exit(f"{wrong} of {len(expected)} segments differ")
    print(f"{len(expected)} segments have the same members counted both ways")


main(sys.argv[1])
