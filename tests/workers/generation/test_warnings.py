"""Warnings of a piece about its texts, its pictures and its space."""

import io
import os
from pathlib import Path

from PIL import Image

from generation.outputs import truncation_warnings
from generation.spec import BrandSnapshot, Spec
from workers.generation.child import render_piece
from workers.generation.protocol import CopyReady, DrawProgress, InputHandles, PieceRequest


def logo(size: tuple[int, int]) -> int:
    """Return a descriptor of a picture in memory."""
    written = io.BytesIO()
    Image.new("RGB", size).save(written, "PNG")
    file = os.memfd_create("logo")
    os.write(file, written.getvalue())
    os.lseek(file, 0, os.SEEK_SET)
    return file


def test_each_cause_of_a_poor_piece_has_a_warning(tmp_path: Path) -> None:
    spec = Spec(
        format="image", brand=BrandSnapshot(name="Tideline", keywords=["tides"]), seed="1", hook="Tide " * 400
    )
    handles = InputHandles(logo=logo((20, 20)), screenshots=[], end_card=None, clip=None)
    planned, *drawn = render_piece(PieceRequest(spec=spec, handles=handles, folder=str(tmp_path)))
    assert isinstance(planned, CopyReady)
    files = [step.made for step in drawn if isinstance(step, DrawProgress) and step.made]
    told = [*planned.copy.warnings, *truncation_warnings(files)]
    assert [one.partition(":")[0] for one in told] == ["few_clauses", "logo_unused", "text_cut"]
