"""Made pages, as large as real ones: the reader finds the brand that each is made of."""

import pytest

from tests.workers.ingest import made_pages
from workers.ingest.choose import choose
from workers.ingest.page.extract import extract


def test_made_pages_are_deterministic_and_as_large_as_real_ones() -> None:
    pages = made_pages.make(5)
    assert pages == made_pages.make(5)
    sizes = [len(page.source.body) for page in pages]
    assert sizes == [pytest.approx(size, rel=0.2) for size in made_pages.SIZES]


def test_each_brand_of_a_made_page_is_found() -> None:
    for source, expected in made_pages.make(5):
        page = extract(source)
        fields = choose(page.candidates)
        found = (fields["appName"].value, page.title, fields["appDescription"].value)
        assert found == expected
        assert fields["primaryLanguage"].value == "en"
        assert page.text_length > 1_000
