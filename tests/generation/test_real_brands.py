"""Real brands: the proofreader finds no fault in the slideshows of twenty, and the images of twenty others."""

from pathlib import Path

import pytest

from tests.generation.real_brands import write
from tools.sheet import build_design_spec_of_brand, read_brands_to_render, render_and_check_pieces

#: Rule of a piece whose brand has no words.
MISSING_WORDS_RULE = "BRAND_LACKS_WORDS"

pytestmark = [pytest.mark.long, pytest.mark.first, pytest.mark.timeout(900)]


def test_no_piece_of_a_real_brand_has_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path)
    found = read_brands_to_render(path)
    assert len(found) >= 60
    designs = [
        *(build_design_spec_of_brand(one, "slideshow", None) for one in found[::3]),
        *(build_design_spec_of_brand(one, "image", None) for one in found[1::3]),
    ]
    faults = [
        (piece.brand, fault)
        for piece in render_and_check_pieces(designs, tmp_path, tmp_path / "pieces")
        for fault in piece.faults
    ]
    # Two sites have the description of an article: nothing is said of the brand.
    refused = {brand for brand, fault in faults if fault.rule == MISSING_WORDS_RULE}
    assert len(refused) <= 2
    assert [one for one in faults if one[0] not in refused] == []
