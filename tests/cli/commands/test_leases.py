"""`tenantry leases`: both sides of a lease from one terminal."""

from typing import NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from db.pool import Conn
from domain.tenancy import organizations
from schemas import ids
from tests import seeds
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


class Place(NamedTuple):
    """An operator's account, and a partner's project; each with the option that says whose."""

    account: str
    ours: tuple[str, str]
    project: str
    theirs: tuple[str, str]


async def made(conn: Conn, name: str) -> tuple[UUID, UUID]:
    org = (await organizations.create(conn, name=name, tier="standard")).live
    return org, await seeds.project(conn, org)


@pytest_asyncio.fixture
async def place(conn: Conn) -> Place:
    (ours, project), (theirs, shop) = await made(conn, "Platform"), await made(conn, "Acme")
    account = ids.show(ids.ACCOUNT, await seeds.account(conn, ours, project, handle="bakes"))
    return Place(account, ("--org", str(ours)), ids.show(ids.PROJECT, shop), ("--org", str(theirs)))


async def ask(tenantry: Tenantry, place: Place, *words: str) -> str:
    asked = ["--count", "1", "--niche", "home baking", *words, *place.theirs, "--json"]
    request: str = decoded(await tenantry("leases", "request", place.project, *asked))["requestId"]
    return request


async def test_an_account_goes_there_and_back(tenantry: Tenantry, place: Place) -> None:
    ours, theirs = [*place.ours, "--json"], [*place.theirs, "--json"]
    offered = decoded(await tenantry("leases", "offer", place.account, "--niche", "baking", *ours))
    assert (offered["socialAccountId"], offered["lease"]) == (place.account, None)
    request = await ask(tenantry, place, "--platform", "mastodon", "--note", "Please.")
    [waiting] = decoded(await tenantry("leases", "requests", "--status", "requested", *ours))["items"]
    assert (waiting["requestId"], waiting["note"]) == (request, "Please.")
    assigned = decoded(await tenantry("leases", "assign", request, place.account, *ours))
    shown = decoded(await tenantry("leases", "show", place.project, request, *theirs))
    assert shown == {name: value for name, value in assigned.items() if name != "organizationId"}
    [leased] = shown["assignedSocialAccountIds"]
    [listed] = decoded(await tenantry("leases", "list", *ours))["items"]
    assert listed["lease"]["socialAccountId"] == leased
    refused(await tenantry("leases", "withdraw", place.account, *ours), 4)
    released = decoded(await tenantry("leases", "release", leased, *theirs))
    assert released == decoded(await tenantry("leases", "recall", leased, *ours))
    assert decoded(await tenantry("leases", "withdraw", place.account, *ours))["offeredAt"] is None


async def test_a_person_reads_a_line_each(tenantry: Tenantry, place: Place) -> None:
    await tenantry("leases", "offer", place.account, "--niche", "baking", *place.ours)
    request = await ask(tenantry, place)
    _, line = (await tenantry("leases", "requests", *place.ours)).stdout.splitlines()
    assert line.split()[0] == request
    _, line = (await tenantry("leases", "list", *place.ours)).stdout.splitlines()
    assert line.split()[:5] == [place.account, "mastodon", "bakes", "connected", "baking"]
    await tenantry("leases", "assign", request, place.account, *place.ours)
    _, line = (await tenantry("leases", "list", *place.ours)).stdout.splitlines()
    assert place.project in line


async def test_a_request_is_rejected_once(tenantry: Tenantry, place: Place) -> None:
    request = await ask(tenantry, place)
    words = ["leases", "reject", request, "--reason", "None left.", *place.ours, "--json"]
    assert decoded(await tenantry(*words))["status"] == "rejected"
    assert refused(await tenantry(*words), 4)["details"]["reason"] == "ALREADY_DECIDED"


async def test_what_is_wrong_is_said_by_the_exit_code(tenantry: Tenantry, place: Place) -> None:
    request = await ask(tenantry, place)
    ours, theirs = [*place.ours, "--json"], [*place.theirs, "--json"]
    error = refused(await tenantry("leases", "assign", request, place.account, *ours), 4)
    assert error["details"]["issues"] == [
        {"path": "socialAccountIds[0]", "message": "is not offered for lease"}
    ]
    refused(await tenantry("leases", "offer", place.account, "--niche", "x", *theirs), 3)
    refused(await tenantry("leases", "offer", place.account, "--niche", "", *ours), 2)
    refused(await tenantry("leases", "release", place.account, *theirs), 3)
    refused(await tenantry("leases", "recall", place.account, *ours), 3)
    refused(await tenantry("leases", "assign", request, place.account, *ours, "--sandbox"), 3)
    assert (await tenantry("leases", "assign", request, *ours)).exit_code == 2
    count = ["--count", "51", "--niche", "x", *theirs]
    assert (await tenantry("leases", "request", place.project, *count)).exit_code == 2
