"""Steps of the job that makes content: it takes up its brief, and its last one gives the item its files."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import content_generation
from domain.content import assets, content
from domain.content.briefs import Brief
from domain.content.content import LockedContent
from domain.media.files import File
from generation.spec import Copy, Line
from jobs.ledger import Claim
from schemas.content import ApprovalStatus, LineProvenance


class _Row(NamedTuple):
    brief: dict[str, Any]


BEGIN_GENERATION = content_generation.begin_generation.typed(_Row)


async def begin(conn: Conn, *, claim: Claim) -> Brief:
    """The brief of what to make; the item is `processing` from now on."""
    row = await BEGIN_GENERATION.row(conn, **_scope(claim), revision=claim.args["revision"])
    return msgspec.convert(row.brief, Brief)


async def finish(
    conn: Conn, *, claim: Claim, copy: Copy, files: Sequence[File], public_url: str
) -> dict[str, Any]:
    """Give the item its files and texts, in the transaction that ends the job; the result is the job's."""
    scope = _scope(claim)
    org, content_id = scope["org"], scope["content_id"]
    locked = await content.lock(conn, organization_id=org, content_id=content_id)
    await assets.attach(conn, organization_id=org, content_id=content_id, files=files)
    await content_generation.complete_content.run(
        conn,
        **scope,
        hook=copy.hook.text,
        caption=copy.caption,
        approval_status=_gate(locked, copy),
    )
    await content_generation.finish_generation.run(
        conn, **scope, revision=claim.args["revision"], provenance=provenance(copy)
    )
    shown = await content.get(conn, organization_id=org, content_id=content_id, public_url=public_url)
    return {"contentId": shown.id, "assets": msgspec.to_builtins(shown.assets)}


def _gate(locked: LockedContent, copy: Copy) -> ApprovalStatus:
    """As decided when the item was made; pending where a model wrote some of it, whatever the policy."""
    by_model = any(line.rule == "model" for line in _lines(copy))
    return "pending" if by_model and locked.approval_status != "rejected" else locked.approval_status


def provenance(copy: Copy) -> list[LineProvenance]:
    """Each text of a piece with all that it rests on, once."""
    return list(dict.fromkeys(one for line in _lines(copy) for one in _evidence(line)))


def _lines(copy: Copy) -> Iterable[Line]:
    single = (copy.hook, copy.tagline, copy.recap, copy.call_to_action, copy.ending, copy.presenter)
    return [line for line in (*single, *copy.points, *copy.places, *copy.hashtags) if line is not None]


def _evidence(line: Line) -> Iterator[LineProvenance]:
    for one in line.evidence:
        yield LineProvenance(line=line.text, field=one.field, quote=one.quote, rule=line.rule)
    if not line.evidence:
        yield LineProvenance(line=line.text, field=None, quote=None, rule=line.rule)


def _scope(claim: Claim) -> dict[str, UUID]:
    return {"org": claim.organization_id, "content_id": UUID(claim.args["content_id"])}
