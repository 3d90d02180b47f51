"""Repository object of GitHub, requested by its id or its name, also after a move."""

from typing import NamedTuple

import msgspec

from schemas.errors import SourceNotFound
from workers.ingest.github.client import GitHubApi, decode_github_json, request_github_api
from workers.ingest.github.errors import ABSENT_REPOSITORY_MESSAGE
from workers.web.fetch import FetchedResponse


class GitHubRepoMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of the object that are used."""

    id: int
    full_name: str
    default_branch: str = "main"
    private: bool | None = None
    visibility: str | None = None
    description: str | None = None
    homepage: str | None = None
    topics: list[str] | None = None
    archived: bool = False

    @property
    def name(self) -> str:
        return self.full_name.partition("/")[2]

    @property
    def is_public(self) -> bool:
        """Return whether GitHub declares a repository public. Without a declaration it counts as private."""
        return self.private is False and self.visibility in {None, "public"}


class IngestedBranch(NamedTuple):
    """Branch of a repository that an ingest reads."""

    api: GitHubApi
    about: GitHubRepoMetadata
    name: str

    def build_repository_api_url(self, *segments: str, **query: str) -> str:
        return self.api.build_api_url("repos", *self.about.full_name.split("/"), *segments, **query)


async def request_repository_by_id_or_name(
    api: GitHubApi, name: str, known_id: int | None
) -> tuple[GitHubRepoMetadata, FetchedResponse]:
    """Request a repository from GitHub; return its object and the response.

    Request it by `known_id` of the last visit, since the id survives a new name. Request it by `name` without
    an id, or if GitHub doesn't find the id. Raises `SourceNotFound` for an unknown or unreadable repository.
    """
    if known_id is not None:
        try:
            return await request_repository_metadata(api, "repositories", str(known_id))
        except SourceNotFound:
            pass  # It may have been deleted and created again under its name.
    return await request_repository_metadata(api, "repos", *name.split("/"))


async def request_repository_metadata(api: GitHubApi, *segments: str) -> tuple[GitHubRepoMetadata, FetchedResponse]:
    """Request a repository's object by the API path `segments`; return it with the response.

    Raises `SourceNotFound` for a private one too, to hide that it exists, unless an installation may read it.
    """
    answer = await request_github_api(api, api.build_api_url(*segments))
    about = decode_github_json(answer.body, GitHubRepoMetadata)
    if not (about.is_public or api.installed):
        raise SourceNotFound(ABSENT_REPOSITORY_MESSAGE)
    return about, answer


def build_renamed_or_archived_repo_warnings(about: GitHubRepoMetadata, name: str) -> list[str]:
    warnings = renamed_repository_warnings(name, about.full_name)
    if about.archived:
        warnings.append("repo_archived: the repository is archived; its content may be out of date")
    return warnings


def renamed_repository_warnings(name: str, full_name: str) -> list[str]:
    """Return a list with a warning if the repository's `full_name` differs from the requested `name`; else []."""
    same = full_name.lower() == name.lower()
    return [] if same else [f"repo_renamed: {name} is now {full_name}"]
