"""Consecutive tenants of one account see nothing of each other."""

import re

from litestar import Litestar

from db.pool import Pool
from tests.api.documented_routes import routes
from tests.api.leases.tenants import LeasingOperator, LeasingTenant


async def read_everything(app: Litestar, tenant: LeasingTenant, named: dict[str, str]) -> str:
    """Return the answers of all read routes for a tenant, with every id that it knows or may guess."""
    said = []
    for route in routes(app):
        asked = route.method == "GET" and route.needs_key and not route.streams
        if asked and set(route.names) <= named.keys():
            answer = await tenant.http.get(route.at(named))
            if answer.status_code == 200:
                said.append(answer.text)
    return "\n".join(said)


async def lend_and_publish(pool: Pool, platform: LeasingOperator, tenant: LeasingTenant) -> tuple[str, str, str]:
    """Lend an account and publish a post; return the owner's id, the tenant's id and the post's id."""
    account_id = await platform.offer("one")
    before = await platform.lend(tenant, account_id)
    post_id = await tenant.schedule(before, "The secret of our sourdough.")
    await mark_published(pool, post_id, "external-of-acme")
    return account_id, before, post_id


async def test_next_tenant_sees_nothing_of_the_previous_one(
    app: Litestar, pool: Pool, platform: LeasingOperator, tenant: LeasingTenant, other_tenant: LeasingTenant
) -> None:
    """Covers captions, history, names, ids, counts and quota figures."""
    account_id, before, post_id = await lend_and_publish(pool, platform, tenant)
    canceled = await tenant.schedule(before, "The second secret.")
    await tenant.release(before)
    after = await platform.lend(other_tenant, account_id)
    mine = {"projectId": other_tenant.project, "socialAccountId": after}
    text = await read_everything(app, other_tenant, mine)
    assert after in text
    [acme] = [tenant.project.removeprefix("prj_")]
    hidden = [acme, post_id[3:], canceled[3:], before[3:], account_id[3:], "secret", "external-of-acme"]
    assert [word for word in hidden if word in text] == []
    posts = f"/v1/projects/{other_tenant.project}/scheduled-posts"
    for filtered in ("", f"?socialAccountId={after}"):
        assert (await other_tenant.http.get(posts + filtered)).json() == {"items": [], "nextCursor": None}
    assert (await other_tenant.http.get(f"{posts}?socialAccountId={before}")).status_code == 404
    for path in (f"/v1/social-accounts/{before}", f"/v1/scheduled-posts/{post_id}"):
        assert (await other_tenant.http.get(path)).status_code == 404
    assert (await other_tenant.release(before)).status_code == 404


async def test_the_same_caption_is_no_duplicate_of_another_tenants(
    platform: LeasingOperator, tenant: LeasingTenant, other_tenant: LeasingTenant
) -> None:
    account_id = await platform.offer("one")
    leased = await platform.lend(tenant, account_id)
    await tenant.schedule(leased, "Fresh bread today.")
    await tenant.release(leased)
    await other_tenant.schedule(await platform.lend(other_tenant, account_id), "Fresh bread today.")


async def test_previous_tenant_keeps_its_history_and_sees_nothing_new(
    app: Litestar, pool: Pool, platform: LeasingOperator, tenant: LeasingTenant, other_tenant: LeasingTenant
) -> None:
    account_id, before, post_id = await lend_and_publish(pool, platform, tenant)
    await tenant.release(before)
    mine = {"projectId": tenant.project, "socialAccountId": before, "scheduledPostId": post_id}
    text = without_clocks(await read_everything(app, tenant, mine))
    after = await platform.lend(other_tenant, account_id)
    await other_tenant.schedule(after, "Another one's.")
    await other_tenant.release(after)
    again = await read_everything(app, tenant, mine)
    assert without_clocks(again) == text
    assert "external-of-acme" in again
    assert after[3:] not in again


def without_clocks(text: str) -> str:
    """Remove times, statistics of minutes, which pass, and the amounts left of budgets, which refill continuously."""
    without_minutes = re.sub(r'\{"at":"[^{}]*(?:\{[^{}]*\}[^{}]*)*\},?', "", text)
    return re.sub(r'\d{4}-\d\d-\d\dT[\d:.]+Z|"available":[\d.]+', "", without_minutes)


async def mark_published(pool: Pool, post_id: str, external_id: str) -> None:
    await pool.execute(
        """update scheduled_post set status = 'published', published_at = now(), external_id = $2
            where id = $1::text::uuid""",
        post_id.removeprefix("sp_"),
        external_id,
    )
