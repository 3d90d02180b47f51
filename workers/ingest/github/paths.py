"""Paths of a repository that are worth a request: README, store texts, manifests, icon."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from workers.ingest.github import store_pictures
from workers.ingest.github.shapes import ChosenPaths, RepositoryTree, TreeEntry
from workers.ingest.page.text import squash

#: Files that are read in addition to the README.
MAX_FILES = 8
#: Requests for them.
MAX_REQUESTS = 16
#: Bytes of a file; a larger one is skipped.
MAX_FILE_BYTES = 256 << 10
#: Characters of a path at most: longer ones are deep in the tree and irrelevant to the project.
MAX_PATH_CHARS = 300

README_PATH = re.compile(
    r"(?P<folder>|\.github/|docs/)readme(?:\.(?P<form>md|markdown|mdown|rst|adoc|asciidoc|txt|org))?",
    re.IGNORECASE,
)
#: Store texts, one for each field and locale, in the layouts of fastlane (two), F-Droid and Play publisher.
STORE_TEXT_PATH = re.compile(
    r"(?P<base>(?:.*/)?(?:metadata(?:/(?:android|ios|macos))?|play/listings))"
    r"/(?P<locale>default|[a-z]{2,3}(?:[-_][A-Za-z0-9]+){0,2})/(?P<field>[a-z_-]+)\.txt"
)
ICON_PATH = re.compile(
    r"(?:.*/)?metadata/android/(?P<locale>[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)/images/icon\.png"
)
FIELDS = (
    *("name", "title", "subtitle", "short_description", "description", "full_description", "keywords"),
    "marketing_url",
)
#: Kinds of manifests, and the number of each that is read. Manifests with a description are first.
MANIFESTS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(rf"(?:.*/)?{name}"), most)
    for name, most in (
        (r"app\.json", 1),
        (r"package\.json", 1),
        (r"pubspec\.ya?ml", 1),
        (r"pyproject\.toml", 1),
        (r"Cargo\.toml", 1),
        (r"composer\.json", 1),
        (r"AndroidManifest\.xml", 1),
        (r"res/values/strings\.xml", 1),
        (r"(?:[\w .-]*-)?Info\.plist", 2),
        (r"settings\.gradle(?:\.kts)?", 1),
    )
)
#: Settings of a site that GitHub Pages builds from the root or from `docs/` with Jekyll.
SITE_CONFIG_PATH = re.compile(r"(?:docs/)?_config\.yml")
#: Folders of third-party code, of tests, or of a target other than the app itself.
FOREIGN_FOLDER = re.compile(
    r"(?:node_modules|vendor|pods|carthage|third[-_]?party|external|deps|derived|build|dist|templates?|fixtures?"
    r"|examples?|samples?|demos?|docs?|documentation|website|e2e|bench(?:marks?)?|debug|profile|wear(?:os)?|dev"
    r"|androidtest|.*tests?|.*widgets?|.*extensions?|.*watch(?:app)?|.*stickers?|.*intents?(?:ui)?|.*share"
    r"|.*screenshots|.*clip|flutter|\..*|.*\.framework|.*\.bundle)",
    re.IGNORECASE,
)


#: Names of files that are checked, in addition to READMEs and Info.plist.
NAMES = frozenset(
    {
        *("app.json", "package.json", "pubspec.yaml", "pubspec.yml", "pyproject.toml", "cargo.toml"),
        *("composer.json", "androidmanifest.xml", "strings.xml", "settings.gradle", "settings.gradle.kts"),
        *(f"{form}.txt" for field in FIELDS for form in (field, field.replace("_", "-"))),
        *("icon.png", "_config.yml"),
    }
)


class TreeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Tree as GitHub sends it."""

    tree: list[TreeEntry]
    truncated: bool = False


def choose(tree: RepositoryTree) -> ChosenPaths:
    """Choose the few paths to read, of up to 100,000; return `broken` ones if GitHub's body is no tree."""
    try:
        listed = msgspec.json.decode(tree.body, type=TreeResponse)
        folder_trees = {
            path: msgspec.json.decode(body, type=TreeResponse) for path, body in tree.folders.items()
        }
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ChosenPaths(broken=True)
    added = [
        *tree.root,
        *(within(path, entry) for path, listing in folder_trees.items() for entry in listing.tree),
    ]
    entries = {
        file_entry.path: file_entry for file_entry in (*added, *listed.tree) if is_known(file_entry.path)
    }
    return choose_paths(list(entries.values()), name=tree.name, truncated=listed.truncated)


def within(folder: str, entry: TreeEntry) -> TreeEntry:
    return msgspec.structs.replace(entry, path=f"{folder}/{entry.path}")


def is_known(path: str) -> bool:
    if len(path) > MAX_PATH_CHARS:
        return False
    name = path.rpartition("/")[2].lower()
    has_known_name = name in NAMES or name.startswith("readme") or name.endswith("info.plist")
    return has_known_name or store_pictures.is_known(path)


def choose_paths(entries: list[TreeEntry], *, name: str, truncated: bool = False) -> ChosenPaths:
    return ChosenPaths(
        readme=readme(entries),
        icon=icon(entries),
        pictures=store_pictures.choose((entry.path for entry in entries), locale_rank),
        files=rank_worthy_paths(entries, name=name),
        truncated=truncated,
    )


def readme(entries: Iterable[TreeEntry]) -> str | None:
    """Return the README that GitHub shows: in `.github/`, the root or `docs/`, Markdown first."""
    matches = [(entry.path, match) for entry in entries if (match := README_PATH.fullmatch(entry.path))]
    return min(matches, key=lambda readme_match: readme_rank(readme_match[1]), default=(None,))[0]


def readme_rank(match: re.Match[str]) -> tuple[int, bool, str]:
    folders = (".github/", "", "docs/")
    return folders.index(match["folder"].lower()), not (match["form"] or "").startswith("m"), match[0]


def rank_worthy_paths(entries: list[TreeEntry], *, name: str) -> list[str]:
    """Return paths by relevance: store texts, manifests, a site. `name` is the repository's."""
    files = [entry.path for entry in entries if entry.type == "blob" and (entry.size or 0) <= MAX_FILE_BYTES]
    return [*store_texts(files), *manifests(files, name), *filter(SITE_CONFIG_PATH.fullmatch, files)][
        :MAX_REQUESTS
    ]


def store_texts(files: Iterable[str]) -> Iterator[str]:
    """Yield the text of each field in the best locale."""
    matches = [
        match for path in files if (match := STORE_TEXT_PATH.fullmatch(path)) and field_of(match) in FIELDS
    ]
    for field in FIELDS:
        texts = [match for match in matches if field_of(match) == field]
        yield from (match[0] for match in sorted(texts, key=store_text_rank)[:1])


def field_of(match: re.Match[str]) -> str:
    """Return the field's name; the Play publisher writes `full-description`."""
    return match["field"].replace("-", "_")


def store_text_rank(match: re.Match[str]) -> tuple[int, str, int, str]:
    """Return a sort key: nearest to the root first, then the locale that a store falls back to."""
    base, locale = match["base"], match["locale"]
    return base.count("/"), base, locale_rank(locale), locale


def locale_rank(locale: str) -> int:
    if locale.replace("_", "-") == "en-US":
        return 0
    return 1 if locale.startswith("en") else 2 if locale == "default" else 3


def icon(entries: Iterable[TreeEntry]) -> str | None:
    """Return the path of the app's icon among its store images; None without an icon."""
    matches = [match for entry in entries if (match := ICON_PATH.fullmatch(entry.path))]
    best = min(
        matches, key=lambda match: (match[0].count("/"), locale_rank(match["locale"]), match[0]), default=None
    )
    return best[0] if best else None


def manifests(files: Iterable[str], name: str) -> Iterator[str]:
    own_files = [path for path in files if not any(map(FOREIGN_FOLDER.fullmatch, path.split("/")[:-1]))]
    return chain.from_iterable(
        sorted(filter(kind.fullmatch, own_files), key=lambda path: manifest_rank(path, name))[:limit]
        for kind, limit in MANIFESTS
    )


def manifest_rank(path: str, name: str) -> tuple[bool, bool, int, str]:
    """Return a sort key: the main source, a folder with the repository's name, then nearest to the root."""
    deep = path.count("/") > 0
    return deep and "src/main/" not in path, deep and squash(name) not in squash(path), path.count("/"), path
