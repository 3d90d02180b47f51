"""Silent readers: a stranger requests a public file from five addresses and does not read it.

There are more readers than the API has connections. A fifth of them read a byte a second.
"""

import asyncio
import contextlib
import random
import socket
import struct
import zlib
from urllib.parse import urlsplit

import msgspec

from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

CONNECTIONS = 200
READERS = 210
#: Addresses of the readers.
ADDRESSES = 5

#: An image of noise: 4 MiB as a PNG, more than the buffers of both kernels hold.
SIDE_PX = 1_200

#: A small receive buffer: the attacker's kernel buffers little of the file.
RECEIVE_BYTES = 4_096

#: A state of `TCP_INFO` (man 7 tcp).
ESTABLISHED = 1

#: Mean pause before a closed reader reconnects.
RECONNECT_S = 1.0
#: Time until all readers have connected.
CONNECT_S = 5.0


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    owner = await tenants.create(deployment.environment, tier="standard")
    plan = Plan(port=deployment.port, keys=owner.keys, many={"readers": scale.many(READERS)})
    url = f"/v1/projects/{owner.projects[0]}/content/upload"
    async with open_client(plan, owner.keys[0]) as client:
        answer = await client.post(url, files={"file": ("a.png", noise(SIDE_PX), "image/png")})
    path = urlsplit(answer.raise_for_status().json()["assets"][0]["url"]).path
    return msgspec.structs.replace(plan, owned=[[path]])


async def attack(plan: Plan, progress: AttackProgress) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(plan.many["readers"]):
            address = f"127.0.0.{2 + number % ADDRESSES}"
            group.create_task(_hold(plan, address, progress, trickles=number % 5 == 0))
        await asyncio.sleep(CONNECT_S)
        progress.ready.set()


async def _hold(plan: Plan, address: str, progress: AttackProgress, *, trickles: bool) -> None:
    """Hold a request, and repeat it whenever the server closes the connection."""
    while True:
        with contextlib.suppress(OSError), contextlib.closing(_socket(address)) as sock:
            await _send_request(sock, plan)
            progress.add("asked")
            await _wait_for_close(sock, trickles=trickles)
        await asyncio.sleep(RECONNECT_S * random.uniform(0.5, 1.5))


def _socket(address: str) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)  # noqa: FBT003 - it takes no name
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    sock.bind((address, 0))
    return sock


async def _send_request(sock: socket.socket, plan: Plan) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", plan.port))
    request = f"GET {plan.owned[0][0]} HTTP/1.1", "Host: 127.0.0.1", "", ""
    await loop.sock_sendall(sock, "\r\n".join(request).encode())


async def _wait_for_close(sock: socket.socket, *, trickles: bool) -> None:
    """Wait until the server closes the connection; `TCP_INFO` shows it without a read."""
    while sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED:
        await asyncio.sleep(1)
        if trickles:
            await asyncio.get_running_loop().sock_recv(sock, 1)


def noise(side: int) -> bytes:
    """Return a PNG of random, incompressible pixels."""
    row = 1 + side * 3
    pixels = bytearray(random.Random(1).randbytes(row * side))
    pixels[::row] = bytes(side)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


ROW = Row(
    "silent-readers",
    "210 clients that read nothing of a public file, or a byte a second; 200 connections",
    victim.requests,
    prepare,
    attack,
    settings={"CONNECTIONS": str(CONNECTIONS)},
)
