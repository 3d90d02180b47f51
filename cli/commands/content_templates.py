"""`tenantry content template`: templates of designers, checked and previewed without servers."""

from pathlib import Path
from typing import NamedTuple

import click

from cli.shared.command import json_output_option
from cli.shared.exit_codes import EXIT_FAILED
from cli.shared.failure import exit_on_expected_command_error
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, print_command_result
from cli.shared.rendering import convert_os_errors_to_generation_errors
from cli.shared.template_preview import PREVIEW_INDEX_FILE_NAME, TemplatePreviewFiles, draw_template_preview
from generation.looks.lint import lint_template
from generation.looks.template import TemplateFinding
from schemas.templates import MAX_TEMPLATE_BYTES

template_file_argument = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.html"
)


class TemplateFile(NamedTuple):
    """A template's text, and its findings."""

    source: str
    findings: list[TemplateFinding]


@click.group(cls=FullSentenceHelpCommandGroup)
def template() -> None:
    """Check and preview a template: a look of your own as an HTML file."""


@template.command()
@template_file_argument
@json_output_option
def check(*, file: Path, as_json: bool) -> None:
    """Check a template by the rules of the API, and print each finding with its line.

    The exit code is 1 if there is a finding.

    \b
    Examples:
      tenantry content template check brand.html
      tenantry content template check brand.html --json | jq '.findings[].message'
    """
    with exit_on_expected_command_error(as_json=as_json):
        checked = read_template_file(file)
    _print_and_exit(build_findings_result(file, checked.findings), as_json=as_json)


@template.command()
@template_file_argument
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the slides; existing files of the same names are replaced.",
)
@json_output_option
def preview(*, file: Path, out: Path, as_json: bool) -> None:
    """Draw a template with a sample brand in each aspect; `index.html` in the folder shows all slides.

    The exit code is 1 if the template has a finding, or if another look stands in for it.

    \b
    Examples:
      tenantry content template preview brand.html --out slides
    """
    with exit_on_expected_command_error(as_json=as_json):
        checked = read_template_file(file)
        result = build_findings_result(file, checked.findings) if checked.findings else None
        result = result or build_preview_result(draw_template_preview(checked.source, out), out)
    _print_and_exit(result, as_json=as_json)


def _print_and_exit(result: CliCommandResult, *, as_json: bool) -> None:
    print_command_result(result, as_json=as_json)
    click.get_current_context().exit(result.exit_code)


def build_preview_result(drawn: TemplatePreviewFiles, out: Path) -> CliCommandResult:
    return CliCommandResult(
        {"files": drawn.files, "warnings": drawn.warnings},
        str(out / PREVIEW_INDEX_FILE_NAME),
        "\n".join(drawn.warnings),
        exit_code=EXIT_FAILED if drawn.warnings else 0,
    )


def read_template_file(file: Path) -> TemplateFile:
    """Read and check a template file. Raises `GenerationError` for an unreadable file."""
    with convert_os_errors_to_generation_errors(), file.open("rb") as opened:
        data = opened.read(MAX_TEMPLATE_BYTES + 1)
    try:
        source = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return TemplateFile("", [TemplateFinding(line, 1, "NOT_UTF_8", "the file is not UTF-8: save it as UTF-8")])
    return TemplateFile(source, lint_template(source))


def build_findings_result(file: Path, findings: list[TemplateFinding]) -> CliCommandResult:
    lines = [f"{file}:{one.line}: {one.message}" for one in findings]
    return CliCommandResult(
        {"findings": [one._asdict() for one in findings]},
        "\n".join(lines) or f"{file}: no finding",
        exit_code=EXIT_FAILED if findings else 0,
    )
