from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn
from schemas import ids
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


class Made(NamedTuple):
    """Two posts of a project to one account, the older first."""

    project: str
    account: str
    posts: list[str]
    org: UUID


@pytest_asyncio.fixture
async def made(conn: Conn) -> Made:
    org = await seeds.organization(conn)
    project = await seeds.project(conn, org)
    account, content = await seeds.account(conn, org, project), await seeds.content(conn, org, project)
    at = datetime.now(UTC) + timedelta(days=1)
    posts = [await seeds.post(conn, org, content, account, at=at) for _ in range(2)]
    shown = [ids.show(ids.POST, post) for post in posts]
    return Made(ids.show(ids.PROJECT, project), ids.show(ids.ACCOUNT, account), shown, org)


async def unknown(conn: Conn, post: str) -> None:
    await conn.execute(
        "update scheduled_post set status = 'outcome_unknown' where id = $1", UUID(post.removeprefix("sp_"))
    )


async def test_a_list_is_filtered_and_paged(tenantry: Tenantry, made: Made) -> None:
    older, newer = made.posts
    words = ["posts", "list", made.project, "--account", made.account, "--status", "queued", "--limit", "1"]
    found = decoded(await tenantry(*words, "--json"))
    assert ([each["id"] for each in found["items"]], found["before"]) == ([newer], newer)
    rest = decoded(await tenantry(*words, "--before", newer, "--json"))
    assert ([each["id"] for each in rest["items"]], rest["before"]) == ([older], None)


async def test_a_list_is_bounded_by_times(tenantry: Tenantry, made: Made) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    before, after = [
        (tomorrow + timedelta(hours=hours)).isoformat().replace("+00:00", "Z") for hours in (-1, 1)
    ]
    words = ["posts", "list", made.project, "--json"]
    between = decoded(await tenantry(*words, "--since", before, "--until", after))
    assert [each["id"] for each in between["items"]] == made.posts[::-1]
    for bound in (["--since", after], ["--until", before]):
        assert decoded(await tenantry(*words, *bound))["items"] == []
    for bound in (["--since", "2026-11-01"], ["--until", "2026-11-01T05:30:00"]):
        error = refused(await tenantry(*words, *bound), 2)
        assert error["details"]["issues"][0]["path"] == bound[0]


async def test_a_draft_in_its_owners_inbox_is_a_status_of_its_own(
    tenantry: Tenantry, made: Made, conn: Conn
) -> None:
    await conn.execute(
        "update scheduled_post set status = 'draft_in_inbox' where id = $1",
        UUID(made.posts[0].removeprefix("sp_")),
    )
    words = ["posts", "list", made.project, "--status", "draft_in_inbox", "--json"]
    assert [each["id"] for each in decoded(await tenantry(*words))["items"]] == [made.posts[0]]


async def test_a_person_reads_a_line_each(tenantry: Tenantry, made: Made) -> None:
    heading, line, _ = (await tenantry("posts", "list", made.project)).stdout.splitlines()
    assert heading.split()[0] == "POST"
    assert line.split()[:3] == [made.posts[1], "queued", "mastodon"]


async def test_one_is_shown_whole(tenantry: Tenantry, made: Made) -> None:
    shown = decoded(await tenantry("posts", "show", made.posts[0], "--json"))
    assert (shown["id"], shown["status"], shown["socialAccountId"]) == (made.posts[0], "queued", made.account)
    assert made.account in (await tenantry("posts", "show", made.posts[0])).stdout


async def test_a_cancel_takes_a_reason_and_may_be_repeated(tenantry: Tenantry, made: Made) -> None:
    words = ["posts", "cancel", made.posts[0], "--json"]
    first = decoded(await tenantry(*words, "--reason", "sold out"))
    assert (first["status"], first["cancelReason"]) == ("canceled", "sold out")
    assert decoded(await tenantry(*words)) == first


async def test_what_is_over_is_not_canceled(tenantry: Tenantry, made: Made, conn: Conn) -> None:
    await unknown(conn, made.posts[0])
    error = refused(await tenantry("posts", "cancel", made.posts[0], "--json"), 4)
    assert error["details"] == {"reason": "POST_NOT_QUEUED", "status": "outcome_unknown"}


async def test_a_person_resolves_what_is_unknown(tenantry: Tenantry, made: Made, conn: Conn) -> None:
    for post in made.posts:
        await unknown(conn, post)
    seen = ["posts", "resolve", made.posts[0], "--published", "--url", "https://example.social/1", "--json"]
    live = decoded(await tenantry(*seen))
    assert (live["status"], live["externalUrl"]) == ("published", "https://example.social/1")
    gone = decoded(await tenantry("posts", "resolve", made.posts[1], "--not-published", "--json"))
    assert (gone["status"], gone["lastError"]["code"]) == ("failed", "NOT_PUBLISHED")
    assert refused(await tenantry(*seen), 4)["details"]["reason"] == "OUTCOME_KNOWN"


async def test_a_word_is_needed(tenantry: Tenantry, made: Made) -> None:
    assert (await tenantry("posts", "resolve", made.posts[0])).exit_code == 2


async def test_the_sandbox_has_none_of_them(tenantry: Tenantry, made: Made) -> None:
    for words in (
        ("list", made.project),
        ("show", made.posts[0]),
        ("cancel", made.posts[0]),
        ("resolve", made.posts[0], "--published"),
    ):
        refused(await tenantry("posts", *words, "--sandbox", "--json"), 3)
