"""The console: served without external resources, and without markup from text."""

import re
from importlib.resources import files
from pathlib import Path
from typing import get_args

import httpx

from jobs import kinds
from schemas.api_keys import ApiKeyScope
from schemas.webhooks import WebhookEventType

FOLDER = files("api").joinpath("console")
NAMES = sorted(str(path.relative_to(str(FOLDER))) for path in Path(str(FOLDER)).rglob("*") if path.is_file())


async def test_the_page_needs_no_key(anonymous: httpx.AsyncClient) -> None:
    page = await anonymous.get("/console")
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'src="/console/app.js"' in page.text


async def test_every_file_is_served_under_a_strict_policy(anonymous: httpx.AsyncClient) -> None:
    for name in NAMES:
        answer = await anonymous.get(f"/console/{name}")
        assert answer.content == FOLDER.joinpath(name).read_bytes()
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_other_files_are_not_served(anonymous: httpx.AsyncClient) -> None:
    for name in (
        "missing.js",
        "..%2Fapp.py",
        "%00",
        "index.html/x",
        "screens",
        "screens/missing.js",
        "screens/..%2Fapp.js",
    ):
        answer = await anonymous.get(f"/console/{name}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_scripts_make_no_markup_from_text_and_name_no_host() -> None:
    for name in NAMES:
        text = FOLDER.joinpath(name).read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
        hosts = set(re.findall(r"https?://([\w.]+)", text)) - {"www.w3.org", "example.com"}
        assert (name, hosts) == (name, set())
        assert "localStorage" not in text, name
        assert not re.search(r"\sstyle=|\son\w+=\"", text), name


CALLED = re.compile(r"[\"`](/v1/[^\"`?]*)")


async def test_console_calls_only_existing_paths(anonymous: httpx.AsyncClient) -> None:
    """Each path in a script is a path of the document, or the beginning of one."""
    document = (await anonymous.get("/v1/openapi.json")).json()
    known = [path.split("/") for path in document["paths"]]
    called = {
        path.removesuffix("/")
        for name in NAMES
        for path in CALLED.findall(re.sub(r"\$\{[^}]*\}", "{}", FOLDER.joinpath(name).read_text("utf-8")))
    }
    assert len(called) > 15
    assert [path for path in called if not any(is_path_prefix(one, path.split("/")) for one in known)] == []


def is_path_prefix(known: list[str], called: list[str]) -> bool:
    """A value inserted by a script may be an id or a word."""
    return len(called) <= len(known) and all(
        said in ("{}", part) or part.startswith("{") for part, said in zip(known, called, strict=False)
    )


def test_resubmitted_form_reuses_its_idempotency_key() -> None:
    """A form's `send` gets its headers: a new `Idempotency-Key` per click would write twice."""
    for name in NAMES:
        senders = FOLDER.joinpath(name).read_text("utf-8").split(" send: ")[1:]
        assert [(name, one) for one in map(read_expression, senders) if "once()" in one] == []


def read_expression(text: str) -> str:
    """Return the text until a bracket closes that it does not open."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0:
            return text[:place]
    return text


def test_filter_offers_every_kind() -> None:
    text = FOLDER.joinpath("kinds.js").read_text("utf-8")
    assert re.findall(r'"(\w+)"', text) == [kind.name for kind in kinds.PUBLIC_JOB_KINDS]


def test_its_forms_offer_each_type_of_event_and_each_scope_of_partners() -> None:
    """Except the test of an endpoint, which has a button."""
    assert sorted(read_offered("webhooks.js", "TYPES")) == sorted({*get_args(WebhookEventType)} - {"test.ping"})
    partners = {scope for scope in get_args(ApiKeyScope) if not scope.startswith("ops:")}
    assert sorted(read_offered("api_keys.js", "SCOPES")) == sorted(partners)


def read_offered(screen: str, name: str) -> list[str]:
    """Return the words of a list, or the field names of an object."""
    text = FOLDER.joinpath("screens", screen).read_text("utf-8")
    [said] = re.findall(rf"^const {name} = [\[{{](.*?)[\]}}];$", text, re.MULTILINE | re.DOTALL)
    return re.findall(r'"([^"]+)":' if ":" in said else r'"([^"]+)"', said)
