"""Online Retail: forecasts of three past months beside what came, by hand.

Each moment sees the orders and returns before it and nothing else: its own thresholds, its own months. Expected moves, moves
and money seen must agree, intervals with ones from resampling single customers."""

from datetime import datetime
from fractions import Fraction

import asked
import likely
import numpy
import online_retail

AS_OF = online_retail.AS_OF
BACK = 5
LEAST = 30
DRAWS = 2000


def before(customer, day):
    """The customer as known when a day begins."""
    start = datetime(day.year, day.month, day.day)
    known = likely.Customer()
    known.orders = {name: order for name, order in customer.orders.items() if order[0] < start}
    known.back = [(moment, value) for moment, value in customer.back if moment < start]
    return known


def thresholds(customers, day):
    """Usual gap and last call of the buyers known then."""
    buyers = []
    for customer in customers:
        if customer.orders:
            buyer = online_retail.Customer()
            buyer.orders = {name: list(order) for name, order in customer.orders.items()}
            buyer.settle()
            buyers.append(buyer)
    today, online_retail.AS_OF = online_retail.AS_OF, day
    try:
        return online_retail.thresholds(buyers)
    finally:
        online_retail.AS_OF = today


def months_after(day, months):
    return likely.months_before(day, -months)


def looks(customers, days, usual, call):
    return [[likely.standing(c, day, usual, call) for c in customers] for day in days]


def moved(begin, end, stage, goal):
    """Of each customer: stood, moved."""
    return [(b is not None and b[0] == stage, b is not None and b[0] == stage and e[0] in goal) for b, e in zip(begin, end)]


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    everybody = likely.read(path)
    first = min(moment for c in everybody for moment, _ in c.orders.values()).date()
    check, chance = asked.Comparison(), numpy.random.default_rng(3)
    with asked.imported(path, currency="GBP") as store:
        rows = store.rows("opportunities", "--look-back", BACK, "--as-of", str(AS_OF))
    inside = []
    for back in range(BACK, 0, -1):
        day = likely.months_before(AS_OF, back)
        known = [before(c, day) for c in everybody]
        usual, call = thresholds(known, day)
        days = [d for d in (likely.months_before(day, k) for k in range(24, 0, -1)) if d > first] + [day]
        past = looks(known, days, usual, call)
        horizon = min(12, (len(days) - 1) // 2)
        month_over, horizon_over = months_after(day, 1), months_after(day, horizon)
        later = looks(everybody, [day, month_over] + ([horizon_over] if horizon_over <= AS_OF else []), usual, call)
        for stage, goal in online_retail.GOALS.items():
            goal = set(goal) - {stage}
            row = next(row for row in rows if row["forecast"] == str(day) and row["life_stage"] == stage)
            months = [moved(b, e, stage, goal) for b, e in zip(past, past[1:])]
            counts = [(sum(s for s, _ in month), sum(m for _, m in month)) for month in months]
            now = sum(standing is not None and standing[0] == stage for standing in past[-1])
            expected = float(now * median([Fraction(m, s) for s, m in counts if s >= LEAST]))
            check.same(f"{day} {stage}: customers", now, int(row["customers"]))
            check.near(f"{day} {stage}: moves_expected", expected, float(row["moves_expected"]), 1e-8)
            came = moved(later[0], later[1], stage, goal)
            seen = sum(m for _, m in came)
            check.same(f"{day} {stage}: customers_seen", now, int(row["customers_seen"]))
            check.same(f"{day} {stage}: moves_seen", seen, int(row["moves_seen"]))
            # A past month at random, its customers drawn anew, and chance among those of today.
            told = [month for month, (s, _) in zip(months, counts) if s >= LEAST]
            draws = []
            for _ in range(DRAWS):
                month = told[chance.integers(len(told))]
                stood = [m for s, m in month if s]
                again = chance.binomial(len(stood), sum(stood) / len(stood))
                draws.append(chance.binomial(now, again / len(stood)))
            low, high = numpy.percentile(draws, [2.5, 97.5])
            for name, end in (("moves_low", low), ("moves_high", high)):
                check.near(f"{day} {stage}: {name}", end, float(row[name]), 0.15 * (high - low) + 3)
            place = "below" if seen < float(row["moves_low"]) else "above" if seen > float(row["moves_high"]) else "inside"
            check.same(f"{day} {stage}: moves", place, row["moves"])
            inside.append(place == "inside")
            if len(later) < 3:
                check.same(f"{day} {stage}: money_seen", "", row["money_seen"])
                continue
            spent = [e[1] - b[1] if b is not None else 0 for b, e in zip(later[0], later[2])]
            movers = [x for x, (s, m) in zip(spent, came) if m]
            stayers = [x for x, (s, m) in zip(spent, came) if s and not m]
            money = len(movers) * (sum(movers) / len(movers) - sum(stayers) / len(stayers)) if movers else 0
            check.near(f"{day} {stage}: money_seen", money / 10_000, float(row["money_seen"]), 0.001)
    check.end(f"{len(inside)} forecasts of moves, {sum(inside)} of them inside")


if __name__ == "__main__":
    main()
