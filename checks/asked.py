"""Asks the binary and compares; what the checks share, and nothing about what is right."""

import csv
import io
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path


def binary():
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} PATH-OF-QUINTILE")
    return Path(sys.argv[1]).resolve()


def data(*parts):
    shared = os.environ.get("QUINTILE_SHARED")
    if not shared:
        sys.exit("QUINTILE_SHARED names no folder")
    return Path(shared, "data", *parts)


class Store:
    """A store in a temporary folder."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, verb, *words, may=(0,)):
        command = [binary(), verb, "-C", self.folder, *words]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode not in may:
            sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def rows(self, verb, *words):
        """An answer as a list of dictionaries of texts."""
        return list(csv.DictReader(io.StringIO(self.run(verb, *words, "--format", "csv"))))

    def sql(self, query):
        return self.rows("sql", query)


@contextmanager
def imported(*files, zone="UTC", currency=None):
    """A store with these files in it. Exit code 7 says that rows were refused, which is not our business here."""
    with tempfile.TemporaryDirectory(prefix="quintile-check-") as folder:
        store = Store(Path(folder, "store"))
        settings = ["--tz", zone] + (["--currency", currency] if currency else [])
        subprocess.run([str(binary()), "init", str(store.folder), *settings], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        store.run("import", *files, may=(0, 7))
        yield store


def money(text):
    """A money text as a whole number of ten-thousandths; None for an empty one."""
    return None if text in (None, "") else int((Decimal(text) * 10_000).to_integral_value())


def shown(amount):
    return f"{Decimal(amount) / 10_000:,.4f}".rstrip("0").rstrip(".")


class Comparison:
    """Collects what differs."""

    def __init__(self):
        self.wrong, self.right = [], 0

    def same(self, what, slow, fast):
        if slow == fast:
            self.right += 1
        else:
            self.wrong.append(f"{what}: slow {slow}, quintile {fast}")

    def near(self, what, slow, fast, by):
        self.same(what, True, abs(slow - fast) <= by) if abs(slow - fast) <= by else self.wrong.append(f"{what}: slow {slow}, quintile {fast}")

    def end(self, sentence):
        if self.wrong:
            for line in self.wrong[:20]:
                print(line, file=sys.stderr)
            sys.exit(f"{len(self.wrong)} of {len(self.wrong) + self.right} comparisons differ")
        print(f"{sentence}; {self.right} comparisons agree")
