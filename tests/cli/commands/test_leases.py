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
    (operators, project, *_), (partner, partner_project, *_) = (await lease.tenant(conn), await lease.tenant(conn))
    account = ids.format_prefixed_id(
        ids.ACCOUNT_ID_PREFIX, await seeds.account(conn, operators, project, handle="bakes")
    )
    return Leasing(account, ("--org", str(operators), "--json"), partner, partner_project)


@pytest_asyncio.fixture
async def request_id(conn: Conn, leasing: Leasing) -> str:
    project = Project(leasing.partner, leasing.project)
    request_uuid = await lease.ask(conn, project, platform="mastodon", note="Please.")
    return ids.format_prefixed_id(ids.LEASE_REQUEST_ID_PREFIX, request_uuid)


async def test_an_account_is_offered_assigned_recalled_and_withdrawn(
    tenantry: Tenantry, leasing: Leasing, request_id: str
) -> None:
    account, flags = leasing.account, leasing.ours
    offered = decoded(await tenantry("leases", "offer", account, "--niche", "baking", *flags))
    assert (offered["socialAccountId"], offered["lease"]) == (account, None)
    [waiting] = decoded(await tenantry("leases", "requests", "--status", "requested", *flags))["items"]
    assert (waiting["requestId"], waiting["note"]) == (request_id, "Please.")
    assigned = decoded(await tenantry("leases", "assign", request_id, account, *flags))
    assert (assigned["requestId"], assigned["status"]) == (request_id, "assigned")
    [leased] = assigned["assignedSocialAccountIds"]
    [listed] = decoded(await tenantry("leases", "list", *flags))["items"]
    assert listed["lease"]["socialAccountId"] == leased
    refused(await tenantry("leases", "withdraw", account, *flags), 4)
    recalled = decoded(await tenantry("leases", "recall", leased, *flags))
    assert recalled == decoded(await tenantry("leases", "recall", leased, *flags))
    assert decoded(await tenantry("leases", "withdraw", account, *flags))["offeredAt"] is None


async def test_a_request_is_rejected_once(tenantry: Tenantry, leasing: Leasing, request_id: str) -> None:
    words = ["leases", "reject", request_id, "--reason", "None left.", *leasing.ours]
    assert decoded(await tenantry(*words))["status"] == "rejected"
    assert refused(await tenantry(*words), 4)["details"]["reason"] == "ALREADY_DECIDED"


async def test_exit_codes_by_kind_of_error(tenantry: Tenantry, leasing: Leasing, request_id: str) -> None:
    account, operator_flags = leasing.account, leasing.ours
    partner_flags = ["--org", str(leasing.partner), "--json"]
    error = refused(await tenantry("leases", "assign", request_id, account, *operator_flags), 4)
    assert error["details"]["issues"] == [{"path": "socialAccountIds[0]", "message": "is not offered for lease"}]
    refused(await tenantry("leases", "offer", account, "--niche", "x", *partner_flags), 3)
    refused(await tenantry("leases", "offer", account, "--niche", "", *operator_flags), 2)
    refused(await tenantry("leases", "recall", account, *operator_flags), 3)
    refused(await tenantry("leases", "assign", request_id, account, *operator_flags, "--sandbox"), 3)
    assert (await tenantry("leases", "assign", request_id, *operator_flags)).exit_code == 2
