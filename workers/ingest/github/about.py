"""GitHub's repository object: found by its id or its name, wherever it has moved."""

from typing import NamedTuple

import msgspec

from schemas.errors import SourceNotFound
from workers.ingest.github.client import Api, decode, get
from workers.ingest.github.errors import ABSENT
from workers.web.fetch import Fetched


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The object, as far as it is of use."""

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
    def public(self) -> bool:
        """Only what GitHub says is so."""
        return self.private is False and self.visibility in {None, "public"}


class Branch(NamedTuple):
    """The branch of a repository that an ingest reads."""

    api: Api
    about: About
    name: str

    def address(self, *segments: str, **query: str) -> str:
        return self.api.address("repos", *self.about.full_name.split("/"), *segments, **query)


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


def remarks(about: About, name: str) -> list[str]:
    said = renamed(name, about.full_name)
    if about.archived:
        said.append("repo_archived: the repository is archived; what it says may be out of date")
    return said


def renamed(name: str, full_name: str) -> list[str]:
    """A warning where the repository is called differently from what was asked for."""
    same = full_name.lower() == name.lower()
    return [] if same else [f"repo_renamed: {name} is now {full_name}"]
