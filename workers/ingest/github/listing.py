"""A branch's files by name: one answer lists them all, or nearly (research 3.1)."""

import msgspec

from schemas.errors import FetchFailed, SourceNotFound
from workers.ingest.github.about import Branch
from workers.ingest.github.client import TREE, UNDOCUMENTED, decode, get
from workers.ingest.github.paths import Listed
from workers.ingest.github.shapes import Chosen, Tree
from workers.ingest.parser.parser import Parser, ask
from workers.web.fetch import Fetched

#: Folders of store texts at the root.
FOLDERS = {"fastlane", "metadata"}


async def list_files(branch: Branch, parser: Parser) -> tuple[Chosen, Fetched]:
    """The paths that are worth a request. Raises `SourceNotFound` for a branch that isn't there."""
    try:
        answer = await get(branch.api, branch.address("git", "trees", branch.name, recursive="1"), want=TREE)
    except SourceNotFound as error:
        raise SourceNotFound(f"the repository has no branch {branch.name[:100]!r}") from error
    tree = Tree(name=branch.about.name, body=answer.body)
    chosen = await choose(parser, tree)
    return (await choose(parser, await completed(branch, tree)) if chosen.truncated else chosen), answer


async def choose(parser: Parser, tree: Tree) -> Chosen:
    """Off the event loop: a large repository has a hundred thousand files."""
    chosen = await ask(parser, tree)
    assert isinstance(chosen, Chosen)  # noqa: S101  The process answers a tree with a choice.
    if chosen.broken:
        raise FetchFailed(UNDOCUMENTED)
    return chosen


async def completed(branch: Branch, tree: Tree) -> Tree:
    """A tree that was cut short may lack any file: ask for the root's, and for the store texts."""
    root = decode(await get_tree(branch, branch.name), Listed).tree
    folders = {
        entry.path: await get_tree(branch, entry.sha, recursive="1")
        for entry in root
        if entry.path in FOLDERS and entry.type == "tree"
    }
    return msgspec.structs.replace(tree, root=root, folders=folders)


async def get_tree(branch: Branch, name: str, **query: str) -> bytes:
    """Of a branch or a folder, by its hash; folders are opened only where `recursive` is asked for."""
    return (await get(branch.api, branch.address("git", "trees", name, **query), want=TREE)).body
