"""Suggestions of pictures that an ingest has found: fetched, stored and inspected within a time limit.

A failed picture is left out: no picture may fail an ingest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from domain.media import app_media_limits, streaming_upload, suggestions, uploads
from domain.media.app_media_limits import MAX_APP_MEDIA_FILE_BYTES_BY_KIND
from domain.media.files import StoredFile
from domain.media.store import MediaStore
from domain.media.streaming_upload import StreamingUpload
from domain.media.suggestions import IngestMediaSuggestion, IngestPicturesAndUploadTokens
from generation.picture_limits import is_too_long_for_logo
from schemas.app_media import AppMediaKind
from schemas.errors import BodyOversized, InvalidValue, SourceError, SourceFileStorageUnavailable
from schemas.pictures import INLINE_LOGO_RULE, PictureFoundByIngest, PictureRole
from workers.app_media.media_writer import FetchedMediaWriter
from workers.runtime.context import TaskContext

#: Seconds to fetch all pictures of an ingest.
MAX_INGEST_PICTURES_FETCH_S = 8.0
#: Seconds to inspect them.
MAX_INGEST_PICTURES_INSPECTION_S = 10.0
MAX_SUGGESTED_LOGOS = 1
#: Places of icons: a logo that visitors see comes before them.
ICON_RULES = frozenset(("html.apple-touch-icon", "html.icon", "manifest.icons"))
MAX_SUGGESTED_APP_SCREENSHOTS = 8
MAX_SUGGESTED_PHOTOS = 8
#: Images of a site that aren't photos are suggested as screenshots if there are no others, such as a preview.
MAX_OTHER_IMAGES_SUGGESTED_AS_SCREENSHOTS = 1

#: Roles by pixels of an image that is a photo.
PHOTO_PIXEL_ROLES: frozenset[PictureRole | None] = frozenset({"photo", "product"})

#: Fetches a whole picture. Raises a `SourceError`.
FetchPicture = Callable[[PictureFoundByIngest], Awaitable[bytes]]


async def fetch_and_store_ingest_pictures(
    ctx: TaskContext, store: MediaStore, pictures: Sequence[PictureFoundByIngest], get: FetchPicture
) -> IngestPicturesAndUploadTokens:
    """Fetch and store pictures that an ingest has found, and return those that are usable as app media.

    The result has suggestions and the tokens of all files. Known, broken and late pictures are left out; none raises.
    """
    known_urls = {
        picture.source_url
        for picture in await ctx.step(partial(suggestions.list_known_app_media_suggestions, claim=ctx.job))
    }
    candidates = [
        (kind, picture) for kind, picture in choose_pictures_to_suggest(pictures) if picture.url not in known_urls
    ]
    storing = FetchedMediaWriter(store, partial(_reserve_storage_for_fetched_picture, ctx))
    stored: list[tuple[AppMediaKind, str, StreamingUpload, str]] = []
    files: dict[str, StoredFile] = {}
    try:
        async with asyncio.timeout(MAX_INGEST_PICTURES_FETCH_S):
            for kind, picture in candidates:
                if (stored_file := await _fetch_and_store_ingest_picture(storing, kind, picture, get)) is not None:
                    stored.append((kind, picture.url, *stored_file))
    except (TimeoutError, BodyOversized):  # Fetched pictures are kept; a full storage takes no more.
        pass
    try:
        async with asyncio.timeout(MAX_INGEST_PICTURES_INSPECTION_S):
            files = await storing.inspect_stored_files([(file, token) for *_, file, token in stored])
    except (TimeoutError, BodyOversized, SourceFileStorageUnavailable):
        pass
    inspected = [IngestMediaSuggestion(kind, url, files[token]) for kind, url, _, token in stored if token in files]
    usable = [picture for picture in inspected if _does_picture_meet_app_media_limits(picture.file)]
    return IngestPicturesAndUploadTokens(sort_images_by_role(usable), storing.tokens)


def sort_images_by_role(pictures: Sequence[IngestMediaSuggestion]) -> list[IngestMediaSuggestion]:
    """Return an ingest's pictures; of its images those that are photos by their pixels.

    Without photos and screenshots, the first other image is a screenshot.
    """
    photos = [one for one in pictures if one.kind == "photo" and one.file.role in PHOTO_PIXEL_ROLES]
    others = [one for one in pictures if one.kind == "photo" and one not in photos]
    rest = [one for one in pictures if one.kind != "photo"]
    if photos or any(one.kind == "screenshot" for one in rest):
        return [*rest, *photos]
    return [*rest, *(one._replace(kind="screenshot") for one in others[:MAX_OTHER_IMAGES_SUGGESTED_AS_SCREENSHOTS])]


def choose_pictures_to_suggest(
    pictures: Sequence[PictureFoundByIngest],
) -> list[tuple[AppMediaKind, PictureFoundByIngest]]:
    """Choose the pictures of an ingest to suggest as app media: its logos, up to 8 screenshots and up to 8 images.

    Return each with its media kind. The first logo is the best for generated content, which can't use a long one;
    the logo that a page draws itself is suggested too. Images have the kind `photo` until their pixels are read.
    """
    logos, screens, images = (
        [picture for picture in pictures if picture.kind == kind] for kind in ("logo", "screenshot", "image")
    )
    logos.sort(key=lambda picture: (is_too_long_for_logo(picture.width, picture.height), picture.rule in ICON_RULES))
    drawn = [picture for picture in logos[MAX_SUGGESTED_LOGOS:] if picture.rule == INLINE_LOGO_RULE]
    return [
        *(("logo", picture) for picture in (*logos[:MAX_SUGGESTED_LOGOS], *drawn)),
        *(("screenshot", picture) for picture in screens[:MAX_SUGGESTED_APP_SCREENSHOTS]),
        *(("photo", picture) for picture in images[:MAX_SUGGESTED_PHOTOS]),
    ]


async def _reserve_storage_for_fetched_picture(ctx: TaskContext, at_most: int) -> str:
    return await ctx.step(partial(uploads.reserve_upload, organization_id=ctx.job.organization_id, at_most=at_most))


async def _fetch_and_store_ingest_picture(
    storing: FetchedMediaWriter, kind: AppMediaKind, picture: PictureFoundByIngest, get: FetchPicture
) -> tuple[StreamingUpload, str] | None:
    """Fetch and store a picture; return upload and token, None if that fails. Raise `BodyOversized` if too big."""
    try:
        return await storing.store_fetched_file_as_it_arrives(
            streaming_upload.stream_bytes_as_one_chunk(await get(picture)), MAX_APP_MEDIA_FILE_BYTES_BY_KIND[kind]
        )
    except (SourceError, InvalidValue):
        return None


def _does_picture_meet_app_media_limits(file: StoredFile) -> bool:
    try:
        app_media_limits.check_app_media_picture(file)
    except InvalidValue:
        return False
    return True
