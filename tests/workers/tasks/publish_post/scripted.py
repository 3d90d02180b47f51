"""A scripted platform that knows which posts are live on it: the oracle of these tests."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas.errors import (
    AccessTokenExpired,
    AccountReauthRequired,
    PlatformRefusal,
    PlatformThrottled,
    PostNotSent,
    PostOutcomeUnknown,
    PostPreparationExpired,
    ServiceUnavailable,
)
from tests.workers.by_hand import Died
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    InboxDraft,
    LivePost,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
    UnprovedPost,
)

#: The results of a call. Steps in `TAKES` create the post, also if their response is lost.
TAKES = ("ok", "drop", "break", "die_after", "slow_after", "take", "take_slow", "inbox", "nameless")
REFUSES = "unreached outdate refuse throttle expire shut lose die_before slow_before".split()
FAULTS: dict[str, Callable[[], BaseException]] = {
    "unreached": lambda: PostNotSent("PLATFORM_UNREACHABLE", "it could not be reached"),
    "outdate": lambda: PostPreparationExpired("UPLOAD_GONE", "the upload ran out"),
    "refuse": lambda: PlatformRefusal("PLATFORM_REJECTED", "it won't have it", category="platform_rejected"),
    "throttle": lambda: PlatformThrottled("PLATFORM_RATE_LIMITED", "it asks for a cooldown", after_s=60.0),
    "expire": lambda: AccessTokenExpired("TOKEN_EXPIRED", "the token has ended"),
    "shut": lambda: AccountReauthRequired("TOKEN_REFUSED", "the token opens nothing"),
    "lose": lambda: PostOutcomeUnknown("ANSWER_LOST", "lost on its way there"),
    "drop": lambda: PostOutcomeUnknown("ANSWER_LOST", "lost on its way back"),
    "break": lambda: PostOutcomeUnknown("ANSWER_UNCLEAR", "the platform answered 500"),
    "unstored": lambda: ServiceUnavailable("the storage of media can't be reached: repeat the request"),
    "die_before": Died,
    "die_after": Died,
}


class ScriptedCall(msgspec.Struct, frozen=True):
    account: str
    post_id: str
    caption: str
    at: float


class ScriptedPlatform:
    """The scripted platform. Each call takes the next step of its script, and succeeds without one.

    `live` counts the records of each post: a repeatable platform deduplicates by the post's key. `names` is a
    post with an id that it returns for all others. `tickets` are added to a prepared post. Slow calls wait
    for `answers`.
    """

    def __init__(self, *, may_repeat_send_safely: bool = True) -> None:
        self.exact = may_repeat_send_safely
        self.script: dict[str, deque[str]] = defaultdict(deque)
        self.live: Counter[str] = Counter()
        self.calls: list[ScriptedCall] = []
        self.drafts: list[PostToPublish] = []
        self.steps: list[PostPrepareResult | None] = []
        self.inquiries: list[PostInquiry] = []
        self.tickets: list[str] = []
        self.names: str | None = None
        self.answers = asyncio.Event()
        self.on: dict[str, Callable[[], Awaitable[object]]] = {}

    def plan(self, **steps: Sequence[str]) -> None:
        """Set the next steps of the calls: `send`, `prepare`, `poll`, `reconcile`."""
        for name, words in steps.items():
            self.script[name].extend(words)

    async def _next(self, name: str) -> str:
        if hook := self.on.get(name):
            await hook()
        return self.script[name].popleft() if self.script[name] else "ok"

    def may_repeat_send_safely(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> bool:
        return self.exact

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        self.steps.append(so_far)
        word = await self._next("prepare")
        if fault := FAULTS.get(word):
            raise fault()
        if word == "same":
            assert so_far
            return msgspec.structs.replace(so_far, after_s=60.0)
        step = 1 if so_far is None else so_far.handle["step"] + 1
        prepared = PostPrepareResult(
            handle={"key": str(draft.post_id), "step": step},
            request=draft.caption.encode(),
            secret=f"the address of upload {step}".encode(),
            complete=not word.startswith("step"),
            after_s=60.0 if word == "step_slow" else 0.0,
        )
        if not prepared.complete:
            return prepared
        self.drafts.append(draft)
        return msgspec.structs.replace(prepared, tickets=[self.tickets.pop(0)] if self.tickets else [])

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> SendResult:
        post_id, word = prepared.handle["key"], await self._next("send")
        if word in TAKES:
            self.take(post_id)
        at = asyncio.get_running_loop().time()
        self.calls.append(ScriptedCall(account.handle, post_id, prepared.request.decode(), at))
        if word.startswith("slow"):
            await self.answers.wait()
        if fault := FAULTS.get(word):
            raise fault()
        if word in {"take", "take_slow"}:
            after_s = 60.0 if word == "take_slow" else 0.0
            return AcceptedPost(handle=prepared.handle | {"upload": "1"}, after_s=after_s)
        return self.answer(word, post_id)

    def answer(self, word: str, post_id: str) -> LivePost | InboxDraft:
        if word == "inbox":
            return InboxDraft()
        return LivePost(external_id=None, external_url=None) if word == "nameless" else self.shown(post_id)

    def take(self, post_id: str) -> None:
        self.live[post_id] = 1 if self.exact else self.live[post_id] + 1

    async def poll(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> SendResult:
        prepared = inquiry.prepared
        assert prepared.handle["upload"] == "1"
        key = prepared.handle["key"]
        # A post that it has dropped stays dropped in every poll.
        word = await self._next("poll") if self.live[key] else "refuse"
        if word == "refuse":
            self.live[key] = 0
        if fault := FAULTS.get(word):
            raise fault()
        if word == "take":
            return AcceptedPost(handle=prepared.handle, after_s=0.0)
        return self.answer(word, key)

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        self.inquiries.append(inquiry)
        word = await self._next("reconcile")
        if fault := FAULTS.get(word):
            raise fault()
        if word == "undecided":
            return UnprovedPost()
        if word == "later":
            return UnprovedPost(after_s=60.0)
        post_id = inquiry.prepared.handle["key"]
        if not self.live[post_id]:
            return AbsentPost()
        if word == "take":
            return AcceptedPost(handle=inquiry.prepared.handle | {"upload": "1"}, after_s=0.0)
        return self.answer(word, post_id)

    def shown(self, post_id: str) -> LivePost:
        return LivePost(external_id=f"live-{self.names or post_id}", external_url=f"https://example.test/{post_id}")
