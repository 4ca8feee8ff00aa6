"""Value models beside lifetimes and clusters beside scikit-learn, in one go: processor seconds of one thread, memory, and the aims.

    python3 benchmarks/models.py

Needs cargo and Python 3.10 to 3.12 alone: the two peers want different versions of numpy and get an environment each, in benchmarks/.venv-*.
Both sides work on the same customers and the same rows, one after the other on the same machine. Where QUINTILE_SHARED names a folder with
CDNOW, its 23,570 customers are timed too. The table that is kept is docs/reference/benchmarks.md.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
MILLION, HUNDRED = 1_000_000, 100_000


def environment(name, requirements):
    """A Python with what is required, made once."""
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)
    return python


def said(command):
    text = subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    sys.stderr.write(text)
    return text


def own_models(*arguments):
    """Seconds and megabytes of each model, by name."""
    text = said(["cargo", "run", "--release", "--quiet", "-p", "quintile-value", "--example", "value_speed", "--", *arguments])
    found = {}
    for line in text.splitlines():
        if many := re.match(r"(\S+)\s.*together ([\d.]+) s.*peak \+(\d+) MB", line):
            found[many[1]] = (float(many[2]), int(many[3]))
        elif one := re.match(r"(gamma-gamma)\s+\d+ customers, ([\d.]+) s", line):
            found[one[1]] = (float(one[2]), None)
    return found


def lifetimes(python, file, *models):
    text = said([python, HERE / "value" / "with_lifetimes.py", file, *models])
    found = {}
    for line in text.splitlines():
        if many := re.match(r"(\S+)\s.*together ([\d.]+) s; peak \+(\d+) MB", line):
            found[many[1]] = (float(many[2]), int(many[3]))
        elif one := re.match(r"(gamma-gamma)\s.*fit ([\d.]+) s; peak \+(\d+) MB", line):
            found[one[1]] = (float(one[2]), int(one[3]))
    return found


def cdnow(work):
    """The histories of CDNOW's customers to 1997-09-30, as `x,tx,T` in days; None without the data."""
    shared = os.environ.get("QUINTILE_SHARED")
    if not shared:
        return None
    import datetime

    days = {}
    for line in (pathlib.Path(shared) / "data/cdnow/CDNOW_master.txt").read_text().splitlines():
        words = line.split()
        if len(words) == 4 and words[1].isdigit():
            days.setdefault(words[0], set()).add(datetime.datetime.strptime(words[1], "%Y%m%d").date())
    end = datetime.date(1997, 9, 30)
    file = work / "cdnow.csv"
    with file.open("w") as out:
        for own in days.values():
            known = sorted(day for day in own if day <= end)
            out.write(f"{len(known) - 1},{(known[-1] - known[0]).days},{(end - known[0]).days}\n")
    return file


def row(what, ours, theirs, aim):
    (seconds, _), (peer, _) = ours, theirs or (None, None)
    beside = f"{peer:.2f} | {peer / seconds:.0f}" if peer and seconds else " | "
    print(f"| {what} | {seconds:.4f} | {beside} | {aim} |")


def memory(found):
    """The most that all models in turn held above what the input takes, in MB."""
    return sum(more or 0 for _, more in found.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without-peers", action="store_true", help="time Quintile alone")
    asked = parser.parse_args()
    work = HERE / "work"
    work.mkdir(exist_ok=True)
    million, hundred = work / "million.csv", work / "hundred.csv"
    ours = own_models(MILLION, 1, million)
    with million.open() as lines, hundred.open("w") as out:
        out.writelines(line for _, line in zip(range(HUNDRED), lines))
    ours_hundred = own_models(hundred, 1)
    theirs, theirs_hundred = {}, {}
    if not asked.without_peers:
        python = environment("lifetimes", HERE / "value" / "requirements.txt")
        theirs = lifetimes(python, million, "bg-nbd", "mbg-nbd", "gamma-gamma")
        theirs_hundred = lifetimes(python, hundred, "pareto-nbd")
    of_cdnow = cdnow(work)
    ours_cdnow = own_models(of_cdnow, 1) if of_cdnow else {}
    print("\n| work | Quintile s | lifetimes s | times | aim |")
    print("| --- | --: | --: | --: | --- |")
    row("BG/NBD, 1,000,000 customers: group, fit, predict", ours["bg-nbd"], theirs.get("bg-nbd"), "80 times, 0.15 s")
    row("MBG/NBD, the same", ours["mbg-nbd"], theirs.get("mbg-nbd"), "80 times, 0.15 s")
    row("Pareto/NBD, 100,000 customers", ours_hundred["pareto-nbd"], theirs_hundred.get("pareto-nbd"), "100 times")
    row("Pareto/NBD, 1,000,000 customers", ours["pareto-nbd"], None, "3 s")
    row("Gamma-Gamma, some 438,000 customers: fit", ours["gamma-gamma"], theirs.get("gamma-gamma"), "50 times")
    for name in ["bg-nbd", "mbg-nbd"] if ours_cdnow else []:
        row(f"{name.upper().replace('-', '/')}, CDNOW whole, 23,570 customers", ours_cdnow[name], None, "0.005 s")
    beside = f", lifetimes {memory(theirs)} MB" if theirs else ""
    print(f"\nMemory above the input, a million customers, all models in turn: Quintile {memory(ours)} MB{beside}.\n", flush=True)
    if not asked.without_peers:
        python = environment("clusters", HERE / "requirements-clusters.txt")
        print(said([python, HERE / "clusters.py"]), flush=True)


if __name__ == "__main__":
    main()
