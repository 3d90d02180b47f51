"""Pictures of a sheet of brands: the page as a person sees it, and the logo, each as a whole file."""

from collections.abc import Sequence

from cli.shared.brand_sheet import SHEET_PICTURE_TYPES, SheetColumn, SheetPicture
from cli.shared.brand_targets import BrandReadingClients
from schemas.brand import BrandExtraction
from schemas.errors import SourceError
from schemas.pictures import PictureKind
from workers.ingest.perform import get_suggested_image

#: Kinds of pictures that show a page, the best first: an app's screenshot, else its picture for sharing.
PAGE_PICTURE_KINDS: Sequence[PictureKind] = ("screenshot", "image")


async def build_sheet_column(reader: BrandReadingClients, target: str, extraction: BrandExtraction) -> SheetColumn:
    """Return the column of a brand, with the pictures that its servers still have."""
    return SheetColumn(
        target,
        extraction,
        page_picture=await download_first_picture(reader, extraction, PAGE_PICTURE_KINDS),
        logo=await download_first_picture(reader, extraction, ["logo"]),
    )


async def download_first_picture(
    reader: BrandReadingClients, extraction: BrandExtraction, kinds: Sequence[PictureKind]
) -> SheetPicture | None:
    """Return the first readable picture of the first kind that has one; None for none."""
    drawn = [one.picture for one in extraction.drawn]
    for picture in sorted([*drawn, *extraction.media], key=lambda picture: [*kinds, picture.kind].index(picture.kind)):
        if picture.kind in kinds and picture.type in SHEET_PICTURE_TYPES:
            try:
                data = await get_suggested_image(reader.web, extraction.drawn, picture)
            except SourceError:
                continue
            return SheetPicture(picture.type, data, f"{picture.rule} · {picture.url}")
    return None
