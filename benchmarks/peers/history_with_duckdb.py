"""The month ends of a shop in DuckDB: `python history_with_duckdb.py SHOP OUT.csv FIRST LAST`.

For each first of a month from FIRST to LAST: how many customers each life stage, retention state and RFM group has, and
what they had spent, by the definitions of Quintile. Orders are valued once; the rest is asked anew at each date, as one
would ask it at that date.
"""

import csv
import sys
from datetime import date
from pathlib import Path

import duckdb

ONCE = """
CREATE TEMP TABLE facts AS
SELECT o.customer_id, o.order_id, o.ts, o.ts::DATE AS day, coalesce(l.net, 0) AS net
FROM '{shop}/orders.parquet' o
LEFT JOIN (
    SELECT order_id, sum(quantity * unit_price - discount - refund) AS net FROM '{shop}/lines.parquet' GROUP BY order_id
) l USING (order_id)
"""

AT_A_DATE = """
WITH counted AS (SELECT * FROM facts WHERE ts < DATE '{date}'),
money AS (
    SELECT customer_id, count(*) AS orders, max(ts) AS last_ts, sum(net) AS spent FROM counted GROUP BY customer_id
),
days AS (
    SELECT customer_id, day,
        day - lag(day) OVER of_customer AS gap,
        row_number() OVER of_customer AS nth,
        count(*) OVER (PARTITION BY customer_id) AS purchases
    FROM (SELECT DISTINCT customer_id, day FROM counted)
    WINDOW of_customer AS (PARTITION BY customer_id ORDER BY day)
),
rhythm AS (
    SELECT customer_id, any_value(purchases) AS purchases, min(day) AS first_day, max(day) AS last_day,
        max(day) FILTER (nth = purchases - 2) AS loyal_day
    FROM days GROUP BY customer_id
),
gaps AS (
    SELECT nth = 2 AS is_first, gap, true AS ended FROM days WHERE nth >= 2
    UNION ALL
    SELECT purchases = 1, (DATE '{date}' - 1) - last_day, false FROM rhythm
),
by_length AS (
    SELECT is_first, gap, count(*) FILTER (ended) AS ended, count(*) AS of_length FROM gaps GROUP BY is_first, gap
),
at_risk AS (
    SELECT is_first, gap, ended,
        sum(of_length) OVER (PARTITION BY is_first ORDER BY gap ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS at_risk
    FROM by_length
),
curve AS (
    SELECT is_first, gap, product(1 - ended / at_risk) OVER (PARTITION BY is_first ORDER BY gap) AS survival
    FROM at_risk WHERE ended > 0
),
usual AS (
    SELECT coalesce(
        (SELECT min(gap) FROM curve WHERE NOT is_first AND survival <= 0.5 + 1e-12),
        (SELECT max(gap) FROM gaps WHERE NOT is_first AND ended),
        (SELECT quantile_disc(gap, 0.5) FROM gaps WHERE is_first AND ended),
        30)::DOUBLE AS usual_gap
),
a_year AS (SELECT coalesce(arg_max(survival, gap), 1.0) AS survival FROM curve WHERE is_first AND gap <= 365),
last_call AS (
    SELECT greatest(60, coalesce(
        (SELECT min(gap) FROM curve WHERE is_first AND survival <= 1 - 0.8 * (1 - (SELECT survival FROM a_year)) + 1e-12), 60
    ))::DOUBLE AS last_call
),
scored AS (
    SELECT customer_id, spent,
        1 + 5 * (rank() OVER (ORDER BY last_ts) - 1) // count(*) OVER () AS r,
        1 + 5 * (rank() OVER (ORDER BY orders) - 1) // count(*) OVER () AS f,
        1 + 5 * (rank() OVER (ORDER BY spent) - 1) // count(*) OVER () AS m
    FROM money
),
late AS (
    SELECT customer_id, purchases, DATE '{date}' - last_day AS since, DATE '{date}' - loyal_day AS since_loyal,
        (DATE '{date}' - last_day) / CASE WHEN purchases >= 2
            THEN (2 * usual_gap + (last_day - first_day)) / (2 + purchases - 1) ELSE last_call / 4 END AS overdue,
        usual_gap, last_call
    FROM rhythm, usual, last_call
),
classes AS (
    SELECT spent,
        CASE
            WHEN purchases = 1 AND since > last_call THEN 'inactive-first-time'
            WHEN purchases = 1 THEN 'first-time-buyers'
            WHEN overdue > 4 THEN 'inactive-repeat'
            WHEN overdue > 2 THEN 'at-risk-repeat'
            WHEN since_loyal <= greatest(4 * usual_gap, 90) THEN 'loyal'
            ELSE 'active-repeat' END AS life_stage,
        CASE WHEN overdue <= 1 THEN 'active' WHEN overdue <= 2 THEN 'drifting' WHEN overdue <= 4 THEN 'churn-risk' ELSE 'lost' END
            AS retention_state,
        CASE
            WHEN f + m >= 7 AND r = 5 THEN 'CHAMPIONS'
            WHEN f + m >= 7 AND r IN (3, 4) THEN 'LOYAL'
            WHEN f + m BETWEEN 3 AND 6 AND r IN (4, 5) THEN 'ACTIVE'
            WHEN f + m = 2 AND r = 5 THEN 'NEW'
            WHEN f + m = 2 AND r = 4 THEN 'PROMISING'
            WHEN f + m BETWEEN 5 AND 6 AND r = 3 THEN 'NEEDS_ATTENTION'
            WHEN f + m BETWEEN 2 AND 4 AND r = 3 THEN 'ALMOST_LOST'
            WHEN f + m >= 9 THEN 'PREVIOUSLY_LOYAL'
            WHEN f + m >= 5 THEN 'AT_RISK'
            ELSE 'DORMANT' END AS rfm_group
    FROM late JOIN scored USING (customer_id)
)
SELECT 'life_stage', life_stage, count(*), sum(spent) FROM classes GROUP BY life_stage
UNION ALL SELECT 'retention_state', retention_state, count(*), sum(spent) FROM classes GROUP BY retention_state
UNION ALL SELECT 'rfm_group', rfm_group, count(*), sum(spent) FROM classes GROUP BY rfm_group
"""


def month_ends(first, last):
    while first <= last:
        yield first
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)


def main():
    shop, out, first, last = sys.argv[1], Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), date.fromisoformat(sys.argv[4])
    database = duckdb.connect()
    database.execute(ONCE.format(shop=shop))
    with out.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["date", "partition", "class", "customers", "revenue"])
        for end in month_ends(first, last):
            for row in database.execute(AT_A_DATE.format(date=end)).fetchall():
                rows.writerow([end, *row])


if __name__ == "__main__":
    main()
