"""Mutants of pages: of their tags, their content and their bytes, and mixed with another page."""

from random import Random

from tests.workers.ingest.mutants import contents, raw, tags, words
from workers.ingest.shapes import PageDocument

MUTATIONS = (*tags.MUTATIONS, *contents.MUTATIONS, *raw.MUTATIONS)
#: Bytes of a page: a longer one is never fetched.
MAX_PAGE_BYTES = 2 << 20
PLACES = ("https://acme.test/", "https://www.acme.co.uk/blog/2024/a-b-c-d-e", "http://127.0.0.1:8000/?q=%ff")


def mutant(page: PageDocument, other_pages: list[PageDocument], chance: Random) -> PageDocument:
    """Change the page in up to four ways, now and then with another page in it."""
    body = page.body
    if chance.random() < 0.1:
        other_body = chance.choice(other_pages).body
        body = chance.choice(
            (
                body + other_body,
                body[: len(body) // 2] + other_body,
                other_body[: len(other_body) // 2] + body,
            )
        )
    for mutation in chance.choices(MUTATIONS, k=chance.randint(1, 4)):
        body = mutation(body, chance)[: 2 * MAX_PAGE_BYTES]
    return PageDocument(
        url=chance.choice((page.url, page.url, *PLACES)),
        body=body[:MAX_PAGE_BYTES],
        content_type=f"text/html; charset={chance.choice(words.CHARSETS)}" if chance.random() < 0.2 else "",
        language=words.sendable(chance.choice(words.LANGUAGES)) if chance.random() < 0.2 else "",
    )
