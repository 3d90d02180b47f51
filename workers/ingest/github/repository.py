"""Repository as an ingest reads it from GitHub: its object, tree, README, languages and some files."""

from base64 import b64decode
from typing import Literal

import msgspec

from schemas.brand import HttpValidators, LastCrawlRecord
from schemas.errors import FetchFailed, SourceNotFound, SourceTooLarge
from workers.ingest.github.about import (
    GitHubRepoMetadata,
    IngestedBranch,
    build_renamed_or_archived_repo_warnings,
    request_repository_by_id_or_name,
)
from workers.ingest.github.client import (
    GITHUB_RAW_RESPONSE_LIMITS,
    GITHUB_TREE_RESPONSE_LIMITS,
    UNDOCUMENTED_GITHUB_RESPONSE_MESSAGE,
    GitHubApi,
    decode_github_json,
    request_github_api,
)
from workers.ingest.github.paths import (
    MAX_REPOSITORY_FILE_BYTES,
    MAX_REPOSITORY_FILES_BESIDES_README,
    GitHubTreeResponse,
)
from workers.ingest.github.shapes import ChosenRepositoryPaths, FetchedRepoFile, RepositoryContent, RepositoryTree
from workers.ingest.parser.parser import DocumentParser, parse_any_ingest_document
from workers.web.fetch import FetchedResponse, FetchResponseLimits

REPO_FILE_RESPONSE_LIMITS = msgspec.structs.replace(GITHUB_RAW_RESPONSE_LIMITS, limit=MAX_REPOSITORY_FILE_BYTES)
#: A longer README is cut: its beginning has the description.
README_RESPONSE_LIMITS = msgspec.structs.replace(REPO_FILE_RESPONSE_LIMITS, cut=True)

TREE_TRUNCATED_WARNING = "tree_truncated: GitHub lists only a part of so many files: those near the root were read"
#: Folders at the root that have store texts.
APP_STORE_TEXT_FOLDERS = {"fastlane", "metadata"}


class FetchedRepository(msgspec.Struct, frozen=True, kw_only=True):
    """Repository as read. By the validators in `answers` the next ingest detects a change."""

    about: GitHubRepoMetadata
    repository: RepositoryContent
    warnings: list[str]
    answers: dict[str, HttpValidators]


async def is_repository_unchanged(api: GitHubApi, visit: LastCrawlRecord) -> bool:
    """Return whether GitHub answers each request of the last visit with 304.

    Return False for a visit without validators, and for a repository that GitHub no longer shows.
    """
    for address in visit.answers:
        try:
            answer = await request_github_api(
                api, address, want=GITHUB_TREE_RESPONSE_LIMITS, validators_by_url=visit.answers
            )
        except SourceNotFound:
            return False
        if not answer.unchanged:
            return False
    return bool(visit.answers)


async def fetch_repository_to_ingest(
    api: GitHubApi, parser: DocumentParser, *, name: str, branch: str | None, known_id: int | None
) -> FetchedRepository:
    """Read a repository from GitHub: its object, tree, README, languages and chosen files.

    A missing README and a too large file are warnings. Any other missing file is left out. Raises a
    `SourceError` for any other failure.
    """
    about, response = await request_repository_by_id_or_name(api, name, known_id)
    tip = IngestedBranch(api, about, branch or about.default_branch)
    chosen, listed = await fetch_tree_and_choose_paths(tip, parser)
    warnings = [
        *build_renamed_or_archived_repo_warnings(about, name),
        *([TREE_TRUNCATED_WARNING] if chosen.truncated else []),
    ]
    repository = await fetch_repository_content(tip, chosen, warnings)
    by_id = api.build_api_url("repositories", str(about.id))
    answers = {by_id: response.validators, listed.url: listed.validators}
    if not all(validators.etag for validators in answers.values()):
        answers = {}  # A response without an ETag could change undetected.
    return FetchedRepository(about=about, repository=repository, warnings=warnings, answers=answers)


async def fetch_repository_content(
    branch: IngestedBranch, chosen: ChosenRepositoryPaths, warnings: list[str]
) -> RepositoryContent:
    """Fetch and return the repository's fields, README, languages and chosen files.

    Adds a warning to `warnings` for a missing README and for each too large file.
    """
    about = branch.about
    return RepositoryContent(
        url=f"{branch.api.web}/{about.full_name}",
        name=about.name,
        branch=branch.name,
        description=about.description or "",
        homepage=about.homepage or "",
        topics=about.topics or [],
        readme=await fetch_readme(branch, chosen.readme, warnings),
        languages=await fetch_repository_languages(branch),
        public=about.is_public,
        icon=chosen.icon if about.is_public else None,
        pictures=chosen.pictures if about.is_public else [],
        files=await fetch_repository_files(branch, chosen.files, warnings),
    )


async def fetch_readme(branch: IngestedBranch, path: str | None, warnings: list[str]) -> FetchedRepoFile | None:
    """Return the README that GitHub picks, with its path in the tree.

    Without a README, return None and add a warning to `warnings`.
    """
    address = branch.build_repository_api_url("readme", ref=branch.name)
    file = await fetch_repository_file(branch, address, path or "README.md", README_RESPONSE_LIMITS)
    if file is None and path:
        file = await fetch_repository_file(branch, build_contents_api_url(branch, path), path, README_RESPONSE_LIMITS)
    if file is None:
        warnings.append("readme_missing: the repository has no README")
    return file


async def fetch_repository_languages(branch: IngestedBranch) -> list[str]:
    """Return the repository's programming languages, most used first; an empty list if GitHub has none."""
    try:
        answer = await request_github_api(branch.api, branch.build_repository_api_url("languages"))
    except SourceNotFound:
        return []
    sizes = decode_github_json(answer.body, dict[str, float])
    return sorted(sizes, key=lambda language: -sizes[language])


async def fetch_repository_files(
    branch: IngestedBranch, paths: list[str], warnings: list[str]
) -> list[FetchedRepoFile]:
    files: list[FetchedRepoFile] = []
    for path in paths:
        if len(files) == MAX_REPOSITORY_FILES_BESIDES_README:
            break
        try:
            file = await fetch_repository_file(
                branch, build_contents_api_url(branch, path), path, REPO_FILE_RESPONSE_LIMITS
            )
        except SourceTooLarge as error:
            warnings.append(f"file_unread: {path}: {error.message}")
            continue
        files += [file] if file else []
    return files


def build_contents_api_url(branch: IngestedBranch, path: str) -> str:
    return branch.build_repository_api_url("contents", *path.split("/"), ref=branch.name)


async def fetch_repository_file(
    branch: IngestedBranch, address: str, path: str, want: FetchResponseLimits
) -> FetchedRepoFile | None:
    """Fetch a repository's file at the API's `address`; return it with `path`, or None for a missing file or a folder.

    GitHub follows a symbolic link. Raises `SourceTooLarge` beyond the limit of `want`, if it isn't cut there.
    """
    try:
        answer = await request_github_api(branch.api, address, want=want)
    except SourceNotFound:
        return None
    if not answer.content_type.lower().startswith("application/json"):
        return FetchedRepoFile(path=path, body=answer.body)
    return decode_base64_file(answer.body)


class GitHubBase64File(msgspec.Struct, frozen=True, kw_only=True):
    """File as JSON, which GitHub sometimes sends although the raw file was requested."""

    path: str
    content: str
    encoding: Literal["base64"]


def decode_base64_file(body: bytes) -> FetchedRepoFile | None:
    """Return the file in GitHub's JSON; None for a folder, a submodule or a broken link, which are JSON too."""
    try:
        decoded = msgspec.json.decode(body, type=GitHubBase64File)
        return FetchedRepoFile(path=decoded.path, body=b64decode(decoded.content))
    except (msgspec.MsgspecError, ValueError):
        return None


async def fetch_tree_and_choose_paths(
    branch: IngestedBranch, parser: DocumentParser
) -> tuple[ChosenRepositoryPaths, FetchedResponse]:
    """Fetch a branch's tree; return paths to read, and the response. Raises `SourceNotFound` for a missing branch."""
    try:
        answer = await fetch_git_tree(branch, branch.name, recursive="1")
    except SourceNotFound as error:
        raise SourceNotFound(f"the repository has no branch {branch.name[:100]!r}") from error
    tree = RepositoryTree(name=branch.about.name, body=answer.body)
    chosen = await choose_paths_in_tree(parser, tree)
    if chosen.truncated:
        chosen = await choose_paths_in_tree(parser, await complete_truncated_tree(branch, tree))
    return chosen, answer


async def choose_paths_in_tree(parser: DocumentParser, tree: RepositoryTree) -> ChosenRepositoryPaths:
    """Choose the paths to read, in the parsing process: a tree may have a hundred thousand files.

    Raises `FetchFailed` if GitHub's body is no tree.
    """
    chosen = await parse_any_ingest_document(parser, tree)
    assert isinstance(chosen, ChosenRepositoryPaths)  # noqa: S101  the parser of a tree returns one
    if chosen.broken:
        raise FetchFailed(UNDOCUMENTED_GITHUB_RESPONSE_MESSAGE)
    return chosen


async def complete_truncated_tree(branch: IngestedBranch, tree: RepositoryTree) -> RepositoryTree:
    """Fetch the trees of the root and of its store text folders; return the truncated tree with them.

    A truncated tree may lack any file.
    """
    root = decode_github_json((await fetch_git_tree(branch, branch.name)).body, GitHubTreeResponse).tree
    folders = {
        entry.path: (await fetch_git_tree(branch, entry.sha, recursive="1")).body
        for entry in root
        if entry.path in APP_STORE_TEXT_FOLDERS and entry.type == "tree"
    }
    return msgspec.structs.replace(tree, root=root, folders=folders)


async def fetch_git_tree(branch: IngestedBranch, name: str, **query: str) -> FetchedResponse:
    """Fetch the tree of a branch or, by its hash, of a folder; with subfolders only if `recursive`."""
    url = branch.build_repository_api_url("git", "trees", name, **query)
    return await request_github_api(branch.api, url, want=GITHUB_TREE_RESPONSE_LIMITS)
