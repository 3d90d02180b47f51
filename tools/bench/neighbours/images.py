"""PNG files of the attacks."""

import random
import struct
import zlib


def generate_plain_png() -> bytes:
    """Return a PNG of 4 x 4 pixels."""
    return _pack_bench_png(4, color=2, pixels=zlib.compress((b"\0" + b"\x40\x80\xc0" * 4) * 4))


def generate_costly_png(side: int) -> bytes:
    """Return a square PNG of `side` pixels, in color with alpha, with Paeth filters on all lines."""
    packer = zlib.compressobj(1)
    line = b"\4" + bytes(range(256)) * (side * 4 // 256 + 1)
    pixels = b"".join([*(packer.compress(line[: 1 + side * 4]) for _ in range(side)), packer.flush()])
    return _pack_bench_png(side, color=6, pixels=pixels)


def generate_noise_png(side: int) -> bytes:
    """Return a square PNG of `side` pixels of random, incompressible colors."""
    line = 1 + side * 3
    pixels = bytearray(random.Random(1).randbytes(line * side))
    pixels[::line] = bytes(side)
    return _pack_bench_png(side, color=2, pixels=zlib.compress(pixels, 1))


def _pack_bench_png(side: int, *, color: int, pixels: bytes) -> bytes:
    """Return a PNG with 8 bits a channel from packed lines; `color` is PNG's number of a color type."""
    head = struct.pack(">IIBBBBB", side, side, 8, color, 0, 0, 0)
    chunks = b"".join(_encode_png_chunk(*chunk) for chunk in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + chunks


def _encode_png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
