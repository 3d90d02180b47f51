"""Revisit of a site: each request of the last visit is repeated as a conditional one.

If the server answers all with 304, or with the same bytes as before, the site is unchanged. At the first
other answer the whole site is read again. Full responses are kept until then, so that they aren't
requested twice.
"""

import asyncio

from schemas.brand import CrawlState, Validators
from schemas.errors import SourceError
from workers.ingest.website.session import CrawlSession
from workers.web.fetch import FetchedResponse

#: Version of our rules. Raise it whenever the rules read other data from a site, so that unchanged sites are
#: read again.
RULES = 4
#: Seconds of the ingest that a revisit may take, so that there is time left to read the site.
REVISIT_S = 20.0
#: Bytes of responses that are kept: responses beyond it are requested again.
MAX_KEPT_BYTES = 4 << 20


async def is_unchanged(session: CrawlSession, visit: CrawlState) -> bool:
    """Return whether the site is unchanged. Full responses are added to `session.fetched`."""
    try:
        async with asyncio.timeout(REVISIT_S):
            for url, validators in visit.answers.items():
                if not await is_same(session, url, validators):
                    return False
    except TimeoutError:
        return False
    return bool(visit.answers)


async def is_same(session: CrawlSession, url: str, validators: Validators) -> bool:
    """Return whether the response is as before: a 304, the same bytes, or still an error after an error."""
    final_url = validators.url or url
    try:
        fetched = await session.open(
            url, validators.kind or "page", validators_by_url={final_url: validators}
        )
    except SourceError:
        return validators.digest is None
    if fetched.unchanged:
        return fetched.url == final_url
    keep(session, url, fetched)
    return (fetched.url, fetched.digest) == (final_url, validators.digest)


def keep(session: CrawlSession, url: str, fetched: FetchedResponse) -> None:
    """Keep the response for a later reading, if all kept ones together are small."""
    if sum(len(answer.body) for answer in (*session.fetched.values(), fetched)) <= MAX_KEPT_BYTES:
        session.fetched[url] = fetched
