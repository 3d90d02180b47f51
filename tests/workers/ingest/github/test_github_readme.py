"""READMEs in each markup, and hostile ones."""

import time

import pytest

from tests.workers.ingest.github.github_server import reading
from workers.ingest.github.reading.prose import skip_readme_setup_sections
from workers.ingest.github.reading.readme import read_readme_blocks

MARKDOWN = """---
layout: home
---
<!-- generated -->
[English](README.md) | [Deutsch](README.de.md)

<h1 align="center"><img src="logo.png" alt="Zap logo"><br>Zap: draw what you say</h1>

[![Build](https://ci/badge.svg)](https://ci) [![npm](https://npm/badge.svg)](https://npm)

> [!WARNING]
> This project is under construction and everything may change tomorrow.

:zap: **Zap** turns *speech* into drawings with [models](https://m) that run on your own device.

## Installation

Run `npm install zap` in your project's folder and restart the editor.
"""
RST = """
.. image:: https://ci/badge.svg
   :target: https://ci

===
Zap
===

**Zap** turns *speech* into drawings with `models <https://m>`_ that run on your own device.

.. include:: /etc/passwd

.. raw:: html

   <script>alert(1)</script>

.. unknown-directive:: x

.. code-block:: console

   $ pip install zap

Installation
============

See :ref:`the manual <manual>` for how it is put into place.
"""
ADOC = """// a comment
= Zap
Ada Lovelace <ada@acme.test>
:toc: macro
:url: https://acme.test

image::logo.png[Logo]

[.lead]
*Zap* turns _speech_ into drawings with https://m[models] that run on your own device.

NOTE: Not yet.

----
$ zap --help
----

== Installation

* Take it
"""


@pytest.mark.parametrize(("path", "text"), [("README.md", MARKDOWN), ("README.rst", RST), ("README.adoc", ADOC)])
def test_each_markup_gives_the_same_values(path: str, text: str) -> None:
    values = reading({path: text})
    assert values["appName"] == "Zap"
    description = "Zap turns speech into drawings with models that run on your own device."
    assert values["appDescription"] == description
    block_text = " ".join(block.text for block in read_readme_blocks(path, text.encode()))
    for unwanted in ("root:", "alert(1)", "--help", "pip install", "badge", "under construction", "macro"):
        assert unwanted not in block_text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MARKDOWN, "draw what you say"),
        ("# Zap\n\n> Draw what you say\n\nZap draws for everyone.", "Draw what you say"),
        ("# Zap\n\n### Draw what you say\n\nMore.", "Draw what you say"),
        ("<h3>Draw anything that you say aloud</h3>", "Draw anything that you say aloud"),
        ("# Zap\n\nSee https://zap.test for how to draw.", None),
        ("# Zap\n\n## Building and testing it", None),
        ('<h1><img alt="Screenshot of a drawn house"></h1>', None),
    ],
)
def test_the_tagline_is_next_to_the_title(text: str, line: str | None) -> None:
    assert reading({"README.md": text}).get("tagline") == line


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("# Zap", "Zap"), ("# ⚡️ Zap ⚡️", "Zap"), ("# Welcome to Zap!", "Zap"),
        ("# Zap for iOS & Android", "Zap"), ("# [Zap](https://zap.test) Android app :iphone:", "Zap"),
        ("### We are rewriting it all\n\n<h2 align=center><b>Zap</b></h2>", "Zap"),
        ("# Zap - Draw what you say", "Zap"), ("# [Zap](https://zap.test) &middot; [![x](y)](z)", "Zap"),
        ('<h1><img alt="Zap"></h1>', "Zap"), ("# Installation", "Zap"), ("# Using Zap", "Zap"),
        ("# Zap v1.2.3", "Zap"), ("# Zap is in need of funding", "Zap"), ("About ZAP: ZAP draws.", "ZAP"),
        ("# How we built it with Zap and a lot of patience in the end", "Zap"),
    ],
)  # fmt: skip
def test_a_heading_names_the_project(heading: str, name: str) -> None:
    assert reading({"README.md": heading})["appName"] == name


def test_sections_on_building_are_left_out() -> None:
    building = "## Building\n\nRun make.\n\n### Tools\n\nGet make."
    text = f"# Zap\n\nDraws.\n\n[a](b) | [c](d)\n\n{building}\n\n## Features\n\n- Fast"
    texts = [block.text for block in skip_readme_setup_sections(read_readme_blocks("README.md", text.encode()))]
    assert texts == ["Zap", "Draws.", "Features", "Fast"]


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 20_000, "[" * 50_000, "*" * 50_000, "> " * 20_000, "=\n" * 30_000, "|" * 50_000,
        "`" * 9999, "*a **b " * 8000, "\x00", "",
    ],
)  # fmt: skip
@pytest.mark.long
def test_hostile_readmes_break_nothing(text: str) -> None:
    for end in ("md", "rst", "adoc", "txt"):
        assert reading({f"README.{end}": text})["appName"] == "Zap", end


DRAWS, ALL = "Zap draws for everyone who speaks.", "Zap draws for all who speak."
FRAGMENT = "Drawings that are made of words"


@pytest.mark.parametrize(
    ("text", "description"),
    [
        (f"[Docs](d) | [Chat](c) • [Blog](b)\n\n{DRAWS}", DRAWS),
        (f"{DRAWS}\n\nIt also speaks with all of your friends.", f"{DRAWS} It also speaks with all of your friends."),
        (f"{FRAGMENT}\n\n## Building\n\nRun the script that builds Zap.", FRAGMENT),
        ("## Building\n\nZap is built by a script.", "Zap is built by a script."),
        (f"{FRAGMENT}\n\nMany people like to draw.", FRAGMENT),
        (f"{FRAGMENT}\n\n{ALL}", ALL),
        (f"{ALL} It has:\n\n- Pens", ALL),
        ("Zap is a pen for all, with:\n\n- Ink\n\nIts ink never dries.", "Zap is a pen for all, with…"),
        (f"[{ALL[:-1]} to it.](z)\n\nWords become lines.", f"{ALL[:-1]} to it."),
        (f"Tired of pens? {DRAWS}", DRAWS),
        (f"Zap 2.1 adds more colours to its pens.\n\n{DRAWS}", DRAWS),
        ("Hello and welcome!\n\nIt draws for everyone who speaks.", "It draws for everyone who speaks."),
        ("Zap is under active development.\n\nMaintained since 2012, in two rooms.", None),
    ],
)
def test_the_first_paragraph_about_the_project_is_the_description(text: str, description: str | None) -> None:
    assert reading({"README.md": f"# Zap\n\n{text}"}).get("appDescription") == description


def test_a_line_before_headings_describes_a_section_on_the_state_does_not() -> None:
    line = "Drawings that are made of words"
    assert reading({"README.md": f"{line}\n\n# Setting up\n\nZip it up."})["appDescription"] == line
    text = "# Deprecated!\n\nNothing is expected to land here.\n\n# Zap\n\nZap draws whatever you say."
    assert reading({"README.md": text})["appDescription"] == "Zap draws whatever you say."


def test_a_title_with_a_work_word_is_no_work_section() -> None:
    text = "# zap/config\n\nKeeps the settings of all who draw.\n\n## API\n\nA call is all there is to it."
    assert reading({"README.md": text}, name="config")["appDescription"].startswith("Keeps the settings")


SILENT = (b"```\n```\n", b"<svg>\n\n", b"~~~\n")


@pytest.mark.timing
@pytest.mark.parametrize(
    ("path", "text", "first"),
    [
        ("README.md", b"---" + b"\n" * 39_000 + b"Zap.", "Zap."),
        ("README.rst", b"A\n=\n" * 15_000, "A"),
        *(("README.md", b"Zap.\n\n" + part * (50_000 // len(part)), "Zap.") for part in SILENT),
    ],
    ids=["front matter", "headings", *map(repr, SILENT)],
)
def test_thousands_of_marks_are_read_quickly(path: str, text: bytes, first: str) -> None:
    read_readme_blocks(path, b"Zap\n===\n")
    started = time.process_time()
    assert read_readme_blocks(path, text)[0].text == first
    assert time.process_time() - started < 1
