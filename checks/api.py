"""The API document, held against the server by requests that others make of it (schemathesis).

Requests of every operation, sound and unsound, of somebody with a key that has every right and of nobody. No answer may be a fault of
ours (5xx, but for 503, which says that there is no room), nor have a status, a media type or a shape that the document does not know.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from asked import imported
from served import served, shop

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
RIGHTS = ["read", "personal", "edit", "export", "import", "sql", "manage", "audit"]
# By these the key itself would end, and with it what is looked for.
LEFT_OUT = ["revokeKey"]


def requests(server):
    """How many requests were answered so far, by status."""
    text = server.ask("GET", "/metrics", raw=True).read().decode()
    counted = Counter()
    for status, count in re.findall(r'quintile_requests_total\{[^}]*status="(\d+)"\} (\d+)', text):
        counted[int(status)] += int(count)
    return counted


def asked(server, folder, wanted, headers, seed):
    """Asks until so many requests were answered."""
    before = requests(server)
    document = folder / "openapi.json"
    stated = server.ask("GET", "/api/v1/openapi.json")
    # An address of more than 64 KiB is refused while HTTP is read, before there is an operation that could answer.
    for operations in stated["paths"].values():
        for operation in operations.values():
            operation["responses"]["414"] = {"description": "the address is too long"}
    document.write_text(json.dumps(stated))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", server.url, "--checks", CHECKS,
        "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure",
        "--no-shrink", "--rate-limit", "90/s", "--request-timeout", "90",
        "--no-color",
    ]
    command += [word for name in LEFT_OUT for word in ("--exclude-operation-id", name)]
    command += [word for header in headers for word in ("--header", header)]
    turn = 0
    while (requests(server) - before).total() < wanted:
        turn += 1
        done = subprocess.run([*command, "--max-examples", "60", "--seed", str(seed + turn)], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            lines = [line if len(line) < 2000 else line[:2000] + " ..." for line in done.stdout.splitlines()]
            raise SystemExit("\n".join(lines[-200:]) + done.stderr[-2000:])
    return requests(server) - before


def told(counted):
    """By kinds of statuses."""
    kinds = Counter()
    for status, count in counted.items():
        kinds[f"{status // 100}xx" if status not in (401, 429, 503) else str(status)] += count
    return f"{counted.total():,} (" + ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items())) + ")"


def main():
    wanted = int(os.environ.get("QUINTILE_REQUESTS", "2000"))
    with tempfile.TemporaryDirectory(prefix="quintile-check-") as folder:
        folder = Path(folder)
        with imported(shop(folder), zone="Europe/Berlin", currency="EUR") as store, served(store, "--quiet") as server:
            key = server.ask("POST", "/api/v1/keys", {"name": "check", "scopes": RIGHTS})["secret"]
            known = asked(server, folder, wanted, [f"Authorization: Bearer {key}"], 1)
            nobody = asked(server, folder, wanted, [], 1000)
            faults = sum(count for status, count in requests(server).items() if status >= 500 and status != 503)
            if faults:
                raise SystemExit(f"{faults} requests were answered with a fault of ours")
            if known[401] * 2 > known.total() or not known[200]:
                raise SystemExit(f"the key did not hold: {told(known)}")
    print(f"with every right {told(known)} requests, of nobody {told(nobody)}: no fault, and nothing that the document does not know")


if __name__ == "__main__":
    main()
