"""Generated pages of docs/ match the code."""

from tools.docs.pages import CHECKOUT_ROOT_FOLDER, render_generated_pages


def test_each_generated_page_is_current() -> None:
    stale = [
        name
        for name, generated in render_generated_pages().items()
        if (CHECKOUT_ROOT_FOLDER / name).read_text("utf-8") != generated
    ]
    assert stale == [], "run `python -m tools.docs`"
