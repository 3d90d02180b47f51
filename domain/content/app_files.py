"""Files of a piece: the caller's, and the project's own files of its app."""

from collections.abc import Sequence

from msgspec import field, structs

from domain.media.app_media import Usable
from generation.spec import Value
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.content import ContentRequest

#: Kinds of which a piece has one each, apart from screenshots and the clip.
APART: frozenset[AppMediaKind] = frozenset({"logo", "end_card"})
#: Screenshots of a piece by default.
MOST_SCREENSHOTS = 10


class Files(Value, frozen=True, kw_only=True):
    """Files of a piece, by their tokens in our storage."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None


def fill(named: Files, own: Sequence[Usable], body: ContentRequest) -> Files:
    """Add the project's own files to the caller's: a logo, an end card, and screenshots by default.

    A remix without a clip uses the project's demo video.
    """
    wanted = {ids.read(ids.ASSET, shown) for shown in body.media_ids}
    # Requested files first, then current ones.
    first = sorted(own, key=lambda one: one.id not in wanted)
    clip = named.clip or (_first(first, "demo_video") if body.format == "ugc_remix" else None)
    screenshots = [one.token for one in own if one.kind == "screenshot"][:MOST_SCREENSHOTS]
    return structs.replace(
        named,
        logo=_first(first, "logo"),
        end_card=_first(first, "end_card"),
        screenshots=named.screenshots or ([] if clip else screenshots),
        clip=clip,
    )


def transcript_of(clip: str | None, own: Sequence[Usable]) -> str | None:
    """Return the transcript of a clip; None for a clip outside the project's own files."""
    return next((one.transcript for one in own if one.token == clip), None)


def _first(files: Sequence[Usable], kind: AppMediaKind) -> str | None:
    return next((one.token for one in files if one.kind == kind), None)
