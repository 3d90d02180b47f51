"""`tenantry api`: any request to the API, as a partner sends it."""

import re
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple
from uuid import uuid4

import click
import httpx

from cli.shared.exit_codes import EXIT_FAILED
from cli.shared.fields import CliRequestFieldValue, build_cli_form_parts, build_cli_json_body, parse_cli_request_field
from cli.shared.follow import follow_job, is_cli_job_completed, read_started_job_ids_of_response
from cli.shared.remote import (
    ApiAddressAndKey,
    build_repeat_write_advice,
    exit_code_of_response,
    exit_on_lost_api_response,
    find_api_or_exit,
    print_items_return_cursor,
    print_response_body,
    print_response_error,
)

HTTP_READ_METHODS = {"GET", "HEAD"}

_CLI_HEADER_PATTERN = re.compile(r"([!-9;-~]+):\s*([ -~]*)")


def _build_field_option_callback(*, typed: bool) -> Callable[..., list[CliRequestFieldValue]]:
    return lambda _ctx, _param, values: [parse_cli_request_field(each, typed=typed) for each in values]


def _parse_cli_headers(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    matches = [_CLI_HEADER_PATTERN.fullmatch(each) for each in values]
    if None in matches:
        raise click.BadParameter("a header has the form NAME: VALUE")
    return {match[1].title(): match[2] for match in matches if match}


def _check_cli_idempotency_key(_ctx: click.Context, _param: click.Parameter, key: str | None) -> str | None:
    if key is not None and not (key.isascii() and key.isprintable()):
        raise click.BadParameter("an Idempotency-Key must have printable ASCII characters only")
    return key


class CliApiCall(NamedTuple):
    """Request by the command's options; `key` is the Idempotency-Key of a write."""

    method: str
    path: str
    fields: list[CliRequestFieldValue]
    headers: dict[str, str]
    source: BinaryIO | None
    form: bool
    key: str | None


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[METHOD] PATH")
@click.option(
    "-f", "--raw-field", "texts", multiple=True, metavar="NAME=TEXT",
    callback=_build_field_option_callback(typed=False),
    help="A text field. NAME may nest: a[b]=c, a[]=c, a[][b]=c.",
)  # fmt: skip
@click.option(
    "-F", "--field", "values", multiple=True, metavar="NAME=VALUE",
    callback=_build_field_option_callback(typed=True),
    help="A literal (true, false, null, a number), a text, @FILE to upload, or @- for the text on stdin.",
)  # fmt: skip
@click.option("--form", is_flag=True, help="Send the fields as a form, even without a file.")
@click.option("--input", "source", type=click.File("rb"), metavar="FILE", help="The JSON body; - is stdin.")
@click.option("-H", "--header", "headers", multiple=True, metavar="NAME: VALUE",
callback=_parse_cli_headers,
    help="A request header.",
)  # fmt: skip
@click.option(
    "--idempotency-key", "key", metavar="KEY", callback=_check_cli_idempotency_key, help="Key of a write; "
    "default: a fresh key.",
)  # fmt: skip
@click.option("--paginate", is_flag=True, help="Print all items of a list, one a line.")
@click.option("--wait", is_flag=True, help="Wait for the jobs of the response, and print their results instead.")
@click.pass_context
def api(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    texts: list[CliRequestFieldValue],
    values: list[CliRequestFieldValue],
    **options: Any,
) -> None:
    """Send a request to the API and print its JSON response.

    PATH is a path of /docs, with or without /v1. METHOD defaults to GET, or to POST with fields or a body;
    fields of a GET are its query. The request goes to TENANTRY_API with the key in TENANTRY_KEY. Without
    them it goes to the API of `bin/up` here, with its key.

    Every write has an Idempotency-Key. After a lost response the command prints the key, and the same
    request with --idempotency-key is safe to repeat.

    An error response is printed unchanged, with a line on stderr. The exit code is 3 for not found, 4 for a
    refusal in the current state or by a limit, 5 for an invalid key or no response, 2 for any other
    refusal. With --wait it is 1 if a job didn't complete.

    \b
    Examples:
      tenantry api projects --paginate | jq -r .id
      tenantry api projects -f name=Acme -f timezone=Europe/Berlin -f 'metadata[plan]=gold'
      tenantry api projects/prj_.../ingest/website -f url=https://example.com -F followLinks=true --wait
      tenantry api projects/prj_.../content/upload -F file=@bread.jpg -f caption="Fresh from seven"
      tenantry api content/cnt_.../publish -f 'targets[][socialAccountId]=sa_...' --wait
      tenantry api PATCH projects/prj_... -H 'If-Match: "3"' --input changes.json
      tenantry api DELETE scheduled-posts/sp_... -f reason="The oven is broken"
    """
    call = _build_cli_api_call(words, [*texts, *values], options)
    ctx.exit(_call_api_and_print(find_api_or_exit(), call, paginate=options["paginate"], wait=options["wait"]))


def _call_api_and_print(remote: ApiAddressAndKey, call: CliApiCall, *, paginate: bool, wait: bool) -> int:
    """Send an API request, and print its response, all pages of a list or the ended jobs; return the exit code."""
    with remote.open_client() as client:
        request = _build_cli_api_request(call, remote, client)
        with exit_on_lost_api_response(call.key and build_repeat_write_advice(call.key)):
            if paginate:
                return _fetch_and_print_list_pages(client, request)
            response = client.send(request, stream=True)
            code = _print_api_response(response, call.key, wait=wait)
        return code if code or not wait else _await_and_print_started_jobs(remote, client, response)


def _build_cli_api_call(
    words: tuple[str, ...], fields: list[CliRequestFieldValue], options: dict[str, Any]
) -> CliApiCall:
    """Build the request from words and options; a write gets an Idempotency-Key. Raise `click.UsageError`."""
    sends = bool(fields or options["source"])
    *method, path = words
    if len(method) > 1 or not all(word.isalpha() for word in method):
        raise click.UsageError("give an optional method and one path: tenantry api [METHOD] PATH")
    verb = method[0].upper() if method else "POST" if sends else "GET"
    form = options["form"] or any(field.file is not None for field in fields)
    if form and (verb in HTTP_READ_METHODS or options["source"]):
        raise click.UsageError("a form is the body of a write: not for GET, and not with --input")
    if options["paginate"] and (verb != "GET" or options["wait"]):
        raise click.UsageError("--paginate is for lists: use GET without --wait")
    headers = options["headers"]
    key = None if verb in HTTP_READ_METHODS else options["key"] or headers.get("Idempotency-Key") or str(uuid4())
    return CliApiCall(verb, path, fields, headers, options["source"], form, key)


def _build_cli_api_request(call: CliApiCall, remote: ApiAddressAndKey, client: httpx.Client) -> httpx.Request:
    url = remote.build_url(call.path)
    headers = {"Idempotency-Key": call.key} if call.key else {}
    sent: dict[str, Any] = {}
    if call.source or call.method in HTTP_READ_METHODS:
        url = url.copy_merge_params([(field.name, field.text or "") for field in call.fields])
    elif call.form:
        sent = {"files": build_cli_form_parts(call.fields)}
    elif call.fields:
        sent = {"json": build_cli_json_body(call.fields)}
    if call.source:
        headers["Content-Type"] = "application/json"
        sent = {"content": call.source.read()}
    return client.build_request(call.method, url, headers={**headers, **call.headers}, **sent)


def _print_api_response(response: httpx.Response, key: str | None, *, wait: bool) -> int:
    """Print a response, streaming all but JSON, errors on stderr too; with `wait`, no success. Return the exit code."""
    if response.is_success and not wait and "json" not in response.headers.get("Content-Type", ""):
        for chunk in response.iter_bytes():
            click.echo(chunk, nl=False)
        return 0
    content = response.read()
    if content and not (wait and response.is_success):
        print_response_body(content)
    if response.is_error:
        print_response_error(response, key)
    return exit_code_of_response(response)


def _fetch_and_print_list_pages(client: httpx.Client, request: httpx.Request) -> int:
    while True:
        response = client.send(request)
        if response.is_error:
            return _print_api_response(response, None, wait=False)
        cursor = print_items_return_cursor(response)
        if cursor is None:
            return 0
        url = request.url.copy_set_param("cursor", cursor)
        request = client.build_request("GET", url, headers=request.headers)


def _await_and_print_started_jobs(remote: ApiAddressAndKey, client: httpx.Client, response: httpx.Response) -> int:
    """Wait for the end of each job that a response names, print the jobs, and return the exit code.

    The code is 1 if a job didn't complete. Without a job, print the response and a note on stderr.
    """
    job_ids = read_started_job_ids_of_response(response.content)
    if not job_ids:
        print_response_body(response.content)
        click.echo("The request started no job to wait for.", err=True)
    code = 0
    for job_id in job_ids:
        with exit_on_lost_api_response(f"The job continues. To follow it: tenantry api jobs/{job_id} --wait"):
            last_response = follow_job(remote, client, job_id)
        code = (
            _print_api_response(last_response, None, wait=False)
            or code
            or (0 if is_cli_job_completed(last_response) else EXIT_FAILED)
        )
    return code
