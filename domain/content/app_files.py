"""Files of a piece: the caller's, and the project's own files of its app."""

from collections.abc import Sequence

from msgspec import field, structs

from domain.media.app_media import UsableAppMediaFile
from generation.spec import StrictCamelCaseStruct
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.content import ContentRequest

#: Kinds of which a piece has one each, apart from screenshots and the clip.
APP_MEDIA_KINDS_USED_ONCE_PER_PIECE: frozenset[AppMediaKind] = frozenset({"logo", "end_card"})
#: Screenshots of a piece by default.
MAX_DEFAULT_PIECE_SCREENSHOTS = 10


class ContentPieceInputFileTokens(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Files of a piece, by their tokens in our storage."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None

    def list_tokens(self) -> list[str]:
        return [token for token in (self.logo, *self.screenshots, self.end_card, self.clip) if token]


def add_app_media_to_piece_input_files(
    named: ContentPieceInputFileTokens, own: Sequence[UsableAppMediaFile], body: ContentRequest
) -> ContentPieceInputFileTokens:
    """Return the files of a piece to generate: the request's, and the project's logo and end card.

    Add the demo video to a remix without a clip. Without pictures and clip, add up to `MAX_DEFAULT_PIECE_SCREENSHOTS`.
    """
    requested_ids = {ids.parse_prefixed_id(ids.ASSET_ID_PREFIX, media_id) for media_id in body.media_ids}
    # Requested files first, then current ones.
    ordered = sorted(own, key=lambda file: file.id not in requested_ids)
    clip = named.clip or (_find_media_file_token(ordered, "demo_video") if body.format == "ugc_remix" else None)
    screenshots = [file.token for file in own if file.kind == "screenshot"][:MAX_DEFAULT_PIECE_SCREENSHOTS]
    return structs.replace(
        named,
        logo=_find_media_file_token(ordered, "logo"),
        end_card=_find_media_file_token(ordered, "end_card"),
        screenshots=named.screenshots or ([] if clip else screenshots),
        clip=clip,
    )


def transcript_of_clip(clip: str | None, own: Sequence[UsableAppMediaFile]) -> str | None:
    """Return the transcript of the clip with the token `clip`; None if the project has no such file, or it none."""
    return next((file.transcript for file in own if file.token == clip), None)


def _find_media_file_token(files: Sequence[UsableAppMediaFile], kind: AppMediaKind) -> str | None:
    return next((file.token for file in files if file.kind == kind), None)
