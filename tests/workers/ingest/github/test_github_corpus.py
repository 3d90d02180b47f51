"""Thirteen real app repositories, served as GitHub serves them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas.brand import Extraction
from tests.corpora import corpus
from tests.workers.ingest.github.github_server import asking, from_corpus, github
from tests.workers.ingest.website.visits import ignored
from workers.ingest.github.ingest import ingest
from workers.ingest.page.text import squash
from workers.ingest.parser.parser import Parser

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What their developers call them: in the stores, or on the repository's page where they are in none.
NAMES = {
    "2dust+v2rayNG": "v2rayNG",
    "Automattic+simplenote-ios": "Simplenote",
    "BlackyHawky+Clock": "Clock",
    "BlockchainCommons+GordianSeedTool-iOS": "Gordian Seed Tool",
    "BlueWallet+BlueWallet": "BlueWallet",
    "ClumsyLee+CampNet": "CampNet",
    "Crustack+NotallyX": "NotallyX",
    "Darkempire78+OpenCalc": "OpenCalc",
    "EnjoyingFOSS+feeel": "Feeel",
    "Faltenreich+Diaguard": "Diaguard",
    "Flaque+quirk": "Quirk CBT",
    "FossifyOrg+Calendar": "Fossify Calendar",
    "Jawziyya+azkar-ios": "Azkar",
}


@pytest.fixture(scope="module")
def repositories() -> list[Path]:
    return sorted(folder for folder in corpus("github").iterdir() if folder.is_dir())


async def read_all(parser: Parser, folders: list[Path], *, stores: bool) -> dict[str, Extraction]:
    repos = [from_corpus(folder, stores=stores) for folder in folders]
    async with github(*repos) as served, asking(served) as api:
        read = [
            ingest(api, parser, args={"repo": repo.full_name, "branch": None}, visit=None, progress=ignored)
            for repo in repos
        ]
        found = await asyncio.gather(*read)
    return {folder.name: extraction for folder, extraction in zip(folders, found, strict=True)}


def right(found: dict[str, Extraction]) -> list[str]:
    return [
        name
        for name, extraction in found.items()
        if squash(text(extraction, "appName")) == squash(NAMES[name])
    ]


def text(extraction: Extraction, field: Any) -> str:
    return str(extraction.fields[field].value) if field in extraction.fields else ""


async def test_names_are_right_without_store_texts(parser: Parser, repositories: list[Path]) -> None:
    found = await read_all(parser, repositories, stores=False)
    assert len(found) == len(NAMES)
    assert len(right(found)) >= 11, set(NAMES) - set(right(found))
    described = [name for name, one in found.items() if text(one, "appDescription")]
    assert len(described) >= 12


async def test_with_store_texts_all_are_named_and_described(parser: Parser, repositories: list[Path]) -> None:
    found = await read_all(parser, repositories, stores=True)
    assert set(NAMES) - set(right(found)) == set()
    for name, extraction in found.items():
        assert len(text(extraction, "appDescription")) >= 25, name
        assert text(extraction, "primaryLanguage").startswith("en"), name
        assert text(extraction, "appName") not in text(extraction, "tagline").split(), name
    assert sum("tagline" in extraction.fields for extraction in found.values()) >= 12


async def test_no_ingest_asks_for_more_than_twenty_answers(parser: Parser, repositories: list[Path]) -> None:
    for folder in repositories:
        repo = from_corpus(folder, stores=True)
        async with github(repo) as served, asking(served) as api:
            args = {"repo": repo.full_name, "branch": None}
            await ingest(api, parser, args=args, visit=None, progress=ignored)
        contents = [path for path in served.paths if "/contents/" in path]
        assert len(contents) <= 16
        assert served.paths[0] == f"/repos/{repo.full_name}"
        assert served.paths[1].endswith("/git/trees/main?recursive=1")
        assert served.paths[2].startswith(f"/repos/{repo.full_name}/readme")
        assert served.paths[3].endswith("/languages")
