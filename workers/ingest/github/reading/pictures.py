"""Images of a repository: its store images, and the first image of its README that is no badge."""

import re
from collections.abc import Iterator
from itertools import islice
from posixpath import dirname
from urllib.parse import quote, urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.filter import SoupStrainer

from workers.ingest.appstore.address import host
from workers.ingest.github.shapes import ReadRepository
from workers.ingest.github.store_pictures import place_of
from workers.ingest.page.document import MAX_URL_CHARS, absolute, attribute
from workers.ingest.page.pictures import clean_alt
from workers.ingest.shapes import CandidateImage

MAX_IMAGES = 40
#: Pixels of a side below which a README's image is a sign in a line of text.
MIN_SIDE_PX = 64
BADGE = re.compile(r"badge|shields\.|/workflows/|\.svg\?", re.IGNORECASE)


def candidate_images(repository: ReadRepository, readme: str) -> list[CandidateImage]:
    images = [store_image(repository, path) for path in repository.pictures]
    return [
        image
        for image in (*images, *islice(readme_images(repository, readme), 1))
        if len(image.url) <= MAX_URL_CHARS
    ]


def store_image(repository: ReadRepository, path: str) -> CandidateImage:
    kind, rule = place_of(path)
    page = f"{repository.url}/blob/{quote(repository.branch)}/{quote(path)}"
    return CandidateImage(kind=kind, url=f"{repository.raw}{quote(path)}", rule=rule, page=page)


def readme_images(repository: ReadRepository, html: str) -> Iterator[CandidateImage]:
    path = repository.readme.path if repository.readme else ""
    page = f"{repository.url}/blob/{quote(repository.branch)}/{quote(path)}"
    soup = BeautifulSoup(html, "lxml", parse_only=SoupStrainer(["a", "img"]))
    for image in soup.find_all("img", limit=MAX_IMAGES):
        url = image_address(repository, path, attribute(image, "src").replace(" ", "%20"))
        if url and can_be_opened(repository, url) and not is_badge(repository, image, url):
            description = clean_alt(attribute(image, "alt"))
            yield CandidateImage(kind="image", url=url, rule="readme.picture", page=page, alt=description)


def image_address(repository: ReadRepository, readme: str, src: str) -> str | None:
    """Return the image's absolute address; None if `src` is unusable.

    A path is relative to the README's folder, or with a slash at its start to the repository's root.
    """
    if is_elsewhere(src) or not src:
        return absolute("https:", src)
    folder = "" if src.startswith("/") else quote(dirname(readme))
    return absolute(urljoin(repository.raw, f"{folder}/" if folder else ""), src.removeprefix("/"))


def is_elsewhere(src: str) -> bool:
    return src.startswith("//") or ":" in src.partition("/")[0]


def can_be_opened(repository: ReadRepository, url: str) -> bool:
    return repository.public or not url.startswith(repository.raw)


def is_badge(repository: ReadRepository, image: Tag, url: str) -> bool:
    """Return whether it is a small sign in a line of text, or links to an unrelated site."""
    is_small = any(0 < pixels(image, side) < MIN_SIDE_PX for side in ("width", "height"))
    link = image.find_parent("a")
    target = attribute(link, "href") if link else ""
    leads_to = host(target) if is_elsewhere(target) else ""
    related_hosts = {"", host(repository.homepage), host(url)}
    return is_small or leads_to not in related_hosts or BADGE.search(url) is not None


def pixels(image: Tag, side: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,5})(?:px)?\s*", attribute(image, side))
    return int(match[1]) if match else 0
