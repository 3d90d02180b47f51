"""The pages of docs/ say what the code says."""

import pytest

from docs.make.pages import ROOT, pages

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == PAGES[name], "stale: run `python -m docs.make`"
