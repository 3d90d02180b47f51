"""A whole ingest of a repository: its requests, their order, and each outcome."""

import base64
from typing import Any

import pytest

from schemas.brand import LastCrawlRecord
from schemas.errors import FetchedSourceUnusable, FetchFailed, SourceError, SourceNotFound, SourceRateLimited
from tests.workers.ingest.github.github_server import Repo, ingest_repository, json_response, serve_github
from workers.ingest.github import paths
from workers.ingest.github.ingest import REPOSITORY_EXTRACTION_RULES_VERSION
from workers.ingest.parser.parser import DocumentParser

README = b"# Zap\n\nZap draws what you say, on every device you own, while you say it.\n"
ARGS: dict[str, Any] = {"repo": "acme/zap", "branch": None}


def zap(**fields: Any) -> Repo:
    about = {"description": "Draw what you say", "homepage": "https://zap.test", "topics": ["drawing"]}
    return Repo(**{"full_name": "acme/zap", "files": {"README.md": README}, "about": about} | fields)


async def refused(parser: DocumentParser, *repos: Repo, branch: str | None = None, **served: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        async with serve_github(*repos, **served) as hub:
            await ingest_repository(parser, hub, branch=branch)
    return caught.value


async def test_a_repository_is_read_with_five_requests(parser: DocumentParser) -> None:
    async with serve_github(zap(files={"README.md": README, "package.json": b'{"name": "zap"}'})) as served:
        extraction = await ingest_repository(parser, served)
    assert served.paths == [
        "/repos/acme/zap",
        "/repos/acme/zap/git/trees/main?recursive=1",
        "/repos/acme/zap/readme?ref=main",
        "/repos/acme/zap/languages",
        "/repos/acme/zap/contents/package.json?ref=main",
    ]
    assert (extraction.url, extraction.title, extraction.warnings) == ("https://github.com/acme/zap", "acme/zap", [])
    values = {field: finding.value for field, finding in extraction.fields.items()}
    assert values["appName"] == "Zap"
    assert values["appDescription"] == values["tagline"] == "Draw what you say"
    assert values["links"] == {"website": "https://zap.test/"}
    assert "drawing" in values["keywords"]
    assert extraction.fields["appName"].url == "https://github.com/acme/zap/blob/main/README.md"


async def test_only_a_changed_repository_is_read_again(parser: DocumentParser) -> None:
    """A change of its own fields, or of its files."""
    repo = zap()
    async with serve_github(repo) as served:
        first = await ingest_repository(parser, served)
        assert first.visit is not None
        served.asked.clear()
        again = await ingest_repository(parser, served, visit=first.visit)
        assert served.paths == ["/repositories/1000", "/repos/acme/zap/git/trees/main?recursive=1"]
        repo.about["description"] = "Draw what you think"
        described = await ingest_repository(parser, served, visit=first.visit)
        repo.files["package.json"] = b"{}"
        added = await ingest_repository(parser, served, visit=described.visit)
    assert (again.unchanged, again.fields, again.visit) == (True, {}, first.visit)
    assert again.warnings[0].startswith("unchanged: ")
    assert [changed.fields["appName"].value for changed in (described, added)] == ["Zap"] * 2


async def test_a_rename_is_followed_with_a_warning(parser: DocumentParser) -> None:
    async with serve_github(zap(full_name="acme/zapper"), moved={"acme/zap": 1000}) as served:
        extraction = await ingest_repository(parser, served)
    assert served.paths[:2] == ["/repos/acme/zap", "/repositories/1000"]
    assert served.paths[2].startswith("/repos/acme/zapper/git/trees/")
    assert extraction.warnings == ["repo_renamed: acme/zap is now acme/zapper"]
    assert extraction.url == "https://github.com/acme/zapper"
    assert extraction.visit is not None
    assert extraction.visit.repository_id == 1000


async def test_a_known_repository_is_requested_by_its_id(parser: DocumentParser) -> None:
    """Its name may belong to another repository by now."""
    visit = LastCrawlRecord(rules=REPOSITORY_EXTRACTION_RULES_VERSION, args=ARGS, repository_id=1000)
    other_repository = Repo("acme/zap", files={"README.md": b"# Other"}, id=2000)
    async with serve_github(zap(full_name="acme/new"), other_repository) as served:
        extraction = await ingest_repository(parser, served, visit=visit)
    assert served.paths[0] == "/repositories/1000"
    assert extraction.title == "acme/new"


async def test_a_recreated_repository_is_found_by_its_name(parser: DocumentParser) -> None:
    visit = LastCrawlRecord(rules=REPOSITORY_EXTRACTION_RULES_VERSION, args=ARGS, repository_id=999)
    async with serve_github(zap()) as served:
        extraction = await ingest_repository(parser, served, visit=visit)
    assert served.paths[:2] == ["/repositories/999", "/repos/acme/zap"]
    assert extraction.visit is not None
    assert extraction.visit.repository_id == 1000


@pytest.mark.parametrize(
    "about",
    [
        {"private": True, "visibility": "private"},
        {"private": True, "visibility": None},
        {"private": False, "visibility": "internal"},
        {"private": None, "visibility": None},
    ],
)
async def test_a_private_repository_is_hidden_from_our_own_token(parser: DocumentParser, about: dict[str, Any]) -> None:
    async with serve_github(zap(about=about)) as served:
        with pytest.raises(SourceNotFound) as hidden:
            await ingest_repository(parser, served, token="ghp_server")
        with pytest.raises(SourceNotFound) as absent:
            await ingest_repository(parser, served, name="acme/none", token="ghp_server")
    assert hidden.value.message == absent.value.message
    assert served.paths[0] == "/repos/acme/zap"
    assert len(served.paths) == 2


@pytest.mark.parametrize(
    ("repo", "code"),
    [
        (zap(about={"archived": True}), "repo_archived"),
        (zap(files={"main.c": b""}, languages={"C": 10, "Shell": 2}), "readme_missing"),
    ],
)
async def test_an_archived_or_undescribed_repository_is_read_with_a_warning(
    parser: DocumentParser, repo: Repo, code: str
) -> None:
    async with serve_github(repo) as served:
        extraction = await ingest_repository(parser, served)
    assert [warning.partition(":")[0] for warning in extraction.warnings] == [code]
    assert extraction.fields["appName"].value == "Zap"


async def test_an_empty_repository_has_its_own_error(parser: DocumentParser) -> None:
    tree = "/repos/acme/zap/git/trees/main"
    answers = {tree: json_response({"message": "Git Repository is empty."}, status=409)}
    error = await refused(parser, zap(files={}), answers=answers)
    assert isinstance(error, FetchedSourceUnusable)
    assert "push" in error.message


async def test_a_readme_found_only_in_the_tree_is_read(parser: DocumentParser) -> None:
    async with serve_github(zap(files={"docs/Readme.adoc": b"= Zap\n\nDraws."})) as served:
        served.answers["/repos/acme/zap/readme"] = json_response({"message": "Not Found"}, status=404)
        extraction = await ingest_repository(parser, served)
    assert "/repos/acme/zap/contents/docs/Readme.adoc?ref=main" in served.paths
    assert extraction.fields["appName"].rule == "readme.h1"


async def test_a_branch_is_read_and_a_missing_one_is_an_error(parser: DocumentParser) -> None:
    async with serve_github(zap(about={"default_branch": "next"})) as served:
        await ingest_repository(parser, served, branch="next")
    assert served.paths[1] == "/repos/acme/zap/git/trees/next?recursive=1"
    error = await refused(parser, zap(), branch="gone")
    assert isinstance(error, SourceNotFound)
    assert "no branch 'gone'" in error.message


async def test_a_rate_limit_in_the_middle_ends_the_attempt(parser: DocumentParser) -> None:
    limit = json_response({}, status=403, x_ratelimit_remaining="0", x_ratelimit_reset="1795521660")
    for path in ("/repos/acme/zap/readme", "/repos/acme/zap/languages", "/repos/acme/zap/contents/package.json"):
        repo = zap(files={"README.md": README, "package.json": b"{}"})
        error = await refused(parser, repo, answers={path: limit})
        assert isinstance(error, SourceRateLimited)
        assert error.retry_after == 60


async def test_too_large_files_are_left_out(parser: DocumentParser) -> None:
    big = b" " * (paths.MAX_REPOSITORY_FILE_BYTES + 1)
    repo = zap(files={"README.md": README, "app.json": big, "package.json": big})
    repo.tree = [entry | {"size": None} if entry["path"] == "app.json" else entry for entry in repo.listed()]
    async with serve_github(repo) as served:
        extraction = await ingest_repository(parser, served)
    assert not any("package.json" in path for path in served.paths)
    assert [warning.partition(": the")[0] for warning in extraction.warnings] == ["file_unread: app.json"]


async def test_broken_links_and_submodules_are_skipped(parser: DocumentParser) -> None:
    repo = zap()
    repo.tree = [
        *repo.listed(),
        {"path": "app.json", "mode": "120000", "type": "blob", "sha": "1", "size": 9},
        {"path": "package.json", "mode": "160000", "type": "commit", "sha": "2", "size": None},
    ]
    async with serve_github(repo) as served:
        await ingest_repository(parser, served)
    assert [path for path in served.paths if "/contents/" in path] == ["/repos/acme/zap/contents/app.json?ref=main"]


async def test_a_json_folder_is_skipped_and_a_json_file_is_unpacked(parser: DocumentParser) -> None:
    """Both are JSON, although raw files were requested; the base64 has line breaks."""
    repo = zap(files={"README.md": README, "package.json": b"", "app.json": b"", "Cargo.toml": b""})
    content = base64.encodebytes(b'{"name": "zap", "description": "Packed, with a line that is long enough"}').decode()
    file = {"type": "file", "path": "package.json", "encoding": "base64", "content": content}
    async with serve_github(repo) as served:
        served.answers = {
            "/repos/acme/zap/contents/package.json": json_response(file),
            "/repos/acme/zap/contents/app.json": json_response([file]),
            "/repos/acme/zap/contents/Cargo.toml": json_response({"type": "submodule", "path": "Cargo.toml"}),
        }
        extraction = await ingest_repository(parser, served)
    descriptions = [alternative.value for alternative in extraction.fields["appDescription"].alternatives]
    assert "Packed, with a line that is long enough" in descriptions


@pytest.mark.parametrize("body", [[], {}, {"id": "x"}, {"id": 1, "full_name": 2}, "x"])
async def test_an_undocumented_response_is_a_failed_fetch(parser: DocumentParser, body: Any) -> None:
    error = await refused(parser, answers={"/repos/acme/zap": json_response(body)})
    assert isinstance(error, FetchFailed)
    assert "undocumented" in error.message


TREES = "/repos/acme/zap/git/trees"
CUT = {f"{TREES}/main?recursive=1": json_response({"tree": [], "truncated": True})}
FASTLANE = {"path": "fastlane", "type": "tree", "sha": "f" * 40}
TITLE = {"path": "metadata/android/en-US/title.txt", "type": "blob", "sha": "c" * 40, "size": 6}
FILES = {"README.md": b"# Zap\n\nZap draws.\n", f"fastlane/{TITLE['path']}": b"Zap It"}


async def test_a_truncated_tree_is_completed_from_the_root(parser: DocumentParser) -> None:
    """Each part of it may be large."""
    many = [{"path": f"screen{n}.png", "type": "blob", "sha": "d" * 40, "size": 9} for n in range(20_000)]
    root = [
        *many,
        FASTLANE,
        {"path": "README.md", "type": "blob", "sha": "a" * 40, "size": 10},
        {"path": "module", "type": "commit", "sha": "b" * 40},
    ]
    answers = CUT | {
        f"{TREES}/main": json_response({"tree": root}),
        f"{TREES}/{'f' * 40}?recursive=1": json_response({"tree": [*many, TITLE]}),
    }
    async with serve_github(Repo("acme/zap", files=FILES), answers=answers) as served:
        extraction = await ingest_repository(parser, served)
    assert extraction.fields["appName"].value == "Zap It"
    assert [warning.partition(":")[0] for warning in extraction.warnings] == ["tree_truncated"]
