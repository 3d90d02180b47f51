"""Boxes of an MP4 (ISO/IEC 14496-12), read without a demuxer, since that would hide faults."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_IDR = 5


class Track(NamedTuple):
    """A track's type, the durations of its samples, its sync samples, and each sample's offset and size."""

    kind: bytes
    deltas: list[int]
    syncs: list[int]
    samples: list[tuple[int, int]]


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each box, with the start and end of its body."""
    at, end = start, len(data) if end is None else end
    while at < end:
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        yield name, at + head, at + size
        at += size


def _all(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for name, first, last in boxes(data, start, end):
        yield name, first, last
        if name in _CONTAINERS:
            yield from _all(data, first, last)


def names(path: Path) -> set[bytes]:
    """Return the names of all boxes that are no sample entries."""
    data = path.read_bytes()
    return {name for name, _, _ in _all(data, 0, len(data))}


def has_color_box(path: Path) -> bool:
    """Return whether a sample entry names the colors for players (`colr`, as `nclx`)."""
    data = path.read_bytes()
    entries = [data[first:last] for name, first, last in _all(data, 0, len(data)) if name == b"stsd"]
    return any(b"colrnclx" in entry for entry in entries)


def tracks(path: Path) -> list[Track]:
    data = path.read_bytes()
    (moov,) = [(first, last) for name, first, last in boxes(data) if name == b"moov"]
    return [_track(data, first, last) for name, first, last in boxes(data, *moov) if name == b"trak"]


def _track(data: bytes, start: int, end: int) -> Track:
    inner = {name: first for name, first, _ in _all(data, start, end)}
    kind = data[inner[b"hdlr"] + 8 : inner[b"hdlr"] + 12]
    deltas = [delta for count, delta in _table(data, inner[b"stts"], ">II") for _ in range(count)]
    syncs = [number for (number,) in _table(data, inner[b"stss"], ">I")] if b"stss" in inner else []
    return Track(kind, deltas, syncs, _samples(data, inner))


def _table(data: bytes, at: int, entry: str) -> list[tuple[int, ...]]:
    (count,) = struct.unpack_from(">I", data, at + 4)
    size = struct.calcsize(entry)
    return [struct.unpack_from(entry, data, at + 8 + number * size) for number in range(count)]


def _samples(data: bytes, inner: dict[bytes, int]) -> list[tuple[int, int]]:
    """Return the offset and size of each sample."""
    fixed, count = struct.unpack_from(">II", data, inner[b"stsz"] + 4)
    sizes = [fixed] * count if fixed else list(struct.unpack_from(f">{count}I", data, inner[b"stsz"] + 12))
    wide = b"co64" in inner
    chunks = _table(data, inner[b"co64" if wide else b"stco"], ">Q" if wide else ">I")
    runs = [*_table(data, inner[b"stsc"], ">III"), (len(chunks) + 1, 0, 0)]
    held = [run[1] for run, after in pairwise(runs) for _ in range(after[0] - run[0])]
    found, left = [], iter(sizes)
    for (offset,), number in zip(chunks, held, strict=True):
        at = offset
        for _ in range(number):
            size = next(left)
            found.append((at, size))
            at += size
    return found


def opened_anew(path: Path, track: Track) -> list[bool]:
    """Return for each sync sample whether it is an IDR picture, which resets the decoder."""
    data = path.read_bytes()
    return [_IDR in _units(data, *track.samples[number - 1]) for number in track.syncs]


def _units(data: bytes, at: int, size: int) -> list[int]:
    """Return the types of a sample's NAL units; a length of four bytes precedes each."""
    end, found = at + size, []
    while at < end:
        (length,) = struct.unpack_from(">I", data, at)
        found.append(data[at + 4] & 31)
        at += 4 + length
    return found
