"""Mutated repositories: each is read within a second of CPU, without an error, and within field lengths."""

import json
from functools import cache
from pathlib import Path

import pytest

from tests.corpora import corpus
from tests.workers.ingest.github.github_server import Repo, from_corpus
from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.repositories import make_repositories, mutant
from workers.ingest.github.paths import MAX_FILE_BYTES, choose
from workers.ingest.github.shapes import ReadRepository, RepositoryFile, RepositoryTree
from workers.ingest.parser.parser import Parser

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_any_mutant_of_a_made_repository_is_read_within_a_second(parser: Parser) -> None:
    repositories = make_repositories()
    await check_mutants(
        parser,
        "made repository",
        20,
        lambda chance: mutant(chance.choice(repositories), chance, MAX_FILE_BYTES),
    )


@pytest.mark.parametrize("block", range(2))
@pytest.mark.long
@pytest.mark.first
async def test_any_mutant_of_a_real_repository_is_read_within_a_second(parser: Parser, block: int) -> None:
    repositories = real_repositories()
    name = f"real repository/{block}"
    await check_mutants(
        parser, name, 250, lambda chance: mutant(chance.choice(repositories), chance, MAX_FILE_BYTES)
    )


@cache
def real_repositories() -> list[ReadRepository]:
    folders = sorted(folder for folder in corpus("github").iterdir() if folder.is_dir())
    return [as_read(from_corpus(folder, stores=True), folder) for folder in folders]


def as_read(repo: Repo, folder: Path) -> ReadRepository:
    """Return the files that an ingest would request."""
    chosen = choose(
        RepositoryTree(name=repo.full_name.partition("/")[2], body=json.dumps({"tree": repo.tree}).encode())
    )
    files = {
        path: RepositoryFile(path=path, body=repo.files[path]) for path in chosen.files if path in repo.files
    }
    readme = RepositoryFile(path=chosen.readme or "README.md", body=repo.readme() or b"")
    owner, _, name = folder.name.partition("+")
    return ReadRepository(
        url=f"https://github.com/{owner}/{name}",
        name=name,
        branch="main",
        readme=readme,
        files=[*files.values()],
    )
