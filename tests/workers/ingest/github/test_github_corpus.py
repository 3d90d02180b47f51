"""Thirteen real app repositories, served as GitHub serves them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas.brand import BrandExtraction
from tests.corpora import corpus
from tests.workers.ingest.github.github_server import Repo, from_corpus, ingest_repository, serve_github
from workers.ingest.github.store_pictures import IMAGE_FILE_ENDINGS
from workers.ingest.page.text import fold_text
from workers.ingest.parser.parser import DocumentParser

#: Their developers' names for them: in the stores, or on the repository's page if they are in no store.
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


async def read_all(parser: DocumentParser, folders: list[Path], *, stores: bool) -> dict[str, BrandExtraction]:
    extractions = await asyncio.gather(*(read(parser, from_corpus(folder, stores=stores)) for folder in folders))
    return {folder.name: extraction for folder, extraction in zip(folders, extractions, strict=True)}


async def read(parser: DocumentParser, repo: Repo) -> BrandExtraction:
    """Read with at most some twenty requests and seven for images, the first ones in this order."""
    async with serve_github(repo) as served:
        extraction = await ingest_repository(parser, served, name=repo.full_name)
    about = f"/repos/{repo.full_name}"
    first = [about, f"{about}/git/trees/main?recursive=1", f"{about}/readme?ref=main", f"{about}/languages"]
    assert served.paths[:4] == first
    contents = [path.partition("?")[0].lower() for path in served.paths if "/contents/" in path]
    pictures = [path for path in contents if path.endswith((".svg", ".gif", *IMAGE_FILE_ENDINGS))]
    assert len(pictures) <= 7
    assert len(contents) - len(pictures) <= 16
    return extraction


def right_names(extractions: dict[str, BrandExtraction]) -> list[str]:
    return [
        name
        for name, extraction in extractions.items()
        if fold_text(text(extraction, "appName")) == fold_text(NAMES[name])
    ]


def text(extraction: BrandExtraction, field: Any) -> str:
    return str(extraction.fields[field].value) if field in extraction.fields else ""


async def test_names_are_right_without_store_texts(parser: DocumentParser, repositories: list[Path]) -> None:
    extractions = await read_all(parser, repositories, stores=False)
    assert len(extractions) == len(NAMES)
    assert len(right_names(extractions)) >= 11, set(NAMES) - set(right_names(extractions))
    described = [name for name, extraction in extractions.items() if text(extraction, "appDescription")]
    assert len(described) >= 12


async def test_with_store_texts_all_names_and_descriptions_are_right(
    parser: DocumentParser, repositories: list[Path]
) -> None:
    extractions = await read_all(parser, repositories, stores=True)
    assert set(NAMES) - set(right_names(extractions)) == set()
    for name, extraction in extractions.items():
        assert len(text(extraction, "appDescription")) >= 25, name
        assert text(extraction, "primaryLanguage").startswith("en"), name
        assert text(extraction, "appName") not in text(extraction, "tagline").split(), name
    assert sum("tagline" in extraction.fields for extraction in extractions.values()) >= 12
