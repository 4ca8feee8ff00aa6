"""Online Retail at 2011-12-10: which moves bring an amount within 90 days, by hand.

Windows of the past one customer at a time; then every combination of moves, and customers reached one by one in it. Shares,
worth, customers and gains must agree, the interval with one from resampling single customers."""

import itertools
from datetime import date, timedelta

import asked
import likely
import numpy
import online_retail

AS_OF = online_retail.AS_OF
DAYS = 90
LEAST = 30
RESAMPLINGS = 1000
EFFORT = {"first-time-buyers": 2, "active-repeat": 2, "at-risk-repeat": 1, "inactive-repeat": 2, "inactive-first-time": 1}
PLAN = """
margin_share = 0.4
[[stage]]
id = 'active-repeat'
reach_share = 0.5
cost_per_customer = 1.5
discount_per_mover = 10
fixed_cost = 2000
effort_days = 9
[[stage]]
id = 'first-time-buyers'
discount_per_mover = 20
effort_days = 3
[[stage]]
id = 'inactive-first-time'
cost_per_customer = 2
"""
TERMS = {
    "active-repeat": (0.4, 0.5, 1.5, 10, 2000, 9),
    "first-time-buyers": (0.4, 1, 0, 20, 0, 3),
    "inactive-first-time": (0.4, 1, 2, 0, 0, 1),
    "at-risk-repeat": (0.4, 1, 0, 0, 0, 1),
    "inactive-repeat": (0.4, 1, 0, 0, 0, 2),
}


def figures(stood, moved, by_movers, by_stayers, season, now):
    """Usual and best share, worth and value of a move from sums by window."""
    every = [1] * len(stood)
    usual, best, _, _, worth, value = likely.figures(stood, moved, by_movers, by_stayers, season, every, now)
    return usual, best, worth / 10_000, value / 10_000


def heads(customers, now, usual, best, worth, terms):
    """(gain of one who is reached, cost of one, most who can be reached, fixed cost, days)."""
    margin, reach, each, discount, fixed, days = terms
    cost = each + discount * (usual + max(best - usual, 0))
    return max(best - usual, 0) * worth * margin - cost, cost, round(now * reach), fixed, days


def way(amount, moves):
    """The least days, then the least cost, then the fewest customers; None where no combination brings the amount."""
    useful = [name for name, (gain, _, most, fixed, _) in moves.items() if gain > 0 and gain * most > fixed]
    best = None
    for size in range(1, len(useful) + 1):
        for names in itertools.combinations(useful, size):
            left = amount + sum(moves[name][3] for name in names)
            reached = {}
            for name in sorted(names, key=lambda name: -moves[name][0]):
                reached[name] = 0
                # One customer after the other.
                while left > 1e-6 and reached[name] < moves[name][2]:
                    reached[name] += 1
                    left -= moves[name][0]
            if left > 1e-6 or not all(reached.values()):
                continue
            days = sum(moves[name][4] for name in names)
            cost = sum(moves[name][3] + moves[name][1] * reached[name] for name in names)
            key = (days, round(cost, 6), sum(reached.values()))
            if best is None or key < best[0]:
                best = key, reached
    if best:
        return True, best[1]
    return False, {name: moves[name][2] for name in useful}


def main():
    path = asked.data("online_retail", "online_retail_I.csv.gz")
    customers = likely.read(path)
    settled, _ = online_retail.read(path)
    usual_gap, call = online_retail.thresholds([c for c in settled.values() if c.orders])
    first = min(moment for c in customers for moment, _ in c.orders.values()).date()
    begins = []
    for back in range(24, 0, -1):
        begin = likely.months_before(AS_OF, back)
        if begin > first and begin + timedelta(days=DAYS) <= AS_OF:
            begins.append(begin)
    season = [(begin.month - AS_OF.month) % 12 in (0, 1, 11) for begin in begins]
    at = {day: [likely.standing(c, day, usual_gap, call) for c in customers] for day in {*begins, *(b + timedelta(days=DAYS) for b in begins), AS_OF}}
    tables, seen = {}, {}
    for stage, goal in online_retail.GOALS.items():
        goal = set(goal) - {stage}
        table = numpy.zeros((len(customers), len(begins), 4))
        for k, begin in enumerate(begins):
            for who, (before, after) in enumerate(zip(at[begin], at[begin + timedelta(days=DAYS)])):
                if before is None or before[0] != stage:
                    continue
                moved, spent = after[0] in goal, after[1] - before[1]
                table[who, k] = (1, moved, spent if moved else 0, 0 if moved else spent)
        now = sum(standing is not None and standing[0] == stage for standing in at[AS_OF])
        tables[stage] = table, now
        seen[stage] = figures(*[list(table.sum(axis=0)[:, column]) for column in range(4)], season, now)
    chance = numpy.random.default_rng(11)
    drawn = []
    for _ in range(RESAMPLINGS):
        weights = numpy.bincount(chance.integers(0, len(customers), len(customers)), minlength=len(customers))
        values = {}
        for stage, (table, now) in tables.items():
            sums = numpy.tensordot(weights, table, axes=1)
            value = figures(*[list(sums[:, column]) for column in range(4)], season, now)[3]
            values[stage] = 0 if numpy.isnan(value) else value
        drawn.append(values)
    check, said = asked.Comparison(), []
    plain = {stage: (1, 1, 0, 0, 0, days) for stage, days in EFFORT.items()}
    with asked.imported(path, currency="GBP") as store:
        for terms, text in ((plain, None), (TERMS, PLAN)):
            if text:
                (store.folder / "opportunities.toml").write_text(text)
            moves = {s: heads(customers, tables[s][1], *seen[s][:3], terms[s]) for s in tables}
            most = sum(g * m - f for g, _, m, f, _ in moves.values() if g > 0 and g * m > f)
            for amount in (500, 20_000, round(0.6 * most), round(0.97 * most), round(2 * most)):
                reaches, reached = way(amount, moves)
                rows = {row["life_stage"]: row for row in store.rows("opportunities", "--extra", amount, "--within", f"{DAYS}d", "--as-of", str(AS_OF))}
                for stage in tables:
                    row, (usual, best, worth, _) = rows[stage], seen[stage]
                    check.near(f"{stage}: usual_share", usual, float(row["usual_share"]), 1e-12)
                    check.near(f"{stage}: best_share", best, float(row["best_share"]), 1e-12)
                    check.near(f"{stage}: worth", worth, float(row["worth"]), 0.0001)
                    check.same(f"{amount} {stage}: reach", reached.get(stage, 0), int(row["reach"]))
                gain = sum(moves[s][0] * n - moves[s][3] for s, n in reached.items())
                cost = sum(moves[s][1] * n + moves[s][3] for s, n in reached.items())
                days = sum(moves[s][4] for s in reached)
                check.near(f"{amount}: gain", gain, float(rows["sum"]["gain"]), 0.001)
                check.near(f"{amount}: cost", cost, float(rows["sum"]["cost"]), 0.001)
                check.near(f"{amount}: days", days, float(rows["sum"]["effort_days"]), 1e-9)
                sums = [sum(values[s] * n / tables[s][1] * terms[s][0] for s, n in reached.items()) - cost for values in drawn]
                low, high = numpy.percentile(sums, [2.5, 97.5])
                for name, end in (("gain_low", low), ("gain_high", high)):
                    check.near(f"{amount}: {name}", end, float(rows["sum"][name]), 0.2 * (high - low) + 1)
                said.append(f"{amount:,} {'by ' + str(len(reached)) + ' moves in ' + str(days) + ' days' if reaches else 'not to be had'}")
    check.end(f"{len(begins)} windows; {'; '.join(said)}")


if __name__ == "__main__":
    main()
