"""Side by side, in one run and in turn: `python run.py [--orders 1000000] [--quintile BINARY] [--rounds 3]`.

Every contender reads the same shop and writes the same answer, which is compared. Reported are processor seconds (user
and system), wall seconds and the peak of resident memory, as the kernel counts them for the process that did the work.
Contenders take turns (A B C A B C), so that what else the machine does falls on all alike; the table gives medians.

The last line is one sentence for other programs to keep.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = "2026-01-01"
COLUMNS = (
    "customer_id,number_of_orders,first_order_date,last_order_date,median_days_between_purchases,amount_spent,"
    "amount_refunded,average_order_value,distinct_products,distinct_categories,full_price_unit_share,"
    "favourite_category,favourite_weekday,recency_score,frequency_score,monetary_score,rfm_group"
)
PANDAS_UP_TO = 1_000_000


@dataclass
class Cost:
    """What a piece of work cost."""

    processor: float
    wall: float
    megabytes: float

    def __add__(self, other):
        return Cost(self.processor + other.processor, self.wall + other.wall, max(self.megabytes, other.megabytes))


@dataclass
class Work:
    """A row of the table."""

    name: str
    costs: list = field(default_factory=list)

    def median(self, of):
        return statistics.median(getattr(cost, of) for cost in self.costs)


def measured(*command):
    """Runs a command to its end. Peak memory is inherited over a fork, so this process itself has to stay small."""
    began = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}:\n{said.decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def by_customer(shop, folder):
    """The same two files ordered by customer, for peers that gain from it."""
    if (folder / "lines.parquet").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sort = "".join(
        f"COPY (FROM '{shop}/{name}.parquet' ORDER BY customer_id, ts, order_id)"
        f" TO '{folder}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd);"
        for name in ("orders", "lines")
    )
    subprocess.run([sys.executable, "-c", f"import duckdb; duckdb.execute({sort!r})"], check=True)


def agree(a, b):
    answer = subprocess.run([sys.executable, HERE / "agree.py", a, b], capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"{a} and {b} do not agree: {answer.stderr.strip()}")
    return answer.stdout.strip()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--orders", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--quintile", type=Path, default=HERE.parent / "target/release/quintile")
    arguments.add_argument("--work", type=Path, default=HERE / "work", help="folder for shops, stores and answers")
    arguments.add_argument("--shop", type=Path, help="a shop made before, instead of --orders")
    asked = arguments.parse_args()

    shop = asked.shop or asked.work / f"shop-{asked.orders}"
    if not (shop / "day" / "lines.parquet").exists():
        subprocess.run([sys.executable, HERE / "gen.py", shop, "--orders", str(asked.orders)], check=True, stdout=subprocess.DEVNULL)
    ordered = asked.work / f"{shop.name}-by-customer"
    by_customer(shop, ordered)
    store, answers = asked.work / "store", asked.work / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    quintile = asked.quintile

    def fresh_import():
        shutil.rmtree(store, ignore_errors=True)
        init = measured(quintile, "init", store, "--tz", "UTC", "--currency", "EUR")
        return init + measured(quintile, "import", "-C", store, shop / "orders.parquet", shop / "lines.parquet")

    def question():
        return measured(quintile, "profile", "-C", store, "--as-of", AS_OF, "--columns", COLUMNS, "-o", answers / "quintile.parquet")

    def one_day():
        return measured(quintile, "import", "-C", store, shop / "day/orders.parquet", shop / "day/lines.parquet")

    def peer(name, files, answer):
        return lambda: measured(sys.executable, HERE / "peers" / f"with_{name}.py", files, answers / f"{answer}.parquet")

    imported, asked_imported, first, day = (Work(name) for name in (
        "Quintile, import", "**Quintile, imported store**", "Quintile, import and first answer", "Quintile, import of one more day"))
    peers = [
        (Work("DuckDB"), peer("duckdb", shop, "duckdb")),
        (Work("DuckDB, files by customer"), peer("duckdb", ordered, "duckdb-ordered")),
        (Work("Polars"), peer("polars", shop, "polars")),
    ]
    if asked.orders <= PANDAS_UP_TO:
        peers.append((Work("pandas"), peer("pandas", shop, "pandas")))

    stored = 0
    for turn in range(asked.rounds):
        print(f"round {turn + 1} of {asked.rounds}", file=sys.stderr)
        imported.costs.append(fresh_import())
        stored = folder_bytes(store)
        for work, run in [(asked_imported, question), *peers]:
            work.costs.append(run())
        first.costs.append(imported.costs[-1] + asked_imported.costs[-1])
        day.costs.append(one_day())
        if turn == 0:
            same = agree(answers / "quintile.parquet", answers / "duckdb.parquet")
            for work in ("duckdb-ordered", "polars", *(["pandas"] if asked.orders <= PANDAS_UP_TO else [])):
                agree(answers / "duckdb.parquet", answers / f"{work}.parquet")

    base = asked_imported
    rows = [base, *(work for work, _ in peers), imported, first, day]
    table = ["| work | processor s | wall s | peak MB | processor, against the imported store |", "| --- | --: | --: | --: | --: |"]
    for work in rows:
        ratio = work.median("processor") / base.median("processor")
        table.append(f"| {work.name} | {work.median('processor'):.2f} | {work.median('wall'):.2f} | {work.median('megabytes'):.0f} | {ratio:.1f} |")
    cores = len(os.sched_getaffinity(0))
    files = sum((shop / f"{name}.parquet").stat().st_size for name in ("orders", "lines"))
    text = "\n".join([
        f"## {asked.orders:,} orders", "",
        f"{cores} cores, medians of {asked.rounds} rounds in turn; {same}; "
        f"files {files / 1e6:.0f} MB, store {stored / 1e6:.0f} MB.", "", *table, "",
    ])
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / f"{shop.name}.md").write_text(text)
    print(text)
    duckdb = peers[0][0]
    print(
        f"{same}; Quintile on the imported store {base.median('processor'):.1f} processor seconds and {base.median('megabytes'):.0f} MB,"
        f" DuckDB {duckdb.median('processor'):.1f} and {duckdb.median('megabytes'):.0f} MB"
        f" ({duckdb.median('processor') / base.median('processor'):.1f} times); import {imported.median('processor'):.1f}"
    )


if __name__ == "__main__":
    main()
