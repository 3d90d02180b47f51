"""A partner's first day: from a project to a post."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from domain.media import tickets
from tests.api.conftest import uuid_of
from tests.api.examples.story import BACK, ExampleStory
from tests.domain.events.sending import event, send
from tests.generation.looks.templates import TEMPLATE
from tests.media import picture
from tests.waiting import eventually

TICKET = "k" * 43


async def system(story: ExampleStory) -> None:
    for operation in ("healthz", "readyz", "metrics"):
        await story.tell(operation, by=story.cast.browser)
    await story.tell("whoami")
    await story.tell("get_usage", by=story.cast.live)


async def project(story: ExampleStory) -> str:
    """Create a project, wait for its brand, and return its id."""
    body = {
        "name": "Tidewise",
        "timezone": "Europe/Paris",
        "customerExternalId": "customer-4711",
        "metadata": {"plan": "pro", "seats": 12},
    }
    created = await story.tell("create_project", json=body)
    project: str = created["id"]
    await story.tell("list_projects", params={"customerExternalId": "customer-4711"})
    site = {"url": "https://example.test/ok", "followLinks": True, "maxPages": 5}
    accepted = await story.tell("ingest_website", projectId=project, json=site)
    await story.ended(accepted)
    await story.tell("get_job", jobId=accepted["jobId"], params={"wait": 30})
    await story.tell("stream_job", jobId=accepted["jobId"])
    await story.tell("get_job_timeline", jobId=accepted["jobId"])
    repository = {"repoFullName": "example/ok", "branch": "main"}
    await story.ended(await story.tell("ingest_github", projectId=project, json=repository))
    listing = {"iosBundleId": "test.example.ok", "countryCode": "fr"}
    await story.ended(await story.tell("ingest_appstore", projectId=project, json=listing))
    await story.tell("get_project", projectId=project)
    await story.tell("get_brand", projectId=project)
    await story.tell("propose_hooks", projectId=project)
    await story.tell("patch_project", projectId=project, json={"brandContext": {"tagline": "Know your tide."}})
    return project


async def app_media(story: ExampleStory, project: str) -> None:
    """Add a logo by URL, and upload a screenshot."""
    logo = {"kind": "logo", "url": "https://example.test/logo.png"}
    accepted = await story.tell("add_app_media", projectId=project, json=logo)
    await story.ended(accepted)
    at = {"projectId": project}
    screen = ("tides.png", picture(size=(1080, 1920)))
    created = await story.teller.tell_form(story.cast.acme, "add_app_media", at, {"kind": "screenshot"}, screen)
    await story.tell("get_app_media", projectId=project, assetId=accepted["assetId"])
    await story.tell("patch_app_media", projectId=project, assetId=accepted["assetId"], json={"role": "wordmark"})
    await story.tell("list_app_media", projectId=project, params={"origin": "partner"})
    await story.tell("delete_app_media", projectId=project, assetId=created["assetId"])


async def accounts(story: ExampleStory, project: str) -> str:
    """Connect accounts, and return the id of the one with a password."""
    asked = {"platform": "mastodon", "returnUrl": BACK, "instance": "mastodon.example"}
    link = await story.tell("create_oauth_url", projectId=project, json=asked)
    issuer = urlsplit(link["authorizeUrl"]).path.rpartition("/")[2]
    await story.teller.tell_at(
        story.cast.browser, "social_callback", link["authorizeUrl"], parameters={"issuer": issuer}
    )
    flow = await story.tell("get_oauth_status", oauthState=link["state"])
    again = {"socialAccountId": flow["socialAccountId"], "returnUrl": BACK}
    await story.tell("create_reauth_url", projectId=project, json=again)
    await _authorize(story)
    login = {"platform": "bluesky", "identifier": "tidewise.example", "appPassword": "abcd-efgh-ijkl-mnop"}
    connected = await story.ended(await story.tell("connect_social_account", projectId=project, json=login))
    account: str = connected["result"]["socialAccountId"]
    await story.tell("list_social_accounts", projectId=project)
    await story.tell("list_all_social_accounts", params={"status": "connected"})
    await story.tell("get_social_account", socialAccountId=account)
    return account


async def apps(story: ExampleStory, project: str) -> None:
    body = {"name": "Tidewise for iPhone", "platform": "ios", "bundleId": "app.tidewise.phone"}
    created = await story.tell("create_sdk_app", projectId=project, json=body)
    app = created["appId"]
    meta = {"enabled": True, "pixelId": "1234567890123456", "accessToken": "EAAB-the-pixels-token"}
    change = {"rotateKey": True, "overlapHours": 24, "capi": {"meta": meta}}
    await story.tell("patch_sdk_app", projectId=project, appId=app, json=change)
    await _events(story, project, app, created["apiKey"])
    await story.tell("list_conversion_deliveries", projectId=project, params={"destination": "meta"})
    await story.tell("list_sdk_apps", projectId=project)
    await story.tell("get_sdk_app", projectId=project, appId=app)
    await story.tell("get_install_spec", projectId=project, appId=app, params={"platforms": "ios,web"})
    listening = await story.tell("verify_tracking", projectId=project, appId=app)
    await story.ask("POST", f"/jobs/{listening['jobId']}/cancel")
    await story.tell("delete_sdk_app", projectId=project, appId=app)


async def _events(story: ExampleStory, project: str, app: str, key: str) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    purchase = {
        "name": "purchase_success",
        "eventId": "019ac2f4-5c1e-7d3a-9b0f-2f6a1c0d4e55",
        "occurredAt": now,
        "appUserId": "user-4711",
        "properties": {"revenue_amount": 9.99, "currency": "EUR"},
    }
    opened = {"name": "content_open", "eventId": "open-1", "occurredAt": "2020-01-01T08:30:00Z"}
    headers = {"Authorization": f"Bearer {key}"}
    body = {"events": [purchase, opened], "sentAt": now}
    await story.tell("send_events", by=story.cast.browser, appId=app, json=body, headers=headers)
    refund = {"name": "refund", "eventId": "refund-1", "occurredAt": now, "appUserId": "user-4711"}
    body = {"projectId": project, "sdkAppId": app, "events": [refund]}
    await story.tell("send_events_from_server", json=body)

    async def kept() -> bool:
        page = await story.ask("GET", f"/projects/{project}/events/quarantine")
        return bool(page["items"])

    await eventually(kept)
    await story.tell("list_quarantined_events", projectId=project, params={"code": "BAD_TIME"})


async def metrics(story: ExampleStory, project: str) -> None:
    """Read metrics of the last two days, which keeps the example short, and of one purchase."""
    properties = '{"revenue_amount": 49.9, "currency": "EUR", "sku": "season-pass"}'
    async with story.cast.pool.acquire() as conn:
        bought = event(1, project_id=uuid_of(project), properties=properties, value_micros=49_900_000)
        await send(conn, [bought._replace(occurred_at=datetime.now(UTC), user_id="customer-4711")])
    since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:00:00Z}"
    params = {"metrics": "events,active_users,followers", "since": since, "granularity": "day"}
    await story.tell("get_metrics", projectId=project, params=params)
    await _ads(story, project)


async def _ads(story: ExampleStory, project: str) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    ad = {"adAccountId": "act_4711", "campaignId": "238501", "adsetId": "238502", "adId": "238503"}
    came_to = {"spendMicros": 12_345_678, "impressions": 4_000, "clicks": 25, "conversions": 2}
    worth = {"revenueMicros": 40_000_000, "reach": 3_000, "currency": "EUR"}
    row = {"platform": "meta_ads", **ad, "date": f"{yesterday:%Y-%m-%d}", **came_to, **worth}
    await story.tell("import_ads_metrics", projectId=project, json={"rows": [row]})
    slip = {"attributionWindow": "7d_clik"}
    await story.ask("POST", f"/projects/{project}/ads-metrics/rows", json={"rows": [{**row, **slip}]})
    await story.tell("delete_ads_metrics", projectId=project, params=slip)
    params = {"metrics": "spend,cpa,ctr,roas,reach", "scope": "campaign", "id": "238501"}
    since = f"{yesterday:%Y-%m-%dT00:00:00Z}"
    await story.tell("get_ads_metrics", projectId=project, params={**params, "since": since})
    await story.tell("count_conversions", projectId=project, params={"groupBy": "eventName,platform"})
    await story.tell("list_events", projectId=project, params={"eventNames": "purchase_success"})


async def _authorize(story: ExampleStory) -> None:
    """Follow a live link to a server where we aren't registered yet."""
    live, body = story.cast.live, {"name": "Tidewise", "timezone": "Europe/Paris"}
    project = (await story.ask("POST", "/projects", by=live, json=body))["id"]
    asked = {"platform": "mastodon", "returnUrl": BACK, "instance": story.cast.fediverse.host}
    link = await story.ask("POST", f"/projects/{project}/social/oauth-url", by=live, json=asked)
    await story.teller.tell_at(story.cast.browser, "authorize", link["authorizeUrl"], parameters={})


async def content(story: ExampleStory, project: str) -> str:
    """Upload an image with an approvable caption, and return its id."""
    file = ("file", ("harbour.png", picture(size=(1080, 1350))))
    form = [("caption", (None, "Low tide at six.")), file]
    item = await story.tell("upload_content", projectId=project, files=form)
    content: str = item["id"]
    url = item["assets"][0]["url"]
    token = url.rpartition("/")[2]
    for operation in ("get_media", "head_media"):
        await story.teller.tell_at(story.cast.browser, operation, url, parameters={"token": token})
    await story.tell("get_content", contentId=content)
    await story.tell("patch_content", contentId=content, json={"caption": "Low tide at six, bring boots."})
    await story.tell("get_approval_policy", projectId=project)
    await story.tell("patch_approval_policy", projectId=project, json={"requiresApproval": True})
    first, second = [await _text(story, project, text) for text in ("High tide at noon.", "No tide today.")]
    await story.tell("approve_content", contentId=first, json={"note": "Checked with the harbour.", "revision": 1})
    await story.tell("reject_content", contentId=second, json={"reason": "There is always a tide."})
    await story.tell("list_content", projectId=project, params={"approvalStatus": "approved"})
    await story.tell("list_all_content", params={"approvalStatus": "approved"})
    return content


async def generated(story: ExampleStory, project: str) -> None:
    """Generate an image from the brand."""
    accepted = await story.tell("generate_content", projectId=project, json={"format": "image"})
    created = await story.ended(accepted)
    [asset] = created["result"]["assets"]
    content = accepted["contentId"]
    await story.tell("get_content_progress", contentId=content)
    await story.tell("get_content_asset", contentId=content, assetId=asset["assetId"])
    again = await story.tell("regenerate_content", contentId=content, json={"hook": "High tide at noon?"})
    await story.ask("POST", f"/jobs/{again['jobId']}/cancel")


async def claims(story: ExampleStory, project: str) -> None:
    """Approve a claim, and delete it."""
    body = {
        "text": "A year of tides for 12 euros",
        "source": "https://tidewise.example/prices",
        "validUntil": f"{datetime.now(UTC).year + 1}-12-31T22:59:00Z",
        "approvedBy": "Dana Reyes",
    }
    claim = (await story.tell("create_claim", projectId=project, json=body))["claimId"]
    await story.tell("get_claim", projectId=project, claimId=claim)
    await story.tell("list_claims", projectId=project, params={"status": "valid"})
    await story.tell("delete_claim", projectId=project, claimId=claim)


async def templates(story: ExampleStory, project: str) -> None:
    """Store a template for a project and one for all projects, preview it, and delete it."""
    body = {"name": "harbour", "html": TEMPLATE}
    stored = await story.tell("create_template", projectId=project, json=body)
    await story.tell("list_templates", projectId=project)
    await story.tell("create_organization_template", json=body)
    await story.tell("list_organization_templates")
    at = {"templateId": stored["templateId"]}
    await story.tell("get_template", **at, params={"version": 1})
    await story.ended(await story.tell("preview_template", projectId=project, **at, json={"aspect": "1:1"}))
    await story.tell("delete_template", **at)


async def influencers(story: ExampleStory, project: str) -> None:
    """Create an influencer, wait until it is ready, and clone it."""
    body = {"gender": "female", "ageRange": "young_adult", "prompt": "Warm and funny", "name": "Maya"}
    accepted = await story.tell("create_influencer", projectId=project, json=body)
    await story.ended(accepted)
    one = accepted["influencerId"]
    await story.tell("get_influencer", influencerId=one)
    change = {"brandVoice": "Casual: short plain sentences.", "language": "en-GB"}
    await story.tell("patch_influencer", influencerId=one, json=change)
    clone = {"name": "Nora", "overrides": {"ageRange": "mature"}}
    await story.ended(await story.tell("clone_influencer", influencerId=one, json=clone))
    await story.tell("list_influencers", projectId=project, params={"status": "ready"})
    await story.tell("delete_influencer", influencerId=one)


async def _text(story: ExampleStory, project: str, caption: str) -> str:
    form = [("caption", (None, caption))]
    item = await story.ask("POST", f"/projects/{project}/content/upload", files=form)
    return str(item["id"])


async def posts(story: ExampleStory, project: str, account: str, content: str) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    targets = [{"socialAccountId": account}]
    body = {"targets": targets, "localTime": f"{tomorrow:%Y-%m-%dT%H:%M}"}
    scheduled = await story.tell("schedule_content", contentId=content, json=body)
    [later] = scheduled["scheduledPosts"]
    when = {"scheduledFor": f"{tomorrow + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"}
    await story.tell("reschedule_post", scheduledPostId=later["id"], json=when)
    await story.tell("cancel_post", scheduledPostId=later["id"], json={"reason": "The boat is late."})
    await _captions(story, account, await _text(story, project, "Boats go at ten."), when)
    again = {"targets": targets, "allowDuplicate": True}
    published = await story.tell("publish_content", contentId=content, json=again)
    [now] = published["scheduledPosts"]
    await story.ended(now)
    await story.tell("get_scheduled_post", scheduledPostId=now["id"])
    await story.tell("get_scheduled_post_timeline", scheduledPostId=now["id"])
    await story.tell("list_scheduled_posts", projectId=project, params={"status": "published"})
    await story.tell("list_all_scheduled_posts", params={"status": "published"})
    await _figures(story, project, now["id"])
    await _unknown(story, now["id"])
    await _ticket(story, now["id"])


async def _captions(story: ExampleStory, account: str, content: str, when: dict[str, str]) -> None:
    """Schedule posts with their own captions, with a key without the right to approve."""
    await story.ask("POST", f"/content/{content}/approve", json={})
    scopes = {"name": "Planner", "scopes": ["publish:write"]}
    planner = {"X-Api-Key": (await story.ask("POST", "/api-keys", json=scopes))["apiKey"]}
    for operation, said in (("approve_post", {"note": "Nice."}), ("reject_post", {"reason": "Too loud."})):
        target = {"socialAccountId": account, "captionOverride": "Boats at TEN!!"}
        body = when | {"targets": [target], "allowDuplicate": True}
        asked = await story.ask("POST", f"/content/{content}/schedule", json=body, headers=planner)
        [post] = asked["scheduledPosts"]
        await story.tell(operation, scheduledPostId=post["id"], json=said)


async def _figures(story: ExampleStory, project: str, shown: str) -> None:
    """Insert the platform's figures of the post."""
    told = """insert into metric_snapshot (organization_id, account_id, subject_id, metric, at, value, delta)
              select organization_id, social_account_id, id, metric, now(), value, value
                from scheduled_post, unnest($2::text[], $3::bigint[]) as told (metric, value)
               where id = $1"""
    names, values = ["views", "likes", "comments", "shares"], [1840, 96, 14, 8]
    await story.cast.pool.execute(told, uuid_of(shown), names, values)
    await story.tell("get_top_performers", projectId=project, params={"metric": "engagement_rate"})
    await story.tell("get_content_performance", projectId=project, params={"by": "look"})


async def _unknown(story: ExampleStory, shown: str) -> None:
    """Resolve a post with an unknown outcome."""
    unknown = """update scheduled_post
                    set status = 'outcome_unknown', published_at = null, external_id = null,
                        external_url = null
                  where id = $1"""
    await story.cast.pool.execute(unknown, uuid_of(shown))
    seen = {"published": True, "externalUrl": "https://bsky.app/profile/tidewise.example/post/1"}
    await story.tell("resolve_post", scheduledPostId=shown, json=seen)


async def _ticket(story: ExampleStory, shown: str) -> None:
    """Fetch media with the ticket of one call to a platform."""
    post = await story.ask("GET", f"/scheduled-posts/{shown}")
    url = (await story.ask("GET", f"/content/{post['contentId']}"))["assets"][0]["url"]
    async with story.cast.pool.acquire() as conn:
        await tickets.store_post_download_tickets(
            conn, organization_id=story.cast.organization_id, post_id=uuid_of(shown), tickets=[TICKET]
        )
    at = {"token": url.rpartition("/")[2], "ticket": TICKET}
    for operation in ("get_media_by_ticket", "head_media_by_ticket"):
        await story.tell(operation, by=story.cast.browser, **at)
