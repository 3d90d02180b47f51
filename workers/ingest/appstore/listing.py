"""Listing of an app in Apple's lookup. It is read in the parsing process.

`languageCodesISO2A` is not read: it has the app's languages in the order of their English names.
"""

from workers.ingest.appstore import app
from workers.ingest.appstore.app import StoreListing
from workers.ingest.appstore.shapes import Listing
from workers.ingest.shapes import ParsedDocument

STORE = "appStore"


def read(listing: Listing) -> ParsedDocument:
    software = listing.software
    return app.read(
        StoreListing(
            store=STORE,
            url=listing.url,
            country=listing.country,
            title=software.track_name or "",
            seller=software.seller_name or "",
            website=software.seller_url or "",
            short="",
            description=software.description or "",
            genres=software.genres or [],
            icon=software.artwork_url512 or software.artwork_url100 or "",
            screenshots=[
                *((url, "screenshots") for url in software.screenshot_urls or []),
                *((url, "ipadScreenshots") for url in software.ipad_screenshot_urls or []),
            ],
        )
    )
