"""The whole history side by side: `python history.py [--orders 1000000] [--quintile BINARY] [--rounds 3]`.

The question: at each of 36 month ends, how many customers has each life stage, retention state and RFM group, and what had
they spent? Quintile reads its store once. DuckDB answers month by month, with orders valued once. The answers are compared,
class by class and to the cent, before anything is printed. One profile of the same classes and money, and the report, are
measured beside them.

The last line is one sentence for other programs to keep.
"""

import csv
import sys
from decimal import Decimal

from side_by_side import HERE, Work, asked_of, imported, kept, measured, shop_of, table

FIRST, LAST = "2023-02-01", "2026-01-01"
PARTITIONS = "life_stage,retention_state,rfm_group"


def answer(path):
    with path.open() as file:
        rows = csv.DictReader(file)
        return {
            (row["date"], row["partition"], row["class"]): (int(row["customers"]), Decimal(row["revenue"]))
            for row in rows
            if int(row["customers"]) > 0
        }


def main():
    asked = asked_of(__doc__)
    shop, answers = shop_of(asked)
    store, quintile = asked.work / f"{shop.name}-store", asked.quintile
    if not (store / "quintile.toml").exists():
        imported(quintile, store, shop)

    ask = (quintile, "-C", store, "--as-of", LAST)
    classes = f"{PARTITIONS},amount_spent"
    contenders = [
        (Work("**Quintile, 36 month ends**"), (*ask, "history", "--partition", PARTITIONS, "-o", answers / "history.csv")),
        (Work("Quintile, one profile of the same"), (*ask, "profile", "--columns", f"customer_id,{classes}", "-o", answers / "one.parquet")),
        (Work("Quintile, 36 month ends in all five partitions"),
         (*ask, "history", "--partition", f"{PARTITIONS},buying_group,core_group", "-o", answers / "five.csv")),
        (Work("Quintile, one profile of all five"),
         (*ask, "profile", "--columns", f"customer_id,{classes},buying_group,core_group", "-o", answers / "five.parquet")),
        (Work("Quintile, cohort triangle"), (*ask, "cohorts", "--rows", "--limit", "0", "-o", answers / "cohorts.csv")),
        (Work("Quintile, report"), (*ask, "report", "-o", answers / "report.html")),
        (Work("DuckDB, 36 month ends"),
         (sys.executable, HERE / "peers/history_with_duckdb.py", shop, answers / "history-duckdb.csv", FIRST, LAST)),
    ]
    for turn in range(asked.rounds):
        print(f"round {turn + 1} of {asked.rounds}", file=sys.stderr)
        for work, command in contenders:
            work.costs.append(measured(*command))
        if turn == 0:
            own, other = answer(answers / "history.csv"), answer(answers / "history-duckdb.csv")
            differ = [key for key in own.keys() | other.keys() if own.get(key) != other.get(key)]
            if differ:
                sys.exit(f"{len(differ)} of {len(own)} classes differ, such as {differ[0]}: {own.get(differ[0])} and {other.get(differ[0])}")
            print(f"{len(own)} classes of {len({key[0] for key in own})} dates agree", file=sys.stderr)

    base = contenders[0][0]
    heads = [f"## {asked.orders:,} orders, 36 month ends", "", f"{len(own)} classes agree, to the cent.", ""]
    kept(f"history-{shop.name}", [*heads, *table([work for work, _ in contenders], base, "the month ends"), ""])
    one, cohorts, report, duckdb = (contenders[place][0] for place in (1, 4, 5, 6))
    seconds = base.median("processor")
    print(
        f"{len(own)} classes of 36 month ends agree; Quintile {seconds:.1f} processor seconds, {seconds / one.median('processor'):.1f} times one profile,"
        f" DuckDB {duckdb.median('processor'):.1f} ({duckdb.median('processor') / seconds:.0f} times); cohort triangle"
        f" {cohorts.median('processor') / one.median('processor'):.2f} times one profile; report {report.median('processor'):.1f}"
    )


if __name__ == "__main__":
    main()
