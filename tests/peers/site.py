"""A local website."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from tests.http_server import serve_in_thread


class SitePage(NamedTuple):
    """The response of a path."""

    body: bytes
    content_type: str


@contextmanager
def answering(answer: Callable[[str], SitePage]) -> Iterator[int]:
    """Serve the function's responses; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, content_type = answer(self.path)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serve_in_thread(Handler) as port:
        yield port


@contextmanager
def site(files: Mapping[str, str]) -> Iterator[str]:
    """Serve a product's site of these files; other paths get its page."""

    def answer(path: str) -> SitePage:
        name = path if path in files else "/"
        return SitePage(files[name].encode(), "text/javascript" if name.endswith(".js") else "text/html")

    with answering(answer) as port:
        yield f"http://localhost:{port}"
