"""A project's brand: findings of each source, and the partner's own values, which always win."""

from collections.abc import Iterator, Sequence
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
    BrandField,
    BrandMedia,
    BrandPatch,
    BrandRow,
    CrawlState,
    Extraction,
    Field,
    FieldFinding,
    MediaProvenance,
    Provenance,
    Said,
    Source,
)
from schemas.pictures import Picture, PictureKind

FIELDS: tuple[Field, ...] = get_args(Field)
PICTURE_KINDS: tuple[PictureKind, ...] = get_args(PictureKind)


def merge(rows: Sequence[BrandRow]) -> BrandContext | None:
    """Merge all sources into the brand: each field's winner with its provenance; None without a source."""
    if not rows:
        return None
    winners: dict[str, Said] = {name: findings[0] for name, findings in findings_by_field(rows).items()}
    values: dict[str, Any] = {name: finding.value for name, finding in winners.items()}
    return msgspec.convert(
        {**values, "provenance": {name: finding.provenance for name, finding in winners.items()}},
        BrandContext,
    )


def findings_by_field(rows: Sequence[BrandRow]) -> dict[Field, list[Said]]:
    """Return the findings of each field, the winner first: the partner's, then by confidence, then by age."""
    findings: dict[Field, list[Said]] = {}
    for name, finding in _everything(rows):
        findings.setdefault(name, []).append(finding)
    return {name: sorted(finding, key=_rank, reverse=True) for name, finding in findings.items()}


def describe(rows: Sequence[BrandRow], *, project_id: UUID) -> Brand:
    """Return every field with its winner and alternatives, and the pictures."""
    known = findings_by_field(rows)
    return Brand(
        project_id=ids.show(ids.PROJECT, project_id),
        fields={name: _field(known.get(name, [])) for name in FIELDS},
        media=merge_pictures(rows),
    )


def merge_pictures(rows: Sequence[BrandRow]) -> list[BrandMedia]:
    """Return each picture once by its address: logos first, then by the newest source, in its order."""
    newest = sorted(rows, key=lambda row: (row.at, row.source), reverse=True)
    met = [(row, picture) for row in newest for picture in row.media]
    once: dict[str, BrandMedia] = {}
    for row, picture in sorted(met, key=lambda pair: PICTURE_KINDS.index(pair[1].kind)):
        once.setdefault(picture.url, _picture(row, picture))
    return list(once.values())


def _picture(row: BrandRow, picture: Picture) -> BrandMedia:
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
            job_id=None if row.job_id is None else ids.show(ids.JOB, row.job_id),
            url=picture.page,
            rule=picture.rule,
            at=row.at,
        ),
    )


def changed_brand_fields(before: Sequence[BrandRow], after: Sequence[BrandRow]) -> list[Field]:
    """Return the names of the brand fields with another winning value after a change."""
    old, new = findings_by_field(before), findings_by_field(after)
    return [name for name in FIELDS if _value(old.get(name)) != _value(new.get(name))]


def check(body: BrandPatch) -> None:
    """Raise `Invalid` for a bad language, which the body's shape doesn't check."""
    if isinstance(body.primary_language, str) and body.primary_language:
        languages.check(body.primary_language, path="brandContext.primaryLanguage")


async def patch(
    conn: Conn, *, organization_id: UUID, project_id: UUID, now: datetime, body: BrandPatch
) -> None:
    """Set and drop the partner's own values; the caller has locked the project."""
    sent = msgspec.to_builtins(body)
    own = await row_of(conn, organization_id=organization_id, project_id=project_id, source="partner")
    unchanged = {name: finding for name, finding in own.fields.items() if name not in sent} if own else {}
    new = {
        name: FieldFinding(value=value, confidence=1, rule="partner", at=now)
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
            url=None,
            job_id=None,
            visit=None,
        )
    else:  # The partner has dropped all of its values, so it is no longer a source.
        await sources.delete_source.run(conn, org=organization_id, project_id=project_id, source="partner")


async def replace(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    source: Source,
    extraction: Extraction,
    job_id: UUID,
) -> list[Field]:
    """Replace a source's row; return the fields with a changed winning value."""
    before = await read(conn, organization_id=organization_id, project_id=project_id)
    await sources.put_source.run(
        conn,
        org=organization_id,
        project_id=project_id,
        source=source,
        fields=extraction.fields,
        media=extraction.media,
        url=extraction.url,
        job_id=job_id,
        visit=extraction.visit,
    )
    return changed_brand_fields(
        before, await read(conn, organization_id=organization_id, project_id=project_id)
    )


async def row_of(conn: Conn, *, organization_id: UUID, project_id: UUID, source: Source) -> BrandRow | None:
    """Return one source's row; None if it was never read."""
    rows = await read(conn, organization_id=organization_id, project_id=project_id)
    return next((row for row in rows if row.source == source), None)


async def last_crawl_state(
    conn: Conn, *, organization_id: UUID, project_id: UUID, source: Source
) -> CrawlState | None:
    """Return the crawl state that a source's last ingest stored for the next one; None without any."""
    visit = await sources.get_visit.value(conn, org=organization_id, project_id=project_id, source=source)
    return msgspec.convert(visit, CrawlState | None)


async def read(conn: Conn, *, organization_id: UUID, project_id: UUID) -> list[BrandRow]:
    """Return a project's brand rows, one for each source; empty without a source."""
    rows = await sources.list_sources.all(conn, org=organization_id, project_id=project_id)
    return msgspec.convert([dict(row) for row in rows], list[BrandRow])


def _field(findings: Sequence[Said]) -> BrandField:
    if not findings:
        return BrandField(value=None, provenance=None, alternatives=[])
    return BrandField(
        value=findings[0].value, provenance=findings[0].provenance, alternatives=list(findings[1:])
    )


def _value(findings: Sequence[Said] | None) -> object:
    return findings[0].value if findings else None


def _rank(finding: Said) -> tuple[bool, float, datetime]:
    origin = finding.provenance
    return origin.source == "partner", origin.confidence, origin.at


def _everything(rows: Sequence[BrandRow]) -> Iterator[tuple[Field, Said]]:
    for row in rows:
        for name, finding in row.fields.items():
            for stated in (finding, *finding.alternatives):
                yield name, Said(value=stated.value, provenance=_provenance(row, stated))


def _provenance(row: BrandRow, finding: FieldFinding) -> Provenance:
    return Provenance(
        source=row.source,
        job_id=None if row.job_id is None else ids.show(ids.JOB, row.job_id),
        url=finding.url or row.url,
        confidence=finding.confidence,
        rule=finding.rule,
        evidence=finding.evidence,
        parts=finding.parts or UNSET,
        colors=finding.colors or UNSET,
        at=finding.at or row.at,
    )
