from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from db.pool import Conn
from domain.tenancy import organizations
from schemas import ids
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
async def organization_id(conn: Conn) -> UUID:
    return (await organizations.create(conn, name="Acme", tier="standard")).live


@pytest.fixture
async def project_id(conn: Conn, organization_id: UUID) -> UUID:
    return await seeds.project(conn, organization_id)


@pytest.fixture
async def account(conn: Conn, organization_id: UUID, project_id: UUID) -> str:
    made = await seeds.account(conn, organization_id, project_id, handle="shop@mastodon.example")
    return ids.show(ids.ACCOUNT, made)


async def test_a_projects_accounts_are_listed_and_paged(
    tenantry: Tenantry, conn: Conn, organization_id: UUID, project_id: UUID, account: str
) -> None:
    newer = await seeds.account(conn, organization_id, project_id, handle="other")
    words = ["accounts", "list", str(project_id), "--limit", "1", "--json"]
    first = decoded(await tenantry(*words))
    assert [one["handle"] for one in first["items"]] == ["other"]
    assert first["before"] == ids.show(ids.ACCOUNT, newer)
    rest = decoded(await tenantry(*words, "--before", first["before"]))
    assert ([one["socialAccountId"] for one in rest["items"]], rest["before"]) == ([account], None)


async def test_a_person_reads_a_line_each(tenantry: Tenantry, project_id: UUID, account: str) -> None:
    heading, line = (await tenantry("accounts", "list", str(project_id))).stdout.splitlines()
    assert heading.split()[0] == "ACCOUNT"
    assert line.split()[:4] == [account, "mastodon", "shop@mastodon.example", "connected"]


async def test_one_is_shown_without_what_opens_it(tenantry: Tenantry, account: str) -> None:
    shown = await tenantry("accounts", "show", account, "--json")
    assert (decoded(shown)["socialAccountId"], decoded(shown)["status"]) == (account, "connected")
    person = await tenantry("accounts", "show", account)
    assert "the-access-token" not in shown.stdout + person.stdout


async def test_a_quota_is_set_and_cleared(tenantry: Tenantry, account: str) -> None:
    where = ["accounts", "quota", account]
    made = decoded(await tenantry(*where, "--posts", "10", "--seconds", "86400", "--json"))
    assert made == {
        "socialAccountId": account,
        "handle": "shop@mastodon.example",
        "posts": 10,
        "seconds": 86400,
    }
    cleared = decoded(await tenantry(*where, "--clear", "--json"))
    assert (cleared["posts"], cleared["seconds"]) == (None, None)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--posts", "10"],
        ["--seconds", "60"],
        ["--posts", "0", "--seconds", "60"],
        ["--posts", "1", "--seconds", "60", "--clear"],
        ["--posts", "1", "--clear"],
    ],
)
async def test_half_a_quota_is_refused(tenantry: Tenantry, account: str, words: list[str]) -> None:
    assert (await tenantry("accounts", "quota", account, *words)).exit_code == 2


async def test_a_disconnect_cancels_what_waits_and_may_be_repeated(
    tenantry: Tenantry, conn: Conn, organization_id: UUID, project_id: UUID, account: str
) -> None:
    place = organization_id, await seeds.content(conn, organization_id, project_id), UUID(account[3:])
    posts = [await seeds.post(conn, *place, at=datetime.now(UTC) + timedelta(days=1)) for _ in range(2)]
    words = ["accounts", "disconnect", account]
    gone = decoded(await tenantry(*words, "--json"))
    assert gone == {"socialAccountId": account, "status": "disconnected", "canceledScheduledPosts": 2}
    for post in posts:
        shown = decoded(await tenantry("posts", "show", str(post), "--json"))
        assert (shown["status"], shown["cancelReason"]) == ("canceled", "account_disconnected")
    assert decoded(await tenantry(*words, "--json")) == gone
    line = "canceledScheduledPosts  2"
    assert line in (await tenantry(*words)).stdout
    lines = await conn.fetch("select * from audit_log where action = 'social_account.disconnected'")
    assert [(line["subject"], line["api_key_id"]) for line in lines] == [(account, None)]


async def test_another_organizations_account_is_not_found(
    tenantry: Tenantry, project_id: UUID, account: str
) -> None:
    own = (["show", account], ["quota", account, "--clear"], ["disconnect", account])
    for words in (*own, ["list", str(project_id)]):
        assert refused(await tenantry("accounts", *words, "--sandbox", "--json"), 3)
    assert refused(await tenantry("accounts", "show", ids.show(ids.ACCOUNT, uuid4()), "--json"), 3)
