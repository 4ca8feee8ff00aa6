"""Frequent item sets side by side with pyfim (Borgelt's miners) and mlxtend: `python itemsets.py --data FOLDER [--example BINARY] [--rounds 5]`.

FOLDER has `groceries/groceries.csv` and `online_retail/online_retail_I.csv.gz`, as $QUINTILE_SHARED/data does. Each side is handed the same baskets of
numbers in memory, and timed is the call alone: of pyfim with its lists, of mlxtend with its table of true and false, of Quintile with the
baskets made of lists. Beside it stands the peak of memory of the whole process. Contenders take turns; the number of sets and the
sum of their counts have to be the same, or nothing is printed.

BINARY is made by `cargo build --release -p quintile-insight --example itemsets`. The last line is one sentence for other programs to keep.
"""

import argparse
import csv
import gzip
import os
import sys
from pathlib import Path

from side_by_side import HERE, Work, kept, run_to_end

# Postage, fees and bookkeeping entries are not goods.
NOT_GOODS = {"POST", "DOT", "C2", "D", "M", "CRUK", "B", "BANK CHARGES", "AMAZONFEE", "S", "PADS"}
# The data, the share of baskets, and who else answers: a peer, and its function.
QUESTIONS = [
    ("groceries", 0.001, [("pyfim", "fpgrowth"), ("pyfim", "eclat")]),
    ("groceries", 0.006, [("pyfim", "fpgrowth"), ("mlxtend", "fpgrowth"), ("mlxtend", "apriori")]),
    ("online_retail", 0.005, [("pyfim", "fpgrowth"), ("pyfim", "eclat")]),
]


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


def asked_of_all(question, example, work, data, rounds):
    """Each contender's milliseconds, memory and sets, in turn."""
    name, support, others = question
    path = work / f"{name}.txt"
    baskets = int(run_to_end(sys.executable, Path(__file__), "--baskets", name, data, path)[1])
    least = -(-round(support * 1e9) * baskets // 10**9)
    commands = [(f"**Quintile**, {name} at {support}", (example, path, least, 5))]
    for peer, function in others:
        command = (sys.executable, HERE / f"peers/itemsets_with_{peer}.py", function, path, least, 1 if peer == "mlxtend" else 5)
        commands.append((f"{peer} {function}, {name} at {support}", command))
    found = [(Work(row), [], command) for row, command in commands]
    answers = set()
    for _ in range(rounds):
        for row, milliseconds, command in found:
            cost, said = run_to_end(*command)
            call, sets, counts = said.split()
            milliseconds.append(float(call))
            row.costs.append(cost)
            answers.add((sets, counts))
    if len(answers) != 1:
        sys.exit(f"{name} at {support}: the answers differ: {answers}")
    return baskets, answers.pop(), [(row, sorted(milliseconds)[len(milliseconds) // 2]) for row, milliseconds, _ in found]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("QUINTILE_SHARED", "."), "data"))
    arguments.add_argument("--example", type=Path, default=HERE.parent / "target/release/examples/itemsets")
    arguments.add_argument("--work", type=Path, default=HERE / "work")
    arguments.add_argument("--rounds", type=int, default=5)
    asked = arguments.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    lines = ["| work | sets | call, ms | call, against ours | whole process, processor s | peak MB |", "| --- | --: | --: | --: | --: | --: |"]
    sentences = []
    for question in QUESTIONS:
        baskets, (sets, _), rows = asked_of_all(question, asked.example, asked.work, asked.data, asked.rounds)
        own = rows[0][1]
        for row, milliseconds in rows:
            costs = f"{row.median('processor'):.2f} | {row.median('megabytes'):.0f}"
            lines.append(f"| {row.name} | {sets} | {milliseconds:.1f} | {milliseconds / own:.2f} | {costs} |")
        others = ", ".join(f"{row.name.split(',')[0]} {milliseconds:.1f}" for row, milliseconds in rows[1:])
        sentences.append(f"{question[0]} at {question[1]}: {own:.1f} ms and {rows[0][0].median('megabytes'):.0f} MB ({others})")
    heads = ["## Frequent item sets", "", f"Medians of {asked.rounds} rounds in turn; the same sets and counts on all sides.", ""]
    kept("itemsets", [*heads, *lines, ""])
    print("; ".join(sentences))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--baskets"]:
        write_numbered(*sys.argv[2:5])
    else:
        main()
