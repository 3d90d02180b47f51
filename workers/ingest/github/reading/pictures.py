"""Images of a repository: its store images, and the first image of its README that is no badge."""

import re
from collections.abc import Iterator
from itertools import islice
from posixpath import dirname
from urllib.parse import quote, urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.filter import SoupStrainer

from workers.ingest.appstore.address import host_of_url
from workers.ingest.github.shapes import RepositoryContent
from workers.ingest.github.store_pictures import classify_app_store_image_path
from workers.ingest.page.document import MAX_HREF_CHARS, read_tag_attribute, resolve_http_url
from workers.ingest.page.pictures import truncate_ingest_image_alt
from workers.ingest.shapes import CandidateImage

MAX_README_IMAGE_TAGS_CHECKED = 40
#: Pixels of a side below which a README's image is a sign in a line of text.
MIN_README_IMAGE_SIDE_PX = 64
BADGE_URL_PATTERN = re.compile(r"badge|shields\.|/workflows/|\.svg\?", re.IGNORECASE)


def list_repository_candidate_images(repository: RepositoryContent, readme: str) -> list[CandidateImage]:
    images = [build_repo_image_candidate(repository, path) for path in repository.pictures]
    return [
        image
        for image in (*images, *islice(find_readme_image_candidates(repository, readme), 1))
        if len(image.url) <= MAX_HREF_CHARS
    ]


def build_repo_image_candidate(repository: RepositoryContent, path: str) -> CandidateImage:
    kind, rule = classify_app_store_image_path(path)
    page = f"{repository.url}/blob/{quote(repository.branch)}/{quote(path)}"
    return CandidateImage(kind=kind, url=f"{repository.raw_files_url}{quote(path)}", rule=rule, page=page)


def find_readme_image_candidates(repository: RepositoryContent, html: str) -> Iterator[CandidateImage]:
    path = repository.readme.path if repository.readme else ""
    page = f"{repository.url}/blob/{quote(repository.branch)}/{quote(path)}"
    soup = BeautifulSoup(html, "lxml", parse_only=SoupStrainer(["a", "img"]))
    for image in soup.find_all("img", limit=MAX_README_IMAGE_TAGS_CHECKED):
        url = resolve_readme_image_url(repository, path, read_tag_attribute(image, "src").replace(" ", "%20"))
        if url and is_repository_image_public(repository, url) and not is_badge_image(repository, image, url):
            description = truncate_ingest_image_alt(read_tag_attribute(image, "alt"))
            yield CandidateImage(kind="image", url=url, rule="readme.picture", page=page, alt=description)


def resolve_readme_image_url(repository: RepositoryContent, readme: str, src: str) -> str | None:
    """Return the absolute address of a README's image from its `src`; None if `src` is unusable.

    A path is relative to the folder of `readme`, or with a slash at its start to the repository's root.
    """
    if is_absolute_address(src) or not src:
        return resolve_http_url("https:", src)
    folder = "" if src.startswith("/") else quote(dirname(readme))
    return resolve_http_url(urljoin(repository.raw_files_url, f"{folder}/" if folder else ""), src.removeprefix("/"))


def is_absolute_address(src: str) -> bool:
    return src.startswith("//") or ":" in src.partition("/")[0]


def is_repository_image_public(repository: RepositoryContent, url: str) -> bool:
    return repository.public or not url.startswith(repository.raw_files_url)


def is_badge_image(repository: RepositoryContent, image: Tag, url: str) -> bool:
    """Return whether an image is a badge: below 64 pixels, by its address, or linked beyond homepage and own host."""
    is_small = any(0 < read_image_side_px(image, side) < MIN_README_IMAGE_SIDE_PX for side in ("width", "height"))
    link = image.find_parent("a")
    target = read_tag_attribute(link, "href") if link else ""
    leads_to = host_of_url(target) if is_absolute_address(target) else ""
    related_hosts = {"", host_of_url(repository.homepage), host_of_url(url)}
    return is_small or leads_to not in related_hosts or BADGE_URL_PATTERN.search(url) is not None


def read_image_side_px(image: Tag, side: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,5})(?:px)?\s*", read_tag_attribute(image, side))
    return int(match[1]) if match else 0
