"""moto's server, a third-party S3. It checks no signature."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import httpx

from db.server import find_free_port
from tests.peers import pypi
from tests.peers.processes import running
from tests.waiting import PATIENCE_S


class Moto:
    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = itertools.count()

    def make(self) -> str:
        name = f"media-{next(self._numbers)}"
        httpx.put(f"{self.url}/{name}", timeout=PATIENCE_S).raise_for_status()
        return name

    def unfinished(self, bucket: str) -> list[str]:
        listed = ET.fromstring(httpx.get(f"{self.url}/{bucket}?uploads", timeout=PATIENCE_S).raise_for_status().content)
        return [element.text or "" for element in listed.iter() if element.tag.rpartition("}")[2] == "Key"]


@contextmanager
def serving() -> Iterator[Moto]:
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    words = [str(pypi.install("moto")), "-H", "127.0.0.1", "-p", str(port)]
    with running(words, ready=f"{url}/moto-api/"):
        yield Moto(url)
