"""An account on an instance, with a new authorization for each test."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import msgspec

from domain.accounts.client_registrations import OAuthClient
from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.mastodon import api
from platforms.mastodon.api import MastodonApi, MastodonAppRegistration
from platforms.mastodon.connect import build_mastodon_instance_traits
from platforms.mastodon.publish import MastodonAdapter
from schemas import ids
from tests.peers.mastodon_servers import Instance
from tests.peers.proxy import Loss, LossyProxy, between, first_of_each
from tests.peers.publishing import outbound, patiently

STATUSES = "/api/v1/statuses"
BACK = "http://localhost:1/back"
SCOPES = "read write"


class MastodonAccount(msgspec.Struct, frozen=True):
    """`app` is our registration, `account` the adapter's input."""

    instance: Instance
    client: httpx.AsyncClient
    app: MastodonAppRegistration
    account: PostingAccountWithAccessToken

    @property
    def adapter(self) -> MastodonAdapter:
        return MastodonAdapter(self.client)

    @property
    def api(self) -> MastodonApi:
        return MastodonApi(client=self.client, base=self.instance.base, token=self.account.access_token)

    def losing(self, *losses: Loss) -> AbstractAsyncContextManager[LossyProxy]:
        """Open a proxy that applies these losses to each post's first requests."""
        return between(self.instance.port, first_of_each(STATUSES, *losses))

    def shown(self, *captions: str) -> list[str]:
        """Return the captions that the account shows, as often as it shows them."""
        return sorted(text for text in self.instance.texts(self.account.external_id) if text in captions)


async def register(client: httpx.AsyncClient, base: str) -> MastodonAppRegistration:
    return await api.register_mastodon_app(client, base, name="Tenantry", redirect_uri=BACK, scopes=SCOPES, website="")


@asynccontextmanager
async def let_in(instance: Instance) -> AsyncIterator[MastodonAccount]:
    async with outbound(instance.base) as client:
        app = await patiently(lambda: register(client, instance.base))
        query = {"response_type": "code", "client_id": app.client_id, "redirect_uri": BACK, "scope": SCOPES}
        code = instance.code(str(httpx.URL(f"{instance.base}/oauth/authorize", params=query)))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "scope": SCOPES}
        us = OAuthClient(app.client_id, app.client_secret)
        token = await api.exchange_mastodon_token(client, instance.base, us, {**form, "code_verifier": "v" * 43})
        server = MastodonApi(client=client, base=instance.base, token=token.access_token)
        me = await patiently(lambda: api.get_mastodon_user(server))
        said = await patiently(lambda: api.get_mastodon_server_info(client, instance.base))
        account = PostingAccountWithAccessToken(
            platform="mastodon",
            service_url=instance.base,
            external_id=me.id,
            handle=me.username,
            traits=build_mastodon_instance_traits(said),
            access_token=token.access_token,
        )
        yield MastodonAccount(instance, client, app, account)


@asynccontextmanager
async def behind(
    mastodon: MastodonAccount, *losses: Loss
) -> AsyncIterator[tuple[MastodonAdapter, PostingAccountWithAccessToken]]:
    """Open the account behind a lossy proxy."""
    async with mastodon.losing(*losses) as proxy, outbound(proxy.base) as client:
        yield MastodonAdapter(client), msgspec.structs.replace(mastodon.account, service_url=proxy.base)


def unique(word: str) -> str:
    return f"{word} {ids.new_uuid7()}"
