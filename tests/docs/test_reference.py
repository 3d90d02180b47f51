"""The pages of docs/ say what the code says."""

from docs.make.pages import ROOT, pages


def test_each_page_says_what_the_code_says() -> None:
    stale = [name for name, made in pages().items() if (ROOT / name).read_text("utf-8") != made]
    assert stale == [], "run `python -m docs.make`"
