"""`up --demo`: a brand's website on loopback, ingested and posted through the API like a partner's."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, NamedTuple

import httpx

from cli.shared.output import build_rich_console, build_text_table
from schemas.errors import DemoFailed
from schemas.settings import SETTING_NAMES_WITH_PRODUCT_PREFIX

DEMO_SITE_FOLDER = Path(__file__).with_name("demo_site")
DEMO_JOB_LONG_POLL_S = 30

#: Retries of a rate-limited request.
MAX_RATE_LIMIT_RETRIES = 5
#: Longest pause before a retry.
MAX_DEMO_API_RETRY_PAUSE_S = 60.0

FETCH_ALLOW_VARIABLE_NAME = SETTING_NAMES_WITH_PRODUCT_PREFIX["fetch_allow"]

#: Fields of the brand copied into the sandbox's project.
BRAND_FIELDS_COPIED_TO_DEMO_SANDBOX = (
    "appName", "appDescription", "tagline", "audience", "icp", "brandVoice", "keywords", "colors",
    "primaryLanguage", "platforms",
)  # fmt: skip

#: Fake website of every sandbox; it is never fetched.
SANDBOX_FAKE_SITE_URL = "https://example.test/ok"

#: External id of the demo's project, the same for every start.
DEMO_PROJECT_EXTERNAL_ID = "bin/up --demo"


class RateLimitRetryTransport(httpx.HTTPTransport):
    """HTTP transport that retries a 429 after its `Retry-After`, and returns the last response."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        for _ in range(MAX_RATE_LIMIT_RETRIES):
            response = super().handle_request(request)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            pause_s = min(float(response.headers.get("retry-after", 1)), MAX_DEMO_API_RETRY_PAUSE_S)
            response.close()
            time.sleep(pause_s)
        return super().handle_request(request)


class SilentDemoSiteHandler(SimpleHTTPRequestHandler):
    """File server without log lines."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


@contextlib.contextmanager
def serve_demo_site() -> Iterator[str]:
    """Serve the demo's website on a free loopback port for the block, and yield its `host:port`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SilentDemoSiteHandler, directory=DEMO_SITE_FOLDER)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "{}:{}".format(*server.server_address)
        server.shutdown()


def build_demo_fetch_allow_setting(host: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the setting that also lets workers fetch from `host`, even on loopback; empty without a `host`."""
    allowed = [name for name in (environ.get(FETCH_ALLOW_VARIABLE_NAME), host) if name]
    return {FETCH_ALLOW_VARIABLE_NAME: ",".join(allowed)} if host else {}


class DemoProjectAndPost(NamedTuple):
    """Responses of the API: a project with its brand, and a post of it."""

    project: Mapping[str, Any]
    post: Mapping[str, Any]


def ingest_demo_site_and_publish_post(api: str, key: str, test_key: str, host: str) -> DemoProjectAndPost:
    """Ingest the demo's website, publish its post in the sandbox; return project and post. Raise `DemoFailed`."""
    with _open_demo_api_client(api, key) as client:
        project = ingest_demo_site(client, f"http://{host}/")
    with _open_demo_api_client(api, test_key) as client:
        return DemoProjectAndPost(project, publish_demo_post(client, project["brandContext"]))


def ingest_demo_site(client: httpx.Client, url: str) -> dict[str, Any]:
    """Ingest the demo's website into its project, wait for the end, and return the project. Raise `DemoFailed`."""
    path = f"/projects/{find_or_create_demo_project(client, 'Tidewise')['id']}"
    _wait_for_demo_job(
        client, _decode_demo_response(client.post(f"{path}/ingest/website", json={"url": url})), f"ingest of {url}"
    )
    return _decode_demo_response(client.get(path))


def find_or_create_demo_project(client: httpx.Client, name: str) -> dict[str, Any]:
    """Return the demo's project of an earlier start, or create one with `name` and return it. Raise `DemoFailed`."""
    [*existing] = _decode_demo_response(
        client.get("/projects", params={"customerExternalId": DEMO_PROJECT_EXTERNAL_ID, "limit": 1})
    )["items"]
    body = {"name": name, "timezone": "Europe/Paris", "customerExternalId": DEMO_PROJECT_EXTERNAL_ID}
    return existing[0] if existing else _decode_demo_response(client.post("/projects", json=body))


def publish_demo_post(client: httpx.Client, brand: Mapping[str, Any]) -> dict[str, Any]:
    """Publish a post of the brand's name and tagline from a fake account, and return it. Raise `DemoFailed`."""
    path = f"/projects/{find_or_create_demo_project(client, brand['appName'])['id']}"
    login = {"identifier": "tidewise.example", "appPassword": "demo-demo"}
    accepted = _decode_demo_response(client.post(f"{path}/social-accounts", json={"platform": "bluesky", **login}))
    account = _wait_for_demo_job(client, accepted, "connecting of an account")["result"]["socialAccountId"]
    caption = (None, f"{brand['appName']}: {brand['tagline']}")
    content = _decode_demo_response(client.post(f"{path}/content/upload", files={"caption": caption}))
    # An earlier start on the same day may have published the same post.
    accepted = {"targets": [{"socialAccountId": account}], "allowDuplicate": True}
    [post] = _decode_demo_response(client.post(f"/content/{content['id']}/publish", json=accepted))["scheduledPosts"]
    _wait_for_demo_job(client, post, "post")
    return _decode_demo_response(client.get(f"/scheduled-posts/{post['id']}"))


def generate_demo_content(api: str, test_key: str, result: DemoProjectAndPost, file: IO[str]) -> None:
    """Generate a slideshow and a video of the brand in its sandbox, and print their addresses into `file`."""
    brand = result.project["brandContext"]
    with _open_demo_api_client(api, test_key) as client:
        path = f"/projects/{find_or_create_demo_project(client, brand['appName'])['id']}"
        known = {name: brand[name] for name in BRAND_FIELDS_COPIED_TO_DEMO_SANDBOX if brand[name]}
        _decode_demo_response(client.patch(path, json={"brandContext": known}))
        _add_demo_pictures(client, path)
        for format_ in ("slideshow", "video"):
            accepted = _decode_demo_response(client.post(f"{path}/content", json={"format": format_}))
            job = _wait_for_demo_job(client, accepted, format_)
            print(f"\nA {format_} of the brand, {accepted['contentId']}:", file=file)
            for asset in job["result"]["assets"]:
                print(f"  {asset['url']}", file=file, flush=True)


def _add_demo_pictures(client: httpx.Client, path: str) -> None:
    """Add pictures of a fake website's ingest, and the icon if there is no logo, to the sandbox's project."""
    accepted = _decode_demo_response(client.post(f"{path}/ingest/website", json={"url": SANDBOX_FAKE_SITE_URL}))
    _wait_for_demo_job(client, accepted, f"ingest of {SANDBOX_FAKE_SITE_URL}")
    logos = _decode_demo_response(client.get(f"{path}/app-media", params={"kind": "logo", "origin": "partner"}))[
        "items"
    ]
    if not logos:
        icon = ("icon.svg", (DEMO_SITE_FOLDER / "icon.svg").read_bytes())
        _decode_demo_response(client.post(f"{path}/app-media", files=[("kind", (None, b"logo")), ("file", icon)]))


def print_demo_result(result: DemoProjectAndPost, host: str, file: IO[str]) -> None:
    """Print the website's address, the ingested brand with the source of each field, and the post into `file`."""
    print(f"export SITE=http://{host}/\n", file=file)
    brand, post = result.project["brandContext"], result.post
    rows = [
        (field, brand[field], provenance["source"], f"{provenance['confidence']:.2f}")
        for field in brand
        if (provenance := brand["provenance"].get(field))
    ]
    build_rich_console(file).print(build_text_table(["FIELD", "VALUE", "SOURCE", "CONFIDENCE"], rows))
    print(f"\nA post in its sandbox: {post['status']}, {post['externalUrl']}", file=file)


def _open_demo_api_client(api: str, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(
        base_url=f"{api}/v1",
        headers=headers,
        timeout=DEMO_JOB_LONG_POLL_S + 5,
        transport=RateLimitRetryTransport(),
        trust_env=False,
    )


def _wait_for_demo_job(client: httpx.Client, started: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Wait for a job's end by long polls, and return the job. Raise `DemoFailed` unless it completed."""
    job: dict[str, Any] = {"status": "running"}
    while job["status"] == "running":
        job = _decode_demo_response(client.get(f"/jobs/{started['jobId']}", params={"wait": DEMO_JOB_LONG_POLL_S}))
    if job["status"] != "completed":
        raise DemoFailed(f"the {what} is {job['status']}: {job['error']}")
    return job


def _decode_demo_response(response: httpx.Response) -> dict[str, Any]:
    if response.is_error:
        raise DemoFailed(f"{response.request.method} {response.url} answered {response.status_code}: {response.text}")
    answer: dict[str, Any] = response.json()
    return answer
