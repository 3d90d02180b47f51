"""Revisit of a site: each request of the last visit is repeated as a conditional one.

If the server answers 304 to all, or what it answered before, nothing has changed. At the first other answer
the site is read anew. What came whole is kept until then, so that it isn't requested twice.
"""

import asyncio

from schemas.brand import Validators, Visit
from schemas.errors import SourceError
from workers.ingest.website.session import Session
from workers.web.fetch import Fetched

#: Version of our rules. Raise it whenever other things are read from a site, so that unchanged sites are read
#: anew.
RULES = 4
#: Seconds that this may take of the ingest's, so that there is time left to read the site.
REVISIT_S = 20.0
#: Bytes of answers that are kept: more would be requested again.
KEPT = 4 << 20


async def is_unchanged(session: Session, visit: Visit) -> bool:
    """True if nothing has changed. Answers that came whole go to `session.fetched`."""
    try:
        async with asyncio.timeout(REVISIT_S):
            for url, known in visit.answers.items():
                if not await is_same(session, url, known):
                    return False
    except TimeoutError:
        return False
    return bool(visit.answers)


async def is_same(session: Session, url: str, known: Validators) -> bool:
    """True if the answer is as before: a 304, the same bytes, or still an error where there was one."""
    final_url = known.url or url
    try:
        fetched = await session.open(url, known.kind or "page", known={final_url: known})
    except SourceError:
        return known.digest is None
    if fetched.unchanged:
        return fetched.url == final_url
    keep(session, url, fetched)
    return (fetched.url, fetched.digest) == (final_url, known.digest)


def keep(session: Session, url: str, fetched: Fetched) -> None:
    """Keep the answer for the reading that may follow, as long as all of them are small."""
    if sum(len(one.body) for one in (*session.fetched.values(), fetched)) <= KEPT:
        session.fetched[url] = fetched
