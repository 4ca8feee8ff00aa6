"""Mixed reads at a fixed rate: does every request of the server come back, and how soon?

    python benchmarks/reads.py --quintile target/release/quintile --store STORE [--rate 200] [--seconds 60]

Requests are sent when they are due, whatever became of those before, by programs with keys of their own. The exit code is 1 where one
was refused or lost.
"""
import argparse, collections, queue, random, sys, threading, time
from load import Server, quantile

# What is asked, and how often: mostly what a page asks for as somebody walks through it.
READS = [
    (20, "GET", "/api/v1/overview", None),
    (15, "GET", "/api/v1/stages", None),
    (10, "GET", "/api/v1/rfm", None),
    (10, "GET", "/api/v1/rfm?view=grid", None),
    (10, "GET", "/api/v1/segments", None),
    (5, "GET", "/api/v1/words", None),
    (5, "GET", "/api/v1/columns", None),
    (5, "GET", "/api/v1/concentration", None),
    (5, "GET", "/api/v1/opportunities", None),
    (5, "GET", "/api/v1/movement", None),
    (10, "POST", "/api/v1/segments/preview", {"query": "amount_spent > 100 AND number_of_orders >= 2", "exact": False}),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quintile", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--programs", type=int, default=8)
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    server = Server(given.quintile, given.store, given.cores)
    due, told, lock = queue.Queue(), collections.defaultdict(list), threading.Lock()
    errors = []

    def work(client):
        while (item := due.get()) is not None:
            (_, method, path, body), at = item
            try:
                status, text, took = client.send(method, path, body)
            except Exception as error:
                status, text, took = None, str(error), None
            with lock:
                if status == 200:
                    told[path].append((took, time.monotonic() - at))
                else:
                    errors.append((path, status, text[:200]))

    try:
        first = server.key("first")
        for _, method, path, body in READS:
            status, text, took = first.send(method, path, body)
            print(f"first: {took:7.3f} s  {status}  {path}")
        threads = [threading.Thread(target=work, args=(server.key(f"program {n % given.programs}"),)) for n in range(given.programs * 4)]
        [thread.start() for thread in threads]
        dice, start, sent = random.Random(1), time.monotonic(), 0
        while (now := time.monotonic() - start) < given.seconds:
            while sent < now * given.rate:
                due.put((dice.choices(READS, [read[0] for read in READS])[0], time.monotonic()))
                sent += 1
            time.sleep(0.002)
        [due.put(None) for _ in threads]
        [thread.join() for thread in threads]
        took = time.monotonic() - start
        memory = server.memory()
    finally:
        server.stop()
    for path, times in sorted(told.items()):
        own, whole = [own for own, _ in times], [whole for _, whole in times]
        print(f"{path}: {len(own)}, server median {1000 * quantile(own, 0.5):.1f} ms, 99th percentile {1000 * quantile(own, 0.99):.1f} ms; "
              f"with the wait to be sent {1000 * quantile(whole, 0.99):.0f} ms")
    print(f"{sent} requests in {took:.1f} s, {sent / took:.0f} a second; {len(errors)} errors; at most {memory / 2**20:.0f} MiB")
    [print(error) for error in errors[:5]]
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
