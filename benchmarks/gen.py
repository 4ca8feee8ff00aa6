"""Makes the shop that is measured: `python gen.py FOLDER [--orders 1000000] [--seed 11]`.

Three years of a shop whose customers come at random, buy at a rate of their own and leave without a word (both rates
gamma-mixed, the Pareto/NBD story), from twenty thousand products of which few sell often. Written in order of time, as
a shop would export it:

    orders.parquet      order_id, customer_id, ts, channel, country
    lines.parquet       order_id, customer_id, ts, product_id, category, quantity, unit_price, discount, refund
    day/*.parquet       one more day, 2026-01-01, in the same layout: what tomorrow's import brings

Prices, discounts and refunds are decimal(18,4); a discount and a refund are of the whole line.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAY = 86_400_000_000  # microseconds
FIRST = np.datetime64("2023-01-01", "us").astype(np.int64)
DAYS = 1096  # to the end of 2025
PRODUCTS, CATEGORIES = 20_000, 40
COUNTRIES = ["DE", "US", "FR", "GB", "IT", "ES", "NL", "PL", "SE", "AT", "CH", "BE"]
CHANNELS = ["web", "app", "marketplace", "store", "phone"]
AT_ONCE = 1_000_000  # orders in memory


def buying(rng, customers):
    """Who buys when: the customer and the microsecond of every order of so many customers, in order of time."""
    span = DAYS * DAY
    arrival = rng.uniform(0, span, customers)
    a_week = rng.gamma(0.45, 1 / 9, customers)
    leaving = np.maximum(rng.gamma(0.6, 1 / 12, customers), 1e-9)
    stay = np.minimum(rng.exponential(1 / leaving) * 7 * DAY, span - arrival)
    again = rng.poisson(a_week / (7 * DAY) * stay)
    who = np.concatenate([np.arange(customers), np.repeat(np.arange(customers), again)])
    later = np.repeat(arrival, again) + rng.random(again.sum()) * np.repeat(stay, again)
    when = np.concatenate([arrival, later]).astype(np.int64)
    order = np.argsort(when, kind="stable")
    return who[order], FIRST + when[order]


def squeezed(rng, below, size, power=2):
    """Whole numbers below a limit, small ones often."""
    return np.minimum((rng.random(size) ** power * below).astype(np.int64), below - 1)


def repeated(values, index):
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), pa.array(values))


def money(cents):
    """Cents as decimal(18,4), without a detour over floating point."""
    words = np.zeros((len(cents), 2), np.int64)
    words[:, 0] = cents * 100
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(cents), [None, pa.py_buffer(words)])


class Shelves:
    """Products with a price, a category and a popularity."""

    def __init__(self, rng):
        self.cents = np.maximum((np.exp(rng.normal(3.2, 0.9, PRODUCTS)) * 100).astype(np.int64), 99)
        self.category = squeezed(rng, CATEGORIES, PRODUCTS)
        weight = (np.arange(PRODUCTS) + 3.0) ** -0.95
        self.up_to = np.cumsum(weight) / weight.sum()
        self.names = [f"category-{number:02d}" for number in range(CATEGORIES)]

    def take(self, rng, size):
        return np.minimum(np.searchsorted(self.up_to, rng.random(size)), PRODUCTS - 1)


class Tables:
    """The two files of one folder, written piece by piece."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.writers = folder, {}

    def write(self, name, table):
        if name not in self.writers:
            self.writers[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, compression="zstd", compression_level=1)
        self.writers[name].write_table(table)

    def close(self):
        for writer in self.writers.values():
            writer.close()


def write(rng, shelves, tables, order_id, customer, when):
    """One piece of the shop's history: its orders, and a basket for each."""
    tables.write("orders", pa.table({
        "order_id": pa.array(order_id), "customer_id": pa.array(customer), "ts": pa.array(when, pa.timestamp("us")),
        "channel": repeated(CHANNELS, squeezed(rng, len(CHANNELS), len(when))),
        "country": repeated(COUNTRIES, squeezed(rng, len(COUNTRIES), len(when))),
    }))
    basket = np.clip(rng.geometric(0.45, len(when)) + (rng.random(len(when)) < 0.35), 1, 8)
    of = np.repeat(np.arange(len(when)), basket)
    product, quantity = shelves.take(rng, len(of)), np.minimum(rng.geometric(0.7, len(of)), 9)
    gross = shelves.cents[product] * quantity
    discount = np.where(rng.random(len(of)) < 0.22, gross // rng.choice([10, 5, 4], len(of)), 0)
    refund = np.where(rng.random(len(of)) < 0.05, gross - discount, 0)
    tables.write("lines", pa.table({
        "order_id": pa.array(order_id[of]), "customer_id": pa.array(customer[of]), "ts": pa.array(when[of], pa.timestamp("us")),
        "product_id": pa.array((product + 1).astype(np.int32)), "category": repeated(shelves.names, shelves.category[product]),
        "quantity": pa.array(quantity.astype(np.int32)),
        "unit_price": money(shelves.cents[product]), "discount": money(discount), "refund": money(refund),
    }))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--orders", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=11)
    asked = arguments.parse_args()
    rng = np.random.default_rng(asked.seed)

    # How many orders a customer places is part of the story, so a small shop is tried first.
    trial = 20_000
    customers = max(int(asked.orders * trial / len(buying(rng, trial)[0])), 1)
    who, when = buying(rng, customers)
    identity = who * 2_654_435_761 % 2**32 + 1_000_000  # ids that lie in no order

    shelves, tables = Shelves(rng), Tables(asked.folder)
    for low in range(0, len(when), AT_ONCE):
        high = min(low + AT_ONCE, len(when))
        write(rng, shelves, tables, np.arange(low, high) + 1, identity[low:high], when[low:high])
    tables.close()

    # Tomorrow: as many orders as on a day of the last year, four in five by customers who are known.
    today = int((when >= FIRST + (DAYS - 365) * DAY).sum() / 365)
    known = rng.choice(identity, today)
    fresh = (customers + np.arange(today)) * 2_654_435_761 % 2**32 + 1_000_000
    day = Tables(asked.folder / "day")
    moments = np.sort(FIRST + DAYS * DAY + rng.integers(0, DAY, today))
    write(rng, shelves, day, len(when) + 1 + np.arange(today), np.where(rng.random(today) < 0.8, known, fresh), moments)
    day.close()
    print(f"{len(when)} orders of {len(np.unique(identity))} customers, and {today} of the day after")


if __name__ == "__main__":
    main()
