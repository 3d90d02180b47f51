"""What starts an ingest (api.md 7)."""

from typing import Annotated

from msgspec import Meta

from schemas.base import In, Text


class IngestWebsite(In, frozen=True, kw_only=True):
    """`followLinks` reads pages that the first one links to, `maxPages` in all."""

    url: Annotated[Text, Meta(max_length=2048, examples=["https://example.com"])]
    follow_links: bool = False
    max_pages: Annotated[int, Meta(ge=1, le=25)] = 1
