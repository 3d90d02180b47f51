"""`tenantry content upload`: files of this machine become content, by the rules of the API's uploads."""

import asyncio
import hashlib
import io
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import pytest_asyncio

from cli.commands.uploading import begun, rest
from db.pool import Conn, Pool
from domain.media.passing import LARGEST
from domain.media.store import CHUNK
from schemas import ids
from schemas.settings import Settings
from tests import media, seeds
from tests.cli.conftest import Tenantry, decoded, refused, unchanged
from tests.s3.keeping import EVERYWHERE, Kept

PNG, FILM = media.picture(), media.film()

FILES = {
    "shop.png": PNG,
    "shop.jpg": media.picture("JPEG"),
    "reel.mp4": FILM,
    "notes.txt": b"Bread, butter",
    "film.png": FILM,
    "half.png": PNG[: len(PNG) // 2],
    "empty.png": b"",
}


class Place(NamedTuple):
    """A project to upload to from a folder with files, and where media lies."""

    project: str
    folder: Path
    kept: Kept

    def upload(self, *words: str) -> list[str]:
        """Names of files among the words are those of the folder."""
        named = [str(self.folder / word) if word in FILES else word for word in words]
        return ["content", "upload", self.project, *named, "--json"]


@pytest_asyncio.fixture
async def place(environment: Settings, elsewhere: Path, media_kept: Kept, conn: Conn) -> Place:
    for name, content in FILES.items():
        (elsewhere / name).write_bytes(content)
    org = await seeds.organization(conn)
    project = ids.show(ids.PROJECT, await seeds.project(conn, org))
    return Place(project, elsewhere, media_kept)


@EVERYWHERE
async def test_a_picture_is_content_at_once(tenantry: Tenantry, place: Place) -> None:
    words = ["shop.png", "--caption", "Fresh bread", "--hook", "Look"]
    made = decoded(await tenantry(*place.upload(*words)))
    assert (made["format"], made["caption"], made["hook"]) == ("image", "Fresh bread", "Look")
    assert (made["creativeType"], made["status"], made["revision"]) == ("uploaded", "completed", 1)
    [asset] = made["assets"]
    assert (asset["mimeType"], asset["width"], asset["height"]) == ("image/png", 4, 3)
    assert (asset["sizeBytes"], asset["checksumSha256"]) == (len(PNG), hashlib.sha256(PNG).hexdigest())
    [name] = place.kept.names()
    assert (asset["url"], place.kept.read(name)) == (f"http://127.0.0.1:8000/media/{name}", PNG)
    assert decoded(await tenantry("content", "show", made["id"], "--json")) == made


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["reel.mp4"], ("video", ["video/mp4"])),
        (["shop.jpg", "shop.png"], ("slideshow", ["image/jpeg", "image/png"])),
        ([], ("text", [])),
    ],
)
async def test_what_is_named_says_what_it_is(
    tenantry: Tenantry, place: Place, names: list[str], expected: Any
) -> None:
    made = decoded(await tenantry(*place.upload(*names, "--caption", "Fresh")))
    assert (made["format"], [asset["mimeType"] for asset in made["assets"]]) == expected


async def test_a_file_may_come_on_standard_input(place: Place) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *place.upload("-"), stdin=PIPE, stdout=PIPE
    )
    out, _ = await process.communicate(PNG)
    assert msgspec.json.decode(out)["assets"][0]["sizeBytes"] == len(PNG)


async def test_a_person_sees_its_files(tenantry: Tenantry, place: Place) -> None:
    shown = (await tenantry(*place.upload("shop.png")[:-1])).stdout
    lines = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert lines["assets"].startswith('{"assetId":"ast_')


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["notes.txt"], "notes.txt: is none of the types that are taken"),
        (["empty.png"], "empty.png: is none of the types that are taken"),
        (["film.png"], "film.png: is video/mp4, but its name ends in .png"),
        (["shop.png", "half.png"], "half.png: "),
        (["shop.png", "reel.mp4"], "a video comes alone"),
        (["shop.png"] * 11, "at most 10 files"),
        ([], "caption: is required where there is no file"),
    ],
)
async def test_what_is_no_content_leaves_nothing(
    tenantry: Tenantry, place: Place, pool: Pool, names: list[str], said: str
) -> None:
    async with unchanged(pool):
        error = refused(await tenantry(*place.upload(*names)), 2)
    assert said in error["message"]
    assert place.kept.names() == []


@pytest.mark.parametrize(("start", "kind"), [(PNG, "image"), (FILM, "video")])
async def test_a_file_that_is_too_large_leaves_nothing(
    tenantry: Tenantry, place: Place, pool: Pool, start: bytes, kind: str
) -> None:
    huge = place.folder / "huge"
    with huge.open("wb") as file:
        file.write(start)
        file.truncate(LARGEST[kind] + 1)
    async with unchanged(pool):
        error = refused(await tenantry(*place.upload(str(huge))), 2)
    assert error["code"] == "PAYLOAD_TOO_LARGE"
    assert f"{huge}: a file of the kind {kind} may have at most" in error["message"]
    assert place.kept.names() == []


async def test_a_file_is_never_whole_in_memory() -> None:
    class Rationed(io.BytesIO):
        name = "huge.mp4"

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size <= CHUNK
            return super().read(size)

    whole = FILM + bytes(3 * CHUNK)
    handle = Rationed(whole)
    file = begun(handle)
    assert b"".join([chunk async for chunk in file.chunks(rest(handle))]) == whole
    assert (file.size, file.hash.digest()) == (len(whole), hashlib.sha256(whole).digest())


@pytest.mark.parametrize("words", [["gone.png"], ["."], ["--caption", "x" * 5001], ["--hook", "x" * 301]])
async def test_bad_words_leave_nothing(
    tenantry: Tenantry, place: Place, pool: Pool, words: list[str]
) -> None:
    async with unchanged(pool):
        assert (await tenantry(*place.upload(*words))).exit_code == 2


async def test_a_project_that_is_archived_or_anothers_takes_no_files(
    tenantry: Tenantry, place: Place, pool: Pool
) -> None:
    words = place.upload("shop.png")
    async with unchanged(pool):
        assert refused(await tenantry(*words, "--sandbox"), 3)["code"] == "NOT_FOUND"
    decoded(await tenantry("projects", "archive", place.project, "--json"))
    async with unchanged(pool):
        assert refused(await tenantry(*words), 4)["details"]["reason"] == "PROJECT_ARCHIVED"
    assert place.kept.names() == []


async def test_a_folder_that_is_none_is_a_setting_to_mend(
    tenantry: Tenantry, place: Place, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSETS_URL", f"file://{place.folder}/notes.txt")
    async with unchanged(pool):
        error = refused(await tenantry(*place.upload("shop.png")), 5)
    assert (error["code"], "ASSETS_URL" in error["message"]) == ("SETTINGS", True)


@pytest.mark.parametrize("media_kept", ["s3"], indirect=True)
async def test_a_bucket_that_is_away_is_a_server_that_cant_be_used(tenantry: Tenantry, place: Place) -> None:
    with place.kept.away():
        result = await tenantry(*place.upload("shop.png"))
    assert (result.exit_code, result.stdout) == (5, "")
    *logged, error = result.stderr.splitlines()
    assert "503 SlowDown" in logged[-1]
    assert msgspec.json.decode(error)["error"]["code"] == "UNAVAILABLE"
