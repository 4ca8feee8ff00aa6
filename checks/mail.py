"""The mailed report, taken by a mail server of others (aiosmtpd) and read by Python's own reader of mail.

Held against the API: the three findings stand first, in their order, as text and as HTML; the page is attached as it is kept; each
gets a mail of their own; name and password are those of the environment; a file that comes into the watched folder is in the store
a moment later, without anybody asking for it, and brings the report by itself.
"""

import email
import email.policy
import html
import logging
import re
import socket
import tempfile
import time
import warnings
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from asked import imported
from served import served, shop

compared = 0


def same(found, expected, what):
    global compared
    compared += 1
    if found != expected:
        raise SystemExit(f"{what}: {found!r} is not {expected!r}")


class Box:
    """Keeps what it is given, and knows nobody who is called refused."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append((envelope.mail_from, list(envelope.rcpt_tos), email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 2.0.0 taken"


def login(server, session, envelope, mechanism, auth):
    right = (auth.login, auth.password) == (b"shop", "sécret".encode())
    return AuthResult(success=right)


def until(what, done, seconds=180):
    end = time.time() + seconds
    while not (found := done()):
        if time.time() > end:
            raise SystemExit(f"{what} did not come within {seconds} s")
        time.sleep(0.5)
    return found


def held(message, findings, page):
    """The findings first, and the page behind them."""
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    rich = message.get_body(("html",)).get_content()
    places = [text.find(f"{number}. {finding['headline']}\n") for number, finding in enumerate(findings, 1)]
    same(all(place > 0 for place in places) and places == sorted(places), True, f"findings in the text\n{text}\n")
    items = [html.unescape(re.sub("<[^>]+>", "", item)) for item in re.findall(r"<strong>(.*?)</strong>", rich, re.S)]
    same(items, [finding["headline"] for finding in findings], "findings in the HTML")
    [attached] = list(message.iter_attachments())
    same(attached.get_content_type(), "text/html", "the attachment")
    content = attached.get_content()
    content = content.decode() if isinstance(content, bytes) else content
    same(content.rstrip("\n").splitlines(), page.rstrip("\n").splitlines(), "the page that is attached")


def main():
    # To be asked for a password in the open is what is wanted here, on this machine.
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    box = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, authenticator=login, auth_required=True, auth_require_tls=False)
    controller.start()
    with tempfile.TemporaryDirectory(prefix="quintile-check-") as folder:
        orders = shop(Path(folder))
        with imported(orders, zone="Europe/Berlin", currency="EUR") as store:
            settings = store.folder / "quintile.toml"
            mail = f"[mail]\nserver = '127.0.0.1:{port}'\nencryption = 'none'\nfrom = 'quintile@shop.example'"
            schedule = "[schedule]\nwatch = 'incoming'\nreport-when-ready = true\nmail-to = ['ada@shop.example', 'refused@shop.example', 'bob@shop.example']"
            settings.write_text(settings.read_text().replace("[mail]", mail).replace("[schedule]", schedule))
            (store.folder / "incoming").mkdir()
            with served(store, QUINTILE_SMTP_USER="shop", QUINTILE_SMTP_PASSWORD="sécret") as server:
                server.ask("POST", "/api/v1/schedule/test-mail", {"to": "ada@shop.example"})
                same((box.taken[0][0], box.taken[0][1]), ("quintile@shop.example", ["ada@shop.example"]), "the test")
                same(box.taken[0][2]["subject"], "A test of Quintile", "its subject")
                box.taken.clear()

                job = server.job("POST", "/api/v1/schedule/run", {"task": "report"})
                same((job["state"], job["report"]["lines"][1]), ("done", "mailed to 2 of 3"), "the report")
                findings = server.ask("GET", "/api/v1/findings")["rows"]
                same([to for _, to, _ in box.taken], [["ada@shop.example"], ["bob@shop.example"]], "who got it")
                page = (store.folder / job["report"]["lines"][0].split("`")[1]).read_text()
                for _, [to], message in box.taken:
                    same(message["to"], to, "whom it names")
                    held(message, findings, page)
                box.taken.clear()

                # Somebody else writes a file, slowly.
                before = server.ask("GET", "/api/v1/customers?limit=1")["total"]
                coming = Path(store.folder, "incoming", "late.csv")
                with open(coming, "w") as file:
                    file.write("Order ID,Customer ID,Order Date,Total,Currency\n")
                    file.flush()
                    for number in range(50):
                        file.write(f"late{number},new{number},2025-06-{1 + number % 28:02} 10:00,{20 + number}.00,EUR\n")
                        file.flush()
                        time.sleep(0.1)
                until("the file", lambda: server.ask("GET", "/api/v1/customers?limit=1")["total"] == before + 50)
                jobs = server.ask("GET", "/api/v1/jobs")["data"]
                watched = [job for job in jobs if job["kind"] == "watch"]
                same([(job["state"], job["report"]["files"][0]["rows"], job["by"]) for job in watched], [("done", 50, "the schedule")], "the watched file")
                until("the report", lambda: len(box.taken) == 2)
                findings = server.ask("GET", "/api/v1/findings")["rows"]
                report = until("its job", lambda: next((job for job in server.ask("GET", "/api/v1/jobs")["data"] if job["kind"] == "report" and job["by"] == "the schedule" and job["ended_at"]), None))
                page = (store.folder / report["report"]["lines"][0].split("`")[1]).read_text()
                for _, _, message in box.taken:
                    held(message, findings, page)
    controller.stop()
    print(f"a test, a report by hand and one by itself, each read by another reader; {compared} comparisons agree")


if __name__ == "__main__":
    main()
