"""Default organization of a command."""

from uuid import uuid4

import pytest

from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


async def test_without_an_organization_the_error_has_the_command(tenantry: Tenantry) -> None:
    assert "tenantry org create" in refused(await tenantry("keys", "list", "--json"), 2)["message"]


async def test_with_two_organizations_the_error_lists_them_and_the_environment_selects_one(
    tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = [decoded(await tenantry("org", "create", name, "--json")) for name in ("Acme", "Bolt")]
    message = refused(await tenantry("keys", "list", "--json"), 2)["message"]
    assert all(organization["id"] in message and organization["name"] in message for organization in created)
    monkeypatch.setenv("TENANTRY_ORG", created[1]["id"])
    await tenantry("keys", "create", "ci", "--json")
    assert len(decoded(await tenantry("keys", "list", "--json"))["items"]) == 1
    assert decoded(await tenantry("keys", "list", "--org", created[0]["id"], "--json"))["items"] == []
    monkeypatch.setenv("TENANTRY_ORG", created[0]["id"])
    assert decoded(await tenantry("keys", "list", "--json"))["items"] == []


async def test_an_unknown_organization_is_not_found(tenantry: Tenantry) -> None:
    assert refused(await tenantry("keys", "list", "--org", str(uuid4()), "--json"), 3)["code"] == "NOT_FOUND"
