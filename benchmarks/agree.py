"""Whether two answers agree, customer by customer: `python agree.py A.parquet B.parquet`.

Every customer of either has to be in both, once. Money agrees to the cent, counts, dates, names and scores exactly.
"""

import sys

import duckdb

EXACT = [
    "number_of_orders", "distinct_products", "distinct_categories", "favourite_category", "favourite_weekday",
    "recency_score", "frequency_score", "monetary_score", "rfm_group",
]
MOMENTS = ["first_order_date", "last_order_date"]
MONEY = ["amount_spent", "amount_refunded"]
NEAR = {"average_order_value": 0.0001, "median_days_between_purchases": 1e-9, "full_price_unit_share": 1e-9}


def differs(name):
    """An SQL condition: the two rows differ in this column."""
    a, b = f'a."{name}"', f'b."{name}"'
    if name in MOMENTS:
        a, b = (f"epoch_us(CAST({side} AS TIMESTAMPTZ))" for side in (a, b))
    elif name in MONEY:
        a, b = (f"CAST(round({side}, 2) AS DECIMAL(38, 2))" for side in (a, b))
    elif name in EXACT:
        a, b = (f"CAST({side} AS VARCHAR)" for side in (a, b))
    else:
        known = f"({a} IS NULL) <> ({b} IS NULL)"
        return f"{known} OR abs(CAST({a} AS DOUBLE) - CAST({b} AS DOUBLE)) > {NEAR[name]}"
    return f"{a} IS DISTINCT FROM {b}"


def main():
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    for table, path in zip("ab", sys.argv[1:3]):
        # Quintile's customer ids are texts, the peers' are numbers.
        database.execute(f"CREATE VIEW {table} AS SELECT CAST(customer_id AS VARCHAR) AS who, * FROM '{path}'")
    columns = EXACT + MOMENTS + MONEY + list(NEAR)
    counts = ", ".join(f"count(*) FILTER (a.who IS NOT NULL AND b.who IS NOT NULL AND ({differs(name)}))" for name in columns)
    customers, only_b, only_a, *different = database.execute(
        f"SELECT count(*), count(*) FILTER (a.who IS NULL), count(*) FILTER (b.who IS NULL), {counts}"
        " FROM a FULL JOIN b ON a.who = b.who"
    ).fetchone()
    twice = [database.execute(f"SELECT count(*) - count(DISTINCT who) FROM {table}").fetchone()[0] for table in "ab"]
    found = [
        f"{count} {what}"
        for count, what in zip((only_a, only_b, *twice), ("only in A", "only in B", "twice in A", "twice in B"))
        if count
    ]
    found += [f"{name}: {count} differ" for name, count in zip(columns, different) if count]
    if found:
        sys.exit("; ".join(found))
    print(f"{customers} customers agree in {len(columns)} columns")


if __name__ == "__main__":
    main()
