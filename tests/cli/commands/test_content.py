"""`tenantry content render`: files from a spec, without servers."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from cli.shared.rendering import CliPieceSpec, RenderProvenance
from generation.spec import BrandSnapshot, PieceFormat
from tests.architecture.tree import ROOT
from tests.cli.conftest import Tenantry, decoded, refused
from tests.generation.slides.test_deck import copy

pytestmark = pytest.mark.usefixtures("elsewhere")


def design(folder: Path, format_: PieceFormat = "slideshow") -> Path:
    Image.new("RGB", (300, 300), (20, 90, 160)).save(folder / "logo.png")
    brand = BrandSnapshot(name="Tideline", colors=["#0b6e99"])
    path = folder / "spec.json"
    spec = {"format": format_, "brand": brand, "seed": "1", "copy": copy("No ads"), "logo": "logo.png"}
    path.write_bytes(msgspec.json.encode(spec))
    return path


async def test_slides_come_with_their_provenance(tenantry: Tenantry, elsewhere: Path) -> None:
    path = design(elsewhere)
    result = decoded(await tenantry("content", "render", str(path), "--out", "out", "--json"))
    assert [file["name"] for file in result["files"]] == [f"slideshow-{number}.jpg" for number in (1, 2, 3)]
    assert min(line["contrast"] for file in result["files"] for line in file["shown"]) >= 4.5
    written = msgspec.json.decode((elsewhere / "out" / "spec.json").read_bytes())
    assert written["files"] == result["files"]
    assert written["design"]["copy"]["hook"]["text"] == copy().hook.text
    # The written design is a valid spec, and gives the same bytes.
    (elsewhere / "again.json").write_bytes(msgspec.json.encode(written["design"]))
    again = decoded(await tenantry("content", "render", "again.json", "--out", "other", "--json"))
    assert again == result


def test_the_docs_spec_is_valid() -> None:
    page = (ROOT / "docs/howto/render-content.md").read_text()
    [spec] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    design_copy = msgspec.json.decode(spec, type=CliPieceSpec).copy
    assert design_copy is not None
    assert design_copy.points


async def test_without_a_copy_the_brand_texts_are_used(tenantry: Tenantry, elsewhere: Path) -> None:
    path = design(elsewhere, "image")
    brand = BrandSnapshot(name="Tideline", taglines=["Know the tide before you go"])
    path.write_bytes(msgspec.json.encode({"format": "image", "brand": brand, "seed": "1"}))
    result = decoded(await tenantry("content", "render", str(path), "--out", "out", "--json"))
    assert [file["name"] for file in result["files"]] == ["image-1.jpg"]
    written = msgspec.json.decode((elsewhere / "out" / "spec.json").read_bytes(), type=RenderProvenance)
    assert written.design.copy is not None
    assert "Know the tide before you go" in written.design.copy.hook.text


@pytest.mark.parametrize(
    ("fields", "code", "exit_code"),
    [
        ({"format": "ugc_remix"}, "CLIP_MISSING", 1),
        ({"format": "ugc_remix", "clip": "absent.mp4"}, "FILE_UNUSABLE", 1),
        ({"format": "ugc_remix", "clip": "spec.json"}, "CLIP_TYPE", 1),
        ({"format": "poster"}, "VALIDATION", 2),
        ({"logo": "absent.png"}, "FILE_UNUSABLE", 1),
        ({"screenshots": ["spec.json"]}, "PICTURE_TYPE", 1),
        ({"brand": {"name": "ᏣᎳᎩ"}}, "SCRIPT_NOT_SUPPORTED", 1),
        ({"copy": None}, "BRAND_LACKS_WORDS", 1),
    ],
)
async def test_an_unrenderable_spec_is_refused(
    tenantry: Tenantry, elsewhere: Path, fields: dict[str, Any], code: str, exit_code: int
) -> None:
    path = design(elsewhere)
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | fields))
    result = await tenantry("content", "render", str(path), "--out", "out", "--json")
    assert refused(result, exit_code)["code"] == code


async def test_invalid_json_is_refused(tenantry: Tenantry, elsewhere: Path) -> None:
    (elsewhere / "spec.json").write_text("{")
    result = await tenantry("content", "render", "spec.json", "--out", "out", "--json")
    assert refused(result, 1)["code"] == "SPEC_NOT_JSON"


async def test_a_missing_extra_is_reported_in_one_line(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("generation.libraries.find_spec", lambda name: None if name == "uharfbuzz" else find(name))
    result = await tenantry("content", "render", str(design(elsewhere)), "--out", "out")
    assert result.exit_code == 5
    [said] = result.stderr.splitlines()
    assert "uharfbuzz isn't installed" in said


@pytest.mark.parametrize(("asked", "size"), [(("--gender", "male"), (800, 800)), ((), (320, 3 * 320))])
async def test_portraits_have_a_row_for_each_gender_and_a_column_for_each_age(
    tenantry: Tenantry, elsewhere: Path, asked: tuple[str, ...], size: tuple[int, int]
) -> None:
    decoded(await tenantry("content", "portrait", "--age", "teen", *asked, "--out", "people.png", "--json"))
    with Image.open(elsewhere / "people.png") as drawn:
        assert drawn.size == size


async def test_a_portraits_color_is_hexadecimal(tenantry: Tenantry) -> None:
    result = await tenantry("content", "portrait", "--color", "red", "--out", "people.png")
    assert result.exit_code == 2
    assert "'red' is not a color such as #0b6e99" in result.stderr
