"""Small clips for tests, made by FFmpeg: as phones write them, and as no program should."""

from functools import partial
from pathlib import Path

from PIL import Image

from generation import ffmpeg
from tests.media import box, film, written

#: Four seconds of a moving picture, and of a tone with silence in its middle.
PICTURE = "testsrc2=s=320x240:r=30:d=4"
TONE = "aevalsrc='0.3*sin(880*t)*(lt(t,1.5)+gt(t,2.5))':d=4:s=44100"
H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -c:a aac"


def make_clip(path: Path, options: str = H264, *, picture: str | None = PICTURE, sound: str | None = TONE) -> Path:
    """Make a clip from FFmpeg's own sources, by its options."""
    sources = [word for one in (picture, sound) if one for word in ("-f", "lavfi", "-i", one)]
    kind = "mov" if path.suffix == ".mov" else "mp4"
    ffmpeg.run_ffmpeg(*sources, *options.split(), "-f", kind, f"file:{path}")
    return path


def remade(source: Path, path: Path, before: str, after: str = "-c copy") -> Path:
    """Make a clip from another one."""
    kind = "mov" if path.suffix == ".mov" else "mp4"
    ffmpeg.run_ffmpeg(*before.split(), "-i", f"file:{source}", *after.split(), "-f", kind, f"file:{path}")
    return path


def flipped(data: bytes, count: int, *, after: int) -> bytes:
    """Return a file with `count` changed bytes, all of them behind its headers."""
    changed = bytearray(data)
    for number in range(count):
        changed[after + (number * 7_919) % (len(data) - after)] ^= 0x55
    return bytes(changed)


def alias() -> bytes:
    """Return QuickTime's reference to data in another file."""
    return box(b"alis", b"\0\0\0\0", b"/etc/passwd")


#: Files with headers and almost no data.
headers = partial(film, size=(320, 240), ms=10_000, frames=64)
#: A moov with a single box, a reference to another movie.
REFERENCE = box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", box(b"rdrf", bytes(12)))))
NESTED = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"trak", b"\xff\xff\xff\xffmdia" + bytes(20)))
MANY = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"free") * 30_000)

#: Files that are not clips, by the code of each.
NO_CLIPS = {
    "CLIP_EMPTY": b"",
    "CLIP_TYPE of a page": b"<!DOCTYPE html><html><body>404</body></html>",
    "CLIP_TYPE of a picture": written(Image.new("RGB", (320, 240)), "TIFF"),
    "CLIP_TYPE of seven bytes": b"\0\0\0\7ftyp"[:7],
    "CLIP_TYPE of a playlist": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "CLIP_TYPE of a list of files": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "CLIP_TYPE of a description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "CLIP_UNSAFE by an address": headers(source=box(b"url ", b"\0\0\0\0", b"http://127.0.0.1/a.mp4\0")),
    "CLIP_UNSAFE by an alias": headers(source=alias()),
    "CLIP_UNSAFE by a sound's file": headers(source=alias(), handler=b"soun"),
    "CLIP_UNSAFE by a reference": REFERENCE,
    "CLIP_TOO_LARGE": headers(size=(30_000, 30_000)),
    "CLIP_TOO_SMALL": headers(size=(320, 200)),
    "CLIP_TOO_SHORT": headers(ms=2_000),
    "CLIP_NO_PICTURE": headers(handler=b"soun"),
    "CLIP_TRUNCATED in its data": headers()[:-20],
    "CLIP_TRUNCATED before its index": box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", bytes(99)),
    "CLIP_UNREADABLE boxes": NESTED,
    "CLIP_UNREADABLE by their number": MANY,
    "CLIP_UNREADABLE without data": headers(),
}
