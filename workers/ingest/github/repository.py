"""What is asked of GitHub for one ingest: the repository, its tree, README, languages, some files."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import field

from schemas.brand import Validators, Visit
from schemas.errors import FetchFailed, SourceNotFound, TooLarge
from workers.fetch import Fetched, Want
from workers.ingest.github import places
from workers.ingest.github.client import RAW, TREE, Api, get
from workers.ingest.github.places import Entry
from workers.ingest.github.refusals import ABSENT
from workers.ingest.github.shapes import File, Repository

SMALL = msgspec.structs.replace(RAW, limit=places.LARGEST)
#: Of a README that is longer still, its beginning says what it is about.
README = msgspec.structs.replace(RAW, cut=True)

CUT_SHORT = "tree_truncated: GitHub lists only a part of so many files: those near the root were read"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """GitHub's repository object, as far as it is of use."""

    id: int
    full_name: str
    default_branch: str
    private: bool | None = None
    visibility: str | None = None
    description: str | None = None
    homepage: str | None = None
    topics: list[str] = field(default_factory=list)
    archived: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        owner, _, name = self.full_name.partition("/")
        return "repos", owner, name

    @property
    def public(self) -> bool:
        """Only what GitHub says is so."""
        return self.private is False and self.visibility in {None, "public"}


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    tree: list[Entry]
    truncated: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and answered; by the versions in `answers` the next ingest knows it all again."""

    about: About
    question: Repository
    warnings: list[str]
    answers: dict[str, Validators]


async def is_same(api: Api, visit: Visit) -> bool:
    """Nothing has changed since: neither the repository nor any of its files."""
    for address in visit.answers:
        try:
            answer = await get(api, address, want=TREE, known=visit.answers)
        except SourceNotFound:
            return False
        if not answer.unchanged:
            return False
    return bool(visit.answers)


async def find(api: Api, *, name: str, branch: str | None, known_id: int | None) -> Found:
    """Raises a `SourceError` for the repository and its tree; what else can't be had is at most a warning."""
    about, asked = await look(api, name, known_id)
    tip = branch or about.default_branch
    tree, listed = await list_files(api, about, tip)
    entries = [*tree.tree, *(await more(api, about, tip, tree.tree) if tree.truncated else [])]
    warnings = [*remarks(about, name), *([CUT_SHORT] if tree.truncated else [])]
    readme = await get_readme(api, about, tip, entries, warnings)
    question = Repository(
        url=f"{api.web}/{about.full_name}",
        name=about.place[-1],
        branch=tip,
        description=about.description or "",
        homepage=about.homepage or "",
        topics=about.topics,
        languages=await get_languages(api, about),
        icon=places.icon(entries) if about.public else None,
        readme=readme,
        files=await get_files(api, about, tip, entries, warnings),
    )
    by_id = api.address("repositories", str(about.id))
    answers = {by_id: asked.validators, listed.url: listed.validators}
    return Found(about=about, question=question, warnings=warnings, answers=checkable(answers))


def checkable(answers: dict[str, Validators]) -> dict[str, Validators]:
    """All or none: an answer without an ETag could change unseen."""
    return answers if all(known.etag for known in answers.values()) else {}


def remarks(about: About, name: str) -> list[str]:
    said = []
    if about.full_name.lower() != name.lower():
        said.append(f"repo_renamed: {name} is now {about.full_name}")
    if about.archived:
        said.append("repo_archived: the repository is archived; what it says may be out of date")
    return said


async def look(api: Api, name: str, known_id: int | None) -> tuple[About, Fetched]:
    """By the id of the last visit, which outlives a new name; by name where that is gone."""
    if known_id is not None:
        try:
            return await read_about(api, "repositories", str(known_id))
        except SourceNotFound:
            pass  # Perhaps deleted, and made anew under its name.
    return await read_about(api, "repos", *name.split("/"))


async def read_about(api: Api, *place: str) -> tuple[About, Fetched]:
    """What is closed to us is `SourceNotFound`, like what is absent: one answer for both."""
    answer = await get(api, api.address(*place))
    about = decode(answer.body, About)
    if not (about.public or api.installed):
        raise SourceNotFound(ABSENT)
    return about, answer


async def list_files(api: Api, about: About, branch: str) -> tuple[Tree, Fetched]:
    """Every path of a branch, in one answer."""
    try:
        answer = await get(api, api.address(*about.place, "git", "trees", branch, recursive="1"), want=TREE)
    except SourceNotFound as error:
        raise SourceNotFound(f"the repository has no branch {branch[:100]!r}") from error
    return decode(answer.body, Tree), answer


async def more(api: Api, about: About, branch: str, listed: Sequence[Entry]) -> list[Entry]:
    """What a tree that was cut short may lack: the root's files, and the folder of store texts."""
    answer = await get(api, api.address(*about.place, "contents", "", ref=branch), want=TREE)
    known = {entry.path for entry in listed}
    root = [as_entry(item) for item in decode(answer.body, list[Item])]
    texts = [entry for entry in root if entry.path in {"fastlane", "metadata"} and entry.type == "tree"]
    below = [one for entry in texts for one in await list_below(api, about, entry)]
    return [entry for entry in (*root, *below) if entry.path not in known]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a folder's contents."""

    path: str
    type: str
    sha: str
    size: int | None = None


def as_entry(item: Item) -> Entry:
    kind = {"file": "blob", "symlink": "blob", "dir": "tree"}.get(item.type, item.type)
    return Entry(path=item.path, type=kind, sha=item.sha, size=item.size)


async def list_below(api: Api, about: About, folder: Entry) -> list[Entry]:
    answer = await get(api, api.address(*about.place, "git", "trees", folder.sha, recursive="1"), want=TREE)
    return [
        msgspec.structs.replace(entry, path=f"{folder.path}/{entry.path}")
        for entry in decode(answer.body, Tree).tree
    ]


async def get_readme(
    api: Api, about: About, branch: str, entries: Sequence[Entry], warnings: list[str]
) -> File | None:
    """GitHub picks it; which one that was, the tree tells."""
    path = places.readme(entries)
    try:
        answer = await get(api, api.address(*about.place, "readme", ref=branch), want=README)
    except SourceNotFound:
        found = await get_file(api, about, branch, path, README) if path else None
        if found is None:
            warnings.append("readme_missing: the repository has no README")
        return found
    return File(path=path or "README.md", body=answer.body)


async def get_languages(api: Api, about: About) -> list[str]:
    """Programming languages, by how much is written in them."""
    try:
        answer = await get(api, api.address(*about.place, "languages"))
    except SourceNotFound:
        return []
    sizes = decode(answer.body, dict[str, float])
    return sorted(sizes, key=lambda language: -sizes[language])


async def get_files(
    api: Api, about: About, branch: str, entries: list[Entry], warnings: list[str]
) -> list[File]:
    files: list[File] = []
    for path in places.worth_reading(entries, name=about.place[-1]):
        if len(files) == places.MOST_FILES:
            break
        try:
            found = await get_file(api, about, branch, path, SMALL)
        except TooLarge as error:
            warnings.append(f"file_unread: {path}: {error.message}")
            continue
        files += [found] if found else []
    return files


async def get_file(api: Api, about: About, branch: str, path: str, want: Want) -> File | None:
    """A link is followed by GitHub; None where it leads nowhere."""
    address = api.address(*about.place, "contents", *path.split("/"), ref=branch)
    try:
        answer = await get(api, address, want=want)
    except SourceNotFound:
        return None
    return File(path=path, body=answer.body)


T = TypeVar("T")


def decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FetchFailed("GitHub's API answers in a form that it does not document") from error
