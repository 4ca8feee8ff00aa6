"""Frequent item sets by Borgelt's miners through pyfim: `python itemsets_with_pyfim.py MINER FILE LEAST ROUNDS`.

Prints the processor milliseconds of the best call, how many sets there are, and the sum of their counts."""

import sys
import time

import fim


def main():
    miner, file, least, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    baskets = [list(map(int, line.split())) for line in open(file)]
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        sets = getattr(fim, miner)(baskets, target="s", supp=-least, zmin=1, report="a")
        best = min(best, time.process_time() - began)
    print(best * 1000, len(sets), sum(count for _, count in sets))


main()
