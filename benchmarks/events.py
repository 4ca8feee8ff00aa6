"""Web events of a made-up shop, for timing imports: `events.py ROWS FOLDER [parquet] [jsonl]`.

Parquet has a column for each field; JSON Lines are calls in the Segment specification. Both say the same. A twentieth as many
visitors as events, three in ten of whom are registered; half of what those do names them.
"""

import sys
from pathlib import Path

import duckdb

EVENTS = """
CREATE OR REPLACE VIEW made AS
SELECT
  printf('%016x', hash(i)) AS message_id,
  hash(i * 7 + 1) % ({rows} // 20 + 1) AS visitor,
  i,
  hash(i * 11 + 3) AS dice,
  hash(i * 13 + 5) AS other
FROM range({rows}) AS numbers(i);
CREATE OR REPLACE VIEW events AS
SELECT
  message_id,
  'v' || visitor AS anonymous_id,
  CASE WHEN visitor % 10 < 3 AND dice % 2 = 0 THEN 'c' || visitor END AS user_id,
  TIMESTAMP '2024-01-01' + to_milliseconds(CAST(i * (63072000000 / {rows}) AS BIGINT)) AS at,
  CASE WHEN dice % 100 < 55 THEN 'Page Viewed' WHEN dice % 100 < 80 THEN 'Product Viewed' WHEN dice % 100 < 88 THEN 'Product List Viewed'
       WHEN dice % 100 < 92 THEN 'Products Searched' WHEN dice % 100 < 98 THEN 'Product Added' ELSE 'Checkout Started' END AS name,
  '/p/' || other % 5000 AS page,
  CASE WHEN dice % 100 >= 55 THEN 'sku-' || other % 20000 END AS product,
  CASE WHEN dice % 100 >= 55 THEN 'category ' || other % 50 END AS category,
  CASE WHEN dice % 100 >= 92 THEN CAST(other % 30000 / 100.0 AS DECIMAL(18, 2)) END AS value,
  ['desktop', 'mobile', 'tablet'][CAST(1 + other % 3 AS BIGINT)] AS device,
  ['Windows', 'iOS', 'Android', 'macOS'][CAST(1 + dice % 4 AS BIGINT)] AS platform,
  ['email', 'organic', 'cpc', 'social', 'referral', 'direct'][CAST(1 + dice % 6 AS BIGINT)] AS channel,
  CASE WHEN dice % 3 = 0 THEN 'campaign ' || dice % 40 END AS campaign
FROM made;
"""

PARQUET = "COPY (SELECT * FROM events) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1000000)"

JSONL = """
COPY (
  SELECT 'track' AS type, message_id AS "messageId", anonymous_id AS "anonymousId", user_id AS "userId",
    strftime("at", '%Y-%m-%dT%H:%M:%S.%gZ') AS "timestamp", name AS event,
    {{'product_id': product, 'category': category, 'value': value}} AS properties,
    {{'page': {{'path': page}}, 'device': {{'category': device}}, 'os': {{'name': platform}},
      'campaign': {{'name': campaign, 'medium': channel}}}} AS context
  FROM events
) TO '{path}' (FORMAT json)
"""


def main() -> None:
    rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    forms = sys.argv[3:] or ["parquet", "jsonl"]
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute("SET memory_limit = '2GB'")
    db.execute("SET preserve_insertion_order = false")
    db.execute(EVENTS.format(rows=rows))
    for form in forms:
        path = folder / f"events.{form}"
        db.execute({"parquet": PARQUET, "jsonl": JSONL}[form].format(path=path))
        print(f"{path}: {rows} events, {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
