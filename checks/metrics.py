"""`segment metrics` by SQL in DuckDB on the raw files: of life stages, segments and all customers of Online Retail, month by month, and
of genders, segments and all customers of the demo shop, whose visits, messages, tickets, surveys and costs are known."""

import subprocess
import tempfile
from datetime import date, datetime, time, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import asked
import duckdb

ROOT = Path(__file__).resolve().parent.parent
AMOUNTS = ("revenue", "clv", "average_order_value", "acquisition_cost")
COUNTS = ("customers", "active_before")

# An order is an invoice that is no credit note, at the time of its first line; a credit note gives money back.
ONLINE_RETAIL = """
CREATE TABLE line AS SELECT CustomerID AS customer, InvoiceNo AS number, CAST(InvoiceDate AS TIMESTAMP) AS placed,
    CAST(Quantity AS DECIMAL(18, 4)) * CAST(UnitPrice AS DECIMAL(18, 4)) AS amount
    FROM read_csv('{path}', all_varchar = true) WHERE CustomerID <> '';
CREATE TABLE orders AS SELECT customer, number, min(placed) AS placed, min(placed)::DATE AS day, sum(amount) AS amount
    FROM line WHERE number NOT LIKE 'C%' GROUP BY customer, number;
CREATE TABLE back AS SELECT customer, min(placed) AS placed, -sum(amount) AS amount FROM line WHERE number LIKE 'C%' GROUP BY customer, number;
"""

# A person is their id in the shop, else their address. All moments are in UTC; `day` is the day in Berlin.
DEMO = """
SET TimeZone = 'UTC';
CREATE MACRO file(name) AS TABLE SELECT * FROM read_csv('{folder}/' || name, all_varchar = true, header = true);
CREATE MACRO utc(text) AS strptime(text, '%Y-%m-%d %H:%M:%S %z')::TIMESTAMP;
CREATE TABLE registered AS SELECT trim("Customer ID", '''') AS id, lower("Email") AS email FROM file('customers_export.csv');
CREATE MACRO person(id, address) AS coalesce(nullif(id, ''), (SELECT r.id FROM registered r WHERE r.email = lower(address)), lower(address));
CREATE TABLE placed_order AS SELECT person('', "Email") AS customer, "Name" AS number, utc("Created at") AS placed,
    timezone('Europe/Berlin', utc("Created at")::TIMESTAMPTZ)::DATE AS day, CAST("Total" AS DECIMAL(18, 4)) AS amount,
    CAST(coalesce("Refunded Amount", '0') AS DECIMAL(18, 4)) AS refunded, lower("Source") AS channel, "Financial Status" AS status
    FROM file('orders_export.csv') WHERE "Financial Status" <> '';
CREATE TABLE orders AS SELECT * FROM placed_order WHERE status NOT IN ('pending', 'voided');
CREATE TABLE back AS SELECT customer, placed, refunded AS amount FROM orders WHERE refunded > 0;
CREATE TABLE tied AS SELECT visitor_id, person(any_value(customer_id), any_value(email)) AS customer
    FROM file('events.csv') WHERE email <> '' GROUP BY visitor_id;
CREATE TABLE event AS SELECT coalesce(person(customer_id, nullif(email, '')), tied.customer) AS customer, utc("at") AS happened, lower(channel) AS channel
    FROM file('events.csv') e LEFT JOIN tied ON tied.visitor_id = e.visitor_id;
CREATE TABLE message AS SELECT person(customer_id, email) AS customer, message, action, utc("at") AS happened, coalesce(machine, '') = 'true' AS machine
    FROM file('messages.csv');
CREATE TABLE ticket AS SELECT person(customer_id, email) AS customer, utc("at") AS happened, utc(nullif(solved_at, '')) AS solved,
    CAST(nullif(score, '') AS DOUBLE) AS score FROM file('tickets.csv');
CREATE TABLE answer AS SELECT person(customer_id, email) AS customer, utc("at") AS happened, measure, answer,
    CAST(nullif(score, '') AS DOUBLE) AS score FROM file('surveys.csv');
CREATE TABLE spent_on AS SELECT lower(channel) AS channel, period AS month, CAST(amount AS DECIMAL(18, 4)) AS amount
    FROM file('costs.csv') WHERE what = 'acquisition';
"""

# Kaplan and Meier: the share still waiting after each day, of those who bought again and those who still wait.
WAITING = """
CREATE OR REPLACE TEMP TABLE waiting AS WITH wait AS ({wait}), by_day AS
    (SELECT days, count(*) FILTER (ended) AS ends, count(*) AS all_of_day FROM wait GROUP BY days)
    SELECT days, product(1 - ends / above) OVER (ORDER BY days) AS share FROM
    (SELECT days, ends, sum(all_of_day) OVER (ORDER BY days DESC) AS above FROM by_day)
"""

# Purchases are days; stages go by the silence since the last one against the gap that is expected of the customer.
STAGES = """
CREATE OR REPLACE TABLE {table} AS WITH bought AS (SELECT customer, count(*) AS purchases, sum(gap) AS gaps, DATE '{day}' - max(day) AS silent,
    count(*) FILTER (DATE '{day}' - day <= greatest(90, 4 * {usual})) AS recent FROM purchase GROUP BY customer)
    SELECT customer, CASE
        WHEN purchases = 1 THEN CASE WHEN silent > {call} THEN 'inactive-first-time' ELSE 'first-time-buyers' END
        WHEN silent * (1 + purchases) > 4 * (2 * {usual} + gaps) THEN 'inactive-repeat'
        WHEN silent * (1 + purchases) > 2 * (2 * {usual} + gaps) THEN 'at-risk-repeat'
        WHEN recent >= 3 THEN 'loyal' ELSE 'active-repeat' END AS stage, TRUE AS bought FROM bought
    UNION ALL SELECT customer, '{without}', FALSE FROM known WHERE customer NOT IN (SELECT customer FROM orders WHERE placed < {at})
"""
INACTIVE = "stage LIKE 'inactive-%'"

# One row a customer: what they did until the moment.
CUSTOMER = """
CREATE OR REPLACE TABLE customer AS SELECT known.customer, stage, coalesce(n, 0) AS n, coalesce(in_a_year, 0) AS in_a_year,
    coalesce(in_a_month, 0) AS in_a_month, coalesce(gross, 0) AS gross, coalesce(refunded, 0) AS refunded, first FROM known
    LEFT JOIN stage_now USING (customer)
    LEFT JOIN (SELECT customer, count(*) AS n, count(*) FILTER (placed >= {at} - INTERVAL 365 DAY) AS in_a_year,
        count(*) FILTER (placed >= {at} - INTERVAL 30 DAY) AS in_a_month, sum(amount) AS gross, min(placed) AS first
        FROM orders WHERE placed < {at} GROUP BY customer) USING (customer)
    LEFT JOIN (SELECT customer, sum(amount) AS refunded FROM back WHERE placed < {at} GROUP BY customer) USING (customer)
"""

# What the demo shop knows beside orders, of each customer.
BESIDE = """
CREATE OR REPLACE TABLE won AS SELECT customer, month, round(amount / count(*) OVER (PARTITION BY channel, month), 4) AS cost FROM
    (SELECT c.customer, strftime(timezone('Europe/Berlin', c.first::TIMESTAMPTZ), '%Y-%m') AS month, coalesce(
        (SELECT arg_min(e.channel, e.happened) FROM event e WHERE e.customer = c.customer AND e.happened <= c.first AND e.channel <> ''),
        (SELECT arg_min(o.channel, o.placed) FROM orders o WHERE o.customer = c.customer)) AS channel
     FROM customer c WHERE c.first IS NOT NULL) JOIN spent_on USING (channel, month);
CREATE OR REPLACE TABLE customer AS SELECT customer.*, visited, received, opened, clicked, tickets, csat, nps, cost FROM customer
    LEFT JOIN (SELECT DISTINCT customer, TRUE AS visited FROM event WHERE happened < {at} AND happened >= {at} - INTERVAL 30 DAY) USING (customer)
    LEFT JOIN (SELECT customer, count(*) AS received, count(*) FILTER (opened) AS opened, count(*) FILTER (clicked) AS clicked FROM
        (SELECT customer, message, bool_or(action IN ('opened', 'clicked') AND NOT machine) AS opened,
            bool_or(action = 'clicked' AND NOT machine) AS clicked FROM message WHERE happened < {at} GROUP BY customer, message
            HAVING min(happened) >= {at} - INTERVAL 90 DAY AND NOT bool_or(action = 'bounced')) GROUP BY customer) USING (customer)
    LEFT JOIN (SELECT customer, count(*) AS tickets FROM ticket WHERE happened < {at} GROUP BY customer) USING (customer)
    LEFT JOIN (SELECT customer, avg(score) AS csat FROM
        (SELECT customer, score FROM ticket WHERE happened < {at} AND (solved IS NULL OR solved < {at}) AND score IS NOT NULL
         UNION ALL SELECT customer, score FROM answer WHERE happened < {at} AND measure = 'csat') GROUP BY customer) USING (customer)
    LEFT JOIN (SELECT customer, arg_max(score, happened) AS nps FROM answer WHERE happened < {at} AND measure = 'nps' GROUP BY customer) USING (customer)
    LEFT JOIN won USING (customer)
"""

OF_ORDERS = {
    "customers": "count(*)",
    "revenue": "sum(gross - refunded)",
    "clv": "sum(gross - refunded), count(*)",
    "average_order_value": "sum(gross), sum(n)",
    "orders_a_year": "sum(in_a_year), count(*) FILTER (n > 0)",
    "refund_share": "sum(refunded), sum(gross)",
}
OF_ALL = OF_ORDERS | {
    "engagement_share": "sum(opened), sum(received)",
    "click_through_share": "sum(clicked), sum(received)",
    "conversion_share": "count(*) FILTER (visited AND in_a_month > 0), count(*) FILTER (visited)",
    "acquisition_cost": "sum(cost), count(cost)",
    "csat": "sum(csat), count(csat)",
    "nps": "100 * (count(*) FILTER (nps >= 9) - count(*) FILTER (nps <= 6)), count(nps)",
    "tickets_per_order": "sum(tickets), sum(n)",
}


class Moment:
    """The customers at a moment, and a calendar month before it."""

    def __init__(self, sql, day, zone, known, without, beside=False):
        self.sql, self.day = sql, day
        before = date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, min(day.day, 28))
        self.at = {}
        for table, on in (("stage_then", before), ("stage_now", day)):
            moment = datetime.combine(on, time(), zone).astimezone(timezone.utc)
            at = f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'"
            self.at[table] = at
            sql.execute(f"CREATE OR REPLACE TABLE known AS {known.format(at=at)}")
            self.stages(table, on, at, without)
        sql.execute(CUSTOMER.format(at=at))
        if beside:
            sql.execute(BESIDE.format(at=at))

    def stages(self, table, day, at, without):
        self.sql.execute(f"""CREATE OR REPLACE TEMP TABLE purchase AS SELECT *, day - lag(day) OVER own AS gap, row_number() OVER own AS nth,
            lead(day) OVER own IS NULL AS last FROM (SELECT DISTINCT customer, day FROM orders WHERE placed < {at})
            WINDOW own AS (PARTITION BY customer ORDER BY day)""")
        running = f"SELECT DATE '{day}' - 1 - day AS days, FALSE AS ended FROM purchase WHERE last"
        self.sql.execute(WAITING.format(wait=f"SELECT gap AS days, TRUE AS ended FROM purchase WHERE nth > 2 UNION ALL {running} AND nth > 1"))
        usual = self.one("SELECT min(days) FROM waiting WHERE share <= 0.5 + 1e-12")
        self.sql.execute(WAITING.format(wait=f"SELECT gap AS days, TRUE AS ended FROM purchase WHERE nth = 2 UNION ALL {running} AND nth = 1"))
        in_a_year = 1 - self.one("SELECT arg_max(share, days) FROM waiting WHERE days <= 365")
        call = self.one(f"SELECT greatest(60, min(days)) FROM waiting WHERE 1 - share >= 0.8 * {in_a_year} - 1e-12")
        self.sql.execute(STAGES.format(table=table, day=day, usual=usual, call=call, without=without, at=at))

    def one(self, query):
        return self.sql.execute(query).fetchone()[0]

    def metrics(self, metrics, now="TRUE", then="TRUE"):
        """Of the customers of whom a condition holds; `then` is the same a month before."""
        found = {}
        for name, parts in metrics.items():
            sums = self.sql.execute(f"SELECT {parts} FROM customer WHERE {now}").fetchone()
            found[name] = divided(name, *sums)
        then = f"FROM stage_then WHERE bought AND NOT {INACTIVE} AND {then}"
        active = self.one(f"SELECT count(*) {then}")
        lost = self.one(f"SELECT count(*) FROM stage_now WHERE {INACTIVE} AND customer IN (SELECT customer {then})")
        return found | {"active_before": active or None, "churn_share": divided("churn_share", lost, active)}


def divided(name, over, under=1):
    if name == "customers":
        return over
    if not under:
        return Decimal(0) if name == "revenue" else None
    if over is None:
        return Decimal(0) if name in ("revenue", "tickets_per_order") or name.endswith("share") else None
    if name in AMOUNTS:
        return (Decimal(over) / under).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    return float(over) / float(under)


def compare(check, what, slow, row):
    for name, value in slow.items():
        text = row[name]
        if name in COUNTS:
            check.same(f"{what}: {name}", value, int(text) if text else None)
        elif name in AMOUNTS:
            check.same(f"{what}: {name}", value, Decimal(text) if text else None)
        elif value is None or text == "":
            check.same(f"{what}: {name}", value, text or None)
        else:
            check.near(f"{what}: {name}", value, float(text), 1e-4 if name == "csat" else 1e-9)


def by_group(rows, group, day=None):
    return {row[group]: row for row in rows if day is None or row["date"] == day}


def online_retail(check):
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    sql = duckdb.connect()
    sql.execute(ONLINE_RETAIL.format(path=path))
    known = "SELECT DISTINCT customer FROM line WHERE placed < {at}"
    stages = ["first-time-buyers", "active-repeat", "loyal", "at-risk-repeat", "inactive-repeat", "inactive-first-time"]
    spent = """customer IN (SELECT customer FROM (SELECT customer, amount FROM orders WHERE placed < {at}
        UNION ALL SELECT customer, -amount FROM back WHERE placed < {at}) GROUP BY customer HAVING sum(amount) > 500)"""
    second = """customer IN (SELECT customer FROM orders WHERE placed < {at} GROUP BY customer
        HAVING count(DISTINCT day) = 1 AND max(placed) < {at} - INTERVAL 60 DAY AND max(placed) >= {at} - INTERVAL 180 DAY)"""
    days = ["2011-07-01", "2011-08-01", "2011-09-01", "2011-10-01", "2011-11-01", "2011-12-01", "2011-12-10"]
    with asked.imported(path, currency="GBP") as store:
        at = ("--as-of", days[-1])
        trend = store.rows("segment", "metrics", "--trend", "--from", "2011-06-15", *at, "--limit", "0")
        texts = ("--query", "amount_spent > 500", "--query", "orders_placed MATCHES (count >= 1)", "--trend", "--from", "2011-06-15")
        segments = store.rows("segment", "metrics", *texts, *at, "--limit", "0")
        now = store.rows("segment", "metrics", *at)
        late = store.rows("segment", "metrics", "second-order-late", *at)
    for day in days:
        moment = Moment(sql, date.fromisoformat(day), timezone.utc, known, "inactive-first-time")
        fast = by_group(trend, "life_stage", day)
        for stage in stages:
            of_stage = f"stage = '{stage}'"
            compare(check, f"{day} {stage}", moment.metrics(OF_ORDERS, of_stage, of_stage), fast[stage])
        compare(check, f"{day} all", moment.metrics(OF_ORDERS), fast["(all)"])
        fast = by_group(segments, "segment", day)
        inside = [spent.format(at=moment.at[table]) for table in ("stage_now", "stage_then")]
        compare(check, f"{day} spent", moment.metrics(OF_ORDERS, *inside), fast["amount_spent > 500"])
        compare(check, f"{day} ever ordered", moment.metrics(OF_ORDERS, "n > 0"), fast["orders_placed MATCHES (count >= 1)"])
    inside = [second.format(at=moment.at[table]) for table in ("stage_now", "stage_then")]
    compare(check, "second order late", moment.metrics(OF_ORDERS, *inside), by_group(late, "segment")["second-order-late"])
    fast = by_group(now, "life_stage")
    compare(check, "now all", moment.metrics(OF_ORDERS), fast["(all)"])
    return moment.metrics(OF_ORDERS)


def demo(check):
    zone, sql = ZoneInfo("Europe/Berlin"), duckdb.connect()
    with tempfile.TemporaryDirectory(prefix="quintile-demo-") as name:
        folder = Path(name)
        make = ["cargo", "xtask", "demo", "--files", "--dir", str(folder)]
        subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        sql.execute(DEMO.format(folder=folder))
        store = asked.Store(folder / "store")
        init = [str(asked.binary()), "init", str(store.folder), "--tz", str(zone), "--currency", "EUR"]
        subprocess.run(init, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        store.run("import", *(folder / f"{kind}_export.csv" for kind in ["orders", "customers", "products"]))
        for kind in ["events", "carts", "messages", "tickets", "reviews", "surveys", "referrals", "consents", "costs"]:
            store.run("import", folder / f"{kind}.csv", "--as", kind, "--source", "shopify")
        # Somebody is known from their first order on; no file says when those registered who never ordered.
        known = """SELECT customer FROM placed_order WHERE placed < {at} UNION
            SELECT id FROM registered WHERE id NOT IN (SELECT customer FROM placed_order)"""
        for day in ("2025-06-15", "2025-10-01", "2026-01-01"):
            moment = Moment(sql, date.fromisoformat(day), zone, known, "prospects", beside=True)
            answers = "SELECT customer, arg_max(answer, happened) AS said FROM answer WHERE measure = 'gender' AND happened < {at} GROUP BY customer"
            genders = by_group(store.rows("segment", "metrics", "--partition", "gender", "--as-of", day), "gender")
            for gender in ("female", "male"):
                inside = [f"customer IN (SELECT customer FROM ({answers.format(at=moment.at[t])}) WHERE said = '{gender}')" for t in ("stage_now", "stage_then")]
                compare(check, f"demo {day} {gender}", moment.metrics(OF_ALL, *inside), genders[gender])
            compare(check, f"demo {day} all", moment.metrics(OF_ALL), genders["(all)"])
            fast = by_group(store.rows("segment", "metrics", "--query", "number_of_orders >= 2", "--as-of", day), "segment")
            twice = "customer IN (SELECT customer FROM orders WHERE placed < {at} GROUP BY customer HAVING count(*) >= 2)"
            inside = [twice.format(at=moment.at[table]) for table in ("stage_now", "stage_then")]
            compare(check, f"demo {day} twice", moment.metrics(OF_ALL, *inside), fast["number_of_orders >= 2"])
    return moment.metrics(OF_ALL)


def told(metrics):
    return ", ".join(f"{name} {value if not isinstance(value, float) else round(value, 4)}" for name, value in metrics.items())


def main():
    check = asked.Comparison()
    of_retail = online_retail(check)
    of_demo = demo(check)
    check.end(f"Online Retail: {told(of_retail)}; demo: {told(of_demo)}")


main()
