"""k-means and silhouette beside scikit-learn, on the same million rows, in processor seconds of one thread.

    python3 -m venv benchmarks/.venv
    benchmarks/.venv/bin/pip install -r benchmarks/requirements-clusters.txt
    benchmarks/.venv/bin/python benchmarks/clusters.py

Both begin with the first eight rows and go on until no row moves, so that they must end in the same groups; where they do
not, no table is printed. The peer runs before and after, and the better of the two counts.
"""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import pathlib
import subprocess
import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

ROWS, COLUMNS, K = 1_000_000, 8, 8
HERE = pathlib.Path(__file__).resolve().parent


def made():
    """Eight groups that overlap, scaled as a preparation would leave them."""
    chance = np.random.default_rng(7)
    centres = chance.uniform(0, 6, size=(K, COLUMNS))
    values = centres[chance.integers(0, K, ROWS)] + chance.normal(0, 1.5, size=(ROWS, COLUMNS))
    return (values - values.mean(axis=0)) / values.std(axis=0)


def timed(work):
    before = time.process_time()
    found = work()
    return time.process_time() - before, found


def peer(values):
    k_means = KMeans(K, init=values[:K], n_init=1, algorithm="lloyd", tol=0, max_iter=300)
    seconds, fitted = timed(lambda: k_means.fit(values))
    few = values[:5000]
    apart = ((few[:, None, :] - values[None, :K, :]) ** 2).sum(axis=2)
    silhouette_seconds, silhouette = timed(lambda: silhouette_score(few, apart.argmin(axis=1)))
    return {
        "k-means from the first 8 rows": (seconds * 1e3, fitted.n_iter_, fitted.inertia_),
        "silhouette of the first 5,000 rows by the first 8": (silhouette_seconds * 1e3, 1, silhouette),
    }


def own(file):
    command = ["cargo", "run", "--release", "--quiet", "-p", "quintile-cluster", "--example", "cluster_speed", str(file), str(COLUMNS)]
    text = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {(what, int(threads)): (float(ms), int(rounds), float(value)) for what, threads, ms, rounds, value in rows}


def main():
    work = HERE / "work"
    work.mkdir(exist_ok=True)
    file = work / "clusters.f64"
    values = made()
    values.astype("<f8").tofile(file)
    first = peer(values)
    ours = own(file)
    second = peer(values)
    theirs = {what: min(first[what], second[what]) for what in first}
    for what, (_, _, value) in theirs.items():
        found = ours[what, 1][2]
        if abs(found - value) > 1e-9 * abs(value):
            sys.exit(f"{what}: {found} and not {value}")
    for what, threads in ours:
        if ours[what, threads][2] != ours[what, 1][2]:
            sys.exit(f"{what}: another answer on {threads} threads")
    print(f"| work | rounds | Quintile ms | a round | scikit-learn {sklearn.__version__} ms | a round | ratio |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    for (what, threads), (ms, rounds, _) in ours.items():
        if threads > 1:
            continue
        their_ms, their_rounds, _ = theirs.get(what, (None, None, None))
        beside = f"{their_ms:.0f} | {their_ms / their_rounds:.1f} | {their_ms / their_rounds / (ms / rounds):.1f}" if their_ms else "- | - | -"
        print(f"| {what} | {rounds} | {ms:.0f} | {ms / rounds:.1f} | {beside} |")


if __name__ == "__main__":
    main()
