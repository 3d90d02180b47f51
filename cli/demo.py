"""`up --demo`: a brand's website on loopback, ingested through the API as a partner would."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

import httpx

from cli.output import console, table
from schemas.errors import DemoFailed
from schemas.settings import OWN

SITE = Path(__file__).with_name("demo_site")
WAIT_S = 30

ALLOW = OWN["fetch_allow"]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
        pass


@contextlib.contextmanager
def site() -> Iterator[str]:
    """Serve the website; yields its `host:port`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "{}:{}".format(*server.server_address)
        server.shutdown()


def allowing(host: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The setting that lets workers fetch from `host` on loopback, with what is allowed already."""
    allowed = [name for name in (environ.get(ALLOW), host) if name]
    return {ALLOW: ",".join(allowed)} if host else {}


def ingest(api: str, key: str, host: str) -> dict[str, Any]:
    """Create a project, ingest the website into it and return the project. Raises `DemoFailed`."""
    url = f"http://{host}/"
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{api}/v1", headers=headers, timeout=WAIT_S + 5, trust_env=False) as client:
        project = _answer(client.post("/projects", json={"name": "Tidewise", "timezone": "Europe/Paris"}))
        path = f"/projects/{project['id']}"
        job = _answer(client.post(f"{path}/ingest/website", json={"url": url}))
        ended = _answer(client.get(f"/jobs/{job['jobId']}", params={"wait": WAIT_S}))
        if ended["status"] != "completed":
            raise DemoFailed(f"the ingest of {url} is {ended['status']}: {ended['error']}")
        return _answer(client.get(path))


def show(project: Mapping[str, Any], host: str, file: IO[str]) -> None:
    """Where the website is, the brand context read from it, and where each field was found."""
    print(f"export SITE=http://{host}/\n", file=file)
    brand = project["brandContext"]
    rows = [
        (field, brand[field], found["source"], f"{found['confidence']:.2f}")
        for field, found in brand["provenance"].items()
    ]
    console(file).print(table(["FIELD", "VALUE", "SOURCE", "CONFIDENCE"], rows))


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise DemoFailed(
            f"{response.request.method} {response.url} answered {response.status_code}: {response.text}"
        )
    answer: dict[str, Any] = response.json()
    return answer
