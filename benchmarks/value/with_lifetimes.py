"""The value models as lifetimes fits and predicts them, timed in processor seconds of one thread.

Reads histories as `x,tx,T` in whole days, one customer a line, as
`cargo run --release -p quintile-value --example value_speed -- CUSTOMERS 1 FILE` writes them, so that both are timed on the same customers.

    python with_lifetimes.py FILE [bg-nbd mbg-nbd pareto-nbd gamma-gamma]
"""

import os

for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ.setdefault(name, "1")

import resource
import sys
import time

import numpy
import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter


def used():
    return time.process_time()


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main():
    table = pandas.read_csv(sys.argv[1], names=["x", "tx", "T"])
    frequency, recency, age = table.x.to_numpy(), table.tx.to_numpy() / 7.0, table["T"].to_numpy() / 7.0
    wanted = sys.argv[2:] or ["bg-nbd", "mbg-nbd", "pareto-nbd", "gamma-gamma"]
    fitters = {"bg-nbd": BetaGeoFitter, "mbg-nbd": ModifiedBetaGeoFitter, "pareto-nbd": ParetoNBDFitter}
    print(f"{len(table)} customers", flush=True)
    for name in wanted:
        before, start = peak(), used()
        if name == "gamma-gamma":
            random = numpy.random.default_rng(11)
            again = frequency[frequency > 0]
            value = random.gamma(6.25 * again) / again * 15.44 / random.gamma(3.74, size=len(again))
            start = used()
            model = GammaGammaFitter().fit(again, value)
            print(f"{name:12} {len(again)} customers, fit {used() - start:.3f} s; peak +{peak() - before} MB; {dict(model.params_)}", flush=True)
            continue
        model = fitters[name]().fit(frequency, recency, age)
        fitted = used()
        model.conditional_expected_number_of_purchases_up_to_time(13.0, frequency, recency, age)
        model.conditional_probability_alive(frequency, recency, age)
        end = used()
        print(
            f"{name:12} fit {fitted - start:.3f}, predict {end - fitted:.3f}, together {end - start:.3f} s; "
            f"peak +{peak() - before} MB; {dict(model.params_)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
