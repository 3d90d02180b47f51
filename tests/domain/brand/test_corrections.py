"""Corrections of other brands of the same organization are examples."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.pool import Conn
from db.queries import brand_source as sources
from domain.brand import brand
from domain.brand.corrections import MAX_CORRECTED_BRANDS, list_corrected_brands
from schemas.brand import BrandFieldName, BrandFieldValue, BrandPatch, BrandProfile, SourceFieldFinding
from tests import seeds
from tests.domain.project import Project

NOW = datetime(2026, 12, 2, tzinfo=UTC)
READ: dict[BrandFieldName, BrandFieldValue] = {"appName": "Zap", "tagline": "Zap it all", "primaryLanguage": "de-AT"}


async def corrected_brand(conn: Conn, org: UUID, read: dict[BrandFieldName, BrandFieldValue], **own: Any) -> UUID:
    """Create a project with a website's findings and the partner's own values; return its id."""
    project_id = await seeds.project(conn, org)
    fields = {
        name: SourceFieldFinding(value=value, confidence=0.9, rule="r", evidence=[f"{value}!"] if name == "icp" else [])
        for name, value in read.items()
    }
    if fields:
        await sources.put_source.run(
            conn, org=org, project_id=project_id, source="website", fields=fields, media=[], profile=BrandProfile(),
            url=None, job_id=None, visit=None,
        )  # fmt: skip
    await brand.apply_brand_patch(conn, organization_id=org, project_id=project_id, now=NOW, body=BrandPatch(**own))
    return project_id


async def test_an_example_has_the_sources_words_and_the_partners_values(conn: Conn, project: Project) -> None:
    await corrected_brand(conn, project.org, {**READ, "icp": "Riders"}, tagline="Zap, and done", app_name="Zap")
    (example,) = await list_corrected_brands(conn, organization_id=project.org, project_id=project.id)
    assert example.language == "de-AT"
    assert example.texts == ["Zap", "Zap it all", "Riders!"]
    assert example.corrections == {"tagline": "Zap, and done"}


async def test_brands_without_a_correction_are_no_examples(conn: Conn, project: Project) -> None:
    await corrected_brand(conn, project.org, READ, tagline="Zap it all")
    await corrected_brand(conn, project.org, READ, tagline="")
    await corrected_brand(conn, project.org, READ, logo_url="https://zap.test/logo.png")
    await corrected_brand(conn, project.org, {}, tagline="Without a source")
    own = await corrected_brand(conn, project.org, READ, tagline="Its own correction")
    assert await list_corrected_brands(conn, organization_id=project.org, project_id=own) == []


async def test_another_organizations_brands_are_no_examples(conn: Conn, project: Project) -> None:
    await corrected_brand(conn, await seeds.organization(conn), READ, tagline="Foreign words")
    assert await list_corrected_brands(conn, organization_id=project.org, project_id=project.id) == []


async def test_an_archived_projects_brand_is_no_example(conn: Conn, project: Project) -> None:
    archived = await corrected_brand(conn, project.org, READ, tagline="Old words")
    await conn.execute("update project set status = 'archived', archived_at = now() where id = $1", archived)
    assert await list_corrected_brands(conn, organization_id=project.org, project_id=project.id) == []


async def test_the_last_corrections_come_first_by_the_primary_key(conn: Conn, project: Project) -> None:
    for number in range(MAX_CORRECTED_BRANDS + 2):
        await corrected_brand(conn, project.org, READ, tagline=f"Line {number}")
    found = await list_corrected_brands(conn, organization_id=project.org, project_id=project.id)
    taglines = [example.corrections["tagline"] for example in found]
    assert taglines == [f"Line {number}" for number in range(MAX_CORRECTED_BRANDS + 1, 1, -1)]
