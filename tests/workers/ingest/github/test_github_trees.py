"""A repository with more files than GitHub lists at once."""

import pytest

from schemas.brand import Extraction
from tests.workers.ingest.github.github_server import GitHub, Repo, asking, github, told
from tests.workers.ingest.website.visits import ignored
from workers.ingest.github.ingest import ingest
from workers.ingest.parser.parser import Parser

pytestmark = pytest.mark.asyncio(loop_scope="module")

TREES = "/repos/acme/zap/git/trees"
CUT = {f"{TREES}/main?recursive=1": told({"tree": [], "truncated": True})}
FASTLANE = {"path": "fastlane", "type": "tree", "sha": "f" * 40}
TITLE = {"path": "metadata/android/en-US/title.txt", "type": "blob", "sha": "c" * 40, "size": 6}
FILES = {"README.md": b"# Zap\n\nZap draws.\n", f"fastlane/{TITLE['path']}": b"Zap It"}


async def read(parser: Parser, served: GitHub) -> Extraction:
    args = {"repo": "acme/zap", "branch": None}
    async with asking(served) as asked:
        return await ingest(asked, parser, args=args, visit=None, progress=ignored)


async def test_a_tree_cut_short_is_completed_from_the_root(parser: Parser) -> None:
    root = [
        FASTLANE,
        {"path": "README.md", "type": "blob", "sha": "a" * 40, "size": 10},
        {"path": "module", "type": "commit", "sha": "b" * 40},
    ]
    answers = CUT | {
        f"{TREES}/main": told({"tree": root}),
        f"{TREES}/{'f' * 40}?recursive=1": told({"tree": [TITLE]}),
    }
    async with github(Repo("acme/zap", files=FILES), answers=answers) as served:
        found = await read(parser, served)
    assert found.fields["appName"].value == "Zap It"
    assert [warning.partition(":")[0] for warning in found.warnings] == ["tree_truncated"]


async def test_what_completes_a_tree_may_be_as_large_as_one(parser: Parser) -> None:
    many = [{"path": f"screen{n}.png", "type": "blob", "sha": "d" * 40, "size": 9} for n in range(20_000)]
    answers = CUT | {
        f"{TREES}/main": told({"tree": [*many, FASTLANE]}),
        f"{TREES}/{'f' * 40}?recursive=1": told({"tree": [*many, TITLE]}),
    }
    async with github(Repo("acme/zap", files=FILES), answers=answers) as served:
        found = await read(parser, served)
    assert found.fields["appName"].value == "Zap It"
