"""Files that a piece is made with: what the caller names, and beside it what the project has of its app."""

from collections.abc import Sequence

from msgspec import field, structs

from domain.media.app_media import Usable
from generation.spec import Value
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.content import ContentRequest

#: Kinds of which a piece has one, beside its screenshots and its clip.
APART: frozenset[AppMediaKind] = frozenset({"logo", "end_card"})
#: Screenshots of a piece whose caller names none.
MOST_SCREENSHOTS = 10


class Files(Value, frozen=True, kw_only=True):
    """Files that a piece is made with, by their tokens in our storage."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None


def fill(named: Files, own: Sequence[Usable], body: ContentRequest) -> Files:
    """The caller's files and the project's own: a logo, an end card, screenshots where none is named.

    A remix without a clip is one of the project's demo video.
    """
    wanted = {ids.read(ids.ASSET, shown) for shown in body.media_ids}
    # Those that are named first, then current ones.
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
    """Words of a clip, where it is the project's own."""
    return next((one.transcript for one in own if one.token == clip), None)


def _first(files: Sequence[Usable], kind: AppMediaKind) -> str | None:
    return next((one.token for one in files if one.kind == kind), None)
