"""A refused body: `details.issues` lists all of its errors."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.http import body_validation
from schemas.api_keys import ApiKeyCreate
from schemas.posts import ScheduleContent
from schemas.projects import ProjectCreate, ProjectPatch
from tests.api.conftest import ApiCaller
from tests.api.refusals import issue_paths, problem

PROJECT = "/v1/projects/prj_00000000-0000-7000-8000-000000000000"
INGEST, SCHEDULE = f"{PROJECT}/ingest", "/v1/content/cnt_00000000-0000-7000-8000-000000000000/schedule"
RESCHEDULE = "/v1/scheduled-posts/sp_00000000-0000-7000-8000-000000000000/reschedule"

WRONG: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("POST", "/v1/projects",
     {"name": 5, "timezone": "Mars/Phobos", "primaryLanguage": "english", "colour": "red", "size": 1},
     {"name", "timezone", "primaryLanguage", "colour", "size"}),
    ("POST", "/v1/projects", {}, {"name", "timezone"}),
    ("POST", "/v1/projects", {"name": " ", "timezone": "Factory", "metadata": {"partner": 1}},
     {"name", "timezone", "metadata.partner"}),
    ("PATCH", PROJECT,
     {"status": "gone", "id": "x",
      "brandContext": {"keywords": ["ok", 1, 2], "logoUrl": "ftp://x", "colors": ["red", "#12345g"]}},
     {"status", "id", "brandContext.keywords[1]", "brandContext.keywords[2]", "brandContext.logoUrl",
      "brandContext.colors[0]", "brandContext.colors[1]"}),
    ("POST", SCHEDULE,
     {"targets": [{"mode": "loud"}, {"socialAccountId": 1, "to": 1}, 3], "scheduledFor": 5},
     {"targets[0].socialAccountId", "targets[0].mode", "targets[1].socialAccountId", "targets[1].to",
      "targets[2]", "scheduledFor"}),
    ("POST", "/v1/api-keys",
     {"name": "", "scopes": ["everything", "jobs:read", "nothing"], "expiresAt": "tomorrow"},
     {"name", "scopes[0]", "scopes[2]", "expiresAt"}),
    ("POST", f"{INGEST}/website", {"url": 1, "maxPages": 99, "followLinks": "yes"},
     {"url", "maxPages", "followLinks"}),
    ("POST", f"{INGEST}/website", {"url": "ftp://example.com", "maxPages": 99}, {"url", "maxPages"}),
    ("POST", f"{INGEST}/github", {"repoFullName": "no repository", "branch": "a..b"},
     {"repoFullName", "branch"}),
    ("POST", f"{INGEST}/appstore", {"countryCode": "zz"}, {"appStoreUrl", "countryCode"}),
    ("PATCH", PROJECT, {"status": "archived", "name": 5}, {"status", "name"}),
    ("POST", SCHEDULE, {"targets": [{"mode": "loud"}], "scheduledFor": "tomorrow"},
     {"targets[0].socialAccountId", "targets[0].mode", "scheduledFor"}),
    ("POST", RESCHEDULE, {"localTime": "2026-02-30T01:00", "allowDuplicate": 5},
     {"localTime", "allowDuplicate"}),
    ("POST", RESCHEDULE, {"allowDuplicate": 5}, {"scheduledFor", "allowDuplicate"}),
]  # fmt: skip


async def test_every_fault_is_named_once(acme: ApiCaller) -> None:
    for method, path, body, wrong in WRONG:
        answer = await acme.http.request(method, path, json=body)
        assert problem(answer)[:2] == (422, "VALIDATION"), (path, body)
        assert sorted(issue_paths(answer)) == sorted(wrong)
        assert all(issue["message"] for issue in answer.json()["error"]["details"]["issues"])


async def test_no_answer_names_more_than_a_hundred(acme: ApiCaller) -> None:
    answer = await acme.http.post("/v1/projects", json={f"field{number}": 1 for number in range(500)})
    assert len(issue_paths(answer)) == body_validation.MAX_BODY_ERRORS


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["name", "timezone", "status", "brandContext", "targets", "metadata", "keywords"])


@pytest.mark.parametrize("kind", [ProjectCreate, ProjectPatch, ScheduleContent])
@given(body=st.dictionaries(FIELDS, ANY, max_size=5) | ANY)
@example(body={"`": None})
def test_every_msgspec_error_is_listed(kind: type[msgspec.Struct], body: Any) -> None:
    """So a refused body never gets an answer without an issue."""
    said, found = msgspec_error_path(body, kind), body_validation.find_body_errors(body, kind)
    if said is not None:
        assert found is not None
        assert any(issue["path"].startswith(said) for issue in found.details["issues"])


def msgspec_error_path(body: Any, kind: type[msgspec.Struct]) -> str | None:
    """Return the path of the one error that msgspec reports."""
    try:
        msgspec.json.decode(msgspec.json.encode(body), type=kind)
    except msgspec.ValidationError as error:
        return body_validation.parse_msgspec_error(error).path
    return None


@pytest.mark.parametrize("field", ["scopes", "returnOrigins"])
def test_overlong_list_is_not_checked_fully(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    looked: list[str] = []
    of_leaf = body_validation._find_leaf_value_errors

    def looking(value: Any, kind: Any, path: str) -> Any:
        looked.append(path)
        return of_leaf(value, kind, path)

    monkeypatch.setattr(body_validation, "_find_leaf_value_errors", looking)
    sent = {"name": "a", "scopes": ["*"], field: ["*"] * 250_000}
    found = body_validation.find_body_errors(sent, ApiKeyCreate)
    assert found is not None
    assert found.details["issues"][0]["path"] == field
    assert len(looked) < 2 * body_validation.MAX_BODY_ERRORS
