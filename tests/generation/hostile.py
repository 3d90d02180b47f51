"""Hostile pieces: inputs of a partner or the web, and a child process that draws them within limits.


`python -m tests.generation.hostile FOLDER CASE...` draws each case and prints a line of JSON for it.
"""

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from generation.copy.write import write_piece_copy
from generation.proofreading import read
from generation.render import PieceInputFiles, prepare_piece, unused_logo_warnings
from generation.spec import AspectRatio, BrandSnapshot, PieceFormat, PieceSpec
from schemas.errors import GenerationError
from tests.generation.remix.clips import NO_CLIPS
from tests.generation.stand_ins import screenshot
from tests.generation.test_pictures import HANDLED, REFUSED
from tests.media import written

#: CPU seconds and bytes of memory for all cases of one child together, and for each single case.
CPU_S, MEMORY = 40, 1 << 30


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A piece to draw, with its expected error code or permitted faults: some texts must be cut."""

    brand: dict[str, Any] = {}
    hook: str | None = "Know the tide"
    given: Callable[[], PieceInputFiles] = PieceInputFiles
    format: PieceFormat = "image"
    aspect: AspectRatio | None = None
    code: str | None = None
    faults: frozenset[str] = frozenset()
    warning: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a case."""

    case: str
    code: str | None = None
    faults: list[str] = []
    warnings: list[str] = []
    cpu_s: float


CUT = frozenset({"cut", "missing", "unsaid"})


def logo(data: bytes) -> Callable[[], PieceInputFiles]:
    return lambda: PieceInputFiles(logo=data)


def shown(data: bytes) -> Callable[[], PieceInputFiles]:
    return lambda: PieceInputFiles(screenshots=[data])


def clip(data: bytes) -> Callable[[], PieceInputFiles]:
    """Return a clip as a job receives it: by its descriptor's path."""

    def given() -> PieceInputFiles:
        handle = os.memfd_create("clip")
        os.write(handle, data)
        return PieceInputFiles(clip=Path(f"/proc/{os.getpid()}/fd/{handle}"))

    return given


def many() -> PieceInputFiles:
    return PieceInputFiles(screenshots=[written(screenshot("Tideline", 1, (390, 844)))] * 200)


def huge() -> PieceInputFiles:
    return PieceInputFiles(logo=written(Image.new("RGB", (7_000, 7_000), (9, 90, 160))))


TEXTS = {
    "zalgo": Case(hook="K" + "\u0301\u0335\u0489" * 60 + "now " + "t\u0316\u0317\u0318" * 40, faults=CUT),
    "bidi overrides": Case(hook="Know \u202e\u2066the\u202c tide\u2069 \u200fnow"),
    "format strings": Case(hook="%s %n %(x)s {0} {name.__class__} ${HOME} \\N{DASH}"),
    "a long word": Case(hook="w" * 4_000, faults=CUT),
    "a long hook": Case(hook="Know the tide before you go. " * 68, faults=CUT),
    "no glyphs": Case(hook="ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ", code="SCRIPT_NOT_SUPPORTED"),
    "controls": Case(hook="Know\x00\x07\x1b[31m the\r\n\ttide\x7f\ufffe"),
    "emoji alone": Case(hook="🌊🏄🏽\u200d♀️👨\u200d👩\u200d👧🇩🇪"),
    "right to left": Case(hook="اعرف المد والجزر قبل أن تذهب"),
    "left to right": Case(brand={"language": "ar"}, hook="Know the tide before you go"),
    "blanks": Case(hook=" \n\t \u00a0\u3000\u200e ", code="HOOK_EMPTY"),
}
BRANDS = {
    "an empty name": Case(brand={"name": ""}, hook=None, code="BRAND_LACKS_WORDS"),
    "one word": Case(brand={"name": "Go"}, hook=None, code="BRAND_LACKS_WORDS"),
    "a long name": Case(brand={"name": "Tideline" * 25}, faults=CUT | {"word"}),
    "a long name of words": Case(brand={"name": "Tide line " * 20}, faults=CUT, aspect="9:16"),
    "a name of signs": Case(brand={"name": "!!! ***"}, code="BRAND_LACKS_WORDS"),
    "white": Case(brand={"colors": ["#ffffff", "#fff"]}),
    "neon": Case(brand={"colors": ["#00ff00", "#ffff00", "#ff00ff"]}, aspect="1:1"),
    "one color": Case(brand={"colors": ["#777777"] * 40}),
    "no colors": Case(brand={"colors": ["red", "#12", "javascript:1", "#gggggg"]}),
}
PICTURES = {
    **{f"logo: {name}": Case(given=logo(data), code=name.partition(" ")[0]) for name, data in REFUSED.items()},
    "a logo of one pixel": Case(given=logo(written(Image.new("RGB", (1, 1)))), warning="logo_unused"),
}
CLIPS = {
    f"clip: {name}": Case(format="ugc_remix", given=clip(data), code=name.partition(" ")[0])
    for name, data in NO_CLIPS.items()
}
DRAWN = {**TEXTS, **BRANDS}
#: All refused cases, and a few drawn ones.
QUICK = {
    **{name: case for name, case in DRAWN.items() if case.code},
    **{name: DRAWN[name] for name in ("zalgo", "bidi overrides", "controls", "a long word", "neon")},
    **PICTURES,
    **CLIPS,
}
LONG = {
    **{name: case for name, case in DRAWN.items() if name not in QUICK},
    **{f"screenshot: {name}": Case(given=shown(data)) for name, data in HANDLED.items()},
    "200 screenshots": Case(given=many, format="slideshow"),
    "49 million pixels": Case(given=huge, format="slideshow"),
    "ten long points": Case(
        brand={"descriptions": ["It keeps quiet tables of high and low water for harbours. " * 900]}, format="slideshow"
    ),
}
CASES = {**QUICK, **LONG}


def make(name: str, folder: Path) -> Outcome:
    case, before = CASES[name], resource.getrusage(resource.RUSAGE_SELF)
    brand = msgspec.convert({"name": "Tideline", "taglines": ["Know the tide"], **case.brand}, BrandSnapshot)
    if case.code == "BRAND_LACKS_WORDS":
        brand = msgspec.structs.replace(brand, taglines=[])
    spec = PieceSpec(format=case.format, brand=brand, seed="1", hook=case.hook, aspect=case.aspect)
    code, faults, warned = None, [], []
    try:
        copy = write_piece_copy(spec)
        given = case.given()
        made = [
            step.made for step in prepare_piece(spec, copy, given).render_files_and_yield_progress(folder) if step.made
        ]
        faults, warned = read.find_piece_faults(made, folder, spec, copy), unused_logo_warnings(given)
    except GenerationError as error:
        code = error.code
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before.ru_utime
    said = [f"{one.rule}: {one.found}" for one in faults]
    return Outcome(case=name, code=code, faults=said, warnings=warned, cpu_s=spent)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for asked in sys.argv[2:]:
        sys.stdout.write(msgspec.json.encode(make(asked, Path(sys.argv[1]))).decode() + "\n")
