"""Images of a repository: its store images, and the first image of its README that is no badge."""

import pytest

from tests.media import picture
from tests.workers.ingest.github.github_server import Repo, ingest_repository, serve_github
from tests.workers.web.web import raw_response, serve
from workers.ingest.github.reading.pictures import list_repository_candidate_images
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent
from workers.ingest.parser.parser import DocumentParser

STORE = "fastlane/metadata/android"
RAW = "https://github.com/acme/zap/raw/main/"


FILES = {
    "README.md": b"# Zap\n\n[![ci](https://x.test/badge.svg)](https://ci.test/)\n\n"
    b"![The board](docs/board.png?raw=true)\n\nZap draws what you say, on every device.\n",
    "docs/board.png": picture(size=(800, 500)),
    f"{STORE}/en-US/images/icon.png": picture(size=(512, 512)),
    f"{STORE}/en-US/images/featureGraphic.png": picture(size=(1024, 500)),
    f"{STORE}/en-US/images/phoneScreenshots/10.jpg": picture("JPEG", (1080, 2340)),
    f"{STORE}/en-US/images/phoneScreenshots/2.jpg": picture("JPEG", (1080, 1920)),
    f"{STORE}/de-DE/images/phoneScreenshots/1.jpg": picture("JPEG", (1080, 1920)),
    f"{STORE}/en-US/images/phoneScreenshots/3.jpg": b"version https://git-lfs.github.com/spec/v1\n",
}


async def test_a_repositorys_images_are_fetched_through_its_api(parser: DocumentParser) -> None:
    async with serve_github(Repo("acme/zap", files=FILES)) as served:
        extraction = await ingest_repository(parser, served, token="ghp_server")
    assert [(image.kind, image.url.removeprefix(RAW), image.width, image.height) for image in extraction.media] == [
        ("logo", f"{STORE}/en-US/images/icon.png", 512, 512),
        ("screenshot", f"{STORE}/en-US/images/phoneScreenshots/2.jpg", 1080, 1920),
        ("screenshot", f"{STORE}/en-US/images/phoneScreenshots/10.jpg", 1080, 2340),
        ("image", f"{STORE}/en-US/images/featureGraphic.png", 1024, 500),
        ("image", "docs/board.png?raw=true", 800, 500),
    ]
    assert extraction.media[-1].alt == "The board"
    assert extraction.media[-1].rule == "readme.picture"
    assert extraction.media[-1].page == "https://github.com/acme/zap/blob/main/README.md"
    assert extraction.warnings == []


async def test_images_of_a_private_repository_are_left_out(parser: DocumentParser) -> None:
    repo = Repo("acme/zap", files=FILES, about={"private": True, "visibility": "private"})
    async with serve_github(repo) as served:
        extraction = await ingest_repository(parser, served, token="ghs_1", installed=True)
    assert extraction.fields["appName"].value == "Zap"
    assert "logoUrl" not in extraction.fields
    assert extraction.media == []
    assert not [path for path in served.paths if "/contents/" in path and ".md" not in path]


async def test_a_path_out_of_the_repository_is_not_requested(parser: DocumentParser) -> None:
    readme = b'# Zap\n\nZap draws for you.\n\n<img src="a/%2e%2e/%2e%2e/%2e%2e/other/contents/x.png">\n'
    async with serve_github(Repo("acme/zap", files={"README.md": readme})) as served:
        extraction = await ingest_repository(parser, served)
    assert extraction.media == []
    assert not [path for path in served.paths if "x.png" in path]


async def test_images_elsewhere_get_no_token_and_the_api_host_is_blocked(parser: DocumentParser) -> None:
    """An operator's GitHub may be in their own network: strangers' addresses must not lead there."""
    image_response = raw_response(body=picture(size=(800, 500)), content_type="image/png")
    async with serve({"/board.png": image_response}) as site, serve_github(Repo("acme/zap")) as served:
        for base_url, expected_images in ((site.url(), 1), (f"{served.base}/", 0)):
            readme = f"# Zap\n\n![The board]({base_url}board.png)\n\nZap draws what you say, everywhere.\n"
            served.repos = [Repo("acme/zap", files={"README.md": readme.encode()})]
            assert len((await ingest_repository(parser, served, site, token="ghp_server")).media) == expected_images
    assert "authorization" not in dict(site.asked)["/board.png"]
    assert not [path for path in served.paths if "board" in path]


@pytest.mark.parametrize(
    ("readme", "url"),
    [
        ('<img src="docs/a.png">', f"{RAW}docs/a.png"),
        ('<img src="/docs/a b.png">', f"{RAW}docs/a%20b.png"),
        ('<img src="../a.png">', "https://github.com/acme/zap/raw/a.png"),
        ('<img src="//cdn.test/a.png">', "https://cdn.test/a.png"),
        ('<img src="https://cdn.test/a.png">', "https://cdn.test/a.png"),
        ('<a href="https://zap.test/"><img src="a.png"></a>', f"{RAW}a.png"),
        ('<a href="docs/a.png"><img src="a.png"></a>', f"{RAW}a.png"),
        ('<a href="https://other.test/"><img src="a.png"></a>', None),
        ('<img src="https://img.shields.io/a">', None),
        ('<img src="a.png" width="24">', None),
        ('<img src="a.png" height="20px">', None),
        ('<img src="data:image/png;base64,AAAA">', None),
        ("<img>", None),
    ],
)
async def test_the_first_picture_of_a_readme_is_no_badge(readme: str, url: str | None) -> None:
    repository = RepositoryContent(
        url="https://github.com/acme/zap",
        name="zap",
        branch="main",
        homepage="https://zap.test",
        public=True,
        readme=FetchedRepoFile(path="README.md", body=b""),
    )
    last = '<img src="https://cdn.test/last.png">'
    images = list_repository_candidate_images(repository, readme + last)
    assert [image.url for image in images] == [url or "https://cdn.test/last.png"]
