"""Partners' corrections of their brands, as examples for a language model."""

from itertools import groupby
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import brand_source as sources
from domain.brand.brand import rank_brand_findings_by_field
from schemas.brand import BrandFieldName, BrandSourceRow, CorrectedBrand, Said

#: Brands that are read: a prompt has some of them, those in its own language first.
MAX_CORRECTED_BRANDS = 10
#: Fields that a model proposes.
CORRECTED_FIELDS: tuple[BrandFieldName, ...] = (
    "appName",
    "appDescription",
    "tagline",
    "keywords",
    "audience",
    "icp",
    "brandVoice",
)


async def list_corrected_brands(conn: Conn, *, organization_id: UUID, project_id: UUID) -> list[CorrectedBrand]:
    """Return the brands of the organization that its partner corrected last, of other active projects."""
    rows = await sources.list_corrected_brands.all(
        conn, org=organization_id, project_id=project_id, limit=MAX_CORRECTED_BRANDS
    )
    brands = (
        build_corrected_brand(msgspec.convert([dict(row) for row in group], list[BrandSourceRow]))
        for _, group in groupby(rows, key=lambda row: row["project_id"])
    )
    return [brand for brand in brands if brand.texts and brand.corrections]


def build_corrected_brand(rows: list[BrandSourceRow]) -> CorrectedBrand:
    """Build the example of one brand: its sources' words, and each different value of the partner."""
    own = list_winning_findings([row for row in rows if row.source == "partner"])
    read = list_winning_findings([row for row in rows if row.source != "partner"])
    language = (own | read).get("primaryLanguage")
    texts = (text for name in CORRECTED_FIELDS if name in read for text in list_texts_of_finding(read[name]))
    return CorrectedBrand(
        language=str(language.value) if language else None,
        texts=list(dict.fromkeys(texts)),
        corrections={
            name: own[name].value
            for name in CORRECTED_FIELDS
            if name in own and own[name].value and (name not in read or read[name].value != own[name].value)
        },
    )


def list_winning_findings(rows: list[BrandSourceRow]) -> dict[BrandFieldName, Said]:
    return {name: findings[0] for name, findings in rank_brand_findings_by_field(rows).items()}


def list_texts_of_finding(finding: Said) -> list[str]:
    """Return the source's own words of a finding: the quotes of a derived value, else the value."""
    value = finding.value
    return finding.provenance.evidence or [value if isinstance(value, str) else ", ".join(value)]
