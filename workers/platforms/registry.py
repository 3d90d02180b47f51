"""The adapter for an account's posts, and the inputs of its calls."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import msgspec

from domain.media.storage import open_media_store
from domain.media.store import MediaStore
from domain.publishing.outgoing import OutgoingPost, OutgoingPostFile, PostingAccountWithAccessToken
from domain.security.keyring import Keyring
from platforms.registry import PLATFORMS_BY_NAME
from schemas.errors import PlatformRefusal
from workers.platforms import graph_version
from workers.platforms.connecting import open_outgoing_network
from workers.platforms.contract import PlatformAdapter, PostFile, PostToPublish
from workers.platforms.fakes.publish import SandboxAdapter
from workers.platforms.parts import load_platform_calls
from workers.resources import WorkerResources


class PlatformAdapters(NamedTuple):
    """The adapters by platform, the one of sandboxes, and the keyring and storage for their inputs."""

    adapters: Mapping[str, PlatformAdapter]
    fake: PlatformAdapter
    keyring: Keyring
    store: MediaStore
    public_url: str

    def choose_adapter(self, account: PostingAccountWithAccessToken, *, sandbox: bool) -> PlatformAdapter:
        """Return the adapter that publishes an account's posts: its platform's, or the sandbox's with `sandbox`.

        Raise `PlatformRefusal` for a platform without an adapter.
        """
        if sandbox:
            return self.fake
        if account.platform not in self.adapters:
            raise PlatformRefusal(
                "PLATFORM_UNSUPPORTED", "posts to this platform are not supported yet", category="config"
            )
        return self.adapters[account.platform]

    def build_platform_post(self, post: OutgoingPost) -> PostToPublish:
        return PostToPublish(
            post_id=post.post_id,
            caption=post.caption,
            language=post.language,
            media=[self.build_post_file(file) for file in post.files],
            mode=post.mode,
            privacy_level=post.privacy_level,
            is_ai_generated=post.ai_label == "labelled",
            created_at=post.moment,
            now=post.now,
        )

    def build_post_file(self, file: OutgoingPostFile) -> PostFile:
        url, read = f"{self.public_url.rstrip('/')}/media/{file.token}", partial(self.store.read, file.token)
        return PostFile(**msgspec.structs.asdict(file), url=url, read=read)


async def open_platform_adapters(resources: WorkerResources) -> PlatformAdapters:
    settings, net = resources.settings, await resources.open_resource(open_outgoing_network)
    graph_version.warn_if_meta_graph_version_ends(datetime.now(UTC).date())
    adapters = {platform: load_platform_calls(platform).open_adapter(net) for platform in PLATFORMS_BY_NAME}
    return PlatformAdapters(
        adapters, SandboxAdapter(), resources.keyring, open_media_store(settings), settings.public_url
    )
