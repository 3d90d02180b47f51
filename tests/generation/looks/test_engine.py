"""The drawing process: hostile markup ends it or is refused, reads no file, and never harms its parent."""

from pathlib import Path

import pytest

from generation.looks.engine import LookEngine, TooCostlyTemplate
from generation.looks.fonts import list_font_files
from schemas.errors import GenerationError

SIZE = (1080, 1350)
BOX = "<div style='width:500px;height:500px;background:#fff;{}'>x</div>"
BLURRED = (
    "<div style='position:absolute;left:0;top:0;width:1080px;height:1350px;filter:blur(60px);background:#0001'>x</div>"
)
COSTLY = {
    "a huge box": BOX.format(
        "position:absolute;width:1000000000px;height:1000000000px;background-image:linear-gradient(#000,#fff)"
    ),
    "many blurs": BLURRED * 400,
}
HARMLESS = {
    "a huge font": BOX.format("font-size:1000000px"),
    "a huge shadow": BOX.format("box-shadow:0 0 100000px 100000px #000"),
    "no number": BOX.format("width:calc(1px / 0);opacity:nan;line-height:-1e39"),
    "a script": "<script>while(1){}</script><iframe src='http://127.0.0.1:9/'></iframe>" + BOX.format(""),
}


@pytest.mark.parametrize("markup", COSTLY.values(), ids=COSTLY)
def test_a_costly_template_ends_its_process_alone(markup: str) -> None:
    with LookEngine(list_font_files("Inter"), {}) as engine:
        with pytest.raises(TooCostlyTemplate) as refused:
            engine.draw(markup, [], SIZE, "en")
        assert refused.value.code == "TEMPLATE_TOO_COSTLY"
        with pytest.raises(GenerationError):
            engine.draw("<div>x</div>", [], SIZE, "en")


@pytest.mark.parametrize("markup", HARMLESS.values(), ids=HARMLESS)
def test_odd_markup_is_drawn_or_refused(markup: str) -> None:
    with LookEngine(list_font_files("Inter"), {}) as engine:
        try:
            assert engine.draw(markup, [], SIZE, "en").shape == (1350, 1080, 4)
        except TooCostlyTemplate:
            return
        assert engine.draw("<div>x</div>", [], SIZE, "en").shape == (1350, 1080, 4)


def test_no_file_of_the_host_is_drawn(tmp_path: Path) -> None:
    red = tmp_path / "red.svg"
    red.write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='red'/></svg>"
    )
    markup = "".join(
        f"<img src='{source}' style='width:500px;height:400px'>" for source in (red, red.as_uri(), "../red.svg")
    )
    linked = f"<image href='{red.as_uri()}' width='9' height='9'/>"
    inside = f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{linked}</svg>"
    with LookEngine(list_font_files("Inter"), {"own": inside.encode()}) as engine:
        try:
            drawn = engine.draw(f"{markup}<img src='own' style='width:500px;height:90px'>", [], SIZE, "en")
        except TooCostlyTemplate:
            return
        assert not ((drawn[..., 0] > 200) & (drawn[..., 1] < 60)).any()


def test_a_process_ended_by_its_host_is_retried() -> None:
    with LookEngine(list_font_files("Inter"), {}) as engine:
        engine._process.kill()
        engine._process.wait()
        with pytest.raises(GenerationError) as ended:
            engine.measure("<div>x</div>", [], SIZE)
        assert ended.value.code == "RENDERER_KILLED"
