"""A server under load: started on two cores, signed in to, asked, and stopped."""
import http.client, json, math, os, re, subprocess, threading, time

OWNER, PASSWORD = "owner@example.com", "correct horse battery"


class Server:
    """`quintile serve` on a store, on some processor cores."""

    def __init__(self, quintile, store, cores=2):
        environment = dict(os.environ, QUINTILE_OWNER_EMAIL=OWNER, QUINTILE_OWNER_PASSWORD=PASSWORD)
        which = sorted(os.sched_getaffinity(0))[:cores]
        command = [quintile, "serve", "-C", store, "--listen", "127.0.0.1:0", "--log-format", "json", "--threads", str(cores)]
        self.process = subprocess.Popen(
            command, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, which))
        for line in self.process.stderr:
            if found := re.search(r"listening on http://([^:]+):(\d+)", line):
                self.address = (found[1], int(found[2]))
                break
        else:
            raise SystemExit("the server did not start")
        # The log is a pipe that somebody has to read.
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()
        self.owner = Client(self)
        told = self.owner.ask("POST", "/api/v1/session", {"email": OWNER, "password": PASSWORD})
        self.owner.headers = {"Cookie": self.owner.cookie, "X-CSRF-Token": told["csrf"]}

    def key(self, name, scopes=("read",)):
        """A program with a key of its own."""
        made = self.owner.ask("POST", "/api/v1/keys", {"name": name, "scopes": list(scopes)})
        client = Client(self)
        client.headers = {"Authorization": "Bearer " + made["secret"]}
        return client

    def memory(self):
        """The most memory that it has had, in bytes."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Client:
    """Somebody with a connection that stays."""

    def __init__(self, server):
        self.server, self.headers, self.connection = server, {}, None

    def send(self, method, path, body=None):
        """The status, the answer, and the server's own time in seconds."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.server.address, timeout=120)
        headers = dict(self.headers)
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection = None
            raise
        if found := answer.getheader("Set-Cookie"):
            self.cookie = found.split(";")[0]
        took = re.search(r"dur=([\d.]+)", answer.getheader("Server-Timing") or "")
        return answer.status, text, float(took[1]) / 1000 if took else None

    def ask(self, method, path, body=None):
        status, text, _ = self.send(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path} answers {status}: {text[:500]!r}")
        return json.loads(text)


def quantile(values, share):
    """The nearest rank."""
    values = sorted(values)
    return values[max(0, math.ceil(len(values) * share) - 1)] if values else float("nan")
