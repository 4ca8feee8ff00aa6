"""The question in DuckDB: `python with_duckdb.py SHOP RESULT.parquet`."""

import sys

import duckdb

shop, result = sys.argv[1:3]

QUESTION = f"""
WITH orders AS (FROM '{shop}/orders.parquet'),
lines AS (FROM '{shop}/lines.parquet'),
buying AS (
    SELECT customer_id, count(*) AS number_of_orders, min(ts) AS first_order_date, max(ts) AS last_order_date
    FROM orders GROUP BY customer_id
),
days AS (SELECT DISTINCT customer_id, ts::DATE AS day FROM orders),
gaps AS (SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM days),
rhythm AS (SELECT customer_id, median(gap)::DOUBLE AS median_days_between_purchases FROM gaps GROUP BY customer_id),
value AS (
    SELECT customer_id,
        sum(quantity * unit_price - discount - refund) AS amount_spent,
        sum(refund) AS amount_refunded,
        count(DISTINCT product_id) AS distinct_products,
        count(DISTINCT category) AS distinct_categories,
        coalesce(sum(quantity) FILTER (discount = 0), 0) / sum(quantity) AS full_price_unit_share
    FROM lines GROUP BY customer_id
),
shelf AS (
    SELECT customer_id, category AS favourite_category FROM lines GROUP BY customer_id, category
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY sum(quantity) DESC, max(ts) DESC, category) = 1
),
weekday AS (
    SELECT customer_id, isodow(ts) AS favourite_weekday FROM orders GROUP BY customer_id, isodow(ts)
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY count(*) DESC, isodow(ts)) = 1
),
profile AS (
    SELECT *, (amount_spent + amount_refunded)::DOUBLE / number_of_orders AS average_order_value
    FROM buying JOIN rhythm USING (customer_id) JOIN value USING (customer_id)
        JOIN shelf USING (customer_id) JOIN weekday USING (customer_id)
),
scored AS (
    SELECT *,
        1 + 5 * (rank() OVER (ORDER BY last_order_date) - 1) // count(*) OVER () AS recency_score,
        1 + 5 * (rank() OVER (ORDER BY number_of_orders) - 1) // count(*) OVER () AS frequency_score,
        1 + 5 * (rank() OVER (ORDER BY amount_spent) - 1) // count(*) OVER () AS monetary_score
    FROM profile
)
SELECT *, CASE
        WHEN recency_score <= 2 THEN CASE WHEN fm <= 4 THEN 'DORMANT' WHEN fm <= 8 THEN 'AT_RISK' ELSE 'PREVIOUSLY_LOYAL' END
        WHEN recency_score = 3 THEN CASE WHEN fm <= 4 THEN 'ALMOST_LOST' WHEN fm <= 6 THEN 'NEEDS_ATTENTION' ELSE 'LOYAL' END
        WHEN recency_score = 4 THEN CASE WHEN fm <= 2 THEN 'PROMISING' WHEN fm <= 6 THEN 'ACTIVE' ELSE 'LOYAL' END
        ELSE CASE WHEN fm <= 2 THEN 'NEW' WHEN fm <= 6 THEN 'ACTIVE' ELSE 'CHAMPIONS' END
    END AS rfm_group
FROM (SELECT *, frequency_score + monetary_score AS fm FROM scored)
"""

database = duckdb.connect()
database.execute("SET enable_progress_bar = false")
database.execute(f"COPY (SELECT * EXCLUDE fm FROM ({QUESTION})) TO '{result}' (FORMAT parquet, COMPRESSION zstd)")
