"""`tenantry content template`: findings with lines, and previews of files."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tenantry, decoded
from tests.generation.looks.templates import TEMPLATE, template

pytestmark = pytest.mark.usefixtures("elsewhere")


def write(html: str, encoding: str = "utf-8") -> None:
    Path("own.html").write_text(html, encoding)


def pictures_of_page() -> int:
    return Path("out", "index.html").read_text("utf-8").count("<img")


async def test_findings_have_their_file_and_line(tenantry: Tenantry) -> None:
    write(template(style=".a{z-index:2}"))
    result = await tenantry("content", "template", "check", "own.html")
    assert result.exit_code == 1
    assert result.stdout.startswith("own.html:13: z-index is not allowed: ")
    write(TEMPLATE, "utf-16")
    assert (await tenantry("content", "template", "check", "own.html")).exit_code == 1
    write(TEMPLATE)
    assert decoded(await tenantry("content", "template", "check", "own.html", "--json")) == {"findings": []}


async def test_a_preview_shows_each_aspect_of_a_sample_brand(tenantry: Tenantry) -> None:
    write(TEMPLATE)
    result = decoded(await tenantry("content", "template", "preview", "own.html", "--out", "out", "--json"))
    assert {(one["width"], one["height"]) for one in result["files"]} == {(1080, 1350), (1080, 1920), (1080, 1080)}
    assert {one["look"] for one in result["files"]} == {"preview"}
    assert pictures_of_page() == len(result["files"])


async def test_a_preview_fails_if_another_look_stands_in(tenantry: Tenantry) -> None:
    write(template(**{'data-box="850x640"': 'data-box="60x30"'}))
    result = await tenantry("content", "template", "preview", "own.html", "--out", "out")
    assert result.exit_code == 1
    assert "template_unused" in result.stderr
