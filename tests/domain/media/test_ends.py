"""Pictures are stored up to their end, before any following bytes and for any chunks."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from domain.media import image_length, sniff
from domain.media.image_length import PictureEndFinder
from domain.media.streaming_upload import StreamingUpload
from schemas.errors import InvalidValue
from tests.media import film, grainy, picture, rescanned, written


def saved(kind: str, **options: Any) -> bytes:
    grain = Image.frombytes("RGB", (70, 50), random.Random(1).randbytes(10_500))
    return written(grain, kind, **options)


def with_thumbnail() -> bytes:
    """Return a JPEG with a whole JPEG, end mark included, in its Exif."""
    inner, whole = picture("JPEG"), picture("JPEG")
    content = b"Exif\0\0" + inner
    return whole[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2) + content + whole[2:]


def frames(kind: str) -> bytes:
    first, *more = [Image.new("RGB", (20, 20), color) for color in ("red", "green", "blue")]
    return written(first, kind, save_all=True, append_images=more)


PICTURES = {
    "png": ("image/png", picture("PNG")),
    "grainy png": ("image/png", grainy("PNG")),
    "animated png": ("image/png", frames("PNG")),
    "jpeg": ("image/jpeg", picture("JPEG", orientation=6)),
    "grainy jpeg": ("image/jpeg", grainy("JPEG")),
    "progressive jpeg": ("image/jpeg", saved("JPEG", progressive=True, quality=95)),
    "jpeg with restarts": ("image/jpeg", saved("JPEG", quality=95, restart_marker_blocks=1)),
    "jpeg with a thumbnail": ("image/jpeg", with_thumbnail()),
    "jpeg of many scans": ("image/jpeg", rescanned(3, side=512)),
    "webp": ("image/webp", picture("WEBP")),
    "lossless webp": ("image/webp", saved("WEBP", lossless=True)),
    "animated webp": ("image/webp", frames("WEBP")),
}
BEHIND = (b"", b"\0", b"\xff\xd9", b"\xff\xd8\xff\xe0 another", b"IEND", b"RIFF", bytes(5_000))


def kept(mime: str, content: bytes, sizes: list[int]) -> bytes:
    """Return the stored bytes of a file that comes in chunks of these sizes, in rotation."""
    end, out, at, turn = PictureEndFinder(mime), b"", 0, 0
    while at < len(content):
        chunk = content[at : at + sizes[turn % len(sizes)]]
        out += chunk[: end.count_picture_bytes(chunk)]
        at, turn = at + len(chunk), turn + 1
    return out


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_stored_without_following_bytes(name: str) -> None:
    mime, whole = PICTURES[name]
    chance = random.Random(name)
    for behind in BEHIND:
        cuts = [1] if len(whole) < 5_000 else [4_096]
        for sizes in (cuts, [1 << 20], [chance.randint(1, 4_000) for _ in range(7)]):
            assert kept(mime, whole + behind, sizes) == whole


@pytest.mark.parametrize("mime", image_length.PICTURE_END_WALK_BY_MIME_TYPE)
def test_other_data_is_cut_without_an_error(mime: str) -> None:
    chance = random.Random(mime)
    whole = next(content for of, content in PICTURES.values() if of == mime)
    for _ in range(300):
        broken = bytearray(whole[: chance.randint(1, len(whole))])
        for _ in range(chance.randint(0, 5)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        content = bytes(broken) + chance.randbytes(40)
        assert content.startswith(kept(mime, content, [chance.randint(1, 50)]))


def test_truncated_picture_is_stored_unchanged() -> None:
    for mime, whole in PICTURES.values():
        half = whole[: len(whole) // 2]
        assert kept(mime, half, [997]) == half


def test_video_is_stored_to_its_last_byte() -> None:
    content = film() + bytes(100)
    assert kept("video/mp4", content, [10]) == content


@pytest.mark.parametrize("data", [b"\xff\x00", b"\xff\xff", b"\xff\xd0"])
def test_data_between_two_markers_is_one_step_a_chunk(data: bytes) -> None:
    end, chunk = PictureEndFinder("image/jpeg"), data * 32_768
    assert sum(end.count_picture_bytes(part) for part in (b"\xff\xd8", *[chunk] * 3)) == 2 + 3 * len(chunk)
    assert end.steps == 1


@pytest.mark.parametrize(
    ("start", "part"),
    [(b"\xff\xd8\xff\xe1\x00\x02", b"\xff\xe1\x00\x02"), (b"\x89PNG\r\n\x1a\n", b"\0\0\0\0tEXt\0\0\0\0")],
)
async def test_a_picture_of_too_many_parts_is_refused(start: bytes, part: bytes) -> None:
    whole = start + part * image_length.MAX_PICTURE_WALK_STEPS

    async def rest() -> AsyncIterator[bytes]:
        for at in range(sniff.SNIFFED_BYTE_COUNT, len(whole), 65_536):
            yield whole[at : at + 65_536]

    with pytest.raises(InvalidValue, match="too many parts"):
        async for _ in StreamingUpload(whole[: sniff.SNIFFED_BYTE_COUNT], path="file[0]", name="").yield_file_bytes(
            rest()
        ):
            pass
