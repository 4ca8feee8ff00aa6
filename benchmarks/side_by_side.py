"""What benchmarks that take turns share: what is asked, the shop, what a command costs, and the table. Nothing of the questions."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


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


def asked_of(doc):
    """The arguments of every benchmark on a shop that is made up."""
    arguments = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--orders", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--quintile", type=Path, default=HERE.parent / "target/release/quintile")
    arguments.add_argument("--work", type=Path, default=HERE / "work", help="folder for shops, stores and answers")
    arguments.add_argument("--shop", type=Path, help="a shop made before, instead of --orders")
    return arguments.parse_args()


def shop_of(asked):
    """The shop's folder, made where it is not there, and the folder for answers."""
    shop = asked.shop or asked.work / f"shop-{asked.orders}"
    if not (shop / "day" / "lines.parquet").exists():
        subprocess.run([sys.executable, HERE / "gen.py", shop, "--orders", str(asked.orders)], check=True, stdout=subprocess.DEVNULL)
    answers = asked.work / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    return shop, answers


def imported(quintile, store, shop):
    """The shop in a new store, and what that cost."""
    made = measured(quintile, "init", store, "--tz", "UTC", "--currency", "EUR")
    return made + measured(quintile, "import", "-C", store, shop / "orders.parquet", shop / "lines.parquet")


def run_to_end(*command):
    """Runs a command to its end: what it cost, and what it printed. Peak memory is inherited over a fork, so this process itself
    has to stay small."""
    began = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    printed, said = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {child.returncode}:\n{said.decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024), printed.decode()


def measured(*command):
    """What a command costs."""
    return run_to_end(*command)[0]


def table(works, base, against):
    """The rows, each with its processor time beside that of one of them."""
    lines = [f"| work | processor s | wall s | peak MB | processor, against {against} |", "| --- | --: | --: | --: | --: |"]
    for work in works:
        ratio = work.median("processor") / base.median("processor")
        lines.append(f"| {work.name} | {work.median('processor'):.2f} | {work.median('wall'):.2f} | {work.median('megabytes'):.0f} | {ratio:.2f} |")
    return lines


def kept(name, lines):
    """Prints the text and keeps it among the results."""
    text = "\n".join(lines)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / f"{name}.md").write_text(text)
    print(text)
