"""Two third-party servers of Mastodon's API: snac2 and mastodon_mock, with an account on each."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import msgspec

from db.server import find_free_port
from tests.peers import pypi
from tests.peers.node import FOLDER
from tests.peers.processes import running
from tests.waiting import PATIENCE_S

#: It also delivers each post to its own inbox: with few threads they would wait for each other until the
#: delivery times out.
SNAC = {"protocol": "http", "num_threads": 16, "queue_timeout": 1, "queue_timeout_2": 1}
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ACTION = re.compile(r'<form method="post" action="([^"]+)"')
NAMES = itertools.count(1)


class Instance(msgspec.Struct, frozen=True):
    """`form` is a person's input on the consent page, `data` the server's folder."""

    name: str
    port: int
    form: dict[str, str]
    data: Path

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def code(self, authorize_url: str) -> str:
        """Open the consent page, submit it, and return the code."""
        page = httpx.get(authorize_url, timeout=PATIENCE_S).raise_for_status().text
        action = ACTION.search(page)
        assert action, page
        fields = dict(FIELD.findall(page)) | self.form
        answer = httpx.post(urljoin(authorize_url, action[1]), data=fields, timeout=PATIENCE_S)
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def texts(self, account_id: str) -> list[str]:
        """Return all texts that an account shows: the oracle for duplicate posts."""
        found: dict[str, str] = {}
        url, query = f"{self.base}/api/v1/accounts/{account_id}/statuses", {"limit": "40"}
        while True:
            listed = httpx.get(url, params=query, timeout=PATIENCE_S).json()
            if {status["id"] for status in listed} <= found.keys():
                return sorted(found.values())
            found |= {status["id"]: re.sub("<[^>]*>", "", status["content"]) for status in listed}
            query["max_id"] = listed[-1]["id"]


@contextmanager
def snac(folder: Path) -> Iterator[Instance]:
    program, port, data = install_snac(), find_free_port(), folder / "snac"
    answered = f"127.0.0.1\n{port}\nlocalhost:{port}\n\n\n"
    subprocess.run([program, "init", data], input=answered, text=True, check=True, capture_output=True)
    settings = data / "server.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | SNAC))
    instance = as_another(Instance("snac", port, {}, data))
    with running([str(program), "httpd", str(data)], ready=f"{instance.base}/api/v1/instance"):
        yield instance


def as_another(instance: Instance) -> Instance:
    """Create a new snac account."""
    login = f"person{next(NAMES)}"
    words = [str(install_snac()), "adduser", str(instance.data), login]
    result = subprocess.run(words, text=True, check=True, capture_output=True).stdout
    password = result.partition("password is ")[2].split()[0]
    return msgspec.structs.replace(instance, form={"login": login, "passwd": password})


@contextmanager
def mock(folder: Path) -> Iterator[Instance]:
    program = pypi.install("mastodon_mock")
    instance = Instance("mock", find_free_port(), {"username": "testuser"}, folder)
    place = ["--host", "127.0.0.1", "--port", str(instance.port), "--domain", f"localhost:{instance.port}"]
    words = [str(program), "serve", *place, "--in-memory"]
    with running(words, ready=f"{instance.base}/api/v1/instance", cwd=folder):
        yield instance


PACKAGE = "snac2"


def install_snac() -> Path:
    """Return the program, and install it if it is missing. apt checks the package's hash."""
    folder = FOLDER / PACKAGE
    program = folder / "usr" / "bin" / "snac"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if not downloaded(folder):
            run(folder, "apt-get", "update", "-q")
            if not downloaded(folder):
                sys.exit(f"tests against peers need {PACKAGE} from Debian's packages: apt-get download it here")
        (package,) = folder.glob("*.deb")
        run(folder, "dpkg", "-x", package.name, ".")
    return program


def downloaded(folder: Path) -> bool:
    return run(folder, "apt-get", "download", "-q", PACKAGE) == 0 and any(folder.glob("*.deb"))


def run(folder: Path, *words: str) -> int:
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode
