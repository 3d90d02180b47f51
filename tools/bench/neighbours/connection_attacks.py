"""Attacks on the API by connections that stay open."""

import asyncio
import contextlib
import random
import socket
from urllib.parse import urlsplit

import msgspec

from tools.bench import tenants
from tools.bench.neighbours import victim
from tools.bench.neighbours.calls import open_attacker_client
from tools.bench.neighbours.deployment import AttackedDeployment
from tools.bench.neighbours.images import generate_noise_png
from tools.bench.neighbours.row import AttackCountsAndProgress, AttackDefinition, AttackProcessInput
from tools.bench.neighbours.victim import AttackScale

#: Connections of a stranger: silent ones, half heads and half bodies.
SILENT_CONNECTION_COUNT, HALF_HEAD_CONNECTION_COUNT, HALF_BODY_CONNECTION_COUNT = 1_100, 100, 100
HALF_REQUEST_HEAD = b"GET /v1/whoami HTTP/1.1\r\nHost: localhost\r\n"
HALF_REQUEST_BODY = b"POST /v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"

#: The API's connections, and the readers of a file: more than that, from five addresses.
ATTACKED_API_CONNECTION_LIMIT, SILENT_FILE_READER_COUNT, SILENT_READER_ADDRESS_COUNT = 200, 210, 5
#: An image of noise: 4 MiB as a PNG, more than the buffers of both kernels hold.
UNREAD_IMAGE_SIDE_PX = 1_200
#: A small receive buffer: the attacker's kernel buffers little of the file.
ATTACKER_BUFFER_BYTES = 4_096
#: A state of `TCP_INFO` (man 7 tcp).
TCP_ESTABLISHED = 1
#: Seconds until all readers have connected, and mean pause before a closed reader reconnects.
READERS_CONNECT_TIMEOUT_S, MEAN_READER_RECONNECT_PAUSE_S = 5.0, 1.0

#: Keys, and streams of each.
STREAM_ATTACK_KEY_COUNT, STREAM_COUNT_PER_ATTACK_KEY = 11, 100
#: Seconds until a stream is reopened, minimum and maximum: browsers wait for three.
STREAM_REOPEN_RANGE_S = (1.0, 5.0)


async def prepare_silent_connection_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    counts = {
        "silent": SILENT_CONNECTION_COUNT,
        "heads": HALF_HEAD_CONNECTION_COUNT,
        "bodies": HALF_BODY_CONNECTION_COUNT,
    }
    many = {name: scale.scale_count(count) for name, count in counts.items()}
    return AttackProcessInput(port=deployment.port, keys=[], many=many)


async def attack_by_silent_connections(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    words = {"silent": b"", "heads": HALF_REQUEST_HEAD, "bodies": HALF_REQUEST_BODY}
    async with asyncio.TaskGroup() as group:
        for name, count in plan.many.items():
            for _ in range(count):
                group.create_task(_hold_connection_for_lease_share(plan.port, name, words[name], progress))
        await asyncio.sleep(1)
        progress.ready.set()


async def _hold_connection_for_lease_share(
    port: int, name: str, words: bytes, progress: AttackCountsAndProgress
) -> None:
    """Send `words` on a connection and hold it; reopen it whenever the server closes it, forever."""
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            progress.count_attack_effect(name)
            with contextlib.closing(writer):
                writer.write(words)
                await reader.read()
        await asyncio.sleep(0.2)


async def prepare_silent_reader_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    """Create a tenant and upload the file for silent readers; return the attack's plan; `owned` has the file's path."""
    owner = await tenants.create_bench_tenant(deployment.environment, tier="standard")
    plan = AttackProcessInput(
        port=deployment.port, keys=owner.keys, many={"readers": scale.scale_count(SILENT_FILE_READER_COUNT)}
    )
    url = f"/v1/projects/{owner.projects[0]}/content/upload"
    async with open_attacker_client(plan, owner.keys[0]) as client:
        answer = await client.post(
            url, files={"file": ("a.png", generate_noise_png(UNREAD_IMAGE_SIDE_PX), "image/png")}
        )
    path = urlsplit(answer.raise_for_status().json()["assets"][0]["url"]).path
    return msgspec.structs.replace(plan, owned=[[path]])


async def attack_by_silent_readers(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Request a public file on many connections without reading it; one of five reads a byte a second."""
    async with asyncio.TaskGroup() as group:
        for number in range(plan.many["readers"]):
            address = f"127.0.0.{2 + number % SILENT_READER_ADDRESS_COUNT}"
            group.create_task(_leave_response_unread(plan, address, progress, trickles=number % 5 == 0))
        await asyncio.sleep(READERS_CONNECT_TIMEOUT_S)
        progress.ready.set()


async def _leave_response_unread(
    plan: AttackProcessInput, address: str, progress: AttackCountsAndProgress, *, trickles: bool
) -> None:
    """Request a file and hold its response unread; repeat this whenever the server closes the connection."""
    while True:
        with contextlib.suppress(OSError), contextlib.closing(_open_attacker_socket(address)) as sock:
            await _request_unread_file(sock, plan)
            progress.count_attack_effect("asked")
            await _wait_for_server_close(sock, trickles=trickles)
        await asyncio.sleep(MEAN_READER_RECONNECT_PAUSE_S * random.uniform(0.5, 1.5))


def _open_attacker_socket(address: str) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)  # noqa: FBT003 - it takes no name
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ATTACKER_BUFFER_BYTES)
    sock.bind((address, 0))
    return sock


async def _request_unread_file(sock: socket.socket, plan: AttackProcessInput) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", plan.port))
    request = f"GET {plan.owned[0][0]} HTTP/1.1", "Host: 127.0.0.1", "", ""
    await loop.sock_sendall(sock, "\r\n".join(request).encode())


async def _wait_for_server_close(sock: socket.socket, *, trickles: bool) -> None:
    """Wait until the server closes the connection, as `TCP_INFO` shows; with `trickles`, read a byte a second."""
    while sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_ESTABLISHED:
        await asyncio.sleep(1)
        if trickles:
            await asyncio.get_running_loop().sock_recv(sock, 1)


async def prepare_job_event_stream_attack(deployment: AttackedDeployment, scale: AttackScale) -> AttackProcessInput:
    attacker = await tenants.create_bench_tenant(deployment.environment, tier="standard", keys=STREAM_ATTACK_KEY_COUNT)
    jobs = await tenants.submit_waiting_jobs(deployment.environment, attacker, 1)
    many = {"streams": scale.scale_count(STREAM_COUNT_PER_ATTACK_KEY)}
    return AttackProcessInput(port=deployment.port, keys=attacker.keys, owned=[jobs], many=many)


async def attack_by_job_event_streams(plan: AttackProcessInput, progress: AttackCountsAndProgress) -> None:
    """Hold event streams with each key, from an address of its own, so that no per-address limit helps."""
    async with asyncio.TaskGroup() as group:
        for number, key in enumerate(plan.keys, start=2):
            for _ in range(plan.many["streams"]):
                group.create_task(_hold_job_event_stream(plan, key, f"127.0.0.{number}", progress))
        await asyncio.sleep(3)
        progress.ready.set()


async def _hold_job_event_stream(
    plan: AttackProcessInput, key: str, address: str, progress: AttackCountsAndProgress
) -> None:
    """Hold an event stream of a job, and reopen it when it ends or is refused.

    It uses a raw socket, since the attack shares the cores with the platform.
    """
    lines = (f"GET /v1/jobs/{plan.owned[0][0]}/events HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}")
    words = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", plan.port, local_addr=(address, 0))
            with contextlib.closing(writer):
                writer.write(words)
                answer = await reader.readline()
                progress.count_attack_effect(answer[9:12].decode() or "0")
                await reader.read()
        await asyncio.sleep(random.uniform(*STREAM_REOPEN_RANGE_S))


CONNECTION_ATTACKS = (
    AttackDefinition(
        "silence", "silent connections, half heads and half bodies of a stranger",
        victim.create_victim_request_action,
        prepare_silent_connection_attack, attack_by_silent_connections,
    ),
    AttackDefinition(
        "silent-readers",
        "210 clients that read nothing of a public file, or a byte a second; 200 connections",
        victim.create_victim_request_action, prepare_silent_reader_attack, attack_by_silent_readers,
        settings={"CONNECTIONS": str(ATTACKED_API_CONNECTION_LIMIT)},
    ),
    AttackDefinition(
        "streams", "1,100 event streams of one standard tenant", victim.create_victim_request_action,
        prepare_job_event_stream_attack, attack_by_job_event_streams,
    ),
)  # fmt: skip
