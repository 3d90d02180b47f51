"""A simulated network: the test's names, addresses and pages, and nothing else to connect to."""

import itertools
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import anyio
from anyio.abc import SocketAttribute

from tests.workers.web.web import raw_response

GOOD, GOOD6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"

#: Each is some notation of an address that isn't public.
NOTATIONS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7F.0.0.1 017700000001 0177.0.0.1 0177.1 127.0.0.01
127.000.000.001 00000177.0.0.1 4294967297 0 0x0 0.0.0.0 00.0.0.0 0.0.0.1 127.255.255.254
10.0.0.1 10.255.255.255 012.0.0.1 167772161 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255
0xc0a80001 3232235521 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.170.2 169.254.0.1
100.64.0.1 100.100.100.200 100.127.255.255 168.63.129.16 2822734096 0xa83f8110
198.18.0.1 198.19.255.255 240.0.0.1 255.255.255.255 224.0.0.1 239.255.255.250
192.0.0.1 192.0.0.192 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1
[::] [::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001]
[::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254] [::ffff:100.64.0.1]
[::ffff:a83f:8110] [::127.0.0.1] [::7f00:1] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1] [64:ff9b:1::7f00:1]
[64:ff9b::a9fe:a9fe] [2002:7f00:1::] [2002:a00:1::1] [2001:0:7f00:1::] [2001:0:4136:e378:8000:63bf:80ff:fffe]
[fe80::1] [fe80::5efe:127.0.0.1] [fe80::1%25eth0] [fe80::1%eth0] [fec0::1] [fc00::1] [fd00::1]
[fd00:ec2::254] [ff02::1] [ff0e::1] [3fff::1] [5f00::1] [100::1] [2001:db8::1] [2001:2::1]
①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127．0．0．1 ①⑥⑨.②⑤④.①⑥⑨.②⑤④
"""

#: A resolver's possible answers for a name; one private address makes all of them invalid.
NAMES: Mapping[str, Sequence[str]] = {
    "good.example": [GOOD],
    "also-good.example": [GOOD6, GOOD],
    "xn--mnchen-3ya.example": [GOOD],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "localtest.me": ["127.0.0.1"],
    "10.0.0.1.nip.example": ["10.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "wire.example": ["168.63.129.16"],
    "cgnat.example": ["100.64.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "six.example": ["fd00::1"],
    "link.example": ["fe80::1"],
    "mixed.example": [GOOD, "127.0.0.1"],
    "mixed6.example": [GOOD, "::1"],
    "any.example": ["0.0.0.0"],
}
BAD_NAMES = [
    *(name for name, answers in NAMES.items() if not {GOOD, GOOD6} >= set(answers)),
    *("LOCALHOST", "LocalHost", "loc\u00adalhost", "ⓁⓄⒸⒶⓁⒽⓄⓈⓉ"),
]

#: Texts that don't show their address: only a lookup does.
LEFT_TO_TRIES = [
    "localtest.me", "10.0.0.1.nip.example", "wire.example", "cgnat.example", "mapped.example",
    "nat64.example", "six.example", "link.example", "mixed.example", "mixed6.example", "any.example",
]  # fmt: skip

#: Not an http address at all, or one that two parsers may read differently.
ODD = [
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/stat", "data:text/html,<p>", "jar:http://127.0.0.1!/", "javascript:alert(1)",
    "http://good.example:22/", "http://good.example:6379/", "http://good.example:8080/",
    "http://good.example:0/", "http://good.example:99999/", "http://user@good.example/",
    "http://user:password@good.example/", "http://good.example@127.0.0.1/",
    "http://127.0.0.1@good.example/", "http://good.example\\@127.0.0.1/",
    "http://127.0.0.1\\@good.example/", "http://127.0.0.1#@good.example/",
    "http://127.0.0.1?@good.example/", "http://good.example%00.127.0.0.1/",
    "http://127.0.0.1%2f@good.example/", "http://127.0.0.1\t.good.example/", "http://lo\ncalhost/",
    "http://good.example\r\nX-Injected: 1/", "http:///127.0.0.1/", "http:127.0.0.1/", "http://[::1",
    "http://::1/", "http://", "//127.0.0.1/",
]  # fmt: skip

VECTORS = [*(f"http://{literal}/" for literal in NOTATIONS.split()), *(f"https://{name}/" for name in BAD_NAMES), *ODD]


class SimulatedNetwork:
    """The test's network: DNS names, canned `pages`, and a log of all connects.

    A page has a host and path, or a host alone; all other requests return 404.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Iterator[Sequence[str]]] = {
            name: itertools.repeat(said) for name, said in NAMES.items()
        }
        self.pages: dict[str, bytes] = {}
        self.connects: list[tuple[str, int]] = []
        self.lookups: list[str] = []

    def resolve(self, host: str, port: int, *_: object) -> list[tuple[Any, ...]]:
        """Resolve a host like libc: a literal in any notation is an address, a name is looked up."""
        self.lookups.append(host)
        return [entry(address, port) for address in literal(host) or next(self.answers.get(host, iter(())), ())]

    async def connect(self, remote_host: object, remote_port: int, **_: object) -> "CannedConnection":
        self.connects.append((str(remote_host), remote_port))
        return CannedConnection(str(remote_host), remote_port, self.pages)


class CannedConnection(anyio.abc.ByteStream):
    """A connection that returns its host's page for the first request."""

    def __init__(self, address: str, port: int, pages: Mapping[str, bytes]) -> None:
        self.peer, self.pages = (address, port), pages
        self.socket = socket.socket()
        self.answer = b""

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.remote_address: lambda: self.peer, SocketAttribute.raw_socket: lambda: self.socket}

    async def send(self, item: bytes) -> None:
        """Read a request's head; the rest is its body."""
        if self.answer:
            return
        first, *headers = item.decode("latin-1").splitlines()
        host = next(line for line in headers if line.lower().startswith("host:")).partition(": ")[2]
        asked = host + first.split(" ")[1]
        self.answer = self.pages.get(asked) or self.pages.get(host) or raw_response(404)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        sent, self.answer = self.answer, b""
        return sent

    async def send_eof(self) -> None:
        pass

    async def aclose(self) -> None:
        self.socket.close()


def literal(host: str) -> Sequence[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except (OSError, ValueError):
        return []


def entry(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
