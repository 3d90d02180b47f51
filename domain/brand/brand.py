"""A project's brand: findings of each source, and the partner's own values, which always win."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET

from db.pool import Conn
from db.queries import brand_source as sources
from domain.values import languages
from schemas import ids
from schemas.brand import (
    Brand,
    BrandContext,
    BrandExtraction,
    BrandField,
    BrandFieldName,
    BrandMedia,
    BrandPatch,
    BrandProfile,
    BrandSource,
    BrandSourceRow,
    BrandStatement,
    LastCrawlRecord,
    MediaProvenance,
    Provenance,
    Said,
    SourceFieldFinding,
)
from schemas.pictures import PictureFoundByIngest, PictureKind

BRAND_FIELDS: tuple[BrandFieldName, ...] = get_args(BrandFieldName)
#: Sources, the one with the most text about the brand first.
SOURCES_BY_TEXT: tuple[BrandSource, ...] = ("website", "appstore", "github", "partner")
MAX_BRAND_STATEMENTS = 24
BRAND_PICTURE_KINDS: tuple[PictureKind, ...] = get_args(PictureKind)


def merge_brand_sources(rows: Sequence[BrandSourceRow]) -> BrandContext | None:
    """Return a project's merged brand: each field's winning value with its provenance; None without a source."""
    if not rows:
        return None
    winners: dict[str, Said] = {name: findings[0] for name, findings in rank_brand_findings_by_field(rows).items()}
    values: dict[str, Any] = {name: finding.value for name, finding in winners.items()}
    return msgspec.convert(
        {**values, "provenance": {name: finding.provenance for name, finding in winners.items()}}, BrandContext
    )


def rank_brand_findings_by_field(rows: Sequence[BrandSourceRow]) -> dict[BrandFieldName, list[Said]]:
    """Return all findings by brand field, winners first: the partner's, then by confidence, then newest."""
    findings: dict[BrandFieldName, list[Said]] = {}
    for row in rows:
        for name, finding in row.fields.items():
            for stated in (finding, *finding.alternatives):
                said = Said(value=stated.value, provenance=_build_brand_finding_provenance(row, stated))
                findings.setdefault(name, []).append(said)
    return {name: sorted(finding, key=_brand_finding_rank, reverse=True) for name, finding in findings.items()}


def brand_to_schema(rows: Sequence[BrandSourceRow], *, project_id: UUID) -> Brand:
    """Return a project's brand: each field with its winning value and the alternatives, statements and pictures."""
    known = rank_brand_findings_by_field(rows)
    ordered = sorted(rows, key=lambda row: SOURCES_BY_TEXT.index(row.source))
    return Brand(
        project_id=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, project_id),
        fields={name: _build_brand_field(known.get(name, [])) for name in BRAND_FIELDS},
        trade=next((row.profile.trade for row in ordered if row.profile.trade), None),
        place=next((row.profile.place for row in ordered if row.profile.place), None),
        statements=merge_brand_statements(ordered),
        media=list_brand_pictures(rows),
    )


def merge_brand_statements(rows: Sequence[BrandSourceRow]) -> list[BrandStatement]:
    """Return the statements of all sources, those of earlier rows first; a text occurs once."""
    once: dict[str, BrandStatement] = {}
    for row in rows:
        for one in row.profile.statements:
            statement = BrandStatement(
                text=one.text, intent=one.intent, quote=one.quote, url=one.url, source=row.source
            )
            once.setdefault(one.text.casefold(), statement)
    return [*once.values()][:MAX_BRAND_STATEMENTS]


def list_brand_pictures(rows: Sequence[BrandSourceRow]) -> list[BrandMedia]:
    """Return the pictures of all brand sources, logos first; each picture address occurs once.

    Pictures of newer sources come first. The pictures of one source keep their order.
    """
    newest = sorted(rows, key=lambda row: (row.at, row.source), reverse=True)
    met = [(row, picture) for row in newest for picture in row.media]
    once: dict[str, BrandMedia] = {}
    for row, picture in sorted(met, key=lambda pair: BRAND_PICTURE_KINDS.index(pair[1].kind)):
        once.setdefault(picture.url, _brand_picture_to_schema(row, picture))
    return list(once.values())


def _brand_picture_to_schema(row: BrandSourceRow, picture: PictureFoundByIngest) -> BrandMedia:
    return BrandMedia(
        kind=picture.kind,
        url=picture.url,
        width=picture.width,
        height=picture.height,
        type=picture.type,
        bytes=picture.bytes,
        alt=picture.alt,
        provenance=MediaProvenance(
            source=row.source,
            job_id=None if row.job_id is None else ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.job_id),
            url=picture.page,
            rule=picture.rule,
            at=row.at,
        ),
    )


def changed_brand_field_names(
    before: Sequence[BrandSourceRow], after: Sequence[BrandSourceRow]
) -> list[BrandFieldName]:
    """Return the names of the brand fields with another winning value after a change."""
    old, new = rank_brand_findings_by_field(before), rank_brand_findings_by_field(after)
    return [name for name in BRAND_FIELDS if _winning_brand_value(old.get(name)) != _winning_brand_value(new.get(name))]


def check_brand_patch(body: BrandPatch) -> None:
    """Raise `InvalidValue` for a bad language in a brand's patch; the body's shape checks the rest."""
    if isinstance(body.primary_language, str) and body.primary_language:
        languages.check_language_tag(body.primary_language, path="brandContext.primaryLanguage")


async def apply_brand_patch(
    conn: Conn, *, organization_id: UUID, project_id: UUID, now: datetime, body: BrandPatch
) -> None:
    """Set the partner's own brand values, and drop those that the patch sets to null; the project is locked."""
    sent = msgspec.to_builtins(body)
    own = await find_brand_source_row(conn, organization_id=organization_id, project_id=project_id, source="partner")
    unchanged = {name: finding for name, finding in own.fields.items() if name not in sent} if own else {}
    new = {
        name: SourceFieldFinding(value=value, confidence=1, rule="partner", at=now)
        for name, value in sent.items()
        if value is not None
    }
    if fields := unchanged | new:
        await sources.put_source.run(
            conn,
            org=organization_id,
            project_id=project_id,
            source="partner",
            fields=fields,
            media=[],
            profile=BrandProfile(),
            url=None,
            job_id=None,
            visit=None,
        )
    else:  # The partner has dropped all of its values, so it is no longer a source.
        await sources.delete_source.run(conn, org=organization_id, project_id=project_id, source="partner")


async def replace_brand_source_findings(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    source: BrandSource,
    extraction: BrandExtraction,
    job_id: UUID,
) -> list[BrandFieldName]:
    """Replace the findings of one brand source of a project; return the fields with another winning value."""
    before = await read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    await sources.put_source.run(
        conn,
        org=organization_id,
        project_id=project_id,
        source=source,
        fields=extraction.fields,
        media=extraction.media,
        profile=extraction.profile,
        url=extraction.url,
        job_id=job_id,
        visit=extraction.visit,
    )
    return changed_brand_field_names(
        before, await read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    )


async def find_brand_source_row(
    conn: Conn, *, organization_id: UUID, project_id: UUID, source: BrandSource
) -> BrandSourceRow | None:
    """Return a project's row of one brand source; None without one, as when a partner has set no value."""
    rows = await read_brand_source_rows(conn, organization_id=organization_id, project_id=project_id)
    return next((row for row in rows if row.source == source), None)


async def read_last_crawl_state(
    conn: Conn, *, organization_id: UUID, project_id: UUID, source: BrandSource
) -> LastCrawlRecord | None:
    """Return the crawl state that a source's last ingest stored for the next one; None without any."""
    visit = await sources.get_visit.value(conn, org=organization_id, project_id=project_id, source=source)
    return msgspec.convert(visit, LastCrawlRecord | None)


async def read_brand_source_rows(conn: Conn, *, organization_id: UUID, project_id: UUID) -> list[BrandSourceRow]:
    """Return a project's brand rows, one for each source; empty without a source."""
    rows = await sources.list_sources.all(conn, org=organization_id, project_id=project_id)
    return msgspec.convert([dict(row) for row in rows], list[BrandSourceRow])


def _build_brand_field(findings: Sequence[Said]) -> BrandField:
    if not findings:
        return BrandField(value=None, provenance=None, alternatives=[])
    return BrandField(value=findings[0].value, provenance=findings[0].provenance, alternatives=list(findings[1:]))


def _winning_brand_value(findings: Sequence[Said] | None) -> object:
    return findings[0].value if findings else None


def _brand_finding_rank(finding: Said) -> tuple[bool, float, datetime]:
    origin = finding.provenance
    return origin.source == "partner", origin.confidence, origin.at


def _build_brand_finding_provenance(row: BrandSourceRow, finding: SourceFieldFinding) -> Provenance:
    return Provenance(
        source=row.source,
        job_id=None if row.job_id is None else ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.job_id),
        url=finding.url or row.url,
        confidence=finding.confidence,
        rule=finding.rule,
        evidence=finding.evidence,
        parts=finding.parts or UNSET,
        colors=finding.colors or UNSET,
        at=finding.at or row.at,
    )
