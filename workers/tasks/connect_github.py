"""The connection of a GitHub installation, after a person's code proves their right to it."""

from functools import partial

from domain.brand import github_installations
from domain.brand.github_installations import Installation
from domain.security.keyring import Keyring
from jobs.outcomes import Outcome
from schemas.errors import SourceError
from workers.ingest.github import fakes, proof
from workers.ingest.github.client import GITHUB
from workers.ingest.github.credentials import GitHubApp, open_app, require_app
from workers.ingest.perform import outcome_of
from workers.resources import Resources
from workers.runtime.context import Context
from workers.runtime.runner import Task


async def open_task(resources: Resources) -> Task:
    return partial(connect_github, app=await resources.open_once(open_app), keyring=resources.keyring)


async def connect_github(ctx: Context, *, app: GitHubApp | None, keyring: Keyring) -> Outcome:
    """Connect the installation. A code works once: a retry after GitHub was reached fails: start again."""
    attempt = await ctx.step(partial(github_installations.begin, claim=ctx.job, keyring=keyring))
    claimed = {"code": attempt.code, "installation_id": ctx.job.args["installation_id"]}
    try:
        proved = (
            fakes.prove_sandbox_access(**claimed) if attempt.sandbox else await _prove(ctx, app, **claimed)
        )
    except SourceError as error:
        return outcome_of(error)
    keep = partial(github_installations.store_installation, claim=ctx.job, proved=proved)
    return await ctx.commit(keep)


async def _prove(ctx: Context, app: GitHubApp | None, *, code: str, installation_id: int) -> Installation:
    async with ctx.at(GITHUB):
        return await proof.prove(require_app(app), code=code, installation_id=installation_id)
