"""A year of 2,469 households of a supermarket (The Complete Journey), by SQL in DuckDB over the raw files: what each household bought,
life stages at two dates and who moved between them, cohorts, what is bought together by product and along the tree of categories,
scores, concentration, first purchases, coupons that were redeemed, whom campaigns reached, and demographics by stage.

The queries are written from the definitions in docs/concepts. Imported is as docs/guides/complete-journey.md says, with its mappings."""

import math
import subprocess
import tempfile
from pathlib import Path

import duckdb

import asked

MAPPINGS = Path(__file__).resolve().parent.parent / "docs/guides/complete-journey"
FROM, TO = "2017-10-01", "2018-01-01"
WITHIN = 180

# Times are instants in UTC; days are New York's. Money in ten-thousandths.
BASE = """
SET TimeZone = 'UTC';
CREATE TABLE lines AS
    SELECT household_id AS who, basket_id AS basket, product_id AS product, quantity,
        transaction_timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York' AS moment, moment::DATE AS day,
        round(sales_value * 10000)::BIGINT AS amount, round((retail_disc + coupon_match_disc) * 10000)::BIGINT AS discount,
        brand, department, concat_ws(' > ', nullif(department, ''), nullif(product_category, '')) AS category
    FROM '{data}/transactions.parquet' LEFT JOIN '{data}/products.parquet' USING (product_id);
CREATE TABLE orders AS SELECT who, basket, min(moment) AS moment, min(day) AS day, sum(amount) AS amount FROM lines GROUP BY ALL;
CREATE TABLE days AS SELECT DISTINCT who, day FROM orders;
CREATE TABLE sent AS
    SELECT household_id AS who, campaign_id AS campaign, start_date::DATE AS day
    FROM '{data}/campaigns.parquet' JOIN '{data}/campaign_descriptions.parquet' USING (campaign_id);
CREATE TABLE redeemed AS
    SELECT household_id AS who, campaign_id AS campaign, coupon_upc AS coupon, redemption_date::DATE AS day FROM '{data}/coupon_redemptions.parquet';
CREATE TABLE people AS SELECT * FROM '{data}/demographics.parquet';
"""

# Kaplan and Meier on whole days: waits that ended (over) and those still running, as of a day.
SURVIVAL = """
WITH n AS (SELECT day AS t, count(*) FILTER (over) AS ended, count(*) AS leaving FROM ({waits}) GROUP BY 1),
risk AS (SELECT t, ended, sum(leaving) OVER (ORDER BY t DESC) AS waiting FROM n)
SELECT t, exp(sum(CASE WHEN ended = waiting THEN -1e9 ELSE ln(1 - ended / waiting) END) OVER (ORDER BY t)) AS s FROM risk ORDER BY t
"""

STAGES = """
WITH gaps AS (
    SELECT who, day, day - lag(day) OVER (PARTITION BY who ORDER BY day) AS gap, row_number() OVER (PARTITION BY who ORDER BY day) AS nth
    FROM days WHERE day < DATE '{day}'
),
each AS (
    SELECT who, count(*) AS purchases, DATE '{day}' - max(day) AS silent, coalesce(sum(gap), 0) AS gaps,
        count(*) FILTER (DATE '{day}' - day <= greatest(90, 4 * {usual})) AS lately
    FROM gaps GROUP BY who
),
late AS (
    SELECT *, silent / CASE WHEN purchases = 1 THEN {call} / 4.0 ELSE (2.0 * {usual} + gaps) / (1 + purchases) END AS overdue FROM each
)
SELECT who, CASE
    WHEN purchases = 1 AND silent > {call} THEN 'inactive-first-time' WHEN purchases = 1 THEN 'first-time-buyers'
    WHEN overdue > 4 THEN 'inactive-repeat' WHEN overdue > 2 THEN 'at-risk-repeat' WHEN lately >= 3 THEN 'loyal' ELSE 'active-repeat' END AS stage
FROM late
"""

# A segment of the product, and the same customers by SQL.
SEGMENTS = {
    "events MATCHES (name = 'coupon_redeemed')": "SELECT DISTINCT who FROM redeemed",
    "events MATCHES (name = 'coupon_redeemed', count >= 5)": "SELECT who FROM redeemed GROUP BY who HAVING count(*) >= 5",
    "events MATCHES (name = 'coupon_redeemed', count_distinct_campaign >= 2)": "SELECT who FROM redeemed GROUP BY who HAVING count(DISTINCT campaign) >= 2",
    "events MATCHES (name = 'coupon_redeemed', date >= 2017-07-01) AND events NOT MATCHES (name = 'coupon_redeemed', date < 2017-07-01)":
        "SELECT who FROM redeemed GROUP BY who HAVING min(day) >= DATE '2017-07-01'",
    "messages.received MATCHES (campaign = '18')": "SELECT who FROM sent WHERE campaign = 18",
    "messages.received MATCHES (count >= 10)": "SELECT who FROM sent GROUP BY who HAVING count(*) >= 10",
    "messages.received MATCHES (campaign = '18') THEN events MATCHES (name = 'coupon_redeemed', campaign = '18') WITHIN 30d":
        "SELECT DISTINCT who FROM redeemed JOIN sent USING (who, campaign) WHERE campaign = 18 AND redeemed.day > sent.day AND redeemed.day < sent.day + 30",
    "messages.received MATCHES (campaign = '13') AND events NOT MATCHES (name = 'coupon_redeemed', campaign = '13')":
        "SELECT who FROM sent WHERE campaign = 13 EXCEPT SELECT who FROM redeemed WHERE campaign = 13",
    "messages.received MATCHES (campaign = '8') THEN NO orders_placed WITHIN 14d":
        "SELECT who FROM sent WHERE campaign = 8 AND NOT EXISTS (FROM orders WHERE orders.who = sent.who AND orders.moment > sent.day::TIMESTAMP AND orders.day < sent.day + 14)",
    "products_purchased MATCHES (category STARTS WITH 'SEAFOOD > ', count >= 3)":
        "SELECT who FROM lines WHERE category LIKE 'SEAFOOD > %' GROUP BY who HAVING count(*) >= 3",
    "products_purchased MATCHES (brand = 'Private', sum_quantity >= 200)":
        "SELECT who FROM lines WHERE brand = 'Private' GROUP BY who HAVING sum(quantity) >= 200",
    "products_purchased NOT MATCHES (category = 'GROCERY > SOFT DRINKS') AND number_of_orders >= 20":
        "SELECT who FROM orders GROUP BY who HAVING count(*) >= 20 EXCEPT SELECT who FROM lines WHERE category = 'GROCERY > SOFT DRINKS'",
    "products_purchased MATCHES (full_price = false, count >= 500)":
        "SELECT who FROM lines WHERE discount > 0 GROUP BY who HAVING count(*) >= 500",
    "orders_placed MATCHES (amount > 200)": "SELECT DISTINCT who FROM orders WHERE amount > 2000000",
    "orders_placed MATCHES (count_distinct_day >= 150)": "SELECT who FROM days GROUP BY who HAVING count(*) >= 150",
    "customer_tags CONTAINS 'income:50-74K' AND amount_spent > 2000":
        "SELECT household_id AS who FROM people WHERE income = '50-74K' AND household_id IN (SELECT who FROM orders GROUP BY who HAVING sum(amount) > 20000000)",
    "customer_tags CONTAINS 'kids_count:3+' AND products_purchased MATCHES (category STARTS WITH 'GROCERY > ', sum_quantity >= 500)":
        "SELECT household_id AS who FROM people WHERE kids_count = '3+' INTERSECT SELECT who FROM lines WHERE category LIKE 'GROCERY > %' GROUP BY who HAVING sum(quantity) >= 500",
}


class Journey:
    """The raw files in DuckDB, and the store that was made of them."""

    def __init__(self, data, store):
        self.sql = duckdb.connect()
        self.sql.execute(BASE.format(data=data))
        self.store = store
        self.found = asked.Comparison()

    def rows(self, query):
        return self.sql.execute(query).fetchall()

    def one(self, query):
        return self.rows(query)[0]

    def survival(self, waits):
        return self.rows(SURVIVAL.format(waits=waits))

    def thresholds(self, day):
        """The usual gap and the last call as of a day."""
        gaps = f"""SELECT who, day - lag(day) OVER (PARTITION BY who ORDER BY day) AS gap, row_number() OVER (PARTITION BY who ORDER BY day) AS nth
            FROM days WHERE day < DATE '{day}'"""
        lasts = f"SELECT who, DATE '{day}' - 1 - max(day) AS day, count(*) AS n FROM days WHERE day < DATE '{day}' GROUP BY who"
        later = self.survival(f"SELECT gap AS day, true AS over FROM ({gaps}) WHERE nth >= 3 UNION ALL SELECT day, false FROM ({lasts}) WHERE n >= 2")
        usual = min(t for t, s in later if s <= 0.5 + 1e-9)
        second = self.survival(f"SELECT gap AS day, true AS over FROM ({gaps}) WHERE nth = 2 UNION ALL SELECT day, false FROM ({lasts}) WHERE n = 1")
        in_a_year = 1 - min(s for t, s in second if t <= 365)
        call = min(t for t, s in second if 1 - s >= 0.8 * in_a_year - 1e-9)
        return usual, max(60, call)


def profiles(journey):
    """What each household bought, to the customer and the cent."""
    slow = {
        str(row[0]): row[1:]
        for row in journey.rows("""
        WITH goods AS (
            SELECT who, count(DISTINCT product) AS products, count(DISTINCT nullif(category, '')) AS categories, sum(quantity) AS units,
                coalesce(sum(quantity) FILTER (discount = 0), 0) AS full_price FROM lines GROUP BY who
        ),
        liked AS (
            SELECT who, arg_max(category, (units, last, -rank)) AS category FROM (
                SELECT who, category, sum(quantity) AS units, max(moment) AS last, rank() OVER (ORDER BY category) AS rank
                FROM lines WHERE category <> '' GROUP BY who, category
            ) GROUP BY who
        )
        SELECT who, count(*), count(DISTINCT day), sum(amount), max(products), max(categories), max(units), max(full_price), max(liked.category)
        FROM orders JOIN goods USING (who) JOIN liked USING (who) GROUP BY who""")
    }
    columns = ("number_of_orders", "number_of_purchases", "amount_spent", "distinct_products", "distinct_categories", "units",
               "full_price_unit_share", "favourite_category")
    fast = journey.store.rows("profile", "--columns", ",".join(("customer_id", *columns)), "--limit", "0")
    journey.found.same("households", len(slow), len(fast))
    for row in fast:
        orders, purchases, amount, products, categories, units, full, liked = slow[row["customer_id"]]
        share = float(row["full_price_unit_share"] or 0)
        told = (int(row["number_of_orders"]), int(row["number_of_purchases"]), asked.money(row["amount_spent"]), int(row["distinct_products"]),
                int(row["distinct_categories"]), int(row["units"]), row["favourite_category"], round(share * units))
        journey.found.same(f"household {row['customer_id']}", (orders, purchases, amount, products, categories, units, liked, full), told)
    return len(slow)


def movement(journey):
    """Life stages at two dates, both by the thresholds of the later, and everybody's arrow between them."""
    usual, call = journey.thresholds(TO)
    for name, day in (("before", FROM), ("now", TO)):
        journey.sql.execute(f"CREATE TABLE {name} AS " + STAGES.format(day=day, usual=usual, call=call))
    counted = {row["life_stage"]: int(row["customers"]) for row in journey.store.rows("stages", "--as-of", TO) if int(row["customers"])}
    journey.found.same("stages", dict(journey.rows("SELECT stage, count(*) FROM now GROUP BY 1")), counted)
    own_usual, own_call = journey.thresholds(FROM)
    earlier = {row["life_stage"]: int(row["customers"]) for row in journey.store.rows("stages", "--as-of", FROM) if int(row["customers"])}
    own = STAGES.format(day=FROM, usual=own_usual, call=own_call)
    known = dict(journey.rows(f"SELECT stage, count(*) FROM ({own}) GROUP BY 1"))
    journey.found.same("stages of the earlier date", known, {stage: count for stage, count in earlier.items() if stage != "prospects"})
    slow = {
        (a, b): (count, spent, between)
        for a, b, count, spent, between in journey.rows(f"""
        SELECT before.stage, now.stage, count(*), sum(spent), sum(between) FROM now JOIN before USING (who) JOIN (
            SELECT who, sum(amount) AS spent, coalesce(sum(amount) FILTER (day >= DATE '{FROM}'), 0) AS between FROM orders GROUP BY who
        ) USING (who) GROUP BY 1, 2""")
    }
    fast = journey.store.rows("movement", "--from", FROM, "--to", TO, "--limit", "0")
    fast = {
        (row["from"], row["to"]): (int(row["customers"]), asked.money(row["revenue"]), asked.money(row["spent_between"]))
        for row in fast if row["from"] not in ("(new)", "prospects")
    }
    for arrow in slow.keys() | fast.keys():
        journey.found.same(f"moved {arrow}", slow.get(arrow), fast.get(arrow))
    return usual, call, len(slow)


def cohorts(journey):
    slow = {
        (f"{a.year}-{a.month:02}", since): counts
        for a, since, *counts in journey.rows("""
        WITH began AS (SELECT who, date_trunc('month', min(day)) AS cohort FROM days GROUP BY who)
        SELECT cohort, date_diff('month', cohort, day) AS since, count(DISTINCT who), count(*), sum(amount)
        FROM orders JOIN began USING (who) GROUP BY 1, 2""")
    }
    for row in journey.store.rows("cohorts", "--rows", "--limit", "0"):
        fast = [int(row["buyers"]), int(row["orders"]), asked.money(row["revenue"])]
        journey.found.same(f"cohort {row['cohort']} after {row['months_since']}", slow.get((row["cohort"], int(row["months_since"])), [0, 0, 0]), fast)
    return len(slow)


def rules(journey, item, words, support, confidence):
    """Pairs of what one basket holds, with the money in them."""
    journey.sql.execute(f"""
        CREATE OR REPLACE TABLE baskets AS SELECT DISTINCT basket, {item}::VARCHAR AS item FROM lines WHERE {item}::VARCHAR <> '';
        CREATE OR REPLACE TABLE owned AS SELECT who, {item}::VARCHAR AS item, sum(amount) AS paid FROM lines WHERE {item}::VARCHAR <> '' GROUP BY 1, 2""")
    all_baskets = journey.one("SELECT count(*) FROM orders")[0]
    least = math.ceil(round(support * all_baskets, 6))
    slow = {
        (a, b): values
        for a, b, *values in journey.rows(f"""
        WITH enough AS (SELECT item, count(*) AS n FROM baskets GROUP BY item HAVING count(*) >= {least}),
        kept AS (SELECT basket, item FROM baskets JOIN enough USING (item)),
        pairs AS (SELECT a.item AS one, b.item AS other, count(*) AS together FROM kept a JOIN kept b ON a.basket = b.basket AND a.item <> b.item GROUP BY 1, 2 HAVING count(*) >= {least}),
        buyers AS (SELECT item, count(*) AS buyers, sum(paid) AS paid FROM owned GROUP BY item),
        owners AS (
            SELECT one, other, count(DISTINCT o.who) AS both_buyers FROM pairs JOIN owned o ON o.item = one JOIN owned p ON p.item = other AND p.who = o.who GROUP BY 1, 2
        )
        SELECT one, other, together, together / a.n, together * {all_baskets} / (a.n * b.n)::DOUBLE, f.buyers - both_buyers,
            (f.buyers - both_buyers)::HUGEINT * both_buyers * t.paid, f.buyers::HUGEINT * t.buyers
        FROM pairs JOIN enough a ON a.item = one JOIN enough b ON b.item = other JOIN owners USING (one, other)
        JOIN buyers f ON f.item = one JOIN buyers t ON t.item = other
        WHERE together >= {confidence} * a.n - 1e-9""")
    }
    fast = journey.store.rows("rules", *words, "--support", support, "--confidence", confidence, "--limit", "0")
    for row in fast:
        name = (row["bought"], row["also"])
        if name not in slow:
            journey.found.same(f"rule {name}", "none", "one")
            continue
        both, share, lift, without, money, by = slow[name]
        journey.found.same(f"rule {name}: baskets, customers without", (both, without), (int(row["baskets"]), int(row["customers_without"])))
        journey.found.near(f"rule {name}: confidence", share, float(row["confidence_share"]), 1e-9)
        journey.found.near(f"rule {name}: lift", lift, float(row["lift"]), 1e-6)
        journey.found.near(f"rule {name}: expected", money / by, asked.money(row["expected"]), 1)
    # The product leaves out what may be chance; it never leaves out what lies together oftener than that by a tenth.
    missing = [name for name, values in slow.items() if values[2] > 1.1 and name not in {(row["bought"], row["also"]) for row in fast}]
    journey.found.same(f"rules {' '.join(map(str, words))} that are missing", [], missing)
    return len(fast)


def scores(journey):
    slow = dict(
        (str(who), (r, f, m))
        for who, r, f, m in journey.rows("""
        SELECT who, 1 + (5 * (rank() OVER (ORDER BY last) - 1)) // count(*) OVER (), 1 + (5 * (rank() OVER (ORDER BY n) - 1)) // count(*) OVER (),
            1 + (5 * (rank() OVER (ORDER BY spent) - 1)) // count(*) OVER ()
        FROM (SELECT who, max(moment) AS last, count(*) AS n, sum(amount) AS spent FROM orders GROUP BY who)""")
    )
    rows = journey.store.rows("profile", "--columns", "customer_id,recency_score,frequency_score,monetary_score", "--limit", "0")
    fast = {row["customer_id"]: tuple(int(row[f"{name}_score"]) for name in ("recency", "frequency", "monetary")) for row in rows}
    journey.found.same("scores", slow, fast)
    spent = sorted((row[0] for row in journey.rows("SELECT sum(amount) FROM orders GROUP BY who")), reverse=True)
    for row in journey.store.rows("concentration"):
        top = int(row["customers"])
        journey.found.same(f"the top {top}", sum(spent[:top]), asked.money(row["revenue"]))


def beginnings(journey, word, things):
    """Who began with what, and who came back within half a year."""
    slow = {
        name: tuple(values)
        for name, *values in journey.rows(f"""
        WITH began AS (SELECT who, min(day) AS first FROM days GROUP BY who HAVING min(day) <= DATE '{TO}' - 1 - {WITHIN}),
        way AS (
            SELECT who, first, coalesce(bool_or(day > first AND day <= first + {WITHIN}), false) AS back,
                coalesce(sum(amount) FILTER (day > first AND day <= first + {WITHIN}), 0) AS later, sum(amount) FILTER (day = first) AS value
            FROM began JOIN orders USING (who) GROUP BY who, first
        )
        SELECT thing, count(*), count(*) FILTER (back), sum(value), sum(later) FROM way JOIN ({things}) USING (who) GROUP BY thing HAVING count(*) >= 30""")
    }
    fast = journey.store.rows("products", "--by", word, "--within", WITHIN, "--least", "30", "--limit", "0")
    journey.found.same(f"what they began with, by {word}", set(slow), {row[word] for row in fast})
    for row in fast:
        count, back, value, later = slow.get(row[word], (0, 0, 0, 0))
        told = (int(row["customers"]), int(row["back"]), asked.money(row["first_purchase"]), asked.money(row["later"]))
        journey.found.same(f"began with {row[word]}", (count, back, round(value / max(count, 1)), round(later / max(count, 1))), told)
    return len(slow)


def segments(journey):
    for segment, query in SEGMENTS.items():
        slow = {str(row[0]) for row in journey.rows(query)}
        rows = journey.store.rows("segment", "members", "--query", segment, "--as-of", TO, "--columns", "customer_id", "--limit", "0")
        journey.found.same(segment, True, bool(slow))
        journey.found.same(segment, slow, {row["customer_id"] for row in rows})


def campaigns(journey):
    """Whom each campaign reached, who of them redeemed a coupon of it, and what they bought while it ran in its first 30 days."""
    slow = {
        str(campaign): values
        for campaign, *values in journey.rows("""
        SELECT campaign, count(DISTINCT sent.who), count(DISTINCT redeemed.who), count(redeemed.who)
        FROM sent LEFT JOIN redeemed USING (who, campaign) GROUP BY campaign""")
    }
    rows = journey.store.sql("""
        WITH sent AS (SELECT DISTINCT customer_id, campaign FROM messages WHERE action = 'sent' AND channel = 'post'),
        redeemed AS (SELECT customer_id, campaign FROM events WHERE name = 'coupon_redeemed')
        SELECT s.campaign AS campaign, count(DISTINCT s.customer_id) AS reached, count(DISTINCT r.customer_id) AS redeemed, count(r.customer_id) AS coupons
        FROM sent s LEFT JOIN redeemed r ON r.customer_id = s.customer_id AND r.campaign = s.campaign GROUP BY s.campaign""")
    fast = {row["campaign"]: [int(row["reached"]), int(row["redeemed"]), int(row["coupons"])] for row in rows}
    journey.found.same("campaigns", slow, fast)
    return len(slow)


def demographics(journey):
    """Each group of each question by life stage, with the money."""
    columns = [row[0] for row in journey.rows("DESCRIBE people") if row[0] != "household_id"]
    slow = {}
    for column in columns:
        for value, stage, count, spent in journey.rows(f"""
            SELECT {column}, stage, count(*), sum(spent) FROM people JOIN now ON who = household_id
            JOIN (SELECT who, sum(amount) AS spent FROM orders GROUP BY who) USING (who) WHERE {column} IS NOT NULL GROUP BY 1, 2"""):
            slow[f"{column}:{value}", stage] = (count, spent)
    fast = {}
    for row in journey.store.rows("profile", "--columns", "customer_id,life_stage,amount_spent,customer_tags", "--as-of", TO, "--limit", "0"):
        for tag in filter(None, (tag.strip() for tag in row["customer_tags"].strip("[]").split(","))):
            count, spent = fast.get((tag, row["life_stage"]), (0, 0))
            fast[tag, row["life_stage"]] = (count + 1, spent + asked.money(row["amount_spent"]))
    for group in slow.keys() | fast.keys():
        journey.found.same(f"{group}", slow.get(group), fast.get(group))
    return len(slow)


def imported(folder, data):
    """A store as the guide makes it."""
    store = asked.Store(folder / "store")
    subprocess.run([asked.binary(), "init", store.folder, "--tz", "America/New_York", "--currency", "USD", "-q"], check=True, stdin=subprocess.DEVNULL)
    mailings = folder / "mailings.parquet"
    duckdb.execute(f"""COPY (SELECT household_id, campaign_id, start_date FROM '{data}/campaigns.parquet'
        JOIN '{data}/campaign_descriptions.parquet' USING (campaign_id)) TO '{mailings}'""")
    for file, mapping in (("transactions", "transactions"), ("products", "products"), ("demographics", "demographics"), ("coupon_redemptions", "redemptions")):
        store.run("import", data / f"{file}.parquet", "--mapping", MAPPINGS / f"{mapping}.toml")
    store.run("import", mailings, "--mapping", MAPPINGS / "mailings.toml")
    return store


def main():
    data = asked.data("completejourney")
    with tempfile.TemporaryDirectory(prefix="quintile-check-") as folder:
        journey = Journey(data, imported(Path(folder), data))
        households = profiles(journey)
        usual, call, arrows = movement(journey)
        triangle = cohorts(journey)
        found = [
            rules(journey, "category", ("--by", "category"), 0.03, 0.3),
            rules(journey, "department", ("--by", "category", "--level", "1"), 0.02, 0.2),
            rules(journey, "product", ("--by", "product"), 0.002, 0.1),
        ]
        scores(journey)
        # A first purchase is all that was bought on the first day.
        first_day = "JOIN (SELECT who, min(day) AS day FROM days GROUP BY who) USING (who, day)"
        started = beginnings(journey, "category", f"SELECT DISTINCT who, category AS thing FROM lines {first_day} WHERE category <> ''")
        questions = [row[0] for row in journey.rows("DESCRIBE people") if row[0] != "household_id"]
        tags = " UNION ALL ".join(f"SELECT household_id AS who, '{name}:' || {name} AS thing FROM people WHERE {name} IS NOT NULL" for name in questions)
        kinds = beginnings(journey, "who", tags)
        segments(journey)
        reached, groups = campaigns(journey), demographics(journey)
    journey.found.end(
        f"{households:,} households; usual gap {usual}, last call {call}, {arrows} arrows between {FROM} and {TO}; {triangle} cells of cohorts;"
        f" {found[0]} rules of categories, {found[1]} of departments, {found[2]} of products; {started} categories and {kinds} demographic groups of"
        f" first purchases; {len(SEGMENTS)} segments; {reached} campaigns; {groups} groups by stage"
    )


main()
