"""The whole history side by side: `python history.py [--orders 1000000] [--quintile BINARY] [--rounds 3]`.

The question: at each of 36 month ends, how many customers has each life stage, retention state and RFM group, and what had
they spent? Quintile reads its store once. DuckDB answers month by month, with orders valued once. The answers are compared,
class by class and to the cent, before anything is printed. One profile of the same classes and money, and the report, are
measured beside them.

The last line is one sentence for other programs to keep.
"""

import argparse
import csv
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from run import HERE, Work, measured

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
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--orders", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--quintile", type=Path, default=HERE.parent / "target/release/quintile")
    arguments.add_argument("--work", type=Path, default=HERE / "work")
    arguments.add_argument("--shop", type=Path, help="a shop made before, instead of --orders")
    asked = arguments.parse_args()

    shop = asked.shop or asked.work / f"shop-{asked.orders}"
    if not (shop / "lines.parquet").exists():
        subprocess.run([sys.executable, HERE / "gen.py", shop, "--orders", str(asked.orders)], check=True, stdout=subprocess.DEVNULL)
    store, answers = asked.work / f"{shop.name}-store", asked.work / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    quintile = asked.quintile
    if not (store / "quintile.toml").exists():
        measured(quintile, "init", store, "--tz", "UTC", "--currency", "EUR")
        measured(quintile, "import", "-C", store, shop / "orders.parquet", shop / "lines.parquet")

    ask = (quintile, "-C", store, "--as-of", LAST)
    classes = f"{PARTITIONS},amount_spent"
    contenders = [
        (Work("**Quintile, 36 month ends**"), (*ask, "history", "--partition", PARTITIONS, "-o", answers / "history.csv")),
        (Work("Quintile, one profile of the same"), (*ask, "profile", "--columns", f"customer_id,{classes}", "-o", answers / "one.parquet")),
        (Work("Quintile, 36 month ends in all five partitions"),
         (*ask, "history", "--partition", f"{PARTITIONS},buying_group,core_group", "-o", answers / "five.csv")),
        (Work("Quintile, one profile of all five"),
         (*ask, "profile", "--columns", f"customer_id,{classes},buying_group,core_group", "-o", answers / "five.parquet")),
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
    table = ["| work | processor s | wall s | peak MB | processor, against the month ends |", "| --- | --: | --: | --: | --: |"]
    for work, _ in contenders:
        ratio = work.median("processor") / base.median("processor")
        table.append(f"| {work.name} | {work.median('processor'):.2f} | {work.median('wall'):.2f} | {work.median('megabytes'):.0f} | {ratio:.2f} |")
    text = "\n".join([f"## {asked.orders:,} orders, 36 month ends", "", f"{len(own)} classes agree, to the cent.", "", *table, ""])
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / f"history-{shop.name}.md").write_text(text)
    print(text)
    one, report, duckdb = contenders[1][0], contenders[4][0], contenders[5][0]
    seconds = base.median("processor")
    print(
        f"{len(own)} classes of 36 month ends agree; Quintile {seconds:.1f} processor seconds, {seconds / one.median('processor'):.1f} times one profile,"
        f" DuckDB {duckdb.median('processor'):.1f} ({duckdb.median('processor') / seconds:.0f} times); report {report.median('processor'):.1f}"
    )


if __name__ == "__main__":
    main()
