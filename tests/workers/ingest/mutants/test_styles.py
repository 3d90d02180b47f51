"""Mutated style sheets: each is read within a second of CPU, and only colors are found."""

from random import Random

import pytest

from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.pages import STYLES
from tests.workers.ingest.mutants.words import encoded
from workers.ingest.parser.parser import Parser
from workers.ingest.shapes import Styles, StyleSheet

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHEET = """@import url("more.css");
:root{--brand:#0a4d68;--ink:hsl(0 0% 13%);--soft:color-mix(in srgb,var(--brand) 20%,white)}
@media (prefers-color-scheme: dark){:root{--ink:#eee}}
body{color:var(--ink,#222);background:linear-gradient(#fff,#f4f4f4)}
h1,.btn-primary:hover,a[href^="/"]{background:var(--brand);color:rgb(255 255 255 / 90%)!important}
"""
#: Bytes of a sheet: the rest of a longer one is never fetched.
LONGEST = 1 << 20
FRAGMENTS = (
    *"{ } ( ) [ ; : , & > /* */ <!-- \\ \" ' #fff url( var(-- rgb( calc( oklch( --a: color: :root".split(),
    *(
        *("@media ", "@import ", "@layer a{", "@supports(", "color-mix(in srgb,", " ", "\n", "\0", "\ufeff"),
        "\ud800",
    ),
)


def mutant(chance: Random) -> Styles:
    """Return one sheet or three, each with fragments in it, some of them a hundred thousand times."""
    return Styles(sheets=[sheet(chance) for _ in range(chance.choice((1, 3)))])


def sheet(chance: Random) -> StyleSheet:
    text = chance.choice((SHEET * 50, *STYLES))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(FRAGMENTS) * chance.choice((1, 1, 50, 10_000, 100_000)) + text[at:]
    end = chance.randrange(len(text) + 1) if chance.random() < 0.3 else LONGEST
    return StyleSheet(url="https://acme.test/a.css", body=encoded(text[:end])[:LONGEST])


async def test_any_mutant_of_a_style_sheet_is_read_within_a_second(parser: Parser) -> None:
    await check_mutants(parser, "style sheet", 60, mutant)
