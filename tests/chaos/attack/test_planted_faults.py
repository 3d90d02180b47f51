"""`tenantry attack` on an API with planted faults: it reports each fault, and nothing on a correct API."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from chaos.attack import calls, scopes
from chaos.attack.calls import AttackCheckDeadlinePassed, AttackClient, AttackRequestThrottle
from chaos.attack.costs import generate_costly_json_bodies
from chaos.attack.document import list_openapi_routes
from chaos.attack.report import AttackTally
from cli.__main__ import tenantry
from schemas import ids
from tests.cli.conftest import elsewhere
from tests.http_server import serve_in_thread

__all__ = ["elsewhere"]

SECURED: list[dict[str, list[str]]] = [{"bearer": []}]
PROJECT = {
    "name": "projectId",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, ids.new_uuid7()),
}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 200}}
BODY = {"content": {"application/json": {"schema": {"type": "object"}, "example": {"name": "x"}}}}


def operation(scope: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    description = f"Needs the scope `{scope}`; counts as `read-light`."
    return {"description": description, "parameters": parameters, "security": SECURED, "responses": {}, **more}


DOCUMENT = {
    "paths": {
        "/v1/projects": {
            "get": operation("projects:read", LIMIT),
            "post": operation("projects:write", requestBody=BODY),
        },
        "/v1/projects/{projectId}": {
            "get": operation("projects:read", PROJECT),
            "patch": operation("projects:write", PROJECT, requestBody=BODY),
            "delete": operation("projects:write", PROJECT),
        },
        "/v1/api-keys": {"post": operation("keys:write", requestBody=BODY)},
        "/healthz": {"get": {"parameters": [], "responses": {}}},
    }
}

#: Each fault, with the check and the words of its finding.
FAULTS = {
    "read": ("tenancy", "GET", "answered 200 to another organization's id"),
    "write": ("tenancy", "DELETE", "answered 200 to another organization's id"),
    "oracle": ("tenancy", "GET", "its 404 differs"),
    "list": ("tenancy", "GET", "its list shows prj_"),
    "change": ("tenancy", "GET", "have changed it"),
    "scope": ("scopes", "PATCH", "to a key without projects:write, not 403"),
    "open": ("scopes", "GET", "answered 200 to no key, not 401"),
    "slow": ("costs", "PATCH", "ms over invalid JSON"),
}


class Stub:
    """An API of projects with these faults."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        self.projects: dict[str, dict[str, str]] = {}
        self.scopes: dict[str, list[str]] = {"one": ["*"], "two": ["*"]}
        self.touched = 0
        #: Requests to kill a key that get a 429 before one succeeds.
        self.refused_kills = 0

    def answer(self, method: str, path: str, key: str, body: bytes) -> tuple[int, Any]:
        if path == "/v1/openapi.json":
            return 200, DOCUMENT
        if key not in self.scopes:
            leaks = "open" in self.faults and (method, path) == ("GET", "/v1/projects")
            return (200, {"items": []}) if leaks else refused(401)
        org = key.partition(".")[0]
        if path == "/v1/whoami":
            return 200, {"organizationId": org, "sandbox": True}
        missing = self._lacks_scope(key, method, path)
        if missing:
            return refused(403)
        if path.startswith("/v1/api-keys"):
            return self._key(org, path, body)
        return self._project(org, method, path, body)

    def _lacks_scope(self, key: str, method: str, path: str) -> bool:
        required = "keys:write" if "api-keys" in path else f"projects:{'read' if method == 'GET' else 'write'}"
        passes = "scope" in self.faults and method == "PATCH"
        return not (passes or {"*", required} & {*self.scopes[key]})

    def _key(self, org: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.endswith("/kill") and self.refused_kills:
            self.refused_kills -= 1
            return refused(429)
        if path.endswith("/kill"):
            del self.scopes[path.split("/")[3]]
            return 200, {}
        match = re.fullmatch(rb'\{"name": ?"[^"]*", ?"scopes": ?\["([a-z:]+)"\]\}', body)
        if match is None:
            return refused(422)
        key = f"{org}.{len(self.scopes)}"
        self.scopes[key] = [match[1].decode()]
        return 201, {"id": key, "apiKey": key}

    def _project(self, org: str, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/v1/projects" and method == "POST":
            project = {"id": ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, ids.new_uuid7()), "org": org, "version": "0"}
            self.projects[project["id"]] = project
            return 201, project
        if path == "/v1/projects":
            shows_all = "list" in self.faults
            return 200, {"items": [p for p in self.projects.values() if shows_all or p["org"] == org]}
        return self._one(org, method, self.projects.get(path.rpartition("/")[2]), body)

    def _one(self, org: str, method: str, found: dict[str, str] | None, body: bytes) -> tuple[int, Any]:
        if found and found["org"] != org:
            return self._foreign(method, found)
        if method == "PATCH" and b"[[],[]" in body[:100] and "slow" in self.faults:
            threading.Event().wait(0.4)
        if found is None:
            return refused(404)
        return (200, found) if method == "GET" else refused(422)

    def _foreign(self, method: str, found: dict[str, str]) -> tuple[int, Any]:
        if "change" in self.faults and method == "PATCH":
            self.touched += 1
            found["version"] = str(self.touched)
        if {"GET": "read", "DELETE": "write"}.get(method) in self.faults:
            return 200, found
        return refused(404, "of another one" if "oracle" in self.faults and method == "GET" else "not found")


def refused(status: int, message: str = "not found") -> tuple[int, Any]:
    return status, {"error": {"code": str(status), "message": message, "requestId": str(ids.new_uuid7())}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: Otherwise each response waits 40 ms for the client's acknowledgement of its head.
    disable_nagle_algorithm = True
    stub: ClassVar[Stub]

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        key = self.headers.get("authorization", "").removeprefix("Bearer ")
        path = re.sub(r"\?.*", "", self.path)
        status, answer = self.stub.answer(self.command, path, key, body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("retry-after", "60")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving_stub(stub: Stub) -> Iterator[str]:
    """Serve the stub; yields its address."""
    with serve_in_thread(type("Served", (Handler,), {"stub": stub})) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with serving_stub(Stub(*request.param)) as address:
        yield address


def run_attack(url: str, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the attack; return its exit code and report. The cost limit is high enough for a busy machine."""
    keys = ("--key", "one", "--key", "two")
    limits = ("--rate", "200", "--seconds", "120", "--cost-limit-ms", "300")
    result = CliRunner().invoke(tenantry, ["attack", url, *keys, *limits, "--json", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, json.loads(result.stdout)


#: Faults of one API. An API that answers 200 to foreign ids has no 404 of them to reveal.
TOGETHER = [tuple(name for name in FAULTS if name != "oracle"), ("oracle",)]


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("url", "faults"), [(faults, faults) for faults in TOGETHER], indirect=["url"])
def test_attack_finds_each_planted_fault(url: str, faults: tuple[str, ...]) -> None:
    code, report = run_attack(url)
    assert (code, report["passed"]) == (1, False)
    for check, method, words in map(FAULTS.__getitem__, faults):
        found = [(finding["check"], finding["method"]) for finding in report["findings"] if words in finding["detail"]]
        assert (check, method) in found, report


class Clock:
    """Clock of an attack; its pauses advance it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.perf_counter = self.monotonic = lambda: self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("refused_kills", "found"), [(1, 0), (20, 2)])
def test_keys_are_killed_despite_the_rate_limit_after_the_deadline(
    monkeypatch: pytest.MonkeyPatch, refused_kills: int, found: int
) -> None:
    """The attack itself has used up the minute's requests. A key that stays alive is reported."""
    monkeypatch.setattr(calls, "time", clock := Clock())
    stub, tally = Stub(), AttackTally()
    stub.refused_kills = refused_kills
    with serving_stub(stub) as url, AttackClient(url, AttackRequestThrottle(200, 1.0), "one") as strong:

        def exceed_deadline(*_: Any) -> None:
            clock.now += 100.0
            raise AttackCheckDeadlinePassed

        monkeypatch.setattr(scopes, "_judge_key_refusal", exceed_deadline)
        with pytest.raises(AttackCheckDeadlinePassed):
            scopes.attack_with_insufficient_keys(url, strong, {}, list_openapi_routes(DOCUMENT), tally)
    assert len(stub.scopes) == 2 + found
    assert len(tally.findings) == found


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("url", [()], indirect=True)
def test_api_without_faults_passes_with_all_routes_judged(url: str) -> None:
    code, report = run_attack(url)
    assert (code, report["passed"], report["findings"]) == (0, True, [])
    assert {row["check"]: row["judged"] for row in report["rows"]} == {"tenancy": 4, "scopes": 6, "costs": 4}
    assert {row["unjudged"] for row in report["rows"]} == {0}


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("url", [()], indirect=True)
def test_short_attack_reports_unjudged_routes(url: str) -> None:
    _, report = run_attack(url, "--rate", "20", "--seconds", "1")
    assert sum(row["unjudged"] for row in report["rows"]) > 0
    assert sum(row["requests"] for row in report["rows"]) <= 20


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("url", [()], indirect=True)
def test_attack_without_time_for_a_check_is_refused(url: str) -> None:
    words = ["attack", url, "--key", "one", "--key", "two", "--rate", "0.1", "--seconds", "1"]
    result = CliRunner().invoke(tenantry, words)
    assert result.exit_code == 5
    assert "before the first check" in result.stderr


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["https://api.example.com", "--key", "a", "--key", "b"], 2, "--yes-i-operate-this"),
        (["ftp://127.0.0.1", "--key", "a"], 2, "is not an address"),
        ([], 5, "bin/up"),
    ],
)
def test_attack_requires_a_target_and_a_confirmation(words: list[str], code: int, message: str) -> None:
    result = CliRunner().invoke(tenantry, ["attack", *words])
    assert result.exit_code == code
    assert message in result.stderr


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("url", [()], indirect=True)
def test_two_keys_of_one_organization_are_refused(url: str) -> None:
    result = CliRunner().invoke(tenantry, ["attack", url, "--key", "one", "--key", "one"])
    assert result.exit_code == 5
    assert "of one organization" in result.stderr


def test_worst_bodies_are_json_of_a_megabyte_at_most() -> None:
    bodies = dict(generate_costly_json_bodies({"name": "x", "metadata": {}}))
    assert {field.rpartition(" ")[2] for field in bodies} == {"metadata", "unknown"}
    for name, body in bodies.items():
        assert 300_000 < len(body) <= 1_048_576, name
        if "deep" not in name:
            assert json.loads(body)["name"] == "x"
