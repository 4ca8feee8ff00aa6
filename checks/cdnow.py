"""CDNOW: every line of the file is an order, every day with one is a purchase."""

import statistics
from collections import defaultdict
from datetime import date
from decimal import Decimal

import asked

DAY_AFTER = date(1998, 7, 1)


def main():
    path = asked.data("cdnow", "CDNOW_master.txt")
    orders, days, spent = defaultdict(int), defaultdict(set), defaultdict(int)
    for line in path.read_text().splitlines()[1:]:
        customer, day, _, value = line.split()
        orders[customer] += 1
        days[customer].add(date(int(day[:4]), int(day[4:6]), int(day[6:])))
        spent[customer] += asked.money(value)

    check = asked.Comparison()
    with asked.imported(path) as store:
        columns = "customer_id,number_of_orders,number_of_purchases,amount_spent,median_days_between_purchases,rfm,recency_score"
        profile = {row["customer_id"].lstrip("0"): row for row in store.rows("profile", "--as-of", "1998-07-01", "--columns", columns)}
    slow = {customer.lstrip("0"): customer for customer in orders}
    check.same("customers", len(slow), len(profile))
    check.same("orders", sum(orders.values()), sum(int(row["number_of_orders"]) for row in profile.values()))
    check.same("spent", sum(spent.values()), sum(asked.money(row["amount_spent"]) for row in profile.values()))
    last = {name: max(days[customer]) for name, customer in slow.items()}
    ranked = sorted(last.values())
    from bisect import bisect_left
    for name, customer in slow.items():
        row = profile.get(name)
        if row is None:
            check.same(f"customer {name}", "known", "unknown")
            continue
        bought = sorted(days[customer])
        gaps = [(after - before).days for before, after in zip(bought, bought[1:])]
        check.same(f"orders of {name}", orders[customer], int(row["number_of_orders"]))
        check.same(f"purchases of {name}", len(bought), int(row["number_of_purchases"]))
        check.same(f"spent by {name}", spent[customer], asked.money(row["amount_spent"]))
        median = row["median_days_between_purchases"]
        check.same(f"median gap of {name}", statistics.median(gaps) if gaps else None, float(median) if median else None)
        score = 1 + 5 * bisect_left(ranked, last[name]) // len(ranked)
        check.same(f"recency score of {name}", score, int(row["recency_score"]))
    check.end(f"{len(slow):,} customers, {sum(orders.values()):,} orders, {asked.shown(sum(spent.values()))} dollars at {DAY_AFTER}")


if __name__ == "__main__":
    main()
