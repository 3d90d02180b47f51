"""`tenantry attack`: a security test of a running API."""

from urllib.parse import urlsplit

import click
from rich.console import Group, RenderableType
from rich.text import Text

from chaos.attack.perform import AttackOptions, run_all_attack_checks
from chaos.attack.report import AttackReport
from cli.local.demo_keys import read_demo_keys_and_address
from cli.shared.command import with_printed_result
from cli.shared.exit_codes import EXIT_FAILED
from cli.shared.output import CliCommandResult, build_text_table
from cli.shared.remote import LOOPBACK_HOSTS

#: Option that confirms that the caller operates the API.
ATTACK_CONSENT_OPTION = "--yes-i-operate-this"

ATTACK_CHECK_TABLE_COLUMNS = ("CHECK", "ROUTES", "UNJUDGED", "REQUESTS", "LET THROUGH")


@click.command()
@click.argument("url", required=False)
@click.option(
    "--key", "keys", multiple=True, envvar="TENANTRY_ATTACK_KEYS", metavar="KEY",
    help="API keys of at least two organizations; TENANTRY_ATTACK_KEYS takes them separated by spaces.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Time limit of the whole attack."
)
@click.option(
    "--rate", type=click.FloatRange(min=0.1, max=200), default=20.0, show_default=True,
    help="Maximum requests a second.",
)  # fmt: skip
@click.option(
    "--cost-limit-ms", type=click.FloatRange(min=1), default=250.0, show_default=True,
    help="Allowed extra time of a refusal or a page.",
)  # fmt: skip
@click.option(
    "consent", ATTACK_CONSENT_OPTION, is_flag=True, help="Confirm that you operate an API on another machine."
)
@with_printed_result
async def attack(
    url: str | None, *, keys: tuple[str, ...], seconds: float, rate: float, cost_limit_ms: float, consent: bool
) -> CliCommandResult:
    """Test tenancy, scopes and costs of a running API by its OpenAPI document.

    It requests each route of /v1/openapi.json with ids of another organization (expects 404 and no change),
    with a key without the scope (403), and without a key or with an invented one (401). It measures how fast
    the API refuses bodies of a megabyte, and how fast it lists the largest page.

    Without URL and keys it attacks the platform of `bin/up` in this folder, with the live key and the
    sandbox's: they belong to two organizations. Prefer test keys. Each organization gets a
    project and a content, and a sandbox an endpoint, named "tenantry attack"; the command kills its own keys.

    It exits with 1 if a check fails or a request costs too much, else with 0. Routes without time or an
    object, or behind a rate limit, count as unjudged: raise --seconds.

    \b
    Examples:
      tenantry attack
      tenantry attack https://staging.example.com --key lp_test_... --key lp_test_... --yes-i-operate-this
      tenantry attack --seconds 300 --json | jq '.findings[]'
    """
    root, api_keys = _choose_api_to_attack(url, keys)
    if urlsplit(root).hostname not in LOOPBACK_HOSTS and not consent:
        raise click.UsageError(f"{root} isn't on this machine: add {ATTACK_CONSENT_OPTION} if you operate it")
    plan = AttackOptions(root, api_keys, seconds, rate, cost_limit_ms / 1000)
    report = run_all_attack_checks(plan, lambda line: click.echo(line, err=True))
    return CliCommandResult(report, _render_attack_report(report), exit_code=0 if report.passed else EXIT_FAILED)


def _choose_api_to_attack(url: str | None, keys: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the API's address and keys, else the local ones. Raise `click.UsageError` or `LocalServerUnavailable`."""
    if url is None or not keys:
        local_keys = read_demo_keys_and_address()
        if url is not None and url.rstrip("/").removesuffix("/v1") != local_keys.api.removesuffix("/v1"):
            raise click.UsageError(f"give keys of two organizations at {url} with --key")
        return local_keys.api.removesuffix("/v1"), keys or (local_keys.api_key, local_keys.test_key)
    root = url.rstrip("/").removesuffix("/v1")
    if urlsplit(root).scheme not in {"http", "https"} or not urlsplit(root).hostname:
        raise click.UsageError(f"{url} is not an address such as https://api.example.com")
    return root, keys


def _render_attack_report(report: AttackReport) -> RenderableType:
    rows = [(row.check, row.judged, row.unjudged, row.requests, row.found) for row in report.rows]
    findings_rows = [(one.check, one.method, one.path, one.detail) for one in report.findings]
    summary = f"{report.api}, {report.organizations} organizations, {report.seconds:g} s: "
    verdict = Text(summary + ("nothing was let through" if report.passed else f"{len(findings_rows)} let through"))
    findings: list[RenderableType] = (
        [Text(""), build_text_table(("CHECK", "METHOD", "PATH", "WHAT"), findings_rows)] if findings_rows else []
    )
    return Group(build_text_table(ATTACK_CHECK_TABLE_COLUMNS, rows), *findings, Text(""), verdict)
