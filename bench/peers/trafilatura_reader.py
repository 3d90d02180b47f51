"""trafilatura with metadata in its fast mode: no fallback extractors for the main text."""

import sys
from pathlib import Path

from trafilatura import bare_extraction
from trafilatura.settings import Document

from bench import reading
from bench.reading import Fields
from workers.ingest.shapes import PageDocument


def read(source: PageDocument) -> Fields:
    found = bare_extraction(source.body, url=source.url, with_metadata=True, fast=True)
    if not isinstance(found, Document):
        return Fields()
    return Fields(found.sitename or found.title, found.title, found.description, found.language)


if __name__ == "__main__":
    reading.run_in_turn(read, Path(sys.argv[1]))
