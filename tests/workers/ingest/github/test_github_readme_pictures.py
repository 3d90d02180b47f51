"""Choice of a repository's images: the first of a README that is no badge, and paths of real trees."""

import json

import pytest

from tests.corpora import corpus
from workers.ingest.github import paths
from workers.ingest.github.reading.pictures import candidate_images
from workers.ingest.github.shapes import ReadRepository, RepositoryFile, TreeEntry

RAW = "https://github.com/acme/zap/raw/main/"


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
def test_the_first_picture_of_a_readme_is_no_badge(readme: str, url: str | None) -> None:
    repository = ReadRepository(
        url="https://github.com/acme/zap",
        name="zap",
        branch="main",
        homepage="https://zap.test",
        public=True,
        readme=RepositoryFile(path="README.md", body=b""),
    )
    last = '<img src="https://cdn.test/last.png">'
    images = candidate_images(repository, readme + last)
    assert [image.url for image in images] == [url or "https://cdn.test/last.png"]


def test_store_images_cost_at_most_six_requests() -> None:
    chosen = {}
    for folder in sorted(corpus("github").iterdir()):
        tree = json.loads((folder / "tree.json").read_text())["tree"]
        entries = [
            TreeEntry(path=entry["path"], type=entry["type"])
            for entry in tree
            if paths.is_known(entry["path"])
        ]
        chosen[folder.name] = paths.choose_paths(entries, name=folder.name).pictures
    assert max(map(len, chosen.values())) <= 6
    assert sum(1 for paths_found in chosen.values() if paths_found) >= 10
    for paths_found in chosen.values():
        assert len({path.rpartition("/")[0] for path in paths_found if "creenshots" in path}) <= 1
