"""Frequent item sets by Borgelt's miners through pyfim: `python itemsets_with_pyfim.py MINER FILE LEAST ROUNDS [--all]`.

Prints the processor milliseconds of a call; with `--all` every set with its count instead."""

import sys
import time

import fim


def main():
    miner, file, least, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    baskets = [list(map(int, line.split())) for line in open(file)]
    began = time.process_time()
    for _ in range(rounds):
        sets = getattr(fim, miner)(baskets, target="s", supp=-least, zmin=1, report="a")
    took = time.process_time() - began
    if "--all" in sys.argv:
        for items, count in sets:
            print(",".join(map(str, items)), count)
    else:
        print(took * 1000 / rounds)


main()
