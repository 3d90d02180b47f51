"""Merge of several sources' pictures: logos first, each address once, the newer source first."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from domain.brand.brand import merge_brand_pictures
from schemas.brand import BrandSourceRow
from schemas.pictures import Picture, PictureKind

NOW = datetime(2026, 11, 24, tzinfo=UTC)
JOB = UUID("0193c1a6-0000-7000-8000-000000000001")
KINDS = get_args(PictureKind)
PICTURES = some.builds(
    Picture,
    kind=some.sampled_from(KINDS),
    url=some.integers(0, 9).map("https://acme.test/{}.png".format),
    width=some.just(512),
    height=some.just(512),
    type=some.just("image/png"),
    rule=some.just("html.og:image"),
    page=some.just("https://acme.test/"),
)
ROWS = some.lists(
    some.builds(
        BrandSourceRow,
        source=some.sampled_from(["github", "website", "appstore"]),
        fields=some.just({}),
        media=some.lists(PICTURES, max_size=6),
        url=some.none(),
        job_id=some.just(JOB),
        at=some.integers(0, 3).map(lambda days: NOW + timedelta(days=days)),
    ),
    max_size=3,
    unique_by=lambda row: row.source,
)


@given(ROWS, some.randoms())
def test_merge_ignores_the_order_of_rows(rows: list[BrandSourceRow], random: some.DataObject) -> None:
    merged = merge_brand_pictures(rows)
    assert merge_brand_pictures(sorted(rows, key=lambda _: random.random())) == merged  # type: ignore[attr-defined]
    met = [(row, picture) for row in rows for picture in row.media]
    assert {one.url for one in merged} == {picture.url for _, picture in met}
    assert len({one.url for one in merged}) == len(merged)
    order = [(KINDS.index(one.kind), -one.provenance.at.timestamp()) for one in merged]
    assert order == sorted(order)
    for one in merged:
        said = [(row, picture) for row, picture in met if picture.url == one.url]
        assert one.kind == min((picture.kind for _, picture in said), key=KINDS.index)
        best = max(row.at for row, picture in said if picture.kind == one.kind)
        assert one.provenance.at == best
