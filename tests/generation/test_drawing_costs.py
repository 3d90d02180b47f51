"""A drawing with too many repeats is refused before drawing; a killed one at its first attempt."""

import signal
import sys
import time
from pathlib import Path

import pytest
import resvg_py
from hypothesis import HealthCheck, given, settings
from lxml import etree

from generation import pictures, svg_cost
from generation.drawings import clean_svg_drawing
from schemas.errors import GenerationError, PictureRefused
from tests.generation.svg import COSTLY, ENDLESS, KILLED, drawings, svg
from workers.generation.child import RETRYABLE_RENDER_FAILURE_CODES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("case", COSTLY)
def test_a_drawing_that_repeats_too_much_is_refused_before_it_is_drawn(case: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        clean_svg_drawing(svg(COSTLY[case]))
    assert refused.value.code == ("PICTURE_UNSAFE" if case in ENDLESS else "PICTURE_TOO_LARGE")


@pytest.mark.parametrize("dash", ["1e999", "9 1e999"])
@pytest.mark.parametrize("shape", ['<rect width="1e999" height="9" {}/>', '<path d="M0 0 L1e999 9" {}/>'])
def test_an_endless_dash_on_an_endless_line_counts_as_one(shape: str, dash: str) -> None:
    """Both values are infinite as a float, and have no quotient."""
    assert clean_svg_drawing(svg(shape.format(f'stroke-dasharray="{dash}"'))).text


@pytest.mark.parametrize("case", KILLED)
def test_a_drawing_that_the_kernel_kills_has_a_code(case: str) -> None:
    clean_svg_drawing(svg(KILLED[case]))
    with pytest.raises(PictureRefused) as refused:
        pictures.decode_picture(svg(KILLED[case]))
    assert refused.value.code == "PICTURE_TOO_COSTLY"


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (signal.SIGXCPU, "PICTURE_TOO_COSTLY"),
        (signal.SIGABRT, "PICTURE_TOO_COSTLY"),
        (signal.SIGKILL, "RENDERER_KILLED"),
        (signal.SIGTERM, "RENDERER_KILLED"),
    ],
)
def test_a_kill_by_the_host_is_no_fault_of_the_drawing(
    by: signal.Signals, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel out of memory kills, and systemd ends a service with all of its processes."""
    killed = tmp_path / "killed"
    killed.write_text(f"#!/bin/sh\nkill -{by} $$\n")
    killed.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(killed))
    with pytest.raises(GenerationError) as ended:
        pictures.decode_picture(svg('<rect width="9" height="9"/>'))
    assert ended.value.code == code
    assert (code in RETRYABLE_RENDER_FAILURE_CODES) is (by in {signal.SIGKILL, signal.SIGTERM})


def test_shapes_that_are_used_within_used_ones_are_drawn() -> None:
    used = '<defs><rect id="a" width="100" height="100"/><g id="b"><use href="#a"/></g></defs><use href="#b"/>'
    assert (
        pictures.decode_picture(svg(used)).getextrema()
        == pictures.decode_picture(svg('<rect width="100" height="100"/>')).getextrema()
    )


def expanded(root: etree._Element, at_most: int) -> int:
    """Count shapes and layers naively: each reference copies its target."""
    by_id = {one.get("id"): one for one in reversed([*root.iter()]) if one.get("id")}
    rules = "".join(one.text or "" for one in root.iter(f"{SVG}style"))
    left = at_most

    def draw(element: etree._Element) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            return
        said = "".join([*(element.get(name) or "" for name in ("style", "mask", "clip-path"))])
        ruled = rules.partition(f".{element.get('class')}{{")[2].partition("}")[0]
        for name, target in by_id.items():
            if f"#{name})" in said.replace('"', "").replace("'", "") + ruled or element.get("href") == f"#{name}":
                draw(target)
        for child in element:
            if child.tag not in {f"{SVG}{name}" for name in ("mask", "clipPath", "symbol", "style")}:
                draw(child)

    draw(root)
    return at_most - left


@given(drawings())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_count_is_never_lower_than_what_references_draw(data: bytes) -> None:
    try:
        root = etree.fromstring(clean_svg_drawing(data).text)
    except PictureRefused:
        return
    assert expanded(root, svg_cost.MAX_DRAWING_COST_UNITS + 1) <= svg_cost.MAX_DRAWING_COST_UNITS


def cpu_s(text: str) -> float:
    began = time.process_time()
    resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True, width=128)
    return time.process_time() - began


@pytest.mark.timing
@given(drawings())
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
def test_a_drawing_on_its_canvas_costs_what_its_count_says(data: bytes) -> None:
    """Units are timed in the same moment. A layer costs more: its pixels are cleared, drawn and merged."""
    try:
        text = clean_svg_drawing(data).text
    except PictureRefused:
        return
    root = etree.fromstring(text)
    units = svg_cost.count_drawing_cost_units(root, [])
    one = svg('<rect width="100" height="100" fill-opacity=".5"/>' * 50).decode()
    assert cpu_s(text) <= 20 * (units + 5) * max(cpu_s(one) / 50, 1e-4)
