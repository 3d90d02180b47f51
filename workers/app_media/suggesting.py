"""Suggestions of pictures that an ingest has found: fetched, stored and inspected within a time limit.

A failed picture is left out: no picture may fail an ingest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from domain.media import app_media_limits, passing, suggestions, uploads
from domain.media.app_media_limits import TAKEN
from domain.media.files import File
from domain.media.passing import Passing
from domain.media.store import Store
from domain.media.suggestions import Suggested, Suggestion
from schemas.app_media import AppMediaKind
from schemas.errors import Invalid, Oversized, SourceError, StorageAway
from schemas.pictures import Picture
from workers.app_media.storing import Storing
from workers.runtime.context import Context

#: Seconds to fetch all pictures of an ingest, and seconds to inspect them.
SUGGEST_S, LOOK_S = 8.0, 10.0
#: Suggestions of each kind at most. A preview (og:image) is suggested if there are no screenshots.
MOST_LOGOS, MOST_SCREENSHOTS, MOST_PREVIEWS = 1, 8, 1

#: Fetches a whole picture. Raises a `SourceError`.
Get = Callable[[Picture], Awaitable[bytes]]


async def suggest(ctx: Context, store: Store, pictures: Sequence[Picture], get: Get) -> Suggested:
    """Return suggestions of the fetched pictures, and the tokens of all stored files."""
    had = {one.source_url for one in await ctx.step(partial(suggestions.known, claim=ctx.job))}
    wanted = [(kind, one) for kind, one in chosen(pictures) if one.url not in had]
    storing = Storing(store, partial(_begin, ctx))
    stored: list[tuple[AppMediaKind, str, Passing, str]] = []
    files: dict[str, File] = {}
    try:
        async with asyncio.timeout(SUGGEST_S):
            for kind, one in wanted:
                if (passed := await _put(storing, kind, one, get)) is not None:
                    stored.append((kind, one.url, *passed))
    except (TimeoutError, Oversized):  # Fetched pictures are kept; a full storage takes no more.
        pass
    try:
        async with asyncio.timeout(LOOK_S):
            files = await storing.look_all([(file, token) for *_, file, token in stored])
    except (TimeoutError, Oversized, StorageAway):
        pass
    found = [Suggestion(kind, url, files[token]) for kind, url, _, token in stored if token in files]
    return Suggested([one for one in found if _is_usable(one.file)], storing.tokens)


def chosen(pictures: Sequence[Picture]) -> list[tuple[AppMediaKind, Picture]]:
    """Return the pictures to suggest, each with its kind of app media."""
    logos, screens, previews = (
        [one for one in pictures if one.kind == kind] for kind in ("logo", "screenshot", "image")
    )
    shown = screens[:MOST_SCREENSHOTS] or previews[:MOST_PREVIEWS]
    return [("logo", one) for one in logos[:MOST_LOGOS]] + [("screenshot", one) for one in shown]


async def _begin(ctx: Context, at_most: int) -> str:
    return await ctx.step(partial(uploads.begin, organization_id=ctx.job.organization_id, at_most=at_most))


async def _put(
    storing: Storing, kind: AppMediaKind, picture: Picture, get: Get
) -> tuple[Passing, str] | None:
    """Store a picture; return None if it can't be fetched, or has another type."""
    try:
        return await storing.put(passing.whole(await get(picture)), TAKEN[kind])
    except (SourceError, Invalid):
        return None


def _is_usable(file: File) -> bool:
    try:
        app_media_limits.check_shape(file)
    except Invalid:
        return False
    return True
