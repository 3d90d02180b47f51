"""Suggesting of pictures that an ingest met: fetched whole, stored, looked into, within a time.

Whatever fails is left out: no picture is worth an ingest.
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
from schemas.errors import Invalid, Oversized, SourceError
from schemas.pictures import Picture
from workers.app_media.storing import Storing
from workers.runtime.context import Context

#: Seconds that all pictures of an ingest may take.
SUGGEST_S = 8.0
#: Of each kind so many are suggested. A preview (og:image) is one where there are no screenshots.
MOST_LOGOS, MOST_SCREENSHOTS, MOST_PREVIEWS = 1, 8, 1

#: Gets a whole picture. Raises a `SourceError`.
Get = Callable[[Picture], Awaitable[bytes]]


async def suggest(ctx: Context, store: Store, pictures: Sequence[Picture], get: Get) -> Suggested:
    """Those of the pictures that came, and all that was stored of them."""
    had = {one.source_url for one in await ctx.step(partial(suggestions.known, claim=ctx.job))}
    wanted = [(kind, one) for kind, one in chosen(pictures) if one.url not in had]
    storing = Storing(store, partial(_begin, ctx))
    stored: list[tuple[AppMediaKind, str, Passing, str]] = []
    try:
        async with asyncio.timeout(SUGGEST_S):
            for kind, one in wanted:
                if (passed := await _put(storing, kind, one, get)) is not None:
                    stored.append((kind, one.url, *passed))
    except (TimeoutError, Oversized):  # What has come is kept; a storage that is full takes no more.
        pass
    found = [await _look(storing, kind, url, file, token) for kind, url, file, token in stored]
    return Suggested([one for one in found if one], storing.tokens)


def chosen(pictures: Sequence[Picture]) -> list[tuple[AppMediaKind, Picture]]:
    """Each with what it would be of the app."""
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
    """None for what can't be fetched, or is none of the types."""
    try:
        return await storing.put(passing.whole(await get(picture)), TAKEN[kind])
    except (SourceError, Invalid):
        return None


async def _look(
    storing: Storing, kind: AppMediaKind, url: str, file: Passing, token: str
) -> Suggestion | None:
    """None for what is broken, or of no use."""
    try:
        found: File = await storing.look(file, token)
        app_media_limits.check_shape(found)
    except (Invalid, Oversized):
        return None
    return Suggestion(kind, url, found)
