"""Many segments in one question, side by side with SQL for DuckDB one by one: `python segments.py [--orders 1000000] [--quintile BINARY] [--rounds 3]`.

Every segment below is asked twice: as text by Quintile, all of them together over the imported store, and as SQL written by hand by
DuckDB, one query after the other over the shop's files. The counts have to be the same, each of them. Beside them stand the
profile of sixteen columns that `run.py` measures, and all segments that have a name. Reported are processor seconds, wall seconds
and the peak of resident memory, medians of rounds in turn.

The last line is one sentence for other programs to keep.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from run import AS_OF, COLUMNS
from side_by_side import Work, asked_of, imported, kept, measured, shop_of, table

# Common parts of the SQL. DuckDB works out what a query does not use not at all.
WITH = """
WITH orders AS (SELECT * FROM '{shop}/orders.parquet'),
lines AS (SELECT * FROM '{shop}/lines.parquet'),
buyers AS (SELECT customer_id, count(*) AS n, min(ts) AS first, max(ts) AS last FROM orders GROUP BY customer_id),
spent AS (
    SELECT customer_id, sum(quantity * unit_price - discount - refund) AS net, sum(quantity * unit_price - discount) AS gross,
        sum(refund) AS refunded, count(DISTINCT product_id) AS products, count(DISTINCT category) AS categories,
        sum(quantity) AS units, coalesce(sum(quantity) FILTER (discount = 0), 0) AS full_price_units
    FROM lines GROUP BY customer_id
),
valued AS (
    SELECT order_id, customer_id, min(ts) AS ts, sum(quantity * unit_price - discount) AS value,
        sum(quantity * unit_price - discount - refund) AS net, max(discount) > 0 AS discounted
    FROM lines GROUP BY order_id, customer_id
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY ts, order_id) AS nth,
        row_number() OVER (PARTITION BY customer_id ORDER BY ts DESC, order_id DESC) AS last_nth
    FROM valued
),
scored AS (
    SELECT customer_id,
        1 + 5 * (rank() OVER (ORDER BY last) - 1) // count(*) OVER () AS r,
        1 + 5 * (rank() OVER (ORDER BY n) - 1) // count(*) OVER () AS f,
        1 + 5 * (rank() OVER (ORDER BY net) - 1) // count(*) OVER () AS m
    FROM buyers JOIN spent USING (customer_id)
)
"""

NOW = "TIMESTAMP '2026-01-01'"
BUYERS = "SELECT count(*) FROM buyers WHERE "
SPENT = "SELECT count(*) FROM spent JOIN buyers USING (customer_id) WHERE "
WHO = "SELECT count(DISTINCT customer_id) FROM "
BY = "SELECT count(*) FROM (SELECT customer_id FROM "
SHOES, SHIRTS = "category-03", "category-11"

SEGMENTS = {
    # Of what is known of each customer.
    "one-order": ("number_of_orders = 1", BUYERS + "n = 1"),
    "two-or-more": ("number_of_orders >= 2", BUYERS + "n >= 2"),
    "three-or-four": ("number_of_orders BETWEEN 3 AND 4", BUYERS + "n BETWEEN 3 AND 4"),
    "many-orders": ("number_of_orders >= 10", BUYERS + "n >= 10"),
    "lately": ("last_order_date >= -30d", BUYERS + "last >= DATE '2025-12-02'"),
    "not-for-a-year": ("last_order_date < -365d", BUYERS + "last < DATE '2025-01-01'"),
    "new": ("first_order_date >= -1m", BUYERS + "first >= DATE '2025-12-01'"),
    "old-and-active": ("first_order_date < -1y AND last_order_date >= -90d", BUYERS + "first < DATE '2025-01-01' AND last >= DATE '2025-10-03'"),
    "silent": ("days_since_last_order > 180", BUYERS + f"{NOW} - last > INTERVAL 180 DAY"),
    "spent-over": ("amount_spent > 500", SPENT + "net > 500"),
    "spent-under": ("amount_spent < 50", SPENT + "net < 50"),
    "above-average": ("amount_spent > average(amount_spent)", SPENT + "net * (SELECT count(*) FROM spent) > (SELECT sum(net) FROM spent)"),
    "top-fifth": (
        "amount_spent >= percentile(amount_spent, 80)",
        SPENT + "net >= (SELECT net FROM spent ORDER BY net LIMIT 1 OFFSET (SELECT CAST((8 * count(*) + 9) // 10 - 1 AS BIGINT) FROM spent))",
    ),
    "some-money-back": ("amount_refunded > 0", SPENT + "refunded > 0"),
    "much-money-back": ("amount_refunded > 0.25 * amount_spent_gross", SPENT + "4 * refunded > gross"),
    "all-money-back": ("amount_refunded > 0 AND amount_spent = 0", SPENT + "refunded > 0 AND net = 0"),
    "large-baskets": ("average_order_value > 150", SPENT + "gross > 150 * n"),
    "large-order": ("largest_order > 300", WHO + "valued WHERE net > 300"),
    "small-last-order": ("last_order_total < 20", WHO + "numbered WHERE last_nth = 1 AND net < 20"),
    "many-products": ("distinct_products >= 10", SPENT + "products >= 10"),
    "one-category": ("distinct_categories = 1 AND number_of_orders >= 2", SPENT + "categories = 1 AND n >= 2"),
    "bargain-hunters": ("full_price_unit_share < 0.5", SPENT + "2 * full_price_units < units"),
    "weekend-people": (
        "favourite_weekday IN (6, 7)",
        """SELECT count(*) FROM (SELECT customer_id, isodow(ts) AS day FROM orders GROUP BY customer_id, isodow(ts)
            QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, isodow(ts)) = 1) WHERE day IN (6, 7)""",
    ),
    "kind-of-shoes": (
        f"favourite_category = '{SHOES}'",
        f"""SELECT count(*) FROM (SELECT customer_id, category FROM lines GROUP BY customer_id, category
            QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY sum(quantity) DESC, max(ts) DESC, category) = 1)
            WHERE category = '{SHOES}'""",
    ),
    "recent-fifth": ("recency_score = 5", "SELECT count(*) FROM scored WHERE r = 5"),
    "often-and-much": ("frequency_score >= 4 AND monetary_score >= 4", "SELECT count(*) FROM scored WHERE f >= 4 AND m >= 4"),
    "champions": ("rfm_group = 'CHAMPIONS'", "SELECT count(*) FROM scored WHERE r = 5 AND f + m > 6"),
    "at-risk": ("rfm_group = 'AT_RISK'", "SELECT count(*) FROM scored WHERE r <= 2 AND f + m BETWEEN 5 AND 8"),
    # Of orders.
    "ordered-this-month": ("orders_placed MATCHES (date >= -30d)", WHO + "orders WHERE ts >= DATE '2025-12-02'"),
    "by-app": ("orders_placed MATCHES (channel = 'app', count >= 2)", BY + "orders WHERE channel = 'app' GROUP BY customer_id HAVING count(*) >= 2)"),
    "never-on-the-web": (
        "orders_placed NOT MATCHES (channel = 'web')",
        "SELECT (SELECT count(*) FROM buyers) - (SELECT count(DISTINCT customer_id) FROM orders WHERE channel = 'web')",
    ),
    "big-this-year": ("orders_placed MATCHES (amount > 200, date >= -1y)", WHO + "valued WHERE value > 200 AND ts >= DATE '2025-01-01'"),
    "big-first-order": ("orders_placed MATCHES (nth = 1, amount >= 100)", WHO + "numbered WHERE nth = 1 AND value >= 100"),
    "coupon-lovers": (
        "orders_placed MATCHES (discounted = true, count >= 2)",
        BY + "valued WHERE discounted GROUP BY customer_id HAVING count(*) >= 2)",
    ),
    "never-discounted": (
        "number_of_orders >= 2 AND orders_placed NOT MATCHES (discounted = true)",
        BY + "valued GROUP BY customer_id HAVING count(*) >= 2 AND NOT bool_or(discounted))",
    ),
    "sum-of-the-year": (
        "orders_placed MATCHES (date >= -1y, sum_amount > 400)",
        BY + "valued WHERE ts >= DATE '2025-01-01' GROUP BY customer_id HAVING sum(value) > 400)",
    ),
    "dear-on-average": (
        "orders_placed MATCHES (average_amount > 120, count >= 2)",
        BY + "valued GROUP BY customer_id HAVING sum(value) > 120 * count(*) AND count(*) >= 2)",
    ),
    "two-countries": (
        "orders_placed MATCHES (country = 'DE') AND orders_placed MATCHES (country = 'FR')",
        BY + "orders WHERE country IN ('DE', 'FR') GROUP BY customer_id HAVING count(DISTINCT country) = 2)",
    ),
    "many-channels": (
        "orders_placed MATCHES (count_distinct_channel >= 3)",
        BY + "orders GROUP BY customer_id HAVING count(DISTINCT channel) >= 3)",
    ),
    "lately-only-with-discount": (
        "orders_placed MATCHES (of_last = 3, discounted = true, count >= 2)",
        BY + "numbered WHERE last_nth <= 3 AND discounted GROUP BY customer_id HAVING count(*) >= 2)",
    ),
    # Of lines.
    "shoes": (f"products_purchased MATCHES (category = '{SHOES}')", WHO + f"lines WHERE category = '{SHOES}'"),
    "shoes-lately": (
        f"products_purchased MATCHES (category = '{SHOES}', date >= -90d)",
        WHO + f"lines WHERE category = '{SHOES}' AND ts >= DATE '2025-10-03'",
    ),
    "shoes-not-shirts": (
        f"products_purchased MATCHES (category = '{SHOES}') AND products_purchased NOT MATCHES (category = '{SHIRTS}')",
        BY + f"lines GROUP BY customer_id HAVING bool_or(category = '{SHOES}') AND NOT bool_or(category = '{SHIRTS}'))",
    ),
    "in-threes": (
        "products_purchased MATCHES (quantity >= 3, count >= 2)",
        BY + "lines WHERE quantity >= 3 GROUP BY customer_id HAVING count(*) >= 2)",
    ),
    "full-price": (
        "products_purchased MATCHES (full_price = true, count >= 5)",
        BY + "lines WHERE discount = 0 GROUP BY customer_id HAVING count(*) >= 5)",
    ),
    "dear-things": ("products_purchased MATCHES (price > 100)", WHO + "lines WHERE unit_price > 100"),
    "many-units": ("products_purchased MATCHES (sum_quantity >= 20)", BY + "lines GROUP BY customer_id HAVING sum(quantity) >= 20)"),
    "money-back": ("refunds MATCHES ()", WHO + "lines WHERE refund > 0"),
    # Of one thing after another.
    "quick-second": (
        "orders_placed MATCHES (nth = 1) THEN orders_placed WITHIN 30d",
        WHO + "numbered a WHERE nth = 1 AND EXISTS (FROM numbered b WHERE b.customer_id = a.customer_id AND b.ts > a.ts AND b.ts < a.ts + INTERVAL 30 DAY)",
    ),
    "pause-this-year": (
        "orders_placed MATCHES (date >= -1y) THEN NO orders_placed WITHIN 60d",
        """SELECT count(DISTINCT customer_id) FROM (SELECT customer_id, ts, lead(ts) OVER (PARTITION BY customer_id ORDER BY ts) AS next FROM orders)
            WHERE ts >= DATE '2025-01-01' AND (next IS NULL OR next >= ts + INTERVAL 60 DAY)""",
    ),
    # Joined.
    "good-or-new": (
        "(number_of_orders >= 3 AND last_order_date >= -90d) OR amount_spent > 1000",
        SPENT + "(n >= 3 AND last >= DATE '2025-10-03') OR net > 1000",
    ),
    "the-rest": ("NOT (amount_spent > 100 OR number_of_orders > 3)", SPENT + "NOT (net > 100 OR n > 3)"),
}


def sql(shop, name):
    return WITH.format(shop=shop) + SEGMENTS[name][1]


def one_by_one(shop, result):
    """All queries in one DuckDB, one after the other; what runs when this file is called with `--peer`."""
    import duckdb

    database = duckdb.connect()
    database.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    counts = {name: database.execute(sql(shop, name)).fetchone()[0] for name in SEGMENTS}
    Path(result).write_text(json.dumps(counts))


def write_files(store):
    """The segments as files of the project; they need not be in force to be asked."""
    folder = store / "segments"
    folder.mkdir(exist_ok=True)
    for name, (text, _) in SEGMENTS.items():
        (folder / f"{name}.toml").write_text("segment = " + json.dumps(text) + "\n")


def counts_of(path):
    rows = json.loads(path.read_text())["rows"]
    lacking = [row["segment"] for row in rows if row["lacks"]]
    return {row["segment"]: row["customers"] for row in rows}, lacking


def main():
    asked = asked_of(__doc__)
    shop, answers = shop_of(asked)
    store, quintile = asked.work / "segments-store", asked.quintile
    shutil.rmtree(store, ignore_errors=True)
    imported(quintile, store, shop)
    write_files(store)

    ours, theirs, everything = answers / "segments.json", answers / "segments-duckdb.json", answers / "segments-all.json"
    at = ["-C", store, "--as-of", AS_OF]
    together = lambda: measured(quintile, "segment", "count", "--all", "--family", "own", *at, "-o", ours)
    with_ready = lambda: measured(quintile, "segment", "count", "--all", *at, "-o", everything)
    profile = lambda: measured(quintile, "profile", *at, "--columns", COLUMNS, "-o", answers / "profile.parquet")
    peer = lambda: measured(sys.executable, Path(__file__), "--peer", shop, theirs)
    # The first question of a new store looks at it once more; it is no part of any of these.
    together()
    contenders = [
        (Work(f"**Quintile, {len(SEGMENTS)} segments in one question**"), together),
        (Work("Quintile, those and all ready ones in one question"), with_ready),
        (Work("Quintile, profile of 16 columns"), profile),
        (Work(f"DuckDB, the same {len(SEGMENTS)} one by one"), peer),
    ]
    for turn in range(asked.rounds):
        print(f"round {turn + 1} of {asked.rounds}", file=sys.stderr)
        for work, run in contenders:
            work.costs.append(run())
        if turn == 0:
            found, lacking = counts_of(ours)
            expected = json.loads(theirs.read_text())
            different = [f"{name}: {found.get(name)} and {count}" for name, count in expected.items() if found.get(name) != count]
            if different or lacking:
                sys.exit("; ".join(different + [f"{name} lacks facts" for name in lacking]))

    base = contenders[0][0]
    cores = len(os.sched_getaffinity(0))
    customers = max(expected.values())
    same = f"{len(SEGMENTS)} segments have equal counts, the largest {customers}"
    heads = [f"## {len(SEGMENTS)} segments, {asked.orders:,} orders", "", f"{cores} cores, medians of {asked.rounds} rounds in turn; {same}.", ""]
    kept(f"segments-{shop.name}", [*heads, *table([work for work, _ in contenders], base, "the question"), ""])
    all_ready, rows16, duckdb = (work.median("processor") for work, _ in contenders[1:])
    print(
        f"{same}; one question {base.median('processor'):.1f} processor seconds and {base.median('megabytes'):.0f} MB, with all ready ones"
        f" {all_ready:.1f}, the profile of 16 columns {rows16:.1f} (that is {all_ready / rows16:.1f} times), DuckDB one by one {duckdb:.1f}"
        f" ({duckdb / base.median('processor'):.1f} times)"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        one_by_one(*sys.argv[2:4])
    else:
        main()
