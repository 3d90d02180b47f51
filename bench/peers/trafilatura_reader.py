"""trafilatura with its metadata, in its faster mode: without backups for the main text, which comes along."""

import sys
from pathlib import Path

from trafilatura import bare_extraction
from trafilatura.settings import Document

from bench import reading
from workers.ingest.shapes import Source


def read(source: Source) -> str | None:
    """The name that the page gives its brand."""
    found = bare_extraction(source.body, url=source.url, with_metadata=True, fast=True)
    return (found.sitename or found.title) if isinstance(found, Document) else None


if __name__ == "__main__":
    reading.by_turns(read, Path(sys.argv[1]))
