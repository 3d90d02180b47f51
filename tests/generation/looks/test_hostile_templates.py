"""Hostile templates: the lint refuses them, or the drawing ends within its limits; none reaches a server or a file."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from generation.looks.drawer import MAX_REQUEST_CPU_S
from generation.looks.engine import TooCostlyTemplate
from generation.looks.lint import lint_template
from generation.looks.template import parse_template
from generation.spec import PieceTemplate
from schemas.errors import TemplateRefused
from tests.generation.looks.hostile_templates import HOSTILE_TEMPLATES, LEGAL_ATTACKS, OUT
from tests.generation.looks.test_deck import draw_deck, material, spec
from tests.generation.slides.test_deck import copy

#: CPU seconds of a hostile piece: two requests at the limit, and its start.
MOST_CPU_S = 2 * (MAX_REQUEST_CPU_S + 1) + 3


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a listener, and the paths of the requests that it gets."""
    paths: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        server.server_close()


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def draw(html: str) -> None:
    own = PieceTemplate(id="tpl_0196", name="harbour", version=1, html=html)
    draw_deck(spec(template=own), copy("Works offline", "No ads at all"), material(photos=1), "4:5")


@pytest.mark.parametrize("attack", HOSTILE_TEMPLATES)
def test_the_lint_refuses_all_attacks_but_those_that_only_cost(attack: str) -> None:
    assert bool(lint_template(HOSTILE_TEMPLATES[attack])) == (attack not in LEGAL_ATTACKS)


@pytest.mark.parametrize("attack", LEGAL_ATTACKS)
def test_a_costly_template_is_drawn_or_refused_within_its_limits(attack: str) -> None:
    """The process that draws ends, not its parent: a worker reports the refusal, and goes on."""
    before = children_cpu_s()
    with suppress(TooCostlyTemplate):
        draw(HOSTILE_TEMPLATES[attack])
    assert children_cpu_s() - before < MOST_CPU_S
    draw(HOSTILE_TEMPLATES["8 grids of 40"])


def test_no_attack_reaches_a_server_even_without_the_lint() -> None:
    """The engine itself requests nothing: it gets the templates that the lint refuses."""
    outward = [html for html in HOSTILE_TEMPLATES.values() if OUT in html]
    assert len(outward) >= 8
    with listening() as (address, paths):
        for html in outward:
            with suppress(TemplateRefused, TooCostlyTemplate):
                parse_template(html.replace(OUT, address))
                draw(html.replace(OUT, address))
        assert paths == []
