"""The demo shop's touchpoints: every column of them, worked out from the raw files.

Visits, carts, messages, consents, tickets, reviews, surveys, referrals, traits, origin and contribution of each customer, at
two moments, have to be what the binary says."""

import csv
import subprocess
import tempfile
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import asked

ZONE = ZoneInfo("Europe/Berlin")
ROOT = Path(__file__).resolve().parent.parent
KINDS = ["events", "carts", "messages", "tickets", "reviews", "surveys", "referrals", "consents"]
COLUMNS = """customer_id amount_spent visits_30d minutes_on_site_30d product_views_30d views_per_order last_seen_date main_device app_user
carts_90d carts_abandoned_90d abandoned_cart_date abandoned_checkout_date abandoned_cart_value messages_received_90d
messages_opened_90d messages_clicked_90d engagement_rate_90d opened_of_last_6 last_open_date last_click_date
email_subscription_status sms_subscription_status push_subscription_status tickets complaints ticket_rate csat nps reviews
review_mean referrals referral_revenue gender birthday age interests needs values acquisition_source acquisition_campaign
lead_source contribution""".split()


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(timezone.utc)


def table(folder, name):
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Shop:
    """The raw files, put to people."""

    def __init__(self, folder):
        self.ids = {row["Email"].lower(): row["Customer ID"].strip("'") for row in table(folder, "customers_export.csv")}
        self.said = {
            row["Customer ID"].strip("'"): (row["Accepts Email Marketing"], row["Accepts SMS Marketing"])
            for row in table(folder, "customers_export.csv")
        }
        self.costs = {row["Variant SKU"]: Decimal(row["Cost per item"]) for row in table(folder, "products_export.csv")}
        self.spent_on = {}
        self.tickets = []
        for row in table(folder, "costs.csv"):
            if row["what"] == "ticket":
                self.tickets.append((row["period"], Decimal(row["amount"])))
            else:
                self.spent_on[row["channel"].lower(), row["period"]] = Decimal(row["amount"])
        self.orders = defaultdict(dict)
        lines = defaultdict(list)
        for row in table(folder, "orders_export.csv"):
            lines[row["Name"]].append((row["Lineitem sku"], int(row["Lineitem quantity"])))
            if row["Financial Status"]:
                who = self.person("", row["Email"])
                counts = row["Financial Status"] not in ("pending", "voided")
                # A refund of which no file tells the day counts from its order's moment.
                net = Decimal(row["Total"]) - Decimal(row["Refunded Amount"] or 0)
                self.orders[who][row["Name"]] = (at(row["Created at"]), counts, net, row["Source"], lines[row["Name"]])
        self.rows = {kind: defaultdict(list) for kind in KINDS}
        events = table(folder, "events.csv")
        visitors = {row["visitor_id"]: self.person(row["customer_id"], row["email"]) for row in events if row["email"]}
        for kind in KINDS:
            for row in events if kind == "events" else table(folder, f"{kind}.csv"):
                who = self.person(row["customer_id"], row["email"]) or visitors.get(row.get("visitor_id"))
                row["at"] = at(row["at"])
                if who:
                    self.rows[kind][who].append(row)
        for rows in self.rows.values():
            for own in rows.values():
                own.sort(key=lambda row: row["at"])

    def person(self, customer_id, email):
        return customer_id or self.ids.get(email.lower(), email.lower())


def part(over, under):
    return None if under == 0 else over / under


def counted_orders(shop, who, as_of):
    return sorted(order for order in shop.orders[who].values() if order[0] < as_of and order[1])


def won_over(shop, who, as_of):
    """Channel and month in which a buyer was won, and None for others."""
    orders = counted_orders(shop, who, as_of)
    if not orders:
        return None
    seen = (row["channel"] for row in shop.rows["events"][who] if row["at"] <= orders[0][0] and row["channel"])
    return next(seen, orders[0][3]).lower(), orders[0][0].astimezone(ZONE).strftime("%Y-%m")


def expected(shop, who, as_of, spent, revenue, won):
    """The columns of one person, as Python values."""
    own = {kind: [row for row in shop.rows[kind][who] if row["at"] < as_of] for kind in KINDS}
    day = timedelta(days=1)
    orders = counted_orders(shop, who, as_of)
    out = {"amount_spent": spent[who]}

    events = own["events"]
    lately = [row for row in events if row["at"] >= as_of - 30 * day]
    visits, unnamed = defaultdict(list), []
    for row in lately:
        if row["visit"]:
            visits[row["visit"]].append(row)
        elif unnamed and row["at"] - unnamed[-1][-1]["at"] < timedelta(minutes=30):
            unnamed[-1].append(row)
        else:
            unnamed.append([row])
    every = list(visits.values()) + unnamed
    seconds = 0.0
    for visit in every:
        stated = sum(int(row["seconds"] or 0) for row in visit)
        seconds += stated or (visit[-1]["at"] - visit[0]["at"]).total_seconds()
    out["visits_30d"] = len(every)
    out["minutes_on_site_30d"] = seconds / 60
    out["product_views_30d"] = sum(row["name"] == "product_viewed" for row in lately)
    views = sum(row["name"] == "product_viewed" for row in events if row["at"] >= as_of - 365 * day)
    out["views_per_order"] = part(views, sum(order[0] >= as_of - 365 * day for order in orders))
    out["last_seen_date"] = events[-1]["at"] if events else None
    devices = Counter(row["device"] for row in events)
    latest = {row["device"]: row["at"] for row in events}
    out["main_device"] = min(devices, key=lambda name: (-devices[name], -latest[name].timestamp(), name), default=None)
    out["app_user"] = any(row["platform"] == "app" for row in events) if events else None

    def left(cart):
        end = cart["at"] + timedelta(hours=1)
        placed = [(name, order[0]) for name, order in shop.orders[who].items() if order[1] and order[0] < end]
        saved = any(when >= cart["at"] or name == cart["order_id"] for name, when in placed)
        return end <= as_of and cart["emptied"] != "true" and not saved

    carts = own["carts"]
    abandoned = [cart for cart in carts if left(cart)]
    checkouts = [cart for cart in abandoned if cart["checkout"] == "true"]
    out["carts_90d"] = sum(cart["at"] >= as_of - 90 * day for cart in carts)
    out["carts_abandoned_90d"] = sum(cart["at"] >= as_of - 90 * day for cart in abandoned)
    out["abandoned_cart_date"] = abandoned[-1]["at"] if abandoned else None
    out["abandoned_checkout_date"] = checkouts[-1]["at"] if checkouts else None
    # Of two carts of one second no file says which was the later one.
    out["abandoned_cart_value"] = {Decimal(cart["value"]) for cart in abandoned if cart["at"] == abandoned[-1]["at"]} or None

    messages = defaultdict(list)
    for row in own["messages"]:
        messages[row["message"]].append(row)
    by_person = [row for row in own["messages"] if row["machine"] != "true"]
    opens = [row["at"] for row in by_person if row["action"] in ("opened", "clicked")]
    clicks = [row["at"] for row in by_person if row["action"] == "clicked"]
    received = [rows for rows in messages.values() if all(row["action"] != "bounced" for row in rows)]
    opened = lambda rows: any(row["action"] in ("opened", "clicked") and row["machine"] != "true" for row in rows)
    clicked = lambda rows: any(row["action"] == "clicked" and row["machine"] != "true" for row in rows)
    recent = [rows for rows in received if rows[0]["at"] >= as_of - 90 * day]
    out["messages_received_90d"] = len(recent)
    out["messages_opened_90d"] = sum(map(opened, recent))
    out["messages_clicked_90d"] = sum(map(clicked, recent))
    out["engagement_rate_90d"] = part(sum(map(opened, recent)), len(recent))
    out["opened_of_last_6"] = sum(map(opened, received[-6:])) if received else None
    out["last_open_date"] = max(opens, default=None)
    out["last_click_date"] = max(clicks, default=None)

    # The customers export was read long after the moments asked for, so that consents go before it.
    said = shop.said.get(who, ("", ""))
    for channel, word in [("email", said[0]), ("sms", said[1]), ("push", "")]:
        states = [row["state"] for row in own["consents"] if row["channel"] == channel]
        of_export = {"yes": "SUBSCRIBED", "no": "NOT_SUBSCRIBED", "": None}[word]
        out[f"{channel}_subscription_status"] = states[-1] if states else of_export

    tickets = own["tickets"]
    out["tickets"] = len(tickets)
    out["complaints"] = sum(row["complaint"] == "true" for row in tickets)
    out["ticket_rate"] = part(len(tickets), len(orders))
    surveys = own["surveys"]
    scores = [Decimal(row["score"]) for row in tickets if row["score"] and (not row["solved_at"] or at(row["solved_at"]) < as_of)]
    scores += [Decimal(row["score"]) for row in surveys if row["measure"] == "csat"]
    out["csat"] = float(sum(scores) / len(scores)) if scores else None
    nps = [float(row["score"]) for row in surveys if row["measure"] == "nps"]
    out["nps"] = nps[-1] if nps else None
    ratings = [float(row["rating"]) for row in own["reviews"]]
    out["reviews"] = len(ratings)
    out["review_mean"] = sum(ratings) / len(ratings) if ratings else None
    out["referrals"] = len(own["referrals"])
    out["referral_revenue"] = revenue.get(who, Decimal(0) if not own["referrals"] else None)

    answer = lambda measure: next((row["answer"] for row in reversed(surveys) if row["measure"] == measure), None)
    out["gender"], out["birthday"] = answer("gender"), answer("birthday")
    born, today = out["birthday"], as_of.astimezone(ZONE).date()
    out["age"] = born and today.year - int(born[:4]) - ((today.month, today.day) < (int(born[5:7]), int(born[8:])))
    for column, measure in [("interests", "interest"), ("needs", "need"), ("values", "value")]:
        text = answer(measure)
        out[column] = text and ", ".join(sorted({word.strip() for word in text.split(",")}))
    before = [row for row in events if not orders or row["at"] <= orders[0][0]]
    out["acquisition_source"] = next((row["channel"] for row in before if row["channel"]), None)
    out["acquisition_campaign"] = next((row["campaign"] for row in before if row["campaign"]), None)
    out["lead_source"] = None
    costs = [shop.costs[sku] * units for order in orders for sku, units in order[4] if sku in shop.costs]
    for ticket in tickets:
        on = ticket["at"].astimezone(ZONE).strftime("%Y-%m-%d")
        costs += [cost for since, cost in shop.tickets if since <= on][-1:]
    over = won_over(shop, who, as_of)
    if over in shop.spent_on:
        costs.append((shop.spent_on[over] / won[over]).quantize(Decimal("0.0001")))
    out["contribution"] = spent[who] - sum(costs) if costs else None
    return out


def revenue_of(shop, as_of, spent):
    brought = []
    for who, rows in shop.rows["referrals"].items():
        for row in rows:
            friend = shop.person(row["referred_id"], row["referred_email"])
            if row["at"] < as_of and friend != who:
                brought.append((row["at"], who, friend))
    brought.sort(key=lambda known: known[0])
    revenue, taken = {who: Decimal(0) for _, who, _ in brought}, set()
    for _, who, friend in brought:
        if friend not in taken:
            taken.add(friend)
            revenue[who] += spent[friend]
    return revenue


def read(text, slow):
    """A text of the binary as a value of the sort of the slow one."""
    if text == "":
        return None
    if isinstance(slow, bool):
        return text == "true"
    if isinstance(slow, int):
        return int(text)
    if isinstance(slow, float):
        return float(text)
    if isinstance(slow, (Decimal, set)):
        return Decimal(text)
    if isinstance(slow, datetime):
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    return ", ".join(sorted(word.strip(' "') for word in text.strip("[]").split(","))) if text.startswith("[") else text


def same(slow, fast):
    if isinstance(slow, float) and isinstance(fast, float):
        return abs(slow - fast) <= 1e-9 * max(1, abs(slow))
    return fast in slow if isinstance(slow, set) else slow == fast


def main():
    comparison = asked.Comparison()
    with tempfile.TemporaryDirectory(prefix="quintile-demo-") as name:
        folder = Path(name)
        make = ["cargo", "xtask", "demo", "--files", "--dir", str(folder)]
        subprocess.run(make, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        shop = Shop(folder)
        store = asked.Store(folder / "store")
        init = [str(asked.binary()), "init", str(store.folder), "--tz", "Europe/Berlin", "--currency", "EUR"]
        subprocess.run(init, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        store.run("import", *(folder / f"{name}_export.csv" for name in ["orders", "customers", "products"]))
        for kind in KINDS + ["costs"]:
            store.run("import", folder / f"{kind}.csv", "--as", kind, "--source", "shopify")
        people = 0
        for day in ["2025-06-15", "2026-01-01"]:
            as_of = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZONE).astimezone(timezone.utc)
            counted = lambda who: sum((o[2] for o in shop.orders[who].values() if o[0] < as_of and o[1]), Decimal(0))
            spent = defaultdict(Decimal, {who: counted(who) for who in list(shop.orders)})
            revenue = revenue_of(shop, as_of, spent)
            won = Counter(won_over(shop, who, as_of) for who in list(shop.orders))
            rows = store.rows("profile", "--as-of", day, "--columns", ",".join(COLUMNS))
            for row in rows:
                people += 1
                slow = expected(shop, row["customer_id"], as_of, spent, revenue, won)
                for column in COLUMNS[1:]:
                    fast = read(row[column], slow[column])
                    agree = same(slow[column], fast)
                    comparison.same(f"{day} {row['customer_id']} {column}", slow[column], slow[column] if agree else fast)
        customers = len({who for kind in KINDS for who in shop.rows[kind]} | set(shop.orders))
    comparison.end(f"{people} rows of {customers} people of the demo shop, {len(COLUMNS) - 1} columns")


main()
