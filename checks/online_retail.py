"""Online Retail at 2011-12-10: totals, life stages, buying groups and the opportunity table, by hand.

One customer at a time, in plain Python on whole numbers, so that every step can be read: money in ten-thousandths, days
as dates, no data frame and no engine."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import sqrt

import asked

AS_OF = date(2011, 12, 10)
REPEAT = ("active-repeat", "loyal", "at-risk-repeat", "inactive-repeat")
GOALS = {
    "first-time-buyers": REPEAT, "active-repeat": ("loyal",), "at-risk-repeat": ("active-repeat", "loyal"),
    "inactive-repeat": REPEAT, "inactive-first-time": REPEAT,
}


class Customer:
    def __init__(self):
        self.orders = {}  # invoice -> [first moment, value]
        self.back = 0

    def settle(self):
        self.days = sorted({moment.date() for moment, _ in self.orders.values()})
        self.gaps = [(after - before).days for before, after in zip(self.days, self.days[1:])]
        self.gross = sum(value for _, value in self.orders.values())
        self.net = self.gross - self.back


def read(path):
    customers, nobody = defaultdict(Customer), 0
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"]:
                nobody += 1
                continue
            price = (Decimal(row["UnitPrice"]) * 10_000).to_integral_value(ROUND_HALF_EVEN)
            amount, moment = int(row["Quantity"]) * int(price), datetime.fromisoformat(row["InvoiceDate"])
            customer = customers[row["CustomerID"].removesuffix(".0")]
            if row["InvoiceNo"].startswith("C"):
                customer.back -= amount
            else:
                order = customer.orders.setdefault(row["InvoiceNo"], [moment, 0])
                order[0], order[1] = min(order[0], moment), order[1] + amount
    for customer in customers.values():
        customer.settle()
    return dict(customers), nobody


def surviving(finished, running):
    """Kaplan and Meier on whole days, exactly: the share still waiting after each day."""
    share, after = Fraction(1), {}
    ends, stops = Counter(finished), Counter(running)
    waiting = len(finished) + len(running)
    for day in range(max([*ends, *stops]) + 1):
        if ends[day]:
            share *= Fraction(waiting - ends[day], waiting)
        waiting -= ends[day] + stops[day]
        after[day] = share
    return after


def nearest_rank(values, percent):
    values = sorted(values)
    return values[max(1, -(-len(values) * percent // 100)) - 1]


def median(values):
    values = sorted(values)
    return Fraction(values[(len(values) - 1) // 2] + values[len(values) // 2], 2)


def scores(values):
    """1 + the whole part of five times the share with less."""
    less, seen = {}, 0
    for value, count in sorted(Counter(values.values()).items()):
        less[value] = seen
        seen += count
    return {name: 1 + 5 * less[value] // seen for name, value in values.items()}


def thresholds(buyers):
    """The usual gap U from the second purchase on, and the last call L1 for a second order."""
    last = date.fromordinal(AS_OF.toordinal() - 1)
    later = surviving([gap for c in buyers for gap in c.gaps[1:]], [(last - c.days[-1]).days for c in buyers if len(c.days) > 1])
    usual = min(day for day, share in later.items() if share <= Fraction(1, 2))
    second = surviving([c.gaps[0] for c in buyers if c.gaps], [(last - c.days[0]).days for c in buyers if not c.gaps])
    in_a_year = 1 - second[min(365, max(second))]
    call = min(day for day, share in second.items() if 1 - share >= Fraction(4, 5) * in_a_year)
    return usual, max(60, call)


def partitions(customers):
    """Life stage and buying group of everybody."""
    buyers = {name: c for name, c in customers.items() if c.orders}
    usual, call = thresholds(list(buyers.values()))
    frequency, monetary = scores({n: len(c.orders) for n, c in buyers.items()}), scores({n: c.net for n, c in buyers.items()})
    middle = {name: median([value for _, value in c.orders.values()]) for name, c in buyers.items()}
    high, low = nearest_rank(middle.values(), 80), nearest_rank(middle.values(), 25)

    def regularity(c):
        mean = sum(c.gaps) / len(c.gaps)
        return 1 / (1 + sqrt(sum((gap - mean) ** 2 for gap in c.gaps) / len(c.gaps)) / mean)

    steady = sorted(regularity(c) for c in buyers.values() if len(c.days) >= 4)
    steady = (steady[(len(steady) - 1) // 2] + steady[len(steady) // 2]) / 2
    window, stages, groups = max(90, 4 * usual), {}, {}
    for name, c in customers.items():
        if not c.orders:  # returns only: bought before the history begins
            stages[name] = "inactive-first-time"
            continue
        silent = (AS_OF - c.days[-1]).days
        expected = Fraction(2 * usual + sum(c.gaps), 2 + len(c.gaps)) if c.gaps else Fraction(call, 4)
        overdue = silent / expected
        if len(c.days) == 1:
            stages[name] = "inactive-first-time" if silent > call else "first-time-buyers"
        elif overdue > 2:
            stages[name] = "inactive-repeat" if overdue > 4 else "at-risk-repeat"
        else:
            stages[name] = "loyal" if sum((AS_OF - day).days <= window for day in c.days) >= 3 else "active-repeat"
        live, purchases = overdue <= 2, len(c.days)
        if not live:
            groups[name] = "lapsed-core" if purchases > 1 else "low-value"
        elif frequency[name] == monetary[name] == 5:
            groups[name] = "champions"
        elif purchases == 1:
            groups[name] = "new" if middle[name] > low else "low-value"
        elif middle[name] >= high:
            groups[name] = "big-spenders"
        elif purchases >= 4 and (regularity(c) >= steady or frequency[name] == 5):
            groups[name] = "loyalists"
        else:
            groups[name] = "promising"
    return usual, call, stages, groups


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    customers, nobody = read(path)
    usual, call, stages, groups = partitions(customers)
    check = asked.Comparison()
    with asked.imported(path, currency="GBP") as store:
        columns = "customer_id,number_of_orders,number_of_purchases,amount_spent_gross,amount_refunded,amount_spent,life_stage,buying_group"
        at = ("--as-of", str(AS_OF))
        profile = {row["customer_id"]: row for row in store.rows("profile", *at, "--columns", columns)}
        counted = {row["life_stage" if "life_stage" in row else next(iter(row))]: row for row in store.rows("stages", *at)}
        opportunities = store.rows("opportunities", *at)
    check.same("customers", len(customers), len(profile))
    for name, c in customers.items():
        row = profile.get(name)
        if row is None:
            check.same(f"customer {name}", "known", "unknown")
            continue
        check.same(f"orders of {name}", (len(c.orders), len(c.days)), (int(row["number_of_orders"]), int(row["number_of_purchases"])))
        fast = tuple(asked.money(row[column]) or 0 for column in ("amount_spent_gross", "amount_refunded", "amount_spent"))
        check.same(f"money of {name}", (c.gross, c.back, c.net), fast)
        check.same(f"stage of {name}", stages[name], row["life_stage"])
        if name in groups:
            check.same(f"group of {name}", groups[name], row["buying_group"])
    for stage, count in Counter(stages.values()).items():
        row = counted.get(stage, {})
        check.same(f"stage {stage}", count, int(row.get("customers", 0)))
    by_stage = {row.get("stage") or next(iter(row.values())): row for row in opportunities}
    for stage, goals in GOALS.items():
        now = [c.net for name, c in customers.items() if stages[name] == stage]
        goal = [c.net for name, c in customers.items() if stages[name] in goals]
        total = Fraction(sum(goal) * len(now), len(goal)) - sum(now)
        row = by_stage.get(stage)
        if row is None or "total_opportunity" not in row:
            check.same(f"opportunity of {stage}", "a row", row)
            continue
        check.near(f"opportunity of {stage}", float(total) / 10_000, float(row["total_opportunity"]), 0.01)
    gross, back = sum(c.gross for c in customers.values()), sum(c.back for c in customers.values())
    only_back = sum(not c.orders for c in customers.values())
    check.end(
        f"{len(customers):,} customers, {only_back} with returns only, {nobody:,} lines of nobody; gross {asked.shown(gross)}, refunded"
        f" {asked.shown(back)}, net {asked.shown(gross - back)}; usual gap {usual}, last call {call}; {dict(Counter(stages.values()))}; {dict(Counter(groups.values()))}"
    )


if __name__ == "__main__":
    main()
