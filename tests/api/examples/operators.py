"""The story's operators: leases, keys, GitHub, organizations."""

from tests.api.examples.story import ExampleStory
from tests.api.github.connecting import ACME
from tests.api.participants import ORIGIN
from tests.waiting import eventually


async def leases(story: ExampleStory, project: str) -> None:
    offered = [await _offer_account(story, handle) for handle in ("bakes.example", "boats.example")]
    niche = {"socialAccountId": offered[0], "niche": "Boats and harbours, in French"}
    await story.tell("offer_account", by=story.cast.platform, json=niche)
    await story.ask(
        "POST", "/ops/leasable-accounts", by=story.cast.platform, json={**niche, "socialAccountId": offered[1]}
    )
    asked = {"count": 2, "niche": "Boats and harbours, in French", "platform": "bluesky", "note": "From May on."}
    request = await story.tell("request_leased_accounts", projectId=project, json=asked)
    other = await story.ask(
        "POST", f"/projects/{project}/leased-accounts/request", json={"count": 9, "niche": "Trains"}
    )
    by, names = story.cast.platform, {"leaseRequestId": request["requestId"]}
    await story.tell("list_lease_requests", by=by, params={"status": "requested"})
    given = await story.tell("assign_leased_accounts", by=by, **names, json={"socialAccountIds": offered})
    no = {"reason": "No such accounts this month."}
    await story.tell("reject_lease_request", by=by, leaseRequestId=other["requestId"], json=no)
    await story.tell("get_lease_request", projectId=project, **names)
    await story.tell("list_leased_account_requests", projectId=project)
    await story.tell("list_leased_accounts", projectId=project)
    await story.tell("list_offered_accounts", by=by)
    first, second = given["assignedSocialAccountIds"]
    await story.tell("release_leased_account", socialAccountId=first)
    await story.tell("recall_lease", by=by, socialAccountId=second)
    await story.tell("withdraw_account", by=by, socialAccountId=offered[1])


async def _offer_account(story: ExampleStory, handle: str) -> str:
    """Connect and offer an account of the operators."""
    by, body = story.cast.platform, {"name": "Ours", "timezone": "UTC"}
    project = (await story.ask("POST", "/projects", by=by, json=body))["id"]
    login = {"platform": "bluesky", "identifier": handle, "appPassword": "abcd-efgh-ijkl-mnop"}
    accepted = await story.ask("POST", f"/projects/{project}/social-accounts", by=by, json=login)
    job = await story.ask("GET", f"/jobs/{accepted['jobId']}", by=by, params={"wait": 30})
    return str(job["result"]["socialAccountId"])


async def keys(story: ExampleStory) -> None:
    body = {"name": "Booking server", "scopes": ["projects:read", "jobs:read"], "returnOrigins": [ORIGIN]}
    created = await story.tell("create_api_key", json=body)
    await story.tell("list_api_keys", params={"limit": 1})
    await story.tell("get_api_key", apiKeyId=created["id"])
    await story.tell("rotate_api_key", apiKeyId=created["id"], json={"overlapHours": 24})
    await story.tell("kill_api_key", apiKeyId=created["id"])


async def github(story: ExampleStory) -> None:
    live, hub = story.cast.live, story.cast.hub
    link = await story.tell("create_github_install_url", by=live, json={"returnUrl": f"{ORIGIN}/settings/github"})
    await story.tell("github_install", by=story.cast.browser, params={"state": link["state"]})
    hub.codes["4f2a"] = "ada"
    back = {"code": "4f2a", "installation_id": str(ACME), "setup_action": "install", "state": link["state"]}
    await story.tell("github_callback", by=story.cast.browser, params=back)
    await eventually(lambda: _install_github(story))
    await story.tell("get_github_installation", by=live)
    await story.tell("list_github_repos", by=live)
    await story.tell("delete_github_installation", by=live)


async def _install_github(story: ExampleStory) -> bool:
    return (await story.cast.live.get("/v1/github/installation")).is_success


async def operators(story: ExampleStory) -> None:
    by = story.cast.platform
    await story.tell("list_pools", by=by)
    await story.tell("list_workers", by=by)
    await story.tell("measure_all_jobs", by=story.cast.operators, params={"window": "day"})
    found = await story.tell("list_all_jobs", by=story.cast.operators, params={"limit": 1})
    await story.tell("count_all_jobs", by=story.cast.operators, params={"kind": "ingest_github"})
    names = {"jobId": found["items"][0]["jobId"]}
    await story.tell("get_any_job", by=story.cast.operators, **names)
    await story.tell("get_any_job_timeline", by=story.cast.operators, **names)
    look = {"errorCode": "SITE_TIMEOUT", "dryRun": True}
    await story.tell("retry_all_jobs", by=story.cast.operators, json=look)
    look = {"kinds": ["ingest_website"], "stages": ["queued"], "dryRun": True}
    await story.tell("cancel_all_jobs", by=story.cast.operators, json=look)
    await story.tell("pause_pool", by=story.cast.operators, name="default")
    await story.tell("resume_pool", by=story.cast.operators, name="default")
    await organizations(story)


async def organizations(story: ExampleStory) -> None:
    by, body = story.cast.operators, {"name": "Harbour Bookings Ltd", "tier": "pilot"}
    created = await story.tell("create_organization", by=by, json=body)
    await story.tell("list_organizations", by=by, params={"limit": 1})
    await story.tell("get_organization_usage", by=by, organizationId=created["id"])
    await story.tell("patch_organization", by=by, organizationId=created["id"], json={"suspended": True})
