"""Segments of Online Retail, worked out from the raw file: texts one customer after the other in Python, ready ones by SQL in DuckDB."""

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

import duckdb

AS_OF = dt.datetime(2011, 12, 10)
DAY = dt.timedelta(days=1)

# An order is an invoice that is no credit note, at the time of its first line; a credit note gives money back. Lines of nobody are left out.
BASE = """
CREATE TABLE raw AS SELECT * FROM read_csv('{path}', all_varchar = true) WHERE CustomerID <> '';
CREATE TABLE line AS SELECT CustomerID AS customer, InvoiceNo AS number, StockCode AS product, CAST(InvoiceDate AS TIMESTAMP) AS placed,
    CAST(Quantity AS DECIMAL(18, 4)) * CAST(UnitPrice AS DECIMAL(18, 4)) AS amount, Country AS country FROM raw;
CREATE TABLE orders AS SELECT customer, number, min(placed) AS placed, sum(amount) AS amount, any_value(country) AS country
    FROM line WHERE number NOT LIKE 'C%' GROUP BY ALL;
CREATE TABLE back AS SELECT customer, min(placed) AS placed, -sum(amount) AS amount FROM line WHERE number LIKE 'C%' GROUP BY customer, number;
CREATE TABLE buyer AS SELECT customer, count(*) AS n, count(DISTINCT placed::DATE) AS purchases, sum(amount) AS gross, min(placed) AS first, max(placed) AS last,
    coalesce((SELECT sum(amount) FROM back WHERE back.customer = orders.customer), 0) AS refunded,
    epoch(TIMESTAMP '2011-12-10' - min(placed)) / 86400 AS age, epoch(TIMESTAMP '2011-12-10' - max(placed)) / 86400 AS silent,
    coalesce(sum(amount) FILTER (placed >= TIMESTAMP '2011-09-11'), 0) AS lately FROM orders GROUP BY customer;
CREATE TABLE spent AS SELECT *, gross - refunded AS net, round(gross / n, 4) AS average,
    row_number() OVER (ORDER BY gross - refunded) AS by_net, row_number() OVER (ORDER BY gross / n) AS by_average,
    1 + floor(5.0 * (rank() OVER (ORDER BY last) - 1) / count(*) OVER ()) AS r,
    1 + floor(5.0 * (rank() OVER (ORDER BY n) - 1) / count(*) OVER ()) AS f,
    1 + floor(5.0 * (rank() OVER (ORDER BY gross - refunded) - 1) / count(*) OVER ()) AS m FROM buyer;
"""
# The value that so many hundredths of the buyers do not exceed, by nearest rank.
AT = "(SELECT {of} FROM spent WHERE by_{of} = (SELECT ceil(count(*) * {percent} / 100.0) FROM spent))"
SOME = "SELECT customer FROM spent WHERE "
BOUGHT = "SELECT customer FROM line WHERE number NOT LIKE 'C%' AND product = '{}'"

# By name: values of parameters, and who is in it.
READY = {
    "spent-over": ({"amount": "500"}, SOME + "net > 500"),
    "top-fifth": ({}, SOME + "net > " + AT.format(of="net", percent=80)),
    "vip": ({}, SOME + "net > " + AT.format(of="net", percent=95)),
    "high-spenders": ({}, SOME + "net > (SELECT sum(net) / count(*) FROM spent)"),
    "big-basket": ({}, SOME + "average > " + AT.format(of="average", percent=90)),
    "one-order": ({}, SOME + "n = 1"),
    "international": (
        {"country": "'United Kingdom'"},
        # Of whom only credit notes are known, those name the country.
        "SELECT customer FROM line GROUP BY customer HAVING arg_max(country, placed) <> 'United Kingdom'",
    ),
    "new-this-month": ({}, SOME + "first >= TIMESTAMP '2011-11-10'"),
    "second-order-late": ({}, SOME + "purchases = 1 AND silent > 60 AND silent <= 180"),
    "one-year-customers": ({}, SOME + "age >= 365 AND last >= TIMESTAMP '2011-09-11'"),
    "anniversary-of-first-order": (
        {},
        SOME + "first < TIMESTAMP '2011-06-10' AND month(first) = 12 AND day(first) BETWEEN 10 AND 17",
    ),
    "weekend-shoppers": (
        {},
        """SELECT customer FROM (SELECT customer, isodow(placed) AS weekday, count(*) AS n FROM orders GROUP BY ALL)
        GROUP BY customer HAVING arg_max(weekday, n * 10 - weekday) >= 6""",
    ),
    "same-day-twice": (
        {},
        """SELECT a.customer FROM orders a JOIN orders b
        ON a.customer = b.customer AND b.placed > a.placed AND b.placed < a.placed + INTERVAL 1 DAY""",
    ),
    "both-years": (
        {},
        """SELECT customer FROM orders WHERE placed >= TIMESTAMP '2010-12-11' INTERSECT
        SELECT customer FROM orders WHERE placed >= TIMESTAMP '2009-12-10' AND placed < TIMESTAMP '2010-12-11'""",
    ),
    "rising": ({}, SOME + "age > 180 AND lately > gross * 180 / (age + 90)"),
    "falling": ({}, SOME + "n >= 3 AND age > 180 AND lately < gross * 45 / (age - 45)"),
    "bought-product": ({"product": "'85123A'"}, BOUGHT.format("85123A")),
    "bought-x-not-y": (
        {"bought": "'47566'", "not_bought": "'22423'"},
        BOUGHT.format("47566") + " EXCEPT " + BOUGHT.format("22423"),
    ),
    "bought-again": (
        {"product": "'85123A'"},
        BOUGHT.format("85123A") + " GROUP BY customer HAVING count(DISTINCT placed::DATE) >= 2",
    ),
    "refunded-lately": ({}, "SELECT customer FROM back WHERE placed >= TIMESTAMP '2011-11-10'"),
    "refund-heavy": ({}, SOME + "gross > 0 AND refunded >= 0.33 * gross"),
    "rfm-555": ({}, SOME + "r = 5 AND f = 5 AND m = 5"),
    "rfm-champions": ({}, SOME + "r = 5 AND (f + m) / 2 >= 3.5"),
}


def ready_members(path: str) -> dict:
    """Who is in each ready segment."""
    sql = duckdb.connect()
    sql.execute(BASE.format(path=path))
    return {name: {row[0] for row in sql.execute(query).fetchall()} for name, (_, query) in READY.items()}


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
        for name, customers in ready_members(path).items():
            values = [word for value in READY[name][0].items() for word in ("--set", "=".join(value))]
            rows = ask("segment", "members", name, *values, "--as-of", "2011-12-10", "--columns", "customer_id", "--format", "csv")
            found = {row["customer_id"] for row in csv.DictReader(rows.decode().splitlines())}
            if found != customers or not found:
                wrong += 1
                print(f"{name}: {len(found)} and not {len(customers)}; {len(found ^ customers)} are in one of the two alone")
    both = len(expected) + len(READY)
    if wrong:
        sys.exit(f"{wrong} of {both} segments differ")
    print(f"{both} segments have the same members found both ways, {len(READY)} of them ready ones, to the customer")


main(sys.argv[1])
