"""Each process that reads a stranger's file is confined before it reads the file."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from domain.media.probe import MediaMetadata
from tests.generation.escapes import unreachable_targets
from tests.generation.test_confinement import OLD_KERNEL
from tests.workers.generation.pieces import piece_request

pytestmark = pytest.mark.timing

HEAD = """
import json, sys
from tests.generation import escapes
place = json.loads(sys.argv[1])
def tell(starts=False):
    return json.dumps(escapes.open_ways(place, starts=starts))
"""

#: The work of each child, with a reader that tries to escape and reports the open ways.
CHILDREN = {
    "probe": """
from domain.media import probe
probe.probe_open_file = lambda media, mime, reader: probe.FileRefusal(print(tell(), flush=True) or "")
probe.main(["0:image/png"])
""",
    "probe of roles": """
from domain.media import probe
probe.probe_open_file = lambda media, mime, reader: probe.FileRefusal(reader and print(tell(), flush=True) or "")
probe.main(["--roles", "0:image/png"])
""",
    "rasterizer": """
from generation import rasterizer
rasterizer.resvg_py.svg_to_bytes = lambda **_: tell().encode()
rasterizer.main("width")
""",
    "parser": """
import socket, msgspec
from workers.ingest.parser import child
from workers.ingest.shapes import FetchedPage
ours, theirs = socket.socketpair()
ours.sendall(msgspec.msgpack.encode(FetchedPage(url="https://a.test/", body=b"")))
ours.shutdown(socket.SHUT_WR)
child.PARSER_BY_DOCUMENT_TYPE[FetchedPage] = lambda _: print(tell(), flush=True)
child.precompute_confinement()
child.parse_received_document_and_exit(theirs, 5)
""",
    "renderer": """
from workers.generation import child
from workers.generation.protocol import RenderRefusedReport
def make(_):
    yield RenderRefusedReport(tell(starts=True), "")
child.render_requested_piece = make
child.main()
""",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with unreachable_targets(tmp_path_factory.mktemp("outside")) as place:
        yield place


def run(script: str, place: dict[str, str], folder: Path) -> list[str]:
    """Return the child's output lines. The renderer ends with its stdin; the rasterizer begins at its end."""
    with subprocess.Popen(
        [sys.executable, "-c", script, json.dumps(place)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout
        child.stdin.write(msgspec.json.encode(piece_request(str(folder), "image")) + b"\n")
        child.stdin.flush()
        if "rasterizer" in script:
            child.stdin.close()
        return child.stdout.read().decode().splitlines()


@pytest.mark.parametrize("child", CHILDREN)
def test_a_compromised_child_reaches_nothing(child: str, place: dict[str, str], tmp_path: Path) -> None:
    said = run(HEAD + CHILDREN[child], place, tmp_path)
    assert "[]" in said or '"code":"[]"' in said[-1]


ON_AN_OLD_KERNEL = """
from domain.media import probe
probe.main([f"{sys.argv[1]}:image/png"])
"""


def test_on_a_kernel_without_a_sandbox_a_child_does_its_work(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    Image.new("RGB", (9, 8)).save(picture, "PNG")
    with picture.open("rb") as file:
        command = [sys.executable, "-c", OLD_KERNEL + ON_AN_OLD_KERNEL, str(file.fileno())]
        said = subprocess.check_output(command, pass_fds=[file.fileno()])
    found = msgspec.json.decode(said.splitlines()[0], type=MediaMetadata)
    assert (found.width, found.height) == (9, 8)
