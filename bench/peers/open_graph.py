"""The few lines that many write first: Beautiful Soup and a look at Open Graph."""

import sys
from pathlib import Path

from bs4 import BeautifulSoup

from bench import reading
from workers.ingest.shapes import Source


def read(source: Source) -> str | None:
    """The name that the page gives its brand; other fields are looked up too, for the work of it."""
    soup = BeautifulSoup(source.body, "lxml")
    found = {str(tag.get("property") or tag.get("name")): tag.get("content") for tag in soup.find_all("meta")}
    title = soup.title.get_text() if soup.title else None
    said = {
        "name": found.get("og:site_name") or title,
        "description": found.get("og:description") or found.get("description"),
        "language": soup.html.get("lang") if soup.html else None,
        "logo": found.get("og:image"),
    }
    return str(said["name"]) if said["name"] else None


if __name__ == "__main__":
    reading.by_turns(read, Path(sys.argv[1]))
