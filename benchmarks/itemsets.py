"""Frequent item sets side by side with pyfim (Borgelt's miners) and mlxtend: `python itemsets.py [--data FOLDER] [--example BINARY] [--rounds 5]`.

FOLDER has `groceries/groceries.csv` and `online_retail/online_retail_I.csv.gz`, as $QUINTILE_SHARED/data does. Each side is handed the
same baskets of numbers in memory, and the call is timed by itself: of pyfim with its lists, of mlxtend with its table of true and false,
of Quintile with the baskets made of lists. A call is in processor time, the mean of some in a row. Beside it stands what the whole
process took, from reading the file to the end of one call; a peak of 19 MB is that of this program, which whatever it starts
inherits. Contenders take turns. Sets and their counts are compared one by one; where they differ, nothing is printed.

BINARY is made by `cargo build --release -p quintile-insight --example itemsets`; the peers are in `requirements-itemsets.txt`, and pyfim
wants a C compiler. The last line is one sentence for other programs to keep.
"""

import argparse
import csv
import gzip
import hashlib
import os
import statistics
import sys
from pathlib import Path

from side_by_side import HERE, Work, kept, measured, run_to_end

# Postage, fees and bookkeeping entries are not goods.
NOT_GOODS = {"POST", "DOT", "C2", "D", "M", "CRUK", "B", "BANK CHARGES", "AMAZONFEE", "S", "PADS"}
# The data, the share of baskets, and who else answers: a peer, and its function.
QUESTIONS = [
    ("groceries", 0.001, [("pyfim", "fpgrowth"), ("pyfim", "eclat")]),
    ("groceries", 0.006, [("pyfim", "fpgrowth"), ("mlxtend", "fpgrowth"), ("mlxtend", "apriori")]),
    ("online_retail", 0.005, [("pyfim", "fpgrowth"), ("pyfim", "eclat")]),
]
# Calls in a row.
CALLS, CALLS_OF_MLXTEND = 20, 3


def groceries(data):
    with open(data / "groceries" / "groceries.csv") as file:
        return [set(line.strip().split(",")) for line in file if line.strip()]


def online_retail(data):
    orders = {}
    with gzip.open(data / "online_retail" / "online_retail_I.csv.gz", "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            code = row["StockCode"].upper()
            if not row["InvoiceNo"].startswith(("C", "A", "a")) and code not in NOT_GOODS and not code.startswith("ADJUST"):
                orders.setdefault(row["InvoiceNo"], set()).add(row["StockCode"])
    return list(orders.values())


def write_numbered(name, data, path):
    """Writes a basket a line, items as numbers, and prints how many baskets. In a process of its own, since memory is inherited."""
    baskets = {"groceries": groceries, "online_retail": online_retail}[name](Path(data))
    names = {name: place for place, name in enumerate(sorted(set().union(*baskets)))}
    Path(path).write_text("".join(" ".join(str(names[item]) for item in sorted(basket)) + "\n" for basket in baskets))
    print(len(baskets))


def of_question(question, asked):
    """How many sets there are, and of each contender its row and the milliseconds of its call."""
    name, support, others = question
    path = asked.work / f"{name}.txt"
    baskets = int(run_to_end(sys.executable, Path(__file__), "--baskets", name, asked.data, path)[1])
    least = -(-round(support * 1e9) * baskets // 10**9)
    what = f"{name} at {support}"
    contenders = [(Work(f"**Quintile**, {what}"), (asked.example, path, least), CALLS)]
    for peer, function in others:
        command = (sys.executable, HERE / f"peers/itemsets_with_{peer}.py", function, path, least)
        contenders.append((Work(f"{peer} {function}, {what}"), command, CALLS_OF_MLXTEND if peer == "mlxtend" else CALLS))
    # Reading a list of all sets makes this process larger, and what it starts inherits its peak: so a digest is enough.
    answers = {run_to_end(sys.executable, Path(__file__), "--digest", *command)[1] for _, command, _ in contenders}
    if len(answers) != 1:
        sys.exit(f"{what}: the answers differ: {answers}")
    milliseconds = [[] for _ in contenders]
    for _ in range(asked.rounds):
        for (work, command, calls), own in zip(contenders, milliseconds):
            work.costs.append(measured(*command, 1))
            own.append(float(run_to_end(*command, calls)[1]))
    return int(answers.pop().split()[0]), [(work, statistics.median(own)) for (work, _, _), own in zip(contenders, milliseconds)]


def print_digest(*command):
    """How many sets a contender finds and a digest of all of them with their counts, whatever their order."""
    lines = run_to_end(*command, 1, "--all")[1].splitlines()
    sets = sorted((sorted(map(int, items.split(","))), int(count)) for items, count in map(str.split, lines))
    print(len(sets), hashlib.sha256(repr(sets).encode()).hexdigest())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("QUINTILE_SHARED", "."), "data"))
    arguments.add_argument("--example", type=Path, default=HERE.parent / "target/release/examples/itemsets")
    arguments.add_argument("--work", type=Path, default=HERE / "work")
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    lines = [
        "| work | sets | call, processor ms | call, against ours | whole process, processor s | wall s | peak MB |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    sentences = []
    for question in QUESTIONS:
        sets, rows = of_question(question, asked)
        own, of_own = rows[0]
        for work, milliseconds in rows:
            costs = f"{work.median('processor'):.3f} | {work.median('wall'):.3f} | {work.median('megabytes'):.0f}"
            lines.append(f"| {work.name} | {sets:,} | {milliseconds:.2f} | {milliseconds / of_own:.1f} | {costs} |")
        others = ", ".join(f"{work.name.split(',')[0]} {milliseconds:.1f}" for work, milliseconds in rows[1:])
        sentences.append(f"{sets:,} sets of {question[0]} at {question[1]} in {of_own:.2f} ms and {own.median('megabytes'):.0f} MB ({others})")
    kept("itemsets", ["## Frequent item sets", "", f"Medians of {asked.rounds} rounds in turn; all sets and counts agree.", "", *lines, ""])
    print("the same sets and counts; " + "; ".join(sentences))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--baskets"]:
        write_numbered(*sys.argv[2:5])
    elif sys.argv[1:2] == ["--digest"]:
        print_digest(*sys.argv[2:])
    else:
        main()
