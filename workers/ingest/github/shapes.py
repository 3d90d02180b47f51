"""Messages to the parsing process about a repository, and its choice of paths."""

from urllib.parse import quote

import msgspec
from msgspec import field


class FetchedRepoFile(msgspec.Struct, frozen=True, kw_only=True):
    """File as received; `path` is from the repository's root."""

    path: str
    body: bytes


class GitTreeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Entry of a tree; `size` is in bytes, None if it is no file."""

    path: str
    type: str
    sha: str = ""
    size: int | None = None


class RepositoryTree(msgspec.Struct, frozen=True, kw_only=True, tag="tree"):
    """Tree of a branch as GitHub sent it, up to 7 MB of JSON; `name` is the repository's.

    `root` and `folders` (trees by path) complete a truncated one.
    """

    name: str
    body: bytes
    root: list[GitTreeEntry] = field(default_factory=list)
    folders: dict[str, bytes] = field(default_factory=dict)


class ChosenRepositoryPaths(msgspec.Struct, frozen=True, kw_only=True, tag="chosen"):
    """Paths that are worth a request, `files` best first. `broken`: the body was no tree."""

    readme: str | None = None
    icon: str | None = None
    pictures: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    truncated: bool = False
    broken: bool = False


class RepositoryContent(msgspec.Struct, frozen=True, kw_only=True, tag="repository"):
    """Repository as it was read: GitHub's own fields, empty where unset, and files.

    `url` is its page. If it is `public`, `icon` is the path of its store icon and `pictures` are the paths
    of up to six store images. `languages` are programming languages.
    """

    url: str
    name: str
    branch: str
    description: str = ""
    homepage: str = ""
    topics: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    public: bool = False
    icon: str | None = None
    pictures: list[str] = field(default_factory=list)
    readme: FetchedRepoFile | None = None
    files: list[FetchedRepoFile] = field(default_factory=list)

    @property
    def raw_files_url(self) -> str:
        """Return the beginning of the URLs of the repository's raw files on the branch, with a slash at its end.

        These URLs are readable without an account if the repository is public.
        """
        return f"{self.url}/raw/{quote(self.branch)}/"
