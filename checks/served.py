"""Starts the server of the binary on a store and asks it; what the checks of the server share, and nothing about what is right."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from asked import binary

EMAIL, PASSWORD = "owner@example.com", "correct horse battery"


class Served:
    """A server, asked as its owner."""

    def __init__(self, url):
        self.url = url
        session = self.ask("POST", "/api/v1/session", {"email": EMAIL, "password": PASSWORD}, raw=True)
        self.cookie = session.headers["set-cookie"].split(";")[0]
        self.csrf = json.load(session)["csrf"]

    def ask(self, method, path, body=None, raw=False):
        request = urllib.request.Request(self.url + path, method=method)
        if hasattr(self, "cookie"):
            request.add_header("Cookie", self.cookie)
            request.add_header("X-CSRF-Token", self.csrf)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        answer = urllib.request.urlopen(request, data=None if body is None else json.dumps(body).encode(), timeout=300)
        return answer if raw else json.load(answer)

    def job(self, method, path, body):
        """Starts a job and waits for its end."""
        job = self.ask(method, path, body)
        while not job["ended_at"]:
            time.sleep(0.2)
            job = self.ask("GET", f"/api/v1/jobs/{job['id']}")
        return job


def shop(folder):
    """The orders of a small shop."""
    path = folder / "orders.csv"
    rows = [f"{n},c{n * 7 % 90},2025-{1 + n // 40:02}-{1 + n % 28:02} 10:00,{5 + n % 120}.50,EUR" for n in range(400)]
    path.write_text("Order ID,Customer ID,Order Date,Total,Currency\n" + "\n".join(rows) + "\n")
    return path


@contextmanager
def served(store, *words, **environment):
    """A server on a free port, with an owner."""
    command = [str(binary()), "serve", "-C", str(store.folder), "--listen", "127.0.0.1:0", *words]
    environment = {**os.environ, "QUINTILE_OWNER_EMAIL": EMAIL, "QUINTILE_OWNER_PASSWORD": PASSWORD, **environment}
    with open(store.folder / "server.log", "w+") as log:
        server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=log)
        try:
            for _ in range(300):
                time.sleep(0.1)
                log.seek(0)
                found = re.search(r"listening on (\S+)", log.read())
                if found or server.poll() is not None:
                    break
            if not found:
                log.seek(0)
                raise SystemExit(f"the server does not listen:\n{log.read()}")
            yield Served(found[1])
        finally:
            server.terminate()
            server.wait(timeout=60)
