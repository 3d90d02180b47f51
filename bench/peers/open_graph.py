"""Minimal reader with Beautiful Soup and Open Graph tags."""

import sys
from pathlib import Path

from bs4 import BeautifulSoup

from bench import reading
from bench.reading import Fields
from workers.ingest.shapes import PageDocument


def read(source: PageDocument) -> Fields:
    soup = BeautifulSoup(source.body, "lxml")
    found = {str(tag.get("property") or tag.get("name")): tag.get("content") for tag in soup.find_all("meta")}
    title = soup.title.get_text() if soup.title else None
    return Fields(
        name=text(found.get("og:site_name") or title),
        title=text(found.get("og:title") or title),
        description=text(found.get("og:description") or found.get("description")),
        language=text(soup.html.get("lang") if soup.html else None),
    )


def text(value: object) -> str | None:
    return str(value) if value else None


if __name__ == "__main__":
    reading.run_in_turn(read, Path(sys.argv[1]))
