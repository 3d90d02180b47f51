"""Files of a piece: the caller's, and the project's own files of its app."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import field, structs

from domain.media.app_media import UsableAppMediaFile
from generation.spec import StrictCamelCaseStruct
from schemas import ids
from schemas.app_media import AppMediaKind
from schemas.content import ContentRequest
from schemas.pictures import PictureRole

#: Kinds of which a piece has one each, apart from screenshots and the clip.
APP_MEDIA_KINDS_USED_ONCE_PER_PIECE: frozenset[AppMediaKind] = frozenset({"logo", "end_card"})
#: Pictures of a piece by default.
MAX_DEFAULT_PIECE_PICTURES = 10
#: Places of these for photos next to many screens, and for screens next to many photos.
MIN_OTHER_PICTURES = 4
#: Roles of pictures that show a screen.
SCREEN_ROLES: frozenset[PictureRole] = frozenset({"screenshot", "framed"})


class ContentPieceInputFileTokens(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Files of a piece, by their tokens in our storage; `screenshots` are its pictures of all roles.

    `screenshot_ids` are the ids of these pictures, `screenshot_sides_px` their shorter sides.
    """

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    screenshot_ids: list[UUID] = field(default_factory=list)
    screenshot_sides_px: list[int] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None

    def list_tokens(self) -> list[str]:
        return [token for token in (self.logo, *self.screenshots, self.end_card, self.clip) if token]


def add_app_media_to_piece_input_files(
    named: ContentPieceInputFileTokens, own: Sequence[UsableAppMediaFile], body: ContentRequest, *, screens_first: bool
) -> ContentPieceInputFileTokens:
    """Return the files of a piece to generate: the request's, and the project's logo and end card.

    Add the demo video to a remix without a clip. Without pictures and clip, add the project's own pictures.
    """
    requested_ids = {ids.parse_prefixed_id(ids.ASSET_ID_PREFIX, media_id) for media_id in body.media_ids}
    # Requested files first, then current ones.
    ordered = sorted(own, key=lambda file: file.id not in requested_ids)
    clip = named.clip or (_find_media_file_token(ordered, "demo_video") if body.format == "ugc_remix" else None)
    if not named.screenshots and not clip:
        chosen = choose_default_pictures(own, screens_first=screens_first)
        named = structs.replace(
            named,
            screenshots=[file.token for file in chosen],
            screenshot_ids=[file.id for file in chosen],
            screenshot_sides_px=[min(file.width, file.height) for file in chosen],
        )
    return structs.replace(
        named,
        logo=_find_media_file_token(ordered, "logo"),
        end_card=_find_media_file_token(ordered, "end_card"),
        clip=clip,
    )


def choose_default_pictures(own: Sequence[UsableAppMediaFile], *, screens_first: bool) -> list[UsableAppMediaFile]:
    """Return a piece's pictures by default, at most `MAX_DEFAULT_PIECE_PICTURES`.

    Screens or photos lead by their roles. The others keep `MIN_OTHER_PICTURES` places, for looks that need both.
    """
    pictures = [file for file in own if file.kind in {"screenshot", "photo"}]
    leading = [file for file in pictures if _is_screen(file) == screens_first]
    others = [file for file in pictures if _is_screen(file) != screens_first]
    kept = leading[: MAX_DEFAULT_PIECE_PICTURES - min(len(others), MIN_OTHER_PICTURES)]
    return [*kept, *others][:MAX_DEFAULT_PIECE_PICTURES]


def _is_screen(file: UsableAppMediaFile) -> bool:
    return file.role in SCREEN_ROLES if file.role else file.kind == "screenshot"


def list_picture_roles(
    files: ContentPieceInputFileTokens, own: Sequence[UsableAppMediaFile]
) -> list[PictureRole | None]:
    """Return the known roles of a piece's pictures, in their order; an empty list if all are unknown."""
    role_by_token = {file.token: file.role for file in own}
    roles = [role_by_token.get(token) for token in files.screenshots]
    return roles if any(roles) else []


def find_logo_role(files: ContentPieceInputFileTokens, own: Sequence[UsableAppMediaFile]) -> PictureRole | None:
    return next((file.role for file in own if file.token == files.logo), None)


def transcript_of_clip(clip: str | None, own: Sequence[UsableAppMediaFile]) -> str | None:
    """Return the transcript of the clip with the token `clip`; None if the project has no such file, or it none."""
    return next((file.transcript for file in own if file.token == clip), None)


def _find_media_file_token(files: Sequence[UsableAppMediaFile], kind: AppMediaKind) -> str | None:
    return next((file.token for file in files if file.kind == kind), None)
