"""Frequent item sets by mlxtend: `python itemsets_with_mlxtend.py FUNCTION FILE LEAST ROUNDS`, with its table made outside the clock.

Prints the processor milliseconds of the best call, how many sets there are, and the sum of their counts."""

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
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        # Half a basket below, so that a share that rounds up loses none.
        sets = getattr(frequent_patterns, function)(table, min_support=(least - 0.5) / len(baskets))
        best = min(best, time.process_time() - began)
    print(best * 1000, len(sets), round(sum(sets["support"] * len(baskets))))


main()
