"""`tenantry posts schedule`, `publish` and `reschedule`: content gets accounts, and posts their times."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cli.commands import scheduling
from db.pool import Conn, Pool
from domain.content import approvals
from jobs.kinds import PUBLISH_POST
from schemas import ids
from schemas.content import ApprovalPolicyPatch
from schemas.posts import Scheduled, TimeRule
from schemas.settings import Settings
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused, rung, unchanged

BERLIN = ZoneInfo("Europe/Berlin")

#: Makes a video of all content.
FILM = """
with video as (update content_item set format = 'video' returning organization_id, id)
insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width, height,
                           duration_ms, size_bytes, sha256, token)
select organization_id, id, gen_random_uuid(), 0, 'video', 'video/mp4', 720, 1280,
       5000, 1000, decode(repeat('00', 32), 'hex'), repeat('a', 43)
  from video
"""


class Place(NamedTuple):
    """Content and two accounts of a project in Berlin, and the same time there and in UTC."""

    org: UUID
    project_id: UUID
    content: str
    accounts: list[str]
    at: str
    local: str

    def publish(self, *words: str) -> list[str]:
        return ["posts", "publish", self.content, *self.accounts, *words, "--json"]

    def schedule(self, *words: str) -> list[str]:
        """Tomorrow, unless it says otherwise."""
        return ["posts", "schedule", self.content, *self.accounts, *(words or ("--at", self.at)), "--json"]


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest_asyncio.fixture
async def place(environment: Settings, conn: Conn) -> Place:
    org = await seeds.organization(conn)
    project_id = await seeds.project(conn, org)
    accounts = [await seeds.account(conn, org, project_id, handle=handle) for handle in ("shop", "bar")]
    content = ids.show(ids.CONTENT, await seeds.content(conn, org, project_id))
    at = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    local = at.astimezone(BERLIN).replace(tzinfo=None).isoformat()
    named = [ids.show(ids.ACCOUNT, each) for each in accounts]
    return Place(org, project_id, content, named, in_utc(at), local)


@pytest_asyncio.fixture
async def post(tenantry: Tenantry, place: Place) -> str:
    """To the first account, tomorrow."""
    words = ["posts", "schedule", place.content, place.accounts[0], "--at", place.at, "--json"]
    post_id: str = decoded(await tenantry(*words))["scheduledPosts"][0]["id"]
    return post_id


async def test_content_is_scheduled_to_every_account(tenantry: Tenantry, place: Place, conn: Conn) -> None:
    made = decoded(await tenantry(*place.schedule()))
    assert (made["contentId"], made["gateStatus"], made["timeRule"]) == (place.content, "open", "exact")
    assert [each["socialAccountId"] for each in made["scheduledPosts"]] == place.accounts
    assert {(each["status"], each["scheduledFor"]) for each in made["scheduledPosts"]} == {
        ("queued", place.at)
    }
    due = await conn.fetch("select id, run_at from job where kind = 'publish_post' order by id")
    assert [ids.show(ids.JOB, row["id"]) for row in due] == [each["jobId"] for each in made["scheduledPosts"]]
    assert {in_utc(row["run_at"]) for row in due} == {place.at}


async def test_a_local_time_is_the_projects(tenantry: Tenantry, place: Place) -> None:
    made = decoded(await tenantry(*place.schedule("--local", place.local)))
    assert {each["scheduledFor"] for each in made["scheduledPosts"]} == {place.at}


async def test_a_person_reads_a_line_each(tenantry: Tenantry, place: Place) -> None:
    heading, *lines = (await tenantry(*place.schedule()[:-1])).stdout.splitlines()
    assert heading.split()[:2] == ["POST", "STATUS"]
    assert [line.split()[1] for line in lines] == ["queued", "queued"]


async def test_a_person_is_told_what_content_waits_for(tenantry: Tenantry, place: Place, conn: Conn) -> None:
    policy = ApprovalPolicyPatch(requires_approval=True)
    where = {"organization_id": place.org, "project_id": place.project_id}
    await approvals.patch_policy(conn, **where, api_key_id=None, body=policy)
    pending = ids.show(ids.CONTENT, await seeds.content(conn, place.org, place.project_id))
    words = place._replace(content=pending)
    shown = await tenantry(*words.schedule()[:-1], "--org", str(place.org))
    org = ids.show(ids.ORGANIZATION, place.org)
    assert shown.stderr == f"They wait for its approval: tenantry content approve {pending} --org {org}\n"
    refusal = refused(await tenantry(*words.publish()), 4)
    assert refusal["code"] == "APPROVAL_REQUIRED"


@pytest.mark.parametrize(
    ("rule", "said"),
    [("exact", ""), ("gap_shifted", "skip that time"), ("fold_first", "show that time twice")],
)
def test_it_is_said_how_a_time_was_read_where_the_clocks_are_put(rule: TimeRule, said: str) -> None:
    made = Scheduled(content_id="cnt_1", gate_status="open", time_rule=rule, scheduled_posts=[])
    assert said in scheduling._answer(made).note
    assert bool(said) == bool(scheduling._answer(made).note)


async def test_what_is_published_is_due_at_once_and_workers_are_told(
    tenantry: Tenantry, place: Place, conn: Conn, redis_url: str
) -> None:
    made = decoded(await tenantry(*place.publish("--caption", "Right now.")))
    jobs = [each["jobId"] for each in made["scheduledPosts"]]
    assert set(rung(redis_url, PUBLISH_POST)) <= set(jobs)
    assert rung(redis_url, PUBLISH_POST)
    claims = await seeds.claims(conn, PUBLISH_POST)
    assert {ids.show(ids.JOB, claim.id) for claim in claims} == set(jobs)
    assert await conn.fetchval("select array_agg(distinct caption_override) from scheduled_post") == [
        "Right now."
    ]


async def test_how_it_goes_out_is_for_the_platform_to_know(
    tenantry: Tenantry, place: Place, conn: Conn, pool: Pool
) -> None:
    account = await seeds.account(conn, place.org, place.project_id, platform="tiktok")
    words = ["posts", "publish", place.content, str(account), "--draft", "--privacy", "friends", "--json"]
    async with unchanged(pool):
        error = refused(await tenantry(*words), 2)
        assert refused(await tenantry(*place.publish("--draft")), 2)["code"] == "VALIDATION"
    assert error["details"]["issues"][0]["path"].startswith("targets[0]")
    await conn.execute(FILM)
    made = decoded(await tenantry(*words))
    shown = decoded(await tenantry("posts", "show", made["scheduledPosts"][0]["id"], "--json"))
    assert (shown["mode"], shown["privacyLevel"]) == ("draft", "friends")


async def test_the_same_again_has_to_be_meant(tenantry: Tenantry, place: Place, pool: Pool) -> None:
    decoded(await tenantry(*place.schedule()))
    async with unchanged(pool):
        for words in (place.schedule(), place.publish()):
            assert refused(await tenantry(*words), 4)["details"]["reason"] == "DUPLICATE_POST"
    decoded(await tenantry(*place.schedule("--at", place.at, "--allow-duplicate")))
    decoded(await tenantry(*place.publish("--allow-duplicate")))


async def test_a_post_is_moved_with_its_job(tenantry: Tenantry, place: Place, post: str, conn: Conn) -> None:
    later = in_utc(datetime.fromisoformat(place.at) + timedelta(days=1))
    moved = decoded(await tenantry("posts", "reschedule", post, "--at", later, "--json"))
    assert (moved["id"], moved["status"], moved["scheduledFor"]) == (post, "queued", later)
    assert in_utc(await conn.fetchval("select run_at from job where kind = 'publish_post'")) == later
    back = decoded(await tenantry("posts", "reschedule", post, "--local", place.local, "--json"))
    assert back["scheduledFor"] == place.at


async def test_a_post_that_is_moved_to_now_is_told_to_workers(
    tenantry: Tenantry, post: str, redis_url: str
) -> None:
    now = in_utc(datetime.now(UTC))
    moved = decoded(await tenantry("posts", "reschedule", post, "--at", now, "--json"))
    assert rung(redis_url, PUBLISH_POST) == [moved["jobId"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give either --at or --local"),
        (["--at", "2026-11-01T05:30:00Z", "--local", "2026-11-01T06:30"], "give either --at or --local"),
        (["--at", "2026-11-01T05:30:00"], "with its Z"),
        (["--at", "tomorrow"], "with its Z"),
        (["--at", "2026-02-30T05:30:00Z"], "no day or time"),
        (["--at", "2020-01-01T00:00:00Z"], "is in the past"),
        (["--at", "2999-01-01T00:00:00Z"], "days ahead"),
        (["--local", "2026-11-01T05:30:00Z"], "without a zone"),
    ],
)
async def test_a_bad_time_changes_nothing(
    tenantry: Tenantry, place: Place, pool: Pool, words: list[str], said: str
) -> None:
    post = decoded(await tenantry(*place.schedule()))["scheduledPosts"][0]["id"]
    schedule = ["posts", "schedule", place.content, *place.accounts, "--allow-duplicate"]
    async with unchanged(pool):
        for verb in (schedule, ["posts", "reschedule", post]):
            result = await tenantry(*verb, *words)
            assert (result.exit_code, result.stdout) == (2, "")
            assert said in result.stderr


async def test_what_is_on_its_way_is_not_moved(
    tenantry: Tenantry, place: Place, post: str, conn: Conn, pool: Pool
) -> None:
    await conn.execute("update scheduled_post set status = 'publishing'")
    async with unchanged(pool):
        error = refused(await tenantry("posts", "reschedule", post, "--at", place.at, "--json"), 4)
    assert error["details"] == {"reason": "POST_NOT_QUEUED", "status": "publishing"}


@pytest.mark.parametrize("words", [["--caption", "x" * 501], ["--privacy", "nobody"]])
async def test_all_of_the_targets_are_right_or_none_is_used(
    tenantry: Tenantry, place: Place, pool: Pool, words: list[str]
) -> None:
    async with unchanged(pool):
        assert (await tenantry(*place.publish(*words))).exit_code == 2


async def test_an_archived_project_posts_nothing(
    tenantry: Tenantry, place: Place, post: str, pool: Pool
) -> None:
    decoded(await tenantry("projects", "archive", str(place.project_id), "--json"))
    reschedule = ["posts", "reschedule", post, "--at", place.at, "--json"]
    async with unchanged(pool):
        for words in (place.schedule(), place.publish(), reschedule):
            assert refused(await tenantry(*words), 4)["details"]["reason"] == "PROJECT_ARCHIVED"


async def test_another_organizations_content_account_and_post_are_not_found(
    tenantry: Tenantry, place: Place, post: str, conn: Conn, pool: Pool
) -> None:
    sandbox = await conn.fetchval("select id from organization where live_organization_id = $1", place.org)
    theirs = await seeds.account(conn, sandbox, await seeds.project(conn, sandbox))
    among = place._replace(accounts=[place.accounts[1], ids.show(ids.ACCOUNT, theirs)])
    reschedule: list[Any] = ["posts", "reschedule", post, "--at", place.at, "--json"]
    async with unchanged(pool):
        for words in (among.schedule(), among.publish()):
            assert refused(await tenantry(*words), 3)["code"] == "NOT_FOUND"
        for words in (place.schedule(), place.publish(), reschedule):
            assert refused(await tenantry(*words, "--sandbox"), 3)["code"] == "NOT_FOUND"
