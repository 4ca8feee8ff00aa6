"""Frequent item sets by mlxtend: `python itemsets_with_mlxtend.py FUNCTION FILE LEAST ROUNDS [--all]`, with its table made outside the clock.

Prints the processor milliseconds of a call; with `--all` every set with its count instead."""

import sys
import time

import pandas
from mlxtend import frequent_patterns
from mlxtend.preprocessing import TransactionEncoder


def main():
    function, file, least, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    baskets = [line.split() for line in open(file)]
    encoder = TransactionEncoder()
    table = pandas.DataFrame(encoder.fit(baskets).transform(baskets), columns=encoder.columns_)
    began = time.process_time()
    for _ in range(rounds):
        # Half a basket below, so that a share that rounds up loses none.
        sets = getattr(frequent_patterns, function)(table, min_support=(least - 0.5) / len(baskets))
    took = time.process_time() - began
    if "--all" in sys.argv:
        for share, items in zip(sets["support"], sets["itemsets"]):
            print(",".join(encoder.columns_[item] for item in items), round(share * len(baskets)))
    else:
        print(took * 1000 / rounds)


main()
