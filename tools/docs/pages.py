"""Registry of the generated pages of docs/ and files of deploy/, and of their generated blocks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from domain.publishing import states as post_states
from jobs import states
from tools.docs import command_line, contract, dashboard, deployment, folders, sandbox, settings, versions
from workers.publishing import loop

ROOT = Path(__file__).resolve().parents[2]

GENERATED_NOTE = "<!-- Written by `python -m tools.docs`: change the code, then run it. -->\n\n"

WHOLE_PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/cli.md": command_line.render_cli_page,
    "docs/reference/settings.md": settings.render_settings_page,
}

#: Generated files in formats without comments.
PLAIN_FILES: dict[str, Callable[[], str]] = {"deploy/grafana/tenantry.json": dashboard.text}

#: Files with generated blocks.
FILES = ("docs/**/*.md", "deploy/**/*.yaml", "deploy/**/*.target")

#: Generator of each block by its name, in any of `FILES`.
BLOCKS: dict[str, Callable[[], str]] = {
    "error codes": contract.error_codes,
    "conflict reasons": contract.conflict_reasons,
    "source errors": contract.source_errors,
    "post error categories": contract.post_error_categories,
    "request limits": contract.request_limits,
    "event limits": contract.event_limits,
    "budgets": contract.cost_budgets,
    "event budgets": contract.event_budgets,
    "body limits": contract.body_limits,
    "job limits": contract.job_limits,
    "storage limits": contract.storage_limits,
    "scopes": contract.scopes,
    "kinds": contract.kinds,
    "sandbox sources": sandbox.sources,
    "sandbox handles": sandbox.handles,
    "enums": versions.enums,
    "job errors": contract.job_errors,
    "wait reasons": contract.wait_reasons,
    "statuses": contract.statuses,
    "job states": lambda: mermaid(states.render_mermaid()),
    "post states": lambda: mermaid(post_states.mermaid()),
    "phases of an attempt": lambda: f"{loop.table()}\n",
    "folders": lambda: mermaid(folders.render_import_chart()),
    "systemd workers": deployment.systemd_wants,
    "composed workers": deployment.composed_workers,
    "kubernetes workers": deployment.kubernetes_workers,
    "scalers": deployment.scalers,
    "packages of domain": lambda: mermaid(folders.render_import_chart("domain")),
}

#: Block between two comments of Markdown, YAML or systemd.
_BLOCK = re.compile(
    r"(?P<begin>(?:<!--|#) from the code: (?P<name>[a-z ]+?)(?: -->)?\n).*?(?P<end>(?:<!--| *#) end\b)",
    re.DOTALL,
)


def mermaid(picture: str) -> str:
    """Wrap a Mermaid chart in a code block."""
    return f"```mermaid\n{picture}\n```\n"


def pages() -> dict[str, str]:
    """Return the expected text of each page by its path. Raise KeyError for a block without a generator."""
    plain = {name: make() for name, make in PLAIN_FILES.items()}
    return {name: GENERATED_NOTE + make() for name, make in WHOLE_PAGES.items()} | plain | dict(_filled())


def _filled() -> Iterator[tuple[str, str]]:
    for path in sorted(path for files in FILES for path in ROOT.glob(files)):
        text = path.read_text("utf-8")
        if _BLOCK.search(text):
            yield path.relative_to(ROOT).as_posix(), _BLOCK.sub(_fill, text)


def _fill(block: re.Match[str]) -> str:
    return f"{block['begin']}{BLOCKS[block['name']]()}{block['end']}"
