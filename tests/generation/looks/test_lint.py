"""The lint of templates: ours pass, each fault has its line and code, and hostile files cost little."""

import random
import time
from importlib.resources import files

import pytest

from generation.looks.catalog import LOOK_NAMES
from generation.looks.lint import MAX_TEMPLATE_FINDINGS, lint_template
from generation.looks.lint_styles import ENGINE_VARIABLES
from generation.looks.palette import derive_look_palette
from generation.looks.styles import build_stylesheet
from generation.looks.template import parse_template
from generation.theme import derive_piece_color_theme
from schemas.errors import TemplateRefused
from schemas.templates import MAX_TEMPLATE_BYTES
from tests.generation.looks.templates import TEMPLATE, template

#: Seconds for any file: a hostile one must not hold a process.
MOST_S = 2.0
STYLES = {
    "AT_RULE": ["@import 'https://a.example/a.css';", "@font-face{font-family:Z}", ".a{@media print{color:red}}"],
    "URL_NOT_ALLOWED": [".a{background:url(https://a.example/a.png) cover}", ".a{background-image:url('file:///a')}"],
    "PROPERTY_NOT_ALLOWED": [
        ".a{font:700 20px Anton}", ".a{background-clip:text}", ".a{writing-mode:vertical-rl}", ".a{content:'x'}",
        ".a{box-decoration-break:clone}", ".a{animation:a 1s}",
    ],
    "FUNCTION_NOT_ALLOWED": [".a{width:env(safe)}", ".a{background-image:image-set('a.png' 1x)}"],
    "SIZE_TOO_LARGE": [
        ".a{width:1000000000px}", ".a{font-size:4001px}", ".a{left:-9e9px}", ".a{transform:scale(1000)}",
        ".a{transform:skewX(80deg)}",
        ".a{grid-template-columns:repeat(1000000,1px)}", ".a{line-height:-1e39}", ".a{width:calc(1px * 1e9)}",
    ],
    "BLUR_TOO_LARGE": [
        ".a{filter:blur(121px)}", ".a{box-shadow:0 0 999px #000}", ".a{filter:drop-shadow(0 0 500px red)}",
    ],
    "UNIT_NOT_ALLOWED": [".a{width:50vw}", ".a{font-size:2rem}"],
    "VARIABLE_NOT_ALLOWED": [
        ".a{--v0:1;--v1:var(--v0) var(--v0)}", ".a{width:var(--own)}", ".a{color:var(--ink,red)}", ":root{color:red}",
    ],
    "FONT_NOT_AVAILABLE": [".a{font-family:Arial,var(--sans)}"],
    "FONT_WITHOUT_FALLBACK": [".a{font-family:Anton}", ".a{font-family:Anton,sans-serif}"],
    "SELECTOR_NOT_ALLOWED": ["#a{color:red}", ".a:hover{color:red}", "*{color:red}", ".a[href]{color:red}"],
    "IMPORTANT_NOT_ALLOWED": [".t{color:red !important}"],
    "VALUE_NOT_ALLOWED": [".a{color:'red'}", ".a{color:{}}", ".a{width:" + "calc(" * 9 + "1px" + ")" * 9 + "}"],
    "STYLE_SYNTAX": [".a{color}", ".a{width:" + "(" * 9000 + "}"],
    "TOO_MANY_BLURS": ["div,.in{filter:blur(2px)} .head,.line{backdrop-filter:blur(9px)} .in div{filter:blur(1px)}"],
}  # fmt: skip
MARKUP = {
    "ELEMENT_NOT_ALLOWED": ["<script>while(1){}</script>", "<iframe></iframe>", "<svg></svg>", "<p></p>"],
    "SRC_NOT_ALLOWED": ['<img data-slot="photo" src="https://a.example/a.png">'],
    "SLOT_UNKNOWN": ["<img>", '<div data-slot="price"></div>', '<span data-slot="body"></span>'],
    "ATTRIBUTE_NOT_ALLOWED": ['<div onclick="x()"></div>', '<div id="a"></div>'],
    "ROOM_MISSING": ['<div data-slot="body">x</div>'],
    "BOX": ['<div data-slot="body" data-box="0x9" data-size="24-30" data-lines="1">x</div>'],
    "FONT_SIZE": ['<div data-slot="body" data-box="9x9" data-size="40-30" data-lines="1">x</div>'],
    "SLOT_OPTIONAL": [
        '<div data-slot="presenter" data-optional data-box="9x9" data-size="24-30" data-lines="1">x</div>'
    ],
    "LINES": ['<div data-slot="body" data-box="9x9" data-size="24-30" data-lines="99">x</div>'],
    "SLOT_WITH_ELEMENTS": ['<div data-slot="body" data-box="9x9" data-size="24-30" data-lines="1"><b>x</b></div>'],
    "SLOT_PLACE": ['<div data-slot="item" data-box="9x9" data-size="24-30" data-lines="1">x</div>'],
    "ITEMS_ROW": ['<div data-slot="items"></div>'],
    "TEXT_OUTSIDE_SLOT": ["<div>never drawn</div>"],
    "DUPLICATE_ATTRIBUTE": ['<div class="a" class="b"></div>'],
    "TAG_NOT_CLOSED": ["<div>", "<div/>"],
    "TAG_NOT_OPEN": ["</br>"],
    "MARKUP_NOT_ALLOWED": ["<DIV></DIV>", "<div class=a></div>", "<?php ?>", "<!-- open"],
    "TOO_MANY_ELEMENTS": ["<div></div>" * 400, "<div>" * 200 + "</div>" * 200],
    "TOO_MANY_BLURS": ['<div style="filter:blur(1px)"></div>' * 9],
}
HEADERS = {
    "NEEDS": {"photos=0": "photos=x"},
    "HEADER_WORD": {"plain warm": "plain shouting"},
    "LOOK_NAME": {"harbour": "Harbour View"},
    "META_NOT_ALLOWED": {'charset="utf-8"': 'http-equiv="refresh" content="0;url=https://a.example"'},
    "KIND_MISSING": {'data-kind="point"': 'data-kind="list"'},
    "KIND": {'data-kind="point"': 'data-kind="points"'},
    "SLOT_MISSING": {'data-slot="headline" data-box="850x640" data-size="40-130"': 'data-slot="body" data-box="9x9"'},
}  # fmt: skip
CASES = [
    *((code, template(style=one)) for code, many in STYLES.items() for one in many),
    *((code, template(markup=one)) for code, many in MARKUP.items() for one in many),
    *((code, template(**replaced)) for code, replaced in HEADERS.items()),
    ("TOO_LARGE", template(style="/*" + "x" * MAX_TEMPLATE_BYTES + "*/")),
]
#: Lines of faults of the whole file, and of a whole style element.
PLACES_OF_WHOLE_FILES = {1, 7}
ENDLESS = ["<!--", "<a ", "<", "</", "<a b='", '<a b="', "<a  b", "<!a", "&#x", "<style>", "<style>.a{width:calc(", "{"]


@pytest.mark.parametrize("look", LOOK_NAMES)
def test_our_families_pass(look: str) -> None:
    source = (files("generation.looks") / "families" / f"{look}.html").read_text(encoding="utf-8")
    assert lint_template(source) == []


def test_a_template_without_fault_passes() -> None:
    assert lint_template(TEMPLATE) == []


@pytest.mark.parametrize(("code", "source"), CASES)
def test_each_fault_is_found_in_its_line(code: str, source: str) -> None:
    found = lint_template(source)
    assert code in {one.code for one in found}
    assert len(found) <= MAX_TEMPLATE_FINDINGS
    assert found == sorted(found)
    changed = {
        n
        for n, lines in enumerate(zip(source.splitlines(), TEMPLATE.splitlines(), strict=False), 1)
        if lines[0] != lines[1]
    }
    assert any(one.line in changed | PLACES_OF_WHOLE_FILES for one in found if one.code == code)


def test_a_fault_of_the_header_is_refused_by_the_parser_too() -> None:
    with pytest.raises(TemplateRefused) as refused:
        parse_template(template(**{"photos=0": "photos=x"}))
    assert refused.value.line == 4


def test_text_that_looks_like_a_removed_rule_hides_nothing() -> None:
    """The engine gets the rules that the lint read: a string can't swallow one, nor set one free."""
    inner = "} .c{background:url(https://a.example)} .d{font-family:"
    assert lint_template(template(style=f'.a{{font-family:":root{{",var(--sans)}} .b{{font-family:"{inner}"}}'))
    css = parse_template(template(style="/* :root{ */ .kept{color:red} /* } */")).css
    assert ".kept" in css
    assert ":root" not in css


def test_the_lint_knows_the_variables_that_the_engine_sets() -> None:
    palette = derive_look_palette(derive_piece_color_theme(["#0b6e99"]))
    css = build_stylesheet("4:5", palette, {"sans": ["Inter"], "serif": ["Inter"]}, scrim=0.5, words_top=0.5)
    assert {
        part.split(":")[0] for part in css.replace("{", ";").split(";") if part.startswith("--")
    } == ENGINE_VARIABLES


@pytest.mark.parametrize("part", ENDLESS)
def test_a_hostile_file_costs_little(part: str) -> None:
    before = time.process_time()
    for source in (part * (MAX_TEMPLATE_BYTES // len(part)), part * (MAX_TEMPLATE_BYTES // len(part) - 2) + "</style>"):
        assert lint_template(source)
    assert time.process_time() - before < MOST_S


def test_a_damaged_template_gives_findings_or_a_template() -> None:
    """No damage makes the lint or the parser fail otherwise: sections without findings can be parsed."""
    chance = random.Random(29)
    for _ in range(150):
        start = chance.randrange(len(TEMPLATE))
        piece = chance.choice(
            ["", "<", ">", '"', "}", "{", "(", "&", "\0", "data-", "é", "</div>", TEMPLATE[start : start + 80]]
        )
        damaged = TEMPLATE[:start] + piece + TEMPLATE[start + chance.randrange(12) :]
        if not lint_template(damaged):
            assert parse_template(damaged).sections
