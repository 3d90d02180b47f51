"""docs/reference says what the code says."""

import pytest

from cli.reference import FOLDER, pages


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "stale: run `python -m cli.reference`"
