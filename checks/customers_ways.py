"""The way customers of Online Retail go, counted one customer at a time from the raw file: cohorts with their money and those
of each country, first purchases of products with who came back, the funnel of purchases, and what is bought after what."""

import csv
import gzip
import statistics
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import asked

NOT_GOODS = {"POST", "DOT", "C2", "D", "M", "CRUK", "B", "BANK CHARGES", "AMAZONFEE", "S", "PADS"}
AS_OF = date(2011, 12, 10)
WITHIN = 180


def goods(row):
    code = row["StockCode"].upper()
    return not (row["InvoiceNo"].startswith(("A", "a")) or code in NOT_GOODS or code.startswith("ADJUST"))


class Customer:
    """Orders and refunds by their moment: value in ten-thousandths, country, goods."""

    def __init__(self):
        self.orders, self.refunds = {}, []

    def days(self):
        return sorted({moment[0] for moment in self.orders})


def read(path):
    customers, invoices = defaultdict(Customer), {}
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"] or row["InvoiceNo"].startswith(("A", "a")):
                continue
            price = int((Decimal(row["UnitPrice"]) * 10_000).to_integral_value(ROUND_HALF_EVEN))
            amount = int(row["Quantity"]) * price
            if row["InvoiceNo"].startswith("C"):
                customers[row["CustomerID"]].refunds.append((date.fromisoformat(row["InvoiceDate"][:10]), -amount))
                continue
            # A few invoices were written over two minutes: the first of them is when they were.
            order = invoices.setdefault((row["CustomerID"], row["InvoiceNo"]), [row["InvoiceDate"], 0, row["Country"], set()])
            order[0] = min(order[0], row["InvoiceDate"])
            order[1] += amount
            if goods(row):
                order[3].add(row["StockCode"])
    for (name, invoice), (written, value, country, items) in invoices.items():
        customers[name].orders[date.fromisoformat(written[:10]), written, invoice] = (value, country, items)
    return customers


def month(day):
    return day.year * 12 + day.month - 1


def cohorts(customers, found, store):
    cells = defaultdict(lambda: [0, 0, 0])
    countries = defaultdict(int)
    for customer in customers.values():
        if not customer.orders:
            continue
        first = min(customer.orders)
        start = month(first[0])
        countries[customer.orders[first][1]] += 1
        seen = set()
        for moment, (value, _, _) in customer.orders.items():
            age = month(moment[0]) - start
            seen.add(age)
            cells[start, age][1] += 1
            cells[start, age][2] += value
        for age in seen:
            cells[start, age][0] += 1
        for day, amount in customer.refunds:
            cells[start, max(month(day) - start, 0)][2] -= amount
    for row in store.rows("cohorts", "--rows", "--limit", "0"):
        year, first = map(int, row["cohort"].split("-"))
        slow = cells.get((year * 12 + first - 1, int(row["months_since"])), [0, 0, 0])
        fast = [int(row["buyers"]), int(row["orders"]), asked.money(row["revenue"])]
        found.same(f"cohort {row['cohort']}, month {row['months_since']}", slow, fast)
    found.same("cohorts", len({start for start, _ in cells}), len(store.rows("cohorts")))
    by_country = defaultdict(int)
    for row in store.rows("cohorts", "--rows", "--by", "country", "--top", "99", "--limit", "0"):
        if row["months_since"] == "0":
            by_country[row["first_country"]] += int(row["customers"])
    found.same("first countries", dict(countries), dict(by_country))


def products(customers, found, store):
    began = defaultdict(lambda: [0, 0, 0, 0])
    for customer in customers.values():
        days = customer.days()
        if not days or (AS_OF - days[0]).days <= WITHIN:
            continue

        def later(day):
            return days[0] < day and (day - days[0]).days <= WITHIN

        back = any(later(day) for day in days)
        spent = sum(value for moment, (value, _, _) in customer.orders.items() if later(moment[0]))
        spent -= sum(amount for day, amount in customer.refunds if later(day))
        first = sum(value for moment, (value, _, _) in customer.orders.items() if moment[0] == days[0])
        items = set().union(*(order[2] for moment, order in customer.orders.items() if moment[0] == days[0]))
        for item in items:
            own = began[item]
            own[0] += 1
            own[1] += back
            own[2] += first
            own[3] += spent
    rows = store.rows("products", "--within", WITHIN, "--least", "30", "--limit", "0")
    found.same("products of first purchases", sum(own[0] >= 30 for own in began.values()), len(rows))
    for row in rows:
        count, back, first, spent = began[row["product"]]
        slow = [count, back, round(Fraction(first, count)), round(Fraction(spent, count))]
        fast = [int(row["customers"]), round(float(row["back_share"]) * count), asked.money(row["first_purchase"]), asked.money(row["later"])]
        found.same(f"began with {row['product']}", slow, fast)


def funnel(customers, found, store):
    purchases = [len(customer.days()) for customer in customers.values()]
    for nth, row in enumerate(store.rows("funnel"), start=1):
        found.same(row["step"], sum(count >= nth for count in purchases), int(row["reached"]))
        if nth > 1:
            waits = [first_of(own, nth) - first_of(own, nth - 1) for own in customers.values() if len(own.days()) >= nth]
            found.near(f"wait for the {row['step']}", statistics.median(waits), float(row["median_days"]), 1e-6)


def first_of(customer, nth):
    """The first moment of the nth purchase, in days."""
    day = customer.days()[nth - 1]
    moment = min(written for known, written, _ in customer.orders if known == day)
    hours, minutes = map(int, moment[11:16].split(":"))
    return day.toordinal() + (hours * 60 + minutes) / 1440 - summer(day)


def summer(day):
    """The hour by which London's clocks are ahead, in days; nothing is sold in the night in which they change."""
    return 1 / 24 if date(2011, 3, 27) <= day < date(2011, 10, 30) else 0


def following(customers, found, store):
    first = defaultdict(dict)
    for name, customer in customers.items():
        for moment, (_, _, items) in customer.orders.items():
            for item in items:
                first[name][item] = min(moment[0], first[name].get(item, date.max))
    for row in store.rows("next", "--support", "0.02", "--limit", "0")[:200]:
        one, then = row["bought"], row["then"]
        both = [(own[then] - own[one]).days for own in first.values() if one in own and then in own]
        after = [days for days in both if days > 0]
        slow = [sum(one in own for own in first.values()), len(after), float(statistics.median(after)), sum(days < 0 for days in both)]
        fast = [int(row["customers"]), int(row["followed"]), float(row["median_days"]), int(row["reversed"])]
        found.same(f"{one} then {then}", slow, fast)


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    customers = read(path)
    found = asked.Comparison()
    with asked.imported(path, zone="Europe/London", currency="GBP") as store:
        for part in (cohorts, products, funnel, following):
            part(customers, found, store)
    found.end(f"{len(customers):,} customers")


main()
