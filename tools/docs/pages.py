"""Registry of the generated pages of docs/ and files of deploy/, and of their generated blocks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.docs import command_line, contract, dashboard, deployment, folders, sandbox, settings, states, versions
from workers.publishing import loop

CHECKOUT_ROOT_FOLDER = Path(__file__).resolve().parents[2]

GENERATED_PAGE_NOTE = "<!-- Written by `python -m tools.docs`: change the code, then run it. -->\n\n"

WHOLE_DOC_PAGE_GENERATORS: dict[str, Callable[[], str]] = {
    "docs/reference/cli.md": command_line.render_cli_page,
    "docs/reference/settings.md": settings.render_settings_page,
}

#: Generated files in formats without comments.
WHOLE_FILE_GENERATORS_WITHOUT_NOTE: dict[str, Callable[[], str]] = {
    "deploy/grafana/tenantry.json": dashboard.render_grafana_dashboard
}

#: Files with generated blocks.
FILES_WITH_GENERATED_BLOCKS = ("docs/**/*.md", "deploy/**/*.yaml", "deploy/**/*.target")

#: Generator of each block by its name, in any of `FILES_WITH_GENERATED_BLOCKS`.
GENERATED_BLOCK_RENDERERS: dict[str, Callable[[], str]] = {
    "error codes": contract.render_error_codes,
    "conflict reasons": contract.render_conflict_reasons,
    "source errors": contract.render_ingest_source_errors,
    "post error categories": contract.render_post_error_categories,
    "request limits": contract.render_request_limits,
    "event limits": contract.render_event_limits,
    "budgets": contract.render_cost_budgets,
    "event budgets": contract.render_event_budgets,
    "body limits": contract.render_body_limits,
    "job limits": contract.render_job_caps_by_tier,
    "storage limits": contract.render_storage_limits,
    "scopes": contract.render_scopes,
    "kinds": contract.render_job_kinds,
    "sandbox sources": sandbox.render_sandbox_source_inputs,
    "sandbox handles": sandbox.render_sandbox_handle_table,
    "enums": versions.render_openapi_enum_table,
    "job errors": contract.render_job_errors,
    "wait reasons": contract.render_wait_reasons,
    "statuses": contract.render_statuses,
    "job states": lambda: format_mermaid_block(states.render_job_state_diagram()),
    "post states": lambda: format_mermaid_block(states.render_post_state_diagram()),
    "phases of an attempt": lambda: f"{loop.render_publish_phase_table()}\n",
    "folders": lambda: format_mermaid_block(folders.render_import_chart()),
    "systemd workers": deployment.render_systemd_wants,
    "composed workers": deployment.render_compose_workers,
    "kubernetes workers": deployment.render_kubernetes_workers,
    "scalers": deployment.render_keda_scalers,
    "packages of domain": lambda: format_mermaid_block(folders.render_import_chart("domain")),
}

#: Block between two comments of Markdown, YAML or systemd.
_GENERATED_BLOCK_PATTERN = re.compile(
    r"(?P<begin>(?:<!--|#) from the code: (?P<name>[a-z ]+?)(?: -->)?\n).*?(?P<end>(?:<!--| *#) end\b)", re.DOTALL
)


def format_mermaid_block(picture: str) -> str:
    """Wrap a Mermaid chart in a code block."""
    return f"```mermaid\n{picture}\n```\n"


def render_generated_pages() -> dict[str, str]:
    """Return each generated file's text by path. Raise KeyError for an unknown block or undescribed value."""
    plain = {name: make() for name, make in WHOLE_FILE_GENERATORS_WITHOUT_NOTE.items()}
    return (
        {name: GENERATED_PAGE_NOTE + make() for name, make in WHOLE_DOC_PAGE_GENERATORS.items()}
        | plain
        | dict(_render_files_with_generated_blocks())
    )


def _render_files_with_generated_blocks() -> Iterator[tuple[str, str]]:
    for path in sorted(path for files in FILES_WITH_GENERATED_BLOCKS for path in CHECKOUT_ROOT_FOLDER.glob(files)):
        text = path.read_text("utf-8")
        if _GENERATED_BLOCK_PATTERN.search(text):
            yield (
                path.relative_to(CHECKOUT_ROOT_FOLDER).as_posix(),
                _GENERATED_BLOCK_PATTERN.sub(_render_matched_generated_block, text),
            )


def _render_matched_generated_block(block: re.Match[str]) -> str:
    return f"{block['begin']}{GENERATED_BLOCK_RENDERERS[block['name']]()}{block['end']}"
