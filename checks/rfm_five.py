"""The orders that the R package `rfm` documents: its five published customers, and the scores of everybody.

The package analyses at 2006-12-31 and counts that day; the same is asked as of the day after."""

import csv
import gzip
from collections import defaultdict
from datetime import date, timedelta

import asked

AT = date(2006, 12, 31)
# Recency in days at the analysis date, orders, amount, as the package's documentation prints them.
PUBLISHED = {
    "Abbey O'Reilly": (205, 6, 472), "Add Senger": (140, 3, 340), "Aden Lesch": (194, 4, 405),
    "Aden Murphy": (98, 7, 596), "Admiral Senger": (132, 5, 448),
}


def main():
    path = asked.data("rfm_package", "rfm_data_orders.csv.gz")
    days, spent = defaultdict(list), defaultdict(int)
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            name = row["customer_id"].strip()
            days[name].append(date.fromisoformat(row["order_date"]))
            spent[name] += asked.money(row["revenue"])
    names = sorted(days)
    check = asked.Comparison()
    with asked.imported(path) as store:
        columns = "customer_id,number_of_orders,amount_spent,last_order_date,recency_score,frequency_score,monetary_score"
        profile = {row["customer_id"]: row for row in store.rows("profile", "--as-of", str(AT + timedelta(days=1)), "--columns", columns)}
    check.same("customers", len(names), len(profile))

    def scores(value):
        """For each name 1 + the whole part of five times the share of customers with less, by counting them one by one."""
        values = [value(name) for name in names]
        return {name: 1 + 5 * sum(other < mine for other in values) // len(values) for name, mine in zip(names, values)}

    recency, frequency = scores(lambda name: max(days[name])), scores(lambda name: len(days[name]))
    monetary = scores(lambda name: spent[name])
    for name in names:
        row = profile.get(name)
        if row is None:
            check.same(f"customer {name}", "known", "unknown")
            continue
        check.same(f"orders of {name}", len(days[name]), int(row["number_of_orders"]))
        check.same(f"spent by {name}", spent[name], asked.money(row["amount_spent"]))
        check.same(f"last order of {name}", str(max(days[name])), row["last_order_date"][:10])
        three = tuple(int(row[f"{which}_score"]) for which in ("recency", "frequency", "monetary"))
        check.same(f"scores of {name}", (recency[name], frequency[name], monetary[name]), three)
    for name, (since, orders, amount) in PUBLISHED.items():
        row = profile.get(name, {"last_order_date": "1970-01-01", "number_of_orders": "0", "amount_spent": "0"})
        found = ((AT - date.fromisoformat(row["last_order_date"][:10])).days, int(row["number_of_orders"]), asked.money(row["amount_spent"]) // 10_000)
        check.same(f"published {name}", (since, orders, amount), found)
    check.end(f"{len(names)} customers with their scores, five of them as published")


if __name__ == "__main__":
    main()
