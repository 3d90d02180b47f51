"""A GitHub on loopback, with the real one's responses as far as an ingest reads them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from domain.values import ssrf_guard
from schemas.brand import BrandExtraction, BrandFieldName, LastCrawlRecord
from tests import http_server
from tests.http_server import HttpRequest
from tests.workers.ingest.website.visits import ignored
from tests.workers.web.web import Site, allowed_client, raw_response
from workers.ingest.choose import choose_brand_findings
from workers.ingest.github.client import GitHubApi
from workers.ingest.github.ingest import ingest_github_repository
from workers.ingest.github.paths import APP_STORE_TEXT_PATH_PATTERN
from workers.ingest.github.reading.repository import extract_repo_brand_candidates
from workers.ingest.github.shapes import FetchedRepoFile, RepositoryContent
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.website.session import build_crawl_resources
from workers.web.fetch import open_ssrf_guarded_client

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}


@dataclass
class Repo:
    """Repository of the server, with served `files`; `tree` is its listing, `about` overrides its fields."""

    full_name: str
    files: dict[str, bytes] = field(default_factory=dict)
    tree: list[dict[str, Any]] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    id: int = 1000

    def object(self) -> dict[str, Any]:
        plain = {
            "id": self.id,
            "full_name": self.full_name,
            "private": False,
            "description": None,
            "homepage": None,
            "default_branch": "main",
            "topics": [],
            "archived": False,
            "visibility": "public",
        }
        return plain | self.about

    def listed(self) -> list[dict[str, Any]]:
        if self.tree is not None:
            return self.tree
        return [
            {"path": path, "mode": "100644", "type": "blob", "sha": "0" * 40, "size": len(body)}
            for path, body in self.files.items()
        ]

    def readme(self) -> bytes | None:
        """Return the README: the real GitHub searches these places, ignoring case."""
        by_name = {path.lower(): body for path, body in self.files.items()}
        places = [
            f"{folder}readme{end}" for folder in (".github/", "", "docs/") for end in (".md", ".rst", ".adoc", "")
        ]
        return next((by_name[place] for place in places if place in by_name), None)


@dataclass
class GitHub:
    """GitHub with repositories. `answers` take precedence: whole responses, by path or by path and query."""

    base: str
    repos: list[Repo]
    answers: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def answer(self, path: str, headers: Mapping[str, str]) -> bytes:
        bare = path.partition("?")[0]
        if path in self.answers or bare in self.answers:
            return self.answers.get(path) or self.answers[bare]
        name = "/".join(bare.split("/")[2:4])
        if bare.startswith("/repos/") and name in self.moved:
            location = f"{self.base}/repositories/{self.moved[name]}"
            return json_response({"message": "Moved Permanently", "url": location}, status=301, location=location)
        content = self.look(bare, path)
        if content is None:
            return json_response(NOT_FOUND, status=404)
        return versioned(content, headers)

    def look(self, bare: str, path: str) -> Any:
        parts = [unquote(part) for part in bare.strip("/").split("/")]
        if parts[0] == "repositories":
            return next((repo.object() for repo in self.repos if str(repo.id) == parts[1]), None)
        for repo in self.repos:
            if parts[:3] == ["repos", *repo.full_name.split("/")]:
                return self.within(repo, parts[3:], parse_qs(urlsplit(path).query))
        return None

    def within(self, repo: Repo, parts: list[str], query: dict[str, list[str]]) -> Any:
        match parts:
            case []:
                return repo.object()
            case ["git", "trees", branch] if branch in {"main", repo.object()["default_branch"]}:
                return {"sha": "0" * 40, "tree": repo.listed(), "truncated": False}
            case ["readme"]:
                return repo.readme()
            case ["languages"]:
                return repo.languages
            case ["contents", *rest]:
                return repo.files.get("/".join(rest))
        return None


def versioned(content: Any, headers: Mapping[str, str]) -> bytes:
    """Build a response with an ETag: raw files unchanged, all other content as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
    if headers.get("if-none-match") == etag:
        return raw_response(HTTPStatus.NOT_MODIFIED, etag=etag, date=DATE)
    raw_type = "application/vnd.github.raw+json; charset=utf-8"
    kind = raw_type if isinstance(content, bytes) else "application/json; charset=utf-8"
    return raw_response(200, body, content_type=kind, etag=etag, date=DATE)


def json_response(body: Any, *, status: int = 200, **headers: str) -> bytes:
    """Build a JSON response with `raw_response`."""
    defaults = {"content_type": "application/json; charset=utf-8", "date": DATE}
    return raw_response(status, json.dumps(body), **defaults | headers)


@asynccontextmanager
async def serve_github(*repos: Repo, **answers: Any) -> AsyncIterator[GitHub]:
    async def handle(asked: HttpRequest, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.asked.append((asked.target, asked.headers))
        writer.write(served.answer(asked.target, asked.headers))

    served = GitHub("", list(repos), **answers)
    async with http_server.serve(handle) as host:
        served.base = f"http://{host}"
        yield served


@asynccontextmanager
async def open_served_api(served: GitHub, **fields: Any) -> AsyncIterator[GitHubApi]:
    """Open the API of an ingest at this server."""
    async with open_ssrf_guarded_client(
        allowed=ssrf_guard.build_settings_url_policy(served.base), contact="https://tenantry.test"
    ) as client:
        yield GitHubApi(client=client, base=served.base, web="https://github.com", **fields)


async def ingest_repository(
    parser: DocumentParser,
    served: GitHub,
    *sites: Site,
    name: str = "acme/zap",
    branch: str | None = None,
    visit: LastCrawlRecord | None = None,
    **fields: Any,
) -> BrandExtraction:
    """Run an ingest of a served repository, with these other sites; `fields` are the API's."""
    async with open_served_api(served, **fields) as api, allowed_client(*sites) as client:
        args = {"repo": name, "branch": branch}
        return await ingest_github_repository(
            api, build_crawl_resources(client), parser, args=args, visit=visit, progress=ignored
        )


def from_corpus(folder: Path, *, stores: bool) -> Repo:
    """Build a repository of the corpus; with `stores`, also the store texts that the corpus keeps apart."""
    tree = json.loads((folder / "tree.json").read_text())["tree"]
    present = (folder / "files" / entry["path"] for entry in tree)
    files = {str(path.relative_to(folder / "files")): path.read_bytes() for path in present if path.is_file()}
    texts = dict(store_texts(folder, tree)) if stores else {}
    return Repo(full_name=folder.name.replace("+", "/"), files=files | texts, tree=tree)


def store_texts(folder: Path, tree: list[dict[str, Any]]) -> list[tuple[str, bytes]]:
    """Return store texts by their paths in the tree, following symbolic links as GitHub does."""
    expected = json.loads((folder / "expected.json").read_text())
    texts_by_path: dict[str, str] = {}
    for entry in tree:
        match = APP_STORE_TEXT_PATH_PATTERN.fullmatch(entry["path"])
        platform = "android" if "/metadata/android/" in entry["path"] else "ios"
        text = match and expected.get(platform, {}).get(match["locale"], {}).get(match["field"])
        if text is not None and match is not None:
            texts_by_path[entry["path"]] = text
    links = {entry["path"] for entry in tree if entry["mode"] == "120000"}
    texts = {
        path: texts_by_path.get(target(path, text)) if path in links else text for path, text in texts_by_path.items()
    }
    return [(path, text.encode()) for path, text in texts.items() if text is not None]


def target(path: str, link: str) -> str:
    folders = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(link).parts:
        folders = folders[:-1] if part == ".." else [*folders, part]
    return "/".join(folders)


def reading(files: dict[str, bytes | str] | None = None, **fields: Any) -> dict[BrandFieldName, Any]:
    """Return the winning value of each field, for files by their path."""
    all_files = [
        FetchedRepoFile(path=path, body=body.encode() if isinstance(body, str) else body)
        for path, body in (files or {}).items()
    ]
    readmes = [file for file in all_files if "readme" in file.path.lower()]
    other_files = [file for file in all_files if file not in readmes]
    defaults = {"url": "https://github.com/acme/zap", "name": "zap", "branch": "main"}
    reading_found = extract_repo_brand_candidates(
        RepositoryContent(**defaults | fields, readme=next(iter(readmes), None), files=other_files)
    )
    return {field: finding.value for field, finding in choose_brand_findings(reading_found.candidates).items()}
