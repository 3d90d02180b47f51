"""Mutated repositories: each is read within a second of CPU, without an error, and within field lengths.

READMEs are mutated in three markups, and manifests in five formats.
"""

import json
from functools import cache
from pathlib import Path
from random import Random

import msgspec
import pytest

from tests.corpora import corpus
from tests.workers.ingest.github.github_server import Repo, from_corpus
from tests.workers.ingest.github.test_github_reading import FILES, STORES, STRINGS, STRINGS_PATH
from tests.workers.ingest.github.test_github_readme import ADOC, MARKDOWN, RST
from tests.workers.ingest.mutants import data, words
from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.tags import Mutation, cut_short, make_noise
from tests.workers.ingest.mutants.words import encoded
from workers.ingest.github.paths import (
    MAX_REPOSITORY_FILE_BYTES,
    MAX_REPOSITORY_TREE_PATH_CHARS,
    choose_repository_paths,
)
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent, RepositoryTree
from workers.ingest.parser.parser import DocumentParser

#: Opening marks of Markdown, AsciiDoc, reStructuredText, HTML, YAML, TOML, XML or JSON.
MARKS = (
    *"# * _ ` ~ > [ ![ ]( < </ <div> <b> <!-- | = == [[ { {{ << `_ .. :a: |a| !< [[a]] a. & ' \" \\".split(),
    *"<dict> <key> &a; <![CDATA[ <string> $ @string/ %s :zap: &amp; http:// @ [^1]: \ufeff \0 \u202e".split(),
    *("> ", "- ", "  - ", "1. ", "\n", "\r", "    ", "\t", "----\n", "====\n", "++++\n", "|===\n", "```\n"),
    *("---\n", "&a ", "*a ", "<<: *a\n", "? ", "!!python/object ", "%YAML 9\n", "<!ENTITY a '&b;'>"),
    *(".. image:: ", ".. include:: /etc/passwd\n", "include::x[]\n", "ifdef::x[]\n", "::\n"),
)


def repeat_mark(body: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + encoded(chance.choice(MARKS)) * chance.choice((1, 50, 10_000, 60_000)) + body[at:]


def nest_marks(body: bytes, chance: Random) -> bytes:
    """Alternate two marks, with more space in each line."""
    first, second = chance.choices(MARKS, k=2)
    lines = (" " * (level % 400) + (first if level % 2 else second) + "x\n" for level in range(5_000))
    return body + encoded("".join(lines))


def alias_often(body: bytes, chance: Random) -> bytes:
    """Add aliases of aliases in YAML, or entities of entities in XML, doubling at each level."""
    yaml = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    pairs = "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, 60))
    return chance.choice((encoded(yaml + "description: *a59\n"), encoded(f"<!DOCTYPE a [{pairs}]>&a59;"))) + body


def replace_line(body: bytes, chance: Random) -> bytes:
    """Replace a line by a hostile text."""
    lines = body.split(b"\n")
    lines[chance.randrange(len(lines))] = encoded(words.text(chance))
    return b"\n".join(lines)


def double_lines(body: bytes, chance: Random) -> bytes:
    lines = body.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join([*lines[:at], *lines[at : at + 3] * chance.choice((2, 100, 5_000)), *lines[at:]])


def encode_otherwise(body: bytes, chance: Random) -> bytes:
    names = ("utf-16", "utf-16-be", "utf-32", "shift_jis", "koi8-r", "utf-8-sig", "cp037", "utf-7")
    return body.decode("utf-8", "replace").encode(chance.choice(names), "replace")


MUTATIONS: tuple[Mutation, ...] = (
    *(repeat_mark, repeat_mark, nest_marks, alias_often, replace_line, replace_line, double_lines),
    *(cut_short, make_noise, encode_otherwise),
)


def mutated(body: bytes, chance: Random) -> bytes:
    """Change a file by value and type if it is JSON, else as a text."""
    try:
        value = json.loads(body) if chance.random() < 0.7 else None
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict | list):
        return encoded(data.to_text(data.mutated(value, chance), chance))
    for mutation in chance.choices(MUTATIONS, k=chance.randint(1, 3)):
        body = mutation(body, chance)
    return body


def make_repositories() -> list[RepositoryContent]:
    """Return a repository for each markup, with all manifests and store texts of the readers' own tests."""
    bodies = {path: body for path, body, _ in FILES.values()} | STORES | {STRINGS_PATH: STRINGS}
    files = [FetchedRepoFile(path=path, body=as_bytes(body)) for path, body in bodies.items()]
    about = RepositoryContent(url="https://github.com/acme/zap", name="zap", branch="main", files=files)
    readmes = {"README.md": MARKDOWN, "README.adoc": ADOC, "README.rst": RST, "README": MARKDOWN}
    files_of = (FetchedRepoFile(path=path, body=as_bytes(text)) for path, text in readmes.items())
    return [msgspec.structs.replace(about, readme=file) for file in files_of]


def as_bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


def sendable_text(chance: Random, longest: int) -> str:
    return words.sendable(words.text(chance)[:longest])


def mutant(repository: RepositoryContent, chance: Random, longest: int) -> RepositoryContent:
    """Change the README and two other files, and now and then GitHub's own fields."""

    def changed(file: FetchedRepoFile) -> FetchedRepoFile:
        return msgspec.structs.replace(file, body=mutated(file.body, chance)[:longest])

    also = {
        "description": sendable_text(chance, 350),
        "homepage": words.sendable(chance.choice(words.URLS)[:2_000]),
        "topics": [sendable_text(chance, 50) for _ in range(20)],
        "languages": [sendable_text(chance, 50)],
        "icon": sendable_text(chance, MAX_REPOSITORY_TREE_PATH_CHARS),
    }
    files = list(repository.files)
    for at in chance.sample(range(len(files)), k=min(len(files), 2)):
        files[at] = changed(files[at])
    return msgspec.structs.replace(
        repository,
        readme=changed(repository.readme) if repository.readme else None,
        files=files,
        **{name: also[name] for name in chance.sample([*also], k=chance.choice((0, 1, 3)))},
    )


@pytest.mark.timing
async def test_any_mutant_of_a_made_repository_is_read_within_a_second(parser: DocumentParser) -> None:
    repositories = make_repositories()
    await check_mutants(
        parser,
        "made repository",
        25,
        lambda chance: mutant(chance.choice(repositories), chance, MAX_REPOSITORY_FILE_BYTES),
    )


@pytest.mark.long
@pytest.mark.first
async def test_any_mutant_of_a_real_repository_is_read_within_a_second(parser: DocumentParser) -> None:
    repositories = real_repositories()
    await check_mutants(
        parser,
        "real repository/0",
        120,
        lambda chance: mutant(chance.choice(repositories), chance, MAX_REPOSITORY_FILE_BYTES),
    )


@cache
def real_repositories() -> list[RepositoryContent]:
    folders = sorted(folder for folder in corpus("github").iterdir() if folder.is_dir())
    return [as_read(from_corpus(folder, stores=True), folder) for folder in folders]


def as_read(repo: Repo, folder: Path) -> RepositoryContent:
    """Return the files that an ingest would request."""
    chosen = choose_repository_paths(
        RepositoryTree(name=repo.full_name.partition("/")[2], body=json.dumps({"tree": repo.tree}).encode())
    )
    files = {path: FetchedRepoFile(path=path, body=repo.files[path]) for path in chosen.files if path in repo.files}
    readme = FetchedRepoFile(path=chosen.readme or "README.md", body=repo.readme() or b"")
    owner, _, name = folder.name.partition("+")
    return RepositoryContent(
        url=f"https://github.com/{owner}/{name}", name=name, branch="main", readme=readme, files=[*files.values()]
    )
