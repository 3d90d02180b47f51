"""Limits of app media: types and sizes of each kind, and amounts for each project."""

from collections.abc import Mapping

from domain.media.files import StoredFile
from domain.media.sniff import SVG
from domain.media.streaming_upload import FILMS, MIB, PICTURES, AcceptedTypes
from generation.picture_limits import MAX_PIXELS, MAX_RATIO
from schemas.app_media import AppMediaKind
from schemas.errors import Invalid

#: Types of each kind, with the most bytes of a file.
ACCEPTED: Mapping[AppMediaKind, AcceptedTypes] = {
    "logo": {**dict.fromkeys(PICTURES, 5 * MIB), SVG: MIB},
    "screenshot": dict.fromkeys(PICTURES, 10 * MIB),
    "demo_video": dict.fromkeys(FILMS, 200 * MIB),
    "end_card": dict.fromkeys(PICTURES, 5 * MIB),
}
#: Most files of each kind in a project, and most bytes of all of them.
MAX_FILES: Mapping[AppMediaKind, int] = {"logo": 10, "screenshot": 50, "demo_video": 10, "end_card": 10}
MAX_BYTES = 1 << 30


def check_transcript(kind: AppMediaKind, transcript: str) -> None:
    """Raise `Invalid` for a transcript of any kind but a demo_video."""
    if transcript and kind != "demo_video":
        raise Invalid("transcript", "is for a demo_video only: leave it out")


def check_shape(file: StoredFile) -> None:
    """Raise `Invalid` for a picture that content can't use."""
    short, long = sorted((file.width, file.height))
    if file.kind == "image" and long > MAX_RATIO * short:
        raise Invalid(
            "file[0]", f"is {file.width} x {file.height}: a side is at most {MAX_RATIO} times the other"
        )
    if file.kind == "image" and short * long > MAX_PIXELS:
        raise Invalid("file[0]", f"has more than {MAX_PIXELS // 10**6} million pixels")
