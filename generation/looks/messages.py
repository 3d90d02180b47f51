"""Messages between the engine and the process that draws slides: MessagePack behind their length."""

from typing import IO, TypeAlias

import msgspec

#: Bytes of the length in front of each message.
MESSAGE_LENGTH_BYTES = 4


class FontFile(msgspec.Struct, frozen=True):
    """A font file, by the name that templates use."""

    family: str
    path: str


class DrawerSetup(msgspec.Struct, frozen=True, tag="setup"):
    """First message: the fonts and the pictures, by the names that markup uses."""

    fonts: list[FontFile]
    pictures: dict[str, bytes]


class MeasureRequest(msgspec.Struct, frozen=True, tag="measure"):
    """Request for the boxes of a markup; the answer is the engine's tree as JSON."""

    markup: str
    stylesheets: list[str]
    width: int
    height: int


class DrawRequest(msgspec.Struct, frozen=True, tag="draw"):
    """Request for the pixels of a markup; the answer is 4 bytes a pixel, not premultiplied."""

    markup: str
    stylesheets: list[str]
    width: int
    height: int
    language: str = "en"


class DrawerAnswer(msgspec.Struct, frozen=True):
    """Answer to one request: its bytes, or the engine's complaint."""

    data: bytes = b""
    complaint: str | None = None


DrawerRequest: TypeAlias = MeasureRequest | DrawRequest


def read_message(stream: IO[bytes]) -> bytes:
    """Return the next message of a stream, or nothing at its end."""
    return stream.read(int.from_bytes(stream.read(MESSAGE_LENGTH_BYTES), "big"))


def write_message(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(MESSAGE_LENGTH_BYTES, "big"))
    stream.write(message)
    stream.flush()
