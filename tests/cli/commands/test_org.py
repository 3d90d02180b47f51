from pathlib import Path

import pytest

from cli.commands import org_move
from db.pool import Conn
from schemas.errors import OrganizationMoveRefused
from tests.cli.conftest import Tenantry, decoded, refused

pytestmark = pytest.mark.usefixtures("environment")


async def test_create_makes_an_organization_and_its_sandbox(tenantry: Tenantry, conn: Conn) -> None:
    made = decoded(await tenantry("org", "create", "Acme", "--tier", "pilot", "--json"))
    assert (made["name"], made["tier"]) == ("Acme", "pilot")
    rows = await conn.fetch("select 'org_' || id as id, env from organization")
    assert {(row["id"], row["env"]) for row in rows} == {(made["id"], "live"), (made["sandboxId"], "test")}


async def test_a_list_is_paged(tenantry: Tenantry) -> None:
    made = [decoded(await tenantry("org", "create", name, "--json")) for name in "abc"]
    first = decoded(await tenantry("org", "list", "--limit", "2", "--json"))
    assert [each["name"] for each in first["items"]] == ["c", "b"]
    second = decoded(await tenantry("org", "list", "--before", first["before"], "--json"))
    assert second == {"items": [made[0]], "before": None}


async def test_a_name_has_1_to_128_characters(tenantry: Tenantry) -> None:
    for name in ("", "x" * 129):
        assert refused(await tenantry("org", "create", name, "--json"), 2)["code"] == "VALIDATION"


async def test_suspend_resume_and_tier(tenantry: Tenantry) -> None:
    made = decoded(await tenantry("org", "create", "Acme", "--json"))
    assert decoded(await tenantry("org", "suspend", made["id"], "--json")) == made | {"suspended": True}
    changed = decoded(await tenantry("org", "tier", made["id"], "partner", "--json"))
    assert changed == made | {"suspended": True, "tier": "partner"}
    assert decoded(await tenantry("org", "resume", made["id"], "--json")) == changed | {"suspended": False}


def test_a_reload_that_hangs_leaves_the_end_of_a_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(org_move, "RELOAD_TIMEOUT_S", 0.05)
    with pytest.raises(OrganizationMoveRefused, match=r"timed out.*The organization is open at the target"):
        org_move._write_map(tmp_path / "acme.map", ["lp_live_a cell_2;"], "sleep 60")
    assert (tmp_path / "acme.map").read_text() == "lp_live_a cell_2;\n"
