"""`tenantry leases`: operators offer, assign, reject and recall."""

from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn
from schemas import ids
from tests import leasing as lease
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused
from tests.domain.project import Project

pytestmark = pytest.mark.usefixtures("environment")


class Leasing(NamedTuple):
    """An operator's account with its `--org` option, and the partner's project with the request."""

    account: str
    ours: tuple[str, ...]
    partner: UUID
    project: UUID


@pytest_asyncio.fixture
async def leasing(conn: Conn) -> Leasing:
    (ours, project, *_), (partner, shop, *_) = await lease.tenant(conn), await lease.tenant(conn)
    account = ids.show(ids.ACCOUNT, await seeds.account(conn, ours, project, handle="bakes"))
    return Leasing(account, ("--org", str(ours), "--json"), partner, shop)


@pytest_asyncio.fixture
async def request_id(conn: Conn, leasing: Leasing) -> str:
    project = Project(leasing.partner, leasing.project)
    made = await lease.ask(conn, project, platform="mastodon", note="Please.")
    return ids.show(ids.LEASE_REQUEST, made)


async def test_an_account_is_offered_assigned_recalled_and_withdrawn(
    tenantry: Tenantry, leasing: Leasing, request_id: str
) -> None:
    account, ours = leasing.account, leasing.ours
    offered = decoded(await tenantry("leases", "offer", account, "--niche", "baking", *ours))
    assert (offered["socialAccountId"], offered["lease"]) == (account, None)
    [waiting] = decoded(await tenantry("leases", "requests", "--status", "requested", *ours))["items"]
    assert (waiting["requestId"], waiting["note"]) == (request_id, "Please.")
    assigned = decoded(await tenantry("leases", "assign", request_id, account, *ours))
    assert (assigned["requestId"], assigned["status"]) == (request_id, "assigned")
    [leased] = assigned["assignedSocialAccountIds"]
    [listed] = decoded(await tenantry("leases", "list", *ours))["items"]
    assert listed["lease"]["socialAccountId"] == leased
    refused(await tenantry("leases", "withdraw", account, *ours), 4)
    recalled = decoded(await tenantry("leases", "recall", leased, *ours))
    assert recalled == decoded(await tenantry("leases", "recall", leased, *ours))
    assert decoded(await tenantry("leases", "withdraw", account, *ours))["offeredAt"] is None


async def test_lists_have_one_line_a_row(tenantry: Tenantry, leasing: Leasing, request_id: str) -> None:
    org = leasing.ours[:2]
    await tenantry("leases", "offer", leasing.account, "--niche", "baking", *org)
    _, line = (await tenantry("leases", "requests", *org)).stdout.splitlines()
    assert line.split()[0] == request_id
    _, line = (await tenantry("leases", "list", *org)).stdout.splitlines()
    assert line.split()[:5] == [leasing.account, "mastodon", "bakes", "connected", "baking"]
    await tenantry("leases", "assign", request_id, leasing.account, *org)
    _, line = (await tenantry("leases", "list", *org)).stdout.splitlines()
    assert ids.show(ids.PROJECT, leasing.project) in line


async def test_a_request_is_rejected_once(tenantry: Tenantry, leasing: Leasing, request_id: str) -> None:
    words = ["leases", "reject", request_id, "--reason", "None left.", *leasing.ours]
    assert decoded(await tenantry(*words))["status"] == "rejected"
    assert refused(await tenantry(*words), 4)["details"]["reason"] == "ALREADY_DECIDED"


async def test_exit_codes_by_kind_of_error(tenantry: Tenantry, leasing: Leasing, request_id: str) -> None:
    account, ours = leasing.account, leasing.ours
    theirs = ["--org", str(leasing.partner), "--json"]
    error = refused(await tenantry("leases", "assign", request_id, account, *ours), 4)
    assert error["details"]["issues"] == [
        {"path": "socialAccountIds[0]", "message": "is not offered for lease"}
    ]
    refused(await tenantry("leases", "offer", account, "--niche", "x", *theirs), 3)
    refused(await tenantry("leases", "offer", account, "--niche", "", *ours), 2)
    refused(await tenantry("leases", "recall", account, *ours), 3)
    refused(await tenantry("leases", "assign", request_id, account, *ours, "--sandbox"), 3)
    assert (await tenantry("leases", "assign", request_id, *ours)).exit_code == 2
