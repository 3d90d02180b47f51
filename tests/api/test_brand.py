"""The brand of a project: the partner's values take precedence over sources."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest_asyncio

from db.pool import Conn
from domain.brand import ingests
from jobs.kinds import INGEST_WEBSITE_KIND
from schemas import ids
from schemas.brand import BrandExtraction, BrandPart, BrandProfile, BrandStatementFinding, SourceFieldFinding
from schemas.pictures import PictureFoundByIngest
from tests import seeds
from tests.api.conftest import ApiCaller, read_answer


@pytest_asyncio.fixture
async def project(acme: ApiCaller, conn: Conn) -> str:
    return f"/v1/projects/prj_{await seeds.project(conn, acme.organization_id)}"


async def patch_brand(acme: ApiCaller, project: str, **brand: Any) -> dict[str, Any] | None:
    changed: dict[str, Any] | None = read_answer(await acme.http.patch(project, json={"brandContext": brand}))[
        "brandContext"
    ]
    return changed


NO_PROFILE = BrandProfile()


async def complete_ingest(
    acme: ApiCaller,
    project: str,
    conn: Conn,
    media: Sequence[PictureFoundByIngest] = (),
    profile: BrandProfile = NO_PROFILE,
    **said: SourceFieldFinding,
) -> str:
    """Complete an ingest with these fields, and return its job's id."""
    await acme.http.post(f"{project}/ingest/website", json={"url": "https://example.com"})
    (claim,) = await seeds.claims(conn, INGEST_WEBSITE_KIND)
    extraction = BrandExtraction(
        url="https://example.com/",
        title=None,
        fields=said,  # type: ignore[arg-type]
        media=[*media],
        profile=profile,
    )
    await ingests.finish_ingest(conn, claim=claim, extraction=extraction)
    return ids.format_prefixed_id(ids.JOB_ID_PREFIX, claim.id)


def build_finding(value: str, confidence: float, *alternatives: SourceFieldFinding) -> SourceFieldFinding:
    return SourceFieldFinding(value=value, confidence=confidence, rule="html.title", alternatives=list(alternatives))


async def test_new_project_has_no_brand(acme: ApiCaller, project: str) -> None:
    assert (await acme.http.get(project)).json()["brandContext"] is None
    brand = (await acme.http.get(f"{project}/brand")).json()
    assert brand["projectId"] == project.removeprefix("/v1/projects/")
    assert brand["fields"]["tagline"] == {"value": None, "provenance": None, "alternatives": []}
    assert await patch_brand(acme, project, tagline="Ours") is not None
    assert await patch_brand(acme, project, tagline=None) is None
    assert await patch_brand(acme, project) is None


async def test_an_edit_by_the_partner_keeps_the_statements_of_an_ingest(
    acme: ApiCaller, project: str, conn: Conn
) -> None:
    quote = "We bake bread in Harrowby."
    found = BrandStatementFinding(text=quote, intent="place", quote=quote, url="https://example.com/")
    profile = BrandProfile(trade="bakery", place="Harrowby", statements=[found])
    await complete_ingest(acme, project, conn, profile=profile)
    await patch_brand(acme, project, tagline="Ours")
    brand = (await acme.http.get(f"{project}/brand")).json()
    assert (brand["trade"], brand["place"]) == ("bakery", "Harrowby")
    assert brand["statements"] == [{**msgspec.to_builtins(found), "source": "website"}]


async def test_partners_value_wins_until_removed(acme: ApiCaller, project: str, conn: Conn) -> None:
    job_id = await complete_ingest(
        acme, project, conn, tagline=build_finding("Theirs", 0.9), appName=build_finding("Shop", 0.8)
    )
    brand = (await acme.http.get(project)).json()["brandContext"]
    assert (brand["tagline"], brand["appName"], brand["keywords"]) == ("Theirs", "Shop", [])
    assert brand["provenance"]["tagline"] == {
        "source": "website",
        "jobId": job_id,
        "url": "https://example.com/",
        "confidence": 0.9,
        "rule": "html.title",
        "evidence": [],
        "at": brand["provenance"]["tagline"]["at"],
    }
    brand = await patch_brand(acme, project, tagline="Ours", keywords=["a", "b"])
    assert brand is not None
    assert (brand["tagline"], brand["appName"], brand["keywords"]) == ("Ours", "Shop", ["a", "b"])
    assert brand["provenance"]["tagline"]["source"] == "partner"
    assert brand["provenance"]["tagline"]["jobId"] is None
    described = (await acme.http.get(f"{project}/brand")).json()["fields"]["tagline"]
    assert described["value"] == "Ours"
    assert [other["value"] for other in described["alternatives"]] == ["Theirs"]
    assert described["alternatives"][0]["provenance"]["jobId"] == job_id
    brand = await patch_brand(acme, project, tagline=None)
    assert brand is not None
    assert (brand["tagline"], brand["keywords"]) == ("Theirs", ["a", "b"])


async def test_the_parts_of_an_icp_come_with_their_quotes(acme: ApiCaller, project: str, conn: Conn) -> None:
    quote = "Built for nurses."
    parts = [BrandPart(part="role", value="nurses", quote=quote), BrandPart(part="need", value="rest", quote="Rest.")]
    await complete_ingest(acme, project, conn, icp=msgspec.structs.replace(build_finding("Nurses", 0.5), parts=parts))
    said = [
        {"part": "role", "value": "nurses", "quote": quote, "basis": "stated"},
        {"part": "need", "value": "rest", "quote": "Rest.", "basis": "stated"},
    ]
    assert (await acme.http.get(project)).json()["brandContext"]["provenance"]["icp"]["parts"] == said
    assert (await acme.http.get(f"{project}/brand")).json()["fields"]["icp"]["provenance"]["parts"] == said


async def test_images_come_from_the_last_ingest(acme: ApiCaller, project: str, conn: Conn) -> None:
    assert (await acme.http.get(f"{project}/brand")).json()["media"] == []
    shot = PictureFoundByIngest(
        kind="screenshot",
        url="https://example.com/one.png",
        width=1080,
        height=1920,
        type="image/png",
        rule="jsonld.screenshot",
        page="https://example.com/app",
        bytes=70_000,
    )
    logo = msgspec.structs.replace(shot, kind="logo", url="https://example.com/logo.svg", bytes=None, alt="Zap")
    job_id = await complete_ingest(acme, project, conn, media=[shot, logo])
    brand = (await acme.http.get(f"{project}/brand")).json()
    assert [one["kind"] for one in brand["media"]] == ["logo", "screenshot"]
    assert brand["media"][1] == {
        "kind": "screenshot",
        "url": "https://example.com/one.png",
        "width": 1080,
        "height": 1920,
        "type": "image/png",
        "bytes": 70_000,
        "alt": None,
        "provenance": {
            "source": "website",
            "jobId": job_id,
            "url": "https://example.com/app",
            "rule": "jsonld.screenshot",
            "at": brand["media"][1]["provenance"]["at"],
        },
    }
    await acme.http.delete(project)
    assert (await acme.http.get(f"{project}/brand")).json() == brand


async def test_alternatives_of_a_source_come_last(acme: ApiCaller, project: str, conn: Conn) -> None:
    await complete_ingest(
        acme,
        project,
        conn,
        appName=build_finding("Shop", 0.9, build_finding("The Shop", 0.5), build_finding("Sho", 0.3)),
    )
    name = (await acme.http.get(f"{project}/brand")).json()["fields"]["appName"]
    assert name["value"] == "Shop"
    assert [other["value"] for other in name["alternatives"]] == ["The Shop", "Sho"]


async def test_no_ingest_touches_the_projects_language(acme: ApiCaller, project: str, conn: Conn) -> None:
    await complete_ingest(acme, project, conn, primaryLanguage=build_finding("de", 0.9))
    read = (await acme.http.get(project)).json()
    assert (read["primaryLanguage"], read["brandContext"]["primaryLanguage"]) == ("en", "de")
