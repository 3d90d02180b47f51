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
    return (await organizations.insert_organization_pair(conn, name="Acme", tier="standard")).live


@pytest.fixture
async def account(conn: Conn, organization_id: UUID) -> str:
    project = await seeds.project(conn, organization_id)
    made = await seeds.account(conn, organization_id, project, handle="shop@mastodon.example")
    return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, made)


async def test_a_quota_is_set_and_cleared(tenantry: Tenantry, account: str) -> None:
    words = ["quotas", "set", account, "--posts", "10", "--seconds", "86400", "--json"]
    made = decoded(await tenantry(*words))
    assert made == {"socialAccountId": account, "handle": "shop@mastodon.example", "posts": 10, "seconds": 86400}
    cleared = decoded(await tenantry("quotas", "clear", account, "--json"))
    assert (cleared["posts"], cleared["seconds"]) == (None, None)


async def test_half_a_quota_is_refused(tenantry: Tenantry, account: str) -> None:
    for words in ([], ["--posts", "10"], ["--posts", "0", "--seconds", "60"]):
        assert (await tenantry("quotas", "set", account, *words)).exit_code == 2


async def test_another_organizations_account_is_not_found(tenantry: Tenantry, account: str) -> None:
    assert refused(await tenantry("quotas", "clear", account, "--sandbox", "--json"), 3)
    assert refused(
        await tenantry("quotas", "clear", ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, uuid4()), "--json"), 3
    )
