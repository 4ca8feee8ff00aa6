"""Online Retail at 2011-12-10: what moves between stages are likely to bring, by hand.

Stages a calendar month apart, one customer at a time on whole numbers, by the thresholds of the moment itself; the rates
and the difference between movers and stayers must agree exactly, the interval with one from resampling single customers."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import asked
import numpy
import online_retail

AS_OF = online_retail.AS_OF
MOVES = online_retail.GOALS
LEAST = 30
RESAMPLINGS = 1000


class Customer:
    def __init__(self):
        self.orders = {}
        self.back = []


def read(path):
    customers = defaultdict(Customer)
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"]:
                continue
            price = (Decimal(row["UnitPrice"]) * 10_000).to_integral_value(ROUND_HALF_EVEN)
            amount, moment = int(row["Quantity"]) * int(price), datetime.fromisoformat(row["InvoiceDate"])
            customer = customers[row["CustomerID"].removesuffix(".0")]
            if row["InvoiceNo"].startswith("C"):
                customer.back.append((moment, -amount))
            else:
                order = customer.orders.setdefault(row["InvoiceNo"], [moment, 0])
                order[0], order[1] = min(order[0], moment), order[1] + amount
    return list(customers.values())


def months_before(day, months):
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, day.day)


def standing(customer, on, usual, call):
    """Stage and net spending at the beginning of a day; None for who is not known yet."""
    start = datetime(on.year, on.month, on.day)
    orders = [(moment, value) for moment, value in customer.orders.values() if moment < start]
    back = [value for moment, value in customer.back if moment < start]
    if not orders and not back:
        return None
    spent = sum(value for _, value in orders) - sum(back)
    if not orders:
        return "inactive-first-time", spent
    days = sorted({moment.date() for moment, _ in orders})
    gaps = [(after - before).days for before, after in zip(days, days[1:])]
    silent = (on - days[-1]).days
    overdue = silent / (Fraction(2 * usual + sum(gaps), 2 + len(gaps)) if gaps else Fraction(call, 4))
    if len(days) == 1:
        return ("inactive-first-time" if silent > call else "first-time-buyers"), spent
    if overdue > 2:
        return ("inactive-repeat" if overdue > 4 else "at-risk-repeat"), spent
    recent = sum((on - day).days <= max(90, 4 * usual) for day in days)
    return ("loyal" if recent >= 3 else "active-repeat"), spent


def figures(stood, moved, by_movers, by_stayers, season, horizon, now):
    """The figures of one move from sums by month."""
    rates = [(m / s, in_season) for s, m, in_season in zip(stood, moved, season) if s >= LEAST]
    if not rates:
        return None
    ordered = sorted(rate for rate, _ in rates)
    middle = len(ordered) // 2
    usual = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    best = max([rate for rate, in_season in rates if in_season] or ordered)
    followed = [k for k in range(len(stood)) if horizon[k]]
    movers = sum(moved[k] for k in followed)
    stayers = sum(stood[k] - moved[k] for k in followed)
    if not movers or not stayers:
        return (numpy.nan,) * 6
    worth = sum(by_movers[k] for k in followed) / movers - sum(by_stayers[k] for k in followed) / stayers
    extra = now * max(best - usual, 0)
    return usual, best, now * usual, extra, worth, extra * worth


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    customers = read(path)
    settled, _ = online_retail.read(path)
    usual, call = online_retail.thresholds([c for c in settled.values() if c.orders])
    first = min(moment for c in customers for moment, _ in c.orders.values()).date()
    dates = [AS_OF]
    while len(dates) <= 24 and months_before(AS_OF, len(dates)) > first:
        dates.append(months_before(AS_OF, len(dates)))
    dates.reverse()
    at = [[standing(c, on, usual, call) for c in customers] for on in dates]
    months, horizon = len(dates) - 1, min(12, (len(dates) - 1) // 2)
    check = asked.Comparison()
    with asked.imported(path, currency="GBP") as store:
        answer = {row["life_stage"]: row for row in store.rows("opportunities", "--likely", "--as-of", str(AS_OF))}
    chance = numpy.random.default_rng(7)
    season = [(dates[k].month - AS_OF.month) % 12 in (0, 1, 11) for k in range(months)]
    followed = [k + horizon <= months for k in range(months)]
    widths = []
    for stage, goal in MOVES.items():
        goal = set(goal) - {stage}
        table = numpy.zeros((len(customers), months, 4))
        for k in range(months):
            for who, (begin, end) in enumerate(zip(at[k], at[k + 1])):
                if begin is None or begin[0] != stage:
                    continue
                moved = end[0] in goal
                spent = at[k + horizon][who][1] - begin[1] if followed[k] else 0
                table[who, k] = (1, moved, spent if moved else 0, 0 if moved else spent)
        now = sum(standing_now is not None and standing_now[0] == stage for standing_now in at[-1])
        slow = figures(*[list(table.sum(axis=0)[:, column]) for column in range(4)], season, followed, now)
        row = answer[stage]
        check.same(f"{stage}: customers", now, int(row["customers"]))
        for name, figure, by in zip(("usual_share", "best_share", "move_anyway", "move_extra"), slow, (1e-12, 1e-12, 1e-8, 1e-8)):
            check.near(f"{stage}: {name}", figure, float(row[name]), by)
        for name, figure in zip(("worth", "value"), slow[4:]):
            check.near(f"{stage}: {name}", figure / 10_000, float(row[name]), 0.0001)
        draws = []
        for _ in range(RESAMPLINGS):
            weights = numpy.bincount(chance.integers(0, len(customers), len(customers)), minlength=len(customers))
            sums = numpy.tensordot(weights, table, axes=1)
            drawn = figures(*[list(sums[:, column]) for column in range(4)], season, followed, now)
            draws.append(drawn[5] / 10_000)
        # Where nobody moved in a resampling, nothing is known of the worth.
        low, high = numpy.nanpercentile(draws, [2.5, 97.5])
        width = high - low
        widths.append(f"{stage} {slow[5] / 10_000:,.0f} ({low:,.0f} to {high:,.0f})")
        # Two simulations of the same interval: their ends differ by chance, here by a fifth of its width at the most. Where
        # most draws promise nothing, the upper end rests on a handful of them, and only the lower one is compared.
        check.near(f"{stage}: value_low", low, float(row["value_low"]), 0.2 * width + 1)
        if low > 0:
            check.near(f"{stage}: value_high", high, float(row["value_high"]), 0.2 * width + 1)
    check.end(f"{months} months, followed for {horizon}; {'; '.join(widths)}")


if __name__ == "__main__":
    main()
