"""Five people write segments at once: how long the server takes to say how many are in them.

    python benchmarks/preview.py --quintile target/release/quintile --store STORE [--seconds 60] [--editors 5]

STORE is a store that is there. Each editor changes one condition, waits for the answer, asks for the exact one where the first was
a sample, and thinks. Times are the server's own, by `Server-Timing`; where the promise of a kind is not kept the exit code is 1.
"""
import argparse, random, sys, threading, time
from load import Server, quantile

# Of each kind the seconds at the median and at the 99th percentile that are promised.
PROMISED = {"columns": (0.1, 0.3), "sample of facts": (0.1, 0.3), "exact of facts": (2.0, None)}

COLUMNS = [
    "amount_spent > {} AND number_of_orders >= 2 AND days_since_last_order < 365",
    "life_stage = 'loyal' AND amount_spent > {}",
    "monetary_score >= 3 AND average_order_value > {} AND NOT retention_state = 'lost'",
    "(number_of_orders = 1 AND amount_spent < {}) OR rfm_group = 'CHAMPIONS'",
    "amount_spent > average(amount_spent) AND spent_in_365d > {} AND first_order_date < 2025-01-01",
]
FACTS = [
    "orders_placed MATCHES (amount > {}, count >= 2) AND number_of_orders >= 2",
    "orders_placed MATCHES (date >= -365d, amount > {}) AND NOT retention_state = 'lost'",
    "products_purchased MATCHES (quantity >= 2, amount > {}) AND amount_spent > 50",
]


class Editor(threading.Thread):
    def __init__(self, server, number, until, think, facts):
        super().__init__()
        self.client, self.random, self.until, self.think, self.facts = server.key(f"editor {number}"), random.Random(number), until, think, facts
        self.number, self.times, self.errors = number, [], []

    def preview(self, query, exact):
        body = {"query": query, "exact": exact, "editor": f"tab {self.number}"}
        status, text, took = self.client.send("POST", "/api/v1/segments/preview", body)
        if status != 200:
            self.errors.append((status, text[:300]))
            return None
        return b'"exact":true' in text, took

    def run(self):
        while time.monotonic() < self.until:
            of_facts = self.random.random() < self.facts
            query = self.random.choice(FACTS if of_facts else COLUMNS).format(self.random.randint(5, 2000) / 10)
            if told := self.preview(query, False):
                exact, took = told
                self.times.append(("sample of facts" if of_facts else "columns", took))
                if not exact and (told := self.preview(query, True)):
                    self.times.append(("exact of facts", told[1]))
            time.sleep(self.random.expovariate(1 / self.think))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quintile", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--editors", type=int, default=5)
    parser.add_argument("--think", type=float, default=1.0, help="seconds between changes, on average")
    parser.add_argument("--facts", type=float, default=0.2, help="share of changes that ask for facts")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    server = Server(given.quintile, given.store, given.cores)
    try:
        first = Editor(server, 0, 0, given.think, 0)
        for query in COLUMNS + FACTS:
            told = first.preview(query.format(10), False)
            print(f"first use: {told[1]:7.3f} s  {query}" if told else f"{first.errors.pop()}  {query}")
        until = time.monotonic() + given.seconds
        editors = [Editor(server, number + 1, until, given.think, given.facts) for number in range(given.editors)]
        [editor.start() for editor in editors]
        [editor.join() for editor in editors]
        memory = server.memory()
    finally:
        server.stop()
    kept = True
    for kind, (median, late) in PROMISED.items():
        times = [took for editor in editors for name, took in editor.times if name == kind]
        found = quantile(times, 0.5), quantile(times, 0.99)
        ok = all(promise is None or value <= promise for value, promise in zip(found, (median, late)))
        kept &= ok
        shown = " ".join(f"{name} {1000 * value:.0f} ms" for name, value in zip(("median", "99th percentile", "longest"), (*found, max(times, default=0))))
        print(f"{kind}: {len(times)} previews, {shown}{'' if ok else '  NOT KEPT'}")
    errors = [error for editor in editors for error in editor.errors]
    print(f"{len(errors)} errors; at most {memory / 2**20:.0f} MiB")
    [print(error) for error in errors[:5]]
    sys.exit(0 if kept and not errors else 1)


if __name__ == "__main__":
    main()
