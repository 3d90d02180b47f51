"""Targets of a schedule: all are checked before any row is written, and all faults are reported together."""

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post, social_account
from db.queries.rows import AssetRow, LockedQueueAccount, SharedContent, WaitingPost
from domain.accounts import accounts as refusals
from domain.accounts import platform_limits
from domain.accounts.platform_limits import PLATFORMS, LimitedFile
from platforms.description import PlatformLimits, PrivacyLevel
from schemas import ids
from schemas.errors import Conflict, Invalid, NotFound, PrivacyRequired
from schemas.posts import Target

#: Path and fault.
Issue = tuple[str, str]

#: Platform's count of a caption, and its limit.
_Bound = tuple[PlatformLimits, int]


class Material(NamedTuple):
    """Caption and files of a content, in their order, as they are to be posted."""

    caption: str
    assets: Sequence[AssetRow]

    def fingerprint(self, caption_override: str | None) -> bytes:
        """Return a hash of the posted caption and files, equal for posts that look the same on a platform."""
        caption = self.caption if caption_override is None else caption_override
        files = b"".join(asset.sha256 for asset in self.assets)
        return hashlib.sha256(caption.encode() + b"\0" + files).digest()


class TargetFingerprint(NamedTuple):
    """Fingerprint of a post to an account; `path` is its place in the request."""

    path: str
    account_id: UUID
    fingerprint: bytes


class Planned(NamedTuple):
    """Target that passed the checks."""

    account_id: UUID
    platform: str
    mode: str
    privacy_level: str | None
    caption_override: str | None
    fingerprint: bytes


class _EqualPost(NamedTuple):
    """Existing post with the same fingerprint: `place` is the target's number, from 1."""

    place: int
    id: UUID


class _Captioned(NamedTuple):
    id: UUID
    social_account_id: UUID


FIND_SAME = scheduled_post.find_same.typed(_EqualPost)
LIST_WAITING = scheduled_post.list_waiting_of_content.typed(WaitingPost)
LIST_CAPTIONED = scheduled_post.list_captioned.typed(_Captioned)
LOCK_ACCOUNTS = social_account.lock_accounts.typed(LockedQueueAccount)
SHARE_CONTENT = scheduled_post.share_content.typed(SharedContent)
LIST_ASSETS = scheduled_post.list_assets.typed(AssetRow)


async def plan_targets(
    conn: Conn, *, organization_id: UUID, project_id: UUID, material: Material, targets: Sequence[Target]
) -> list[Planned]:
    """Check every target and lock its account. Raises `NotFound`, `Invalid`, `Conflict`, with all issues.

    An account in need of a new authorization is accepted: its posts wait for it.
    """
    rows = await LOCK_ACCOUNTS.all(conn, org=organization_id, ids=account_ids_of(targets))
    locked = {row.id: row for row in rows if row.project_id == project_id}
    accounts = [locked[account_id] for account_id in check_known(targets, locked)]
    await _check_fit(targets, accounts, material)
    _check_connected(accounts)
    return [
        Planned(
            account.id,
            account.platform,
            target.mode,
            _privacy_level(target, account),
            target.caption_override,
            material.fingerprint(target.caption_override),
        )
        for target, account in zip(targets, accounts, strict=True)
    ]


async def check_new(
    conn: Conn,
    *,
    organization_id: UUID,
    prints: Sequence[TargetFingerprint],
    at: datetime,
    but: UUID | None = None,
) -> None:
    """Check that none of these locked accounts has the same fingerprint within 24 h of `at`.

    `but` is the post under change. Raises `Conflict` DUPLICATE_POST.
    """
    same = await FIND_SAME.all(
        conn,
        org=organization_id,
        account_ids=[fingerprint.account_id for fingerprint in prints],
        fingerprints=[fingerprint.fingerprint for fingerprint in prints],
        at=at,
        but=but,
    )
    if same:
        post_ids = [ids.show(ids.POST, row.id) for row in same]
        conflicts = zip([prints[row.place - 1].path for row in same], post_ids, strict=True)
        raise Conflict(
            "DUPLICATE_POST",
            "the account has the same post within 24 hours: send allowDuplicate to post it anyway",
            scheduledPostId=post_ids[0],
            issues=_issues([(path, f"the account has it as {post_id}") for path, post_id in conflicts]),
        )


async def check_caption(conn: Conn, *, organization_id: UUID, content_id: UUID, caption: str) -> None:
    """Check a caption for each waiting post that uses its content's caption; locks their accounts.

    The caller has locked the content. Raises `Invalid` with the faults for each post.
    """
    waiting = await LIST_CAPTIONED.all(conn, org=organization_id, content_id=content_id)
    account_ids = list({row.social_account_id for row in waiting})
    accounts = await LOCK_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    bounds = {account.id: _bound(account) for account in accounts}
    misfits: dict[_Bound, list[str]] = {}
    for bound in set(bounds.values()):
        misfits[bound] = list(platform_limits.caption_faults(*bound, caption))
        await asyncio.sleep(0)  # as below
    issues = [
        ("caption", f"{ids.show(ids.POST, row.id)} waits with it: {message}")
        for row in waiting
        for message in misfits[bounds[row.social_account_id]]
    ]
    if issues:
        raise Invalid(*issues[0], *issues[1:])


async def check_files(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Check a content's files for each post that waits with them; locks their accounts.

    The caller has locked the content. Raises `Invalid` with the faults for each post.
    """
    waiting = await LIST_WAITING.all(conn, org=organization_id, content_id=content_id)
    account_ids = list({row.social_account_id for row in waiting})
    accounts = await LOCK_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    assets = await LIST_ASSETS.all(conn, org=organization_id, content_id=content_id)
    files = [LimitedFile(*asset[:4]) for asset in assets]
    faults = {
        account.id: list(platform_limits.faults_of_files(PLATFORMS[account.platform], account.traits, files))
        for account in accounts
    }
    issues = [
        ("file", f"{ids.show(ids.POST, row.id)} waits with it: {fault.message}")
        for row in waiting
        for fault in faults[row.social_account_id]
    ]
    if issues:
        raise Invalid(*issues[0], *issues[1:])


async def update_fingerprints(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Update the fingerprints of an edited content's unsent posts without a caption of their own."""
    row = await SHARE_CONTENT.row(conn, org=organization_id, id=content_id)
    assets = await LIST_ASSETS.all(conn, org=organization_id, content_id=content_id)
    fingerprint = Material(row.caption, assets).fingerprint(None)
    await scheduled_post.rewrite_posts.run(
        conn, org=organization_id, content_id=content_id, fingerprint=fingerprint
    )


def account_ids_of(targets: Sequence[Target]) -> list[UUID]:
    """Return the account ids of the targets in order; skip malformed ones."""
    read = [ids.read(ids.ACCOUNT, target.social_account_id) for target in targets]
    return [account_id for account_id in read if account_id]


def check_known(targets: Sequence[Target], known: Collection[UUID]) -> list[UUID]:
    """Return each target's account id, in order. Raises `NotFound` for an id that isn't in `known`."""
    read = [ids.read(ids.ACCOUNT, target.social_account_id) for target in targets]
    unknown = [number for number, account_id in enumerate(read) if account_id not in known]
    if unknown:
        raise NotFound(
            "no such social account in this project: check the targets' socialAccountId",
            issues=_issues([(path(number), "is no account of this project") for number in unknown]),
        )
    return [account_id for account_id in read if account_id is not None]


async def _check_fit(
    targets: Sequence[Target], accounts: Sequence[LockedQueueAccount], material: Material
) -> None:
    issues: list[Issue] = []
    choices: dict[str, list[PrivacyLevel]] = {}
    account_ids: set[UUID] = set()
    for number, (target, account) in enumerate(zip(targets, accounts, strict=True)):
        if account.id in account_ids:
            issues.append((path(number), "is given twice"))
        account_ids.add(account.id)
        issues += [(path(number, field), message) for field, message in _misfits(target, account, material)]
        if _lacks_privacy(target, account):
            choices[path(number, "privacyLevel")] = _offered(account)
        await asyncio.sleep(0)  # a long caption takes 5 ms to count: other tasks run between two
    if choices:
        raise PrivacyRequired(choices, *issues)
    if issues:
        raise Invalid(*issues[0], *issues[1:])


def _check_connected(accounts: Sequence[LockedQueueAccount]) -> None:
    offered = [number for number, account in enumerate(accounts) if account.offered]
    if offered:
        raise refusals.offered_error(
            issues=_issues([(path(number), "is offered for lease") for number in offered])
        )
    disconnected = [number for number, account in enumerate(accounts) if account.status == "disconnected"]
    if disconnected:
        raise Conflict(
            "ACCOUNT_NOT_CONNECTED",
            "an account is disconnected: connect it again, or leave it out",
            issues=_issues([(path(number), "is disconnected") for number in disconnected]),
        )


def _misfits(target: Target, account: LockedQueueAccount, material: Material) -> Iterator[Issue]:
    """Yield the issues that the account's platform would refuse, as far as they are known beforehand."""
    platform = PLATFORMS[account.platform]
    caption, field = material.caption, "socialAccountId"
    if target.caption_override is not None:
        caption, field = target.caption_override, "captionOverride"
    files = [LimitedFile(*asset[:4]) for asset in material.assets]
    for fault in platform_limits.post_faults(platform, account.traits, caption, files):
        yield field if fault.code == platform_limits.CAPTION else "socialAccountId", fault.message
    if target.mode not in platform.modes:
        yield "mode", f"{platform.name} takes {' or '.join(sorted(platform.modes))}"
    if _lacks_privacy(target, account):
        return
    needs_level = target.privacy_level is not None or target.mode == "direct"
    if needs_level and (
        why := platform_limits.privacy_fault(platform, _offered(account), target.privacy_level)
    ):
        yield "privacyLevel", why


def _offered(account: LockedQueueAccount) -> list[PrivacyLevel]:
    return platform_limits.privacy_levels(PLATFORMS[account.platform], account.traits)


def _lacks_privacy(target: Target, account: LockedQueueAccount) -> bool:
    """Return whether a person has to choose the audience. TikTok's guidelines forbid a default."""
    return target.mode == "direct" and target.privacy_level is None and len(_offered(account)) > 1


def _privacy_level(target: Target, account: LockedQueueAccount) -> PrivacyLevel | None:
    """Return the level that the post is stored with: the chosen one, or the account's only one."""
    offered = _offered(account)
    only = offered[0] if target.mode == "direct" and len(offered) == 1 else None
    return target.privacy_level or only


def _bound(account: LockedQueueAccount) -> _Bound:
    platform = PLATFORMS[account.platform]
    return platform, platform_limits.caption_max(platform, account.traits)


def path(number: int, field: str = "socialAccountId") -> str:
    return f"targets[{number}].{field}"


def _issues(found: Sequence[Issue]) -> list[dict[str, str]]:
    return [{"path": path, "message": message} for path, message in found]
