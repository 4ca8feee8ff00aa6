"""Side by side, in one run and in turn: `python run.py [--orders 1000000] [--quintile BINARY] [--rounds 3]`.

Every contender reads the same shop and writes the same answer, which is compared. Reported are processor seconds (user
and system), wall seconds and the peak of resident memory, as the kernel counts them for the process that did the work.
Contenders take turns (A B C A B C), so that what else the machine does falls on all alike; the table gives medians.

The last line is one sentence for other programs to keep.
"""

import os
import shutil
import subprocess
import sys

from side_by_side import HERE, Work, asked_of, imported, kept, measured, shop_of, table

AS_OF = "2026-01-01"
COLUMNS = (
    "customer_id,number_of_orders,first_order_date,last_order_date,median_days_between_purchases,amount_spent,"
    "amount_refunded,average_order_value,distinct_products,distinct_categories,full_price_unit_share,"
    "favourite_category,favourite_weekday,recency_score,frequency_score,monetary_score,rfm_group"
)
PANDAS_UP_TO = 1_000_000


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
    asked = asked_of(__doc__)
    shop, answers = shop_of(asked)
    ordered = asked.work / f"{shop.name}-by-customer"
    by_customer(shop, ordered)
    store = asked.work / "store"
    quintile = asked.quintile

    def fresh_import():
        shutil.rmtree(store, ignore_errors=True)
        return imported(quintile, store, shop)

    def question():
        return measured(quintile, "profile", "-C", store, "--as-of", AS_OF, "--columns", COLUMNS, "-o", answers / "quintile.parquet")

    def one_day():
        return measured(quintile, "import", "-C", store, shop / "day/orders.parquet", shop / "day/lines.parquet")

    def peer(name, files, answer):
        return lambda: measured(sys.executable, HERE / "peers" / f"with_{name}.py", files, answers / f"{answer}.parquet")

    of_import, asked_imported, first, day = (Work(name) for name in (
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
        of_import.costs.append(fresh_import())
        stored = folder_bytes(store)
        for work, run in [(asked_imported, question), *peers]:
            work.costs.append(run())
        first.costs.append(of_import.costs[-1] + asked_imported.costs[-1])
        day.costs.append(one_day())
        if turn == 0:
            same = agree(answers / "quintile.parquet", answers / "duckdb.parquet")
            for work in ("duckdb-ordered", "polars", *(["pandas"] if asked.orders <= PANDAS_UP_TO else [])):
                agree(answers / "duckdb.parquet", answers / f"{work}.parquet")

    base = asked_imported
    rows = [base, *(work for work, _ in peers), of_import, first, day]
    cores = len(os.sched_getaffinity(0))
    files = sum((shop / f"{name}.parquet").stat().st_size for name in ("orders", "lines"))
    kept(shop.name, [
        f"## {asked.orders:,} orders", "",
        f"{cores} cores, medians of {asked.rounds} rounds in turn; {same}; "
        f"files {files / 1e6:.0f} MB, store {stored / 1e6:.0f} MB.", "", *table(rows, base, "the imported store"), "",
    ])
    duckdb = peers[0][0]
    print(
        f"{same}; Quintile on the imported store {base.median('processor'):.1f} processor seconds and {base.median('megabytes'):.0f} MB,"
        f" DuckDB {duckdb.median('processor'):.1f} and {duckdb.median('megabytes'):.0f} MB"
        f" ({duckdb.median('processor') / base.median('processor'):.1f} times); import {of_import.median('processor'):.1f}"
    )


if __name__ == "__main__":
    main()
