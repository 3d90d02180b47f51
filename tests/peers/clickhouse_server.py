"""Subset of ClickHouse's HTTP interface for the event archive, over chdb: `python THIS PORT FOLDER`.

chdb is ClickHouse's own engine inside a Python process. It runs in a separate environment, so this file
imports nothing of the product. Settings and parameters of a request become those of its statement.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

NAMED = ("query", "database", "default_format")


class ClickHouseHandler(BaseHTTPRequestHandler):
    """Runs one statement for each request."""

    session: Session

    def do_GET(self) -> None:
        self.answer(200, "Ok.")

    def do_POST(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query))
        data = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        settings = {name: value for name, value in given.items() if name not in NAMED}
        try:
            answer = self.run(given["query"], data, settings)
        except RuntimeError as error:
            self.answer(500, str(error))
        else:
            self.answer(200, answer)

    def run(self, query: str, data: str, settings: dict[str, str]) -> str:
        for name in [name for name in settings if name.startswith("param_")]:
            self.session.query(f"set {name} = '{settings.pop(name)}'")
        if settings:
            chosen = ", ".join(f"{name} = '{value}'" for name, value in settings.items())
            query = query.replace(" format ", f" settings {chosen} format ")
        return str(self.session.query(f"{query}\n{data}" if data else query, "TSV"))

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    ClickHouseHandler.session = Session(sys.argv[2])
    HTTPServer(("127.0.0.1", int(sys.argv[1])), ClickHouseHandler).serve_forever()
