"""Pictures of a brand: the `media` that its sources' ingests found."""

from collections.abc import Sequence
from typing import get_args

from schemas import ids
from schemas.brand import BrandMedia, BrandRow, MediaProvenance
from schemas.pictures import Picture, PictureKind

KINDS: tuple[PictureKind, ...] = get_args(PictureKind)


def merge(rows: Sequence[BrandRow]) -> list[BrandMedia]:
    """Return each picture once by its address: logos first, then by the newest source, in its order."""
    newest = sorted(rows, key=lambda row: (row.at, row.source), reverse=True)
    met = [(row, picture) for row in newest for picture in row.media]
    once: dict[str, BrandMedia] = {}
    for row, picture in sorted(met, key=lambda pair: KINDS.index(pair[1].kind)):
        once.setdefault(picture.url, _to_schema(row, picture))
    return list(once.values())


def _to_schema(row: BrandRow, picture: Picture) -> BrandMedia:
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
