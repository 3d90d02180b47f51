"""`tenantry up`: the whole platform on one machine."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Mapping
from functools import partial
from typing import IO, Any

import click
import httpx

from cli.local import demo, folder, processes
from cli.local.announce import (
    ElapsedTimeStepPrinter,
    PlatformReadyAnnouncement,
    announce_platform_ready,
    print_api_keys_again,
)
from cli.local.demo_keys import load_or_create_demo_keys
from cli.local.signals import PrintKeysRequestCounter, TerminationSignalReceived, raise_on_termination_signals
from cli.local.supervise import MessagePrinter, ProcessLogFollower, watch_and_restart_ended_servers
from cli.shared.failure import exit_on_expected_command_error
from db.migrate import migrate_databases
from db.server import LocalServer, find_free_port
from generation import libraries
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.errors import DemoFailed, LocalServerUnavailable, NoGenerateExtra


class WorkerCountParam(click.ParamType[tuple[str, int]]):
    """Parameter POOL=N: N workers of a pool."""

    name = "pool=n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        pool, _, count = str(value).partition("=")
        if pool not in processes.WORKER_POOL_NAMES or not count.isdigit():
            self.fail(f"{value!r} is not POOL=N with a pool of {', '.join(processes.WORKER_POOL_NAMES)}", param, ctx)
        return pool, int(count)


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port of the API; 0 picks a free one.",
)
@click.option(
    "--workers", type=WorkerCountParam(), multiple=True, help="Run N workers of a pool; default: one of each pool."
)
@click.option(
    "--demo",
    is_flag=True,
    help="Also ingest a demo site and show its brand; post and generate content of it in a sandbox.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when the platform is ready.")
def up(port: int, workers: tuple[tuple[str, int], ...], *, demo: bool, as_json: bool) -> None:
    """Run the whole platform on this machine until Ctrl-C or SIGTERM.

    It starts PostgreSQL and Valkey with their data in .local/ (or uses DATABASE_URL and REDIS_URL), runs
    the migrations, starts the API, a worker for each pool and the dispatcher, and creates an
    organization "Demo" with a key. PROCESSES=N in the environment runs N processes of the API.

    A process that ends by itself starts again after 1 s, then with growing backoff. Ctrl-C and SIGTERM let
    running jobs finish within DRAIN_S; a second signal drops them. Both exit with 0. Logs go to stderr
    and .local/*.log; REQUEST_LOG_LEVEL=info adds a line for each request. SIGUSR1 prints the keys again,
    and so does `tenantry keys show-local`.

    \b
    Examples:
      tenantry up --port 0 --json
      tenantry up --workers ingest=4 --demo
    """
    with exit_on_expected_command_error(as_json=as_json), contextlib.suppress(TerminationSignalReceived):
        run_platform(dict(workers), port=port, with_demo=demo, as_json=as_json)


def run_platform(workers: Mapping[str, int], *, port: int, with_demo: bool, as_json: bool) -> None:
    """Start the servers and processes of the platform in order, and supervise them until a signal.

    Raise `LocalServerUnavailable` if a server can't start, `TerminationSignalReceived` after all processes' end.
    """
    say = ElapsedTimeStepPrinter()
    children: dict[str, LocalServer] = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(raise_on_termination_signals(again=lambda: processes.signal_processes_to_drain(children)))
        key_requests = PrintKeysRequestCounter()
        port = _require_free_port(port or find_free_port())
        servers = stack.enter_context(folder.run_database_servers(say))
        say("PostgreSQL and Redis answer")
        settings = folder.write_local_settings(servers, f"http://127.0.0.1:{port}")
        say(f"migrated: {len(asyncio.run(migrate_databases(servers.database_url, settings['TELEMETRY_URL'])))} new")
        site = stack.enter_context(demo.serve_demo_site()) if with_demo else None
        counts = {**workers, **_zero_generate_workers_without_libraries(say)}
        children |= processes.build_platform_processes(
            port, counts, settings | demo.build_demo_fetch_allow_setting(site, os.environ)
        )
        logs = stack.enter_context(ProcessLogFollower(children))
        stack.enter_context(processes.run_platform_processes(children, partial(_report_slow_start, logs, say)))
        stack.callback(say, "ending: running jobs may finish; a second signal drops them")
        say(f"{', '.join(children)} answer")
        ready = _build_platform_ready_announcement(port, settings)
        logs.copy_new_lines_to_stderr()
        announce_platform_ready(ready, as_json=as_json)
        if site:
            draws = counts.get(CONTENT_GENERATE_KIND.pool, 1) > 0
            _run_and_print_up_demo(ready, site, say, sys.stderr if as_json else sys.stdout, draws=draws)
            print_api_keys_again(ready)
        watch_and_restart_ended_servers(
            {**servers.embedded, **children},
            logs,
            say,
            lambda: print_api_keys_again(ready) if key_requests.take_print_request() else None,
        )


def _report_slow_start(logs: ProcessLogFollower, say: MessagePrinter, text: str) -> None:
    """Copy the new log lines of all processes to stderr, then print a message about a slow start."""
    logs.copy_new_lines_to_stderr()
    say(text)


def _run_and_print_up_demo(
    ready: PlatformReadyAnnouncement, site: str, say: MessagePrinter, file: IO[str], *, draws: bool
) -> None:
    """Run the demo, with `draws` also generate content, and print the result; a failure is only reported."""
    try:
        demo_result = demo.ingest_demo_site_and_publish_post(ready.api, ready.api_key, ready.test_key, site)
        demo.print_demo_result(demo_result, site, file)
        if draws:
            demo.generate_demo_content(ready.api, ready.test_key, demo_result, file)
    except (DemoFailed, httpx.HTTPError) as error:
        say(f"the demo failed; the platform stays up: {error!r}")


def _zero_generate_workers_without_libraries(say: ElapsedTimeStepPrinter) -> dict[str, int]:
    """Return a count of 0 workers for the pool `generate` if its libraries are missing, else an empty dict.

    Report missing libraries by `say`. Without workers the jobs of the pool wait.
    """
    try:
        libraries.require_drawing_libraries()
    except NoGenerateExtra as error:
        say(f"no worker for content generation: {error.message}")
        return {CONTENT_GENERATE_KIND.pool: 0}
    return {}


def _require_free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalServerUnavailable(
                f"port {port} can't be used ({error.strerror}): stop the process on it, "
                "or choose another with --port N (0 picks one)"
            ) from error
    return port


def _build_platform_ready_announcement(port: int, settings: Mapping[str, str]) -> PlatformReadyAnnouncement:
    api, keys = settings["PUBLIC_URL"], load_or_create_demo_keys(port, settings)
    return PlatformReadyAnnouncement(
        api=api,
        api_key=keys.live,
        test_key=keys.test,
        docs=f"{api}/docs",
        console=f"{api}/console",
        database_url=settings["DATABASE_URL"],
        redis_url=settings["REDIS_URL"],
    )
