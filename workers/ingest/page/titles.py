"""Title of a page, without the site's name if the page shows which part that is."""

from itertools import islice

from workers.ingest.page.document import HtmlDocument, read_tag_text
from workers.ingest.page.names import is_similar_name
from workers.ingest.page.text import TITLE_SEPARATOR_PATTERN, clean_text_line, fold_text, truncate_text

MAX_PAGE_TITLE_CHARS = 300
#: Headings that are compared with the title.
MAX_HEADINGS_COMPARED_WITH_TITLE = 3
#: Separators of the title; further ones are ignored.
MAX_TITLE_SEPARATORS = 10


def choose_page_title(page: HtmlDocument, name: str | None) -> str | None:
    """Return the page's title, cut to `MAX_PAGE_TITLE_CHARS` characters; None if it is empty.

    The title for sharing has precedence, with the site's name; the page's own title loses the site's name.
    """
    for _, text in page.read_first_meta_texts("og:title", "twitter:title"):
        if value := clean_text_line(text):
            return truncate_text(value, MAX_PAGE_TITLE_CHARS)
    own_title = find_own_title_in_headings(page, page.title) or cut_site_name_from_title(
        page.title, name or page.domain_label
    )
    return truncate_text(own_title, MAX_PAGE_TITLE_CHARS) or None


def find_own_title_in_headings(page: HtmlDocument, page_title: str) -> str | None:
    """Return the shortest beginning of a title that is also one of the page's first headings; None for none."""
    headings = {fold_text(read_tag_text(tag)) for tag in page.tags["h1"][:MAX_HEADINGS_COMPARED_WITH_TITLE]} - {""}
    return next((beginning for beginning in title_beginnings(page_title) if fold_text(beginning) in headings), None)


def cut_site_name_from_title(page_title: str, name: str) -> str:
    for beginning in title_beginnings(page_title):
        if is_similar_name(fold_text(page_title[len(beginning) :]), fold_text(name)):
            return beginning
    return page_title


def title_beginnings(page_title: str) -> list[str]:
    """Return beginnings of a title: `A` and `A - B` of `A - B | C`."""
    return [
        page_title[: match.start()].strip()
        for match in islice(TITLE_SEPARATOR_PATTERN.finditer(page_title), MAX_TITLE_SEPARATORS)
    ]
