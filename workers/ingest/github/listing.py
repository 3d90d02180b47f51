"""List of a branch's files, from one tree of GitHub's, or several if GitHub truncates it."""

import msgspec

from schemas.errors import FetchFailed, SourceNotFound
from workers.ingest.github.about import Branch
from workers.ingest.github.client import TREE, UNDOCUMENTED, decode, get
from workers.ingest.github.paths import TreeResponse
from workers.ingest.github.shapes import ChosenPaths, RepositoryTree
from workers.ingest.parser.parser import Parser, parse_document
from workers.web.fetch import FetchedResponse

#: Folders at the root that have store texts.
STORE_FOLDERS = {"fastlane", "metadata"}


async def list_files(branch: Branch, parser: Parser) -> tuple[ChosenPaths, FetchedResponse]:
    """Return the paths to read, and the tree's response. Raises `SourceNotFound` for a missing branch."""
    try:
        answer = await get(branch.api, branch.address("git", "trees", branch.name, recursive="1"), want=TREE)
    except SourceNotFound as error:
        raise SourceNotFound(f"the repository has no branch {branch.name[:100]!r}") from error
    tree = RepositoryTree(name=branch.about.name, body=answer.body)
    chosen = await choose(parser, tree)
    return (await choose(parser, await complete_tree(branch, tree)) if chosen.truncated else chosen), answer


async def choose(parser: Parser, tree: RepositoryTree) -> ChosenPaths:
    """Choose the paths to read, in the parsing process: a tree may have a hundred thousand files."""
    chosen = await parse_document(parser, tree)
    assert isinstance(chosen, ChosenPaths)  # noqa: S101  the parser of a tree returns one
    if chosen.broken:
        raise FetchFailed(UNDOCUMENTED)
    return chosen


async def complete_tree(branch: Branch, tree: RepositoryTree) -> RepositoryTree:
    """Add the trees of the root and of store texts to a truncated tree, since it may lack any file."""
    root = decode(await get_tree(branch, branch.name), TreeResponse).tree
    folders = {
        entry.path: await get_tree(branch, entry.sha, recursive="1")
        for entry in root
        if entry.path in STORE_FOLDERS and entry.type == "tree"
    }
    return msgspec.structs.replace(tree, root=root, folders=folders)


async def get_tree(branch: Branch, name: str, **query: str) -> bytes:
    """Fetch the tree of a branch or, by its hash, of a folder; with subfolders only if `recursive`."""
    return (await get(branch.api, branch.address("git", "trees", name, **query), want=TREE)).body
