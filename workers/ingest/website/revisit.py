"""Revisit of a site: each request of the last visit is repeated as a conditional one.

If the server answers 304 to all, nothing has changed. At the first other answer the site is read anew, and
that answer is kept, so that it isn't requested twice.
"""

import asyncio

from schemas.brand import Validators, Visit
from schemas.errors import SourceError
from workers.ingest.website.session import Session

#: Version of our rules. Raise it whenever other things are read from a site, so that unchanged sites are read
#: anew.
RULES = 3
#: Seconds that this may take of the ingest's, so that there is time left to read the site.
REVISIT_S = 20.0


async def is_unchanged(session: Session, visit: Visit) -> bool:
    """True if nothing has changed. An answer that has goes to `session.fetched`."""
    try:
        async with asyncio.timeout(REVISIT_S):
            for url, known in visit.answers.items():
                if not await is_same(session, url, known):
                    return False
    except TimeoutError:
        return False
    return bool(visit.answers)


async def is_same(session: Session, url: str, known: Validators) -> bool:
    """True if the answer is as before: a 304, or still an error where there was one."""
    was_there, final_url = bool(known.etag or known.last_modified), known.url or url
    try:
        fetched = await session.open(url, known.kind or "page", known={final_url: known})
    except SourceError:
        return not was_there
    if fetched.unchanged:
        return fetched.url == final_url
    session.fetched[url] = fetched
    return False
