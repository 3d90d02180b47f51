"""The second visit: every answer of the first one is asked for on the condition that it has changed.

A server that answers 304 to all of them has nothing new to say. At the first other answer the site is
read anew, and that answer is not asked for twice.
"""

import asyncio

from schemas.brand import Validators, Visit
from schemas.errors import SourceError
from workers.ingest.website.session import Session

#: The version of our own reading: whoever changes what is read from a site counts it up, so that sites
#: which have not changed are read anew.
RULES = 2
#: Seconds of the ingest's that this may take: a reading must still fit in.
ASKING_S = 20.0


async def is_unchanged(session: Session, visit: Visit) -> bool:
    """Leaves what came anew in `session.held`."""
    try:
        async with asyncio.timeout(ASKING_S):
            for url, known in visit.answers.items():
                if not await answers_as_before(session, url, known):
                    return False
    except TimeoutError:
        return False
    return bool(visit.answers)


async def answers_as_before(session: Session, url: str, known: Validators) -> bool:
    """What was not there before, and has nothing to be known by, isn't there now."""
    was_there, place = bool(known.etag or known.last_modified), known.url or url
    try:
        fetched = await session.open(url, known.kind or "page", known={place: known})
    except SourceError:
        return not was_there
    if fetched.unchanged:
        return fetched.url == place
    session.held[url] = fetched
    return False
