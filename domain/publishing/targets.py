"""Targets of a schedule: all are checked before any row is written, and all faults are reported together."""

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import scheduled_post, social_account
from db.queries.rows import ContentAssetRow, LockedQueueAccount, PostAwaitingApprovalOrTime, ShareLockedContentRow
from domain.accounts import accounts as refusals
from domain.accounts import platform_limits
from domain.accounts.platform_limits import LIMITS_BY_PLATFORM, PostFileToCheck
from platforms.description import PlatformLimits, PrivacyLevel
from schemas import ids
from schemas.errors import InvalidValue, ObjectNotFound, PrivacyLevelRequired, StateConflict
from schemas.posts import Target

#: Path and fault.
TargetIssue = tuple[str, str]

#: Platform's count of a caption, and its limit.
_CaptionBound = tuple[PlatformLimits, int]


class ContentCaptionAndFiles(NamedTuple):
    """Caption and files of a content, in their order, as they are to be posted."""

    caption: str
    assets: Sequence[ContentAssetRow]

    def fingerprint(self, caption_override: str | None) -> bytes:
        """Return a hash of caption (None: the content's) and files, equal for posts that look alike on a platform."""
        caption = self.caption if caption_override is None else caption_override
        files = b"".join(asset.sha256 for asset in self.assets)
        return hashlib.sha256(caption.encode() + b"\0" + files).digest()


class SamePostFingerprint(NamedTuple):
    """Fingerprint of a post to an account; `path` is its target's place in the request."""

    path: str
    account_id: UUID
    fingerprint: bytes


class CheckedPostTarget(NamedTuple):
    """Target that passed all checks: the account to post to, and how."""

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


FIND_EQUAL_POSTS = scheduled_post.find_same.typed(_EqualPost)
LIST_WAITING_POSTS_OF_CONTENT = scheduled_post.list_waiting_of_content.typed(PostAwaitingApprovalOrTime)
LIST_WAITING_POSTS_WITH_CONTENT_CAPTION = scheduled_post.list_captioned.typed(PostAwaitingApprovalOrTime)
LOCK_TARGET_ACCOUNTS = social_account.lock_accounts.typed(LockedQueueAccount)
LOCK_CONTENT_IN_SHARE_MODE = scheduled_post.share_content.typed(ShareLockedContentRow)
LIST_CONTENT_ASSETS = scheduled_post.list_assets.typed(ContentAssetRow)


async def check_and_lock_post_targets(
    conn: Conn, *, organization_id: UUID, project_id: UUID, material: ContentCaptionAndFiles, targets: Sequence[Target]
) -> list[CheckedPostTarget]:
    """Check every target of a schedule and lock its account; return the checked targets, in order.

    Accepts an account in need of a new authorization: its posts wait for it. Raises `ObjectNotFound`, `InvalidValue`,
    `StateConflict` ACCOUNT_OFFERED or ACCOUNT_NOT_CONNECTED, with all issues of that error.
    """
    rows = await LOCK_TARGET_ACCOUNTS.all(conn, org=organization_id, ids=read_target_account_ids(targets))
    locked = {row.id: row for row in rows if row.project_id == project_id}
    accounts = [locked[account_id] for account_id in check_target_accounts_known(targets, locked)]
    await _check_targets_fit_platforms(targets, accounts, material)
    _check_targets_connected(accounts)
    return [
        CheckedPostTarget(
            account.id,
            account.platform,
            target.mode,
            _choose_privacy_level_to_store(target, account),
            target.caption_override,
            material.fingerprint(target.caption_override),
        )
        for target, account in zip(targets, accounts, strict=True)
    ]


async def check_no_equal_post(
    conn: Conn, *, organization_id: UUID, prints: Sequence[SamePostFingerprint], at: datetime, but: UUID | None = None
) -> None:
    """Raise `StateConflict` DUPLICATE_POST if a locked account has an equal post within 24 h of `at`.

    Equal posts have the same fingerprint. Ignores canceled and failed posts, and `but`, the post under change.
    """
    same = await FIND_EQUAL_POSTS.all(
        conn,
        org=organization_id,
        account_ids=[fingerprint.account_id for fingerprint in prints],
        fingerprints=[fingerprint.fingerprint for fingerprint in prints],
        at=at,
        but=but,
    )
    if same:
        post_ids = [ids.format_prefixed_id(ids.POST_ID_PREFIX, row.id) for row in same]
        conflicts = zip([prints[row.place - 1].path for row in same], post_ids, strict=True)
        raise StateConflict(
            "DUPLICATE_POST",
            "the account has the same post within 24 hours: send allowDuplicate to post it anyway",
            scheduledPostId=post_ids[0],
            issues=_issues_to_dicts([(path, f"the account has it as {post_id}") for path, post_id in conflicts]),
        )


async def check_new_caption_fits_posts(conn: Conn, *, organization_id: UUID, content_id: UUID, caption: str) -> None:
    """Check a new caption against the platforms' limits for each waiting post that uses its content's caption.

    Locks their accounts; the caller has locked the content. Raises `InvalidValue` with the faults for each post.
    """
    waiting = await LIST_WAITING_POSTS_WITH_CONTENT_CAPTION.all(conn, org=organization_id, content_id=content_id)
    account_ids = list({row.social_account_id for row in waiting})
    accounts = await LOCK_TARGET_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    bounds = {account.id: _find_caption_limit_of_account(account) for account in accounts}
    misfits: dict[_CaptionBound, list[str]] = {}
    for bound in set(bounds.values()):
        misfits[bound] = list(platform_limits.find_caption_objections(*bound, caption))
        await asyncio.sleep(0)  # as below
    issues = [
        ("caption", f"{ids.format_prefixed_id(ids.POST_ID_PREFIX, row.id)} waits with it: {message}")
        for row in waiting
        for message in misfits[bounds[row.social_account_id]]
    ]
    if issues:
        raise InvalidValue(*issues[0], *issues[1:])


async def check_content_files_fit_waiting_posts(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Check a content's files against the platforms' limits for each post that waits with them.

    Locks their accounts; the caller has locked the content. Raises `InvalidValue` with the faults for each post.
    """
    waiting = await LIST_WAITING_POSTS_OF_CONTENT.all(conn, org=organization_id, content_id=content_id)
    account_ids = list({row.social_account_id for row in waiting})
    accounts = await LOCK_TARGET_ACCOUNTS.all(conn, org=organization_id, ids=account_ids)
    assets = await LIST_CONTENT_ASSETS.all(conn, org=organization_id, content_id=content_id)
    files = [PostFileToCheck(*asset[:4]) for asset in assets]
    faults = {
        account.id: list(
            platform_limits.find_media_objections(LIMITS_BY_PLATFORM[account.platform], account.traits, files)
        )
        for account in accounts
    }
    issues = [
        ("file", f"{ids.format_prefixed_id(ids.POST_ID_PREFIX, row.id)} waits with it: {fault.message}")
        for row in waiting
        for fault in faults[row.social_account_id]
    ]
    if issues:
        raise InvalidValue(*issues[0], *issues[1:])


async def update_fingerprints_of_content_posts(conn: Conn, *, organization_id: UUID, content_id: UUID) -> None:
    """Store the new fingerprint of an edited content in its unsent posts without an own caption."""
    row = await LOCK_CONTENT_IN_SHARE_MODE.row(conn, org=organization_id, id=content_id)
    assets = await LIST_CONTENT_ASSETS.all(conn, org=organization_id, content_id=content_id)
    fingerprint = ContentCaptionAndFiles(row.caption, assets).fingerprint(None)
    await scheduled_post.rewrite_posts.run(conn, org=organization_id, content_id=content_id, fingerprint=fingerprint)


def read_target_account_ids(targets: Sequence[Target]) -> list[UUID]:
    """Return the account ids of a schedule's targets, in order; skip malformed ones."""
    read = [ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, target.social_account_id) for target in targets]
    return [account_id for account_id in read if account_id]


def check_target_accounts_known(targets: Sequence[Target], known: Collection[UUID]) -> list[UUID]:
    """Return each target's account id, in order. Raises `ObjectNotFound` for an id malformed or not in `known`."""
    read = [ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, target.social_account_id) for target in targets]
    unknown = [number for number, account_id in enumerate(read) if account_id not in known]
    if unknown:
        raise ObjectNotFound(
            "no such social account in this project: check the targets' socialAccountId",
            issues=_issues_to_dicts(
                [(target_field_path(number), "is no account of this project") for number in unknown]
            ),
        )
    return [account_id for account_id in read if account_id is not None]


async def _check_targets_fit_platforms(
    targets: Sequence[Target], accounts: Sequence[LockedQueueAccount], material: ContentCaptionAndFiles
) -> None:
    issues: list[TargetIssue] = []
    choices: dict[str, list[PrivacyLevel]] = {}
    account_ids: set[UUID] = set()
    for number, (target, account) in enumerate(zip(targets, accounts, strict=True)):
        if account.id in account_ids:
            issues.append((target_field_path(number), "is given twice"))
        account_ids.add(account.id)
        issues += [
            (target_field_path(number, field), message)
            for field, message in _find_post_issues(target, account, material)
        ]
        if _lacks_privacy_choice(target, account):
            choices[target_field_path(number, "privacyLevel")] = _offered_privacy_levels(account)
        await asyncio.sleep(0)  # a long caption takes 5 ms to count: other tasks run between two
    if choices:
        raise PrivacyLevelRequired(choices, *issues)
    if issues:
        raise InvalidValue(*issues[0], *issues[1:])


def _check_targets_connected(accounts: Sequence[LockedQueueAccount]) -> None:
    offered = [number for number, account in enumerate(accounts) if account.offered]
    if offered:
        raise refusals.account_offered_error(
            issues=_issues_to_dicts([(target_field_path(number), "is offered for lease") for number in offered])
        )
    disconnected = [number for number, account in enumerate(accounts) if account.status == "disconnected"]
    if disconnected:
        raise StateConflict(
            "ACCOUNT_NOT_CONNECTED",
            "an account is disconnected: connect it again, or leave it out",
            issues=_issues_to_dicts([(target_field_path(number), "is disconnected") for number in disconnected]),
        )


def _find_post_issues(
    target: Target, account: LockedQueueAccount, material: ContentCaptionAndFiles
) -> Iterator[TargetIssue]:
    """Yield each issue for which the account's platform would refuse the target's post, as field and message.

    Yields only issues that are known without a call to the platform. A missing privacy level isn't among them.
    """
    platform = LIMITS_BY_PLATFORM[account.platform]
    caption, field = material.caption, "socialAccountId"
    if target.caption_override is not None:
        caption, field = target.caption_override, "captionOverride"
    files = [PostFileToCheck(*asset[:4]) for asset in material.assets]
    for fault in platform_limits.find_post_objections(platform, account.traits, caption, files):
        yield field if fault.code == platform_limits.CAPTION_REFUSED_CODE else "socialAccountId", fault.message
    if target.mode not in platform.modes:
        yield "mode", f"{platform.name} takes {' or '.join(sorted(platform.modes))}"
    if _lacks_privacy_choice(target, account):
        return
    needs_level = target.privacy_level is not None or target.mode == "direct"
    if needs_level and (
        why := platform_limits.find_privacy_level_objection(
            platform, _offered_privacy_levels(account), target.privacy_level
        )
    ):
        yield "privacyLevel", why


def _offered_privacy_levels(account: LockedQueueAccount) -> list[PrivacyLevel]:
    return platform_limits.offered_privacy_levels(LIMITS_BY_PLATFORM[account.platform], account.traits)


def _lacks_privacy_choice(target: Target, account: LockedQueueAccount) -> bool:
    """Return whether a direct post lacks its privacy level, one of several; TikTok's guidelines forbid a default."""
    return target.mode == "direct" and target.privacy_level is None and len(_offered_privacy_levels(account)) > 1


def _choose_privacy_level_to_store(target: Target, account: LockedQueueAccount) -> PrivacyLevel | None:
    """Return the privacy level to store with a target's post: the chosen, or a direct post's only one; else None."""
    offered = _offered_privacy_levels(account)
    only = offered[0] if target.mode == "direct" and len(offered) == 1 else None
    return target.privacy_level or only


def _find_caption_limit_of_account(account: LockedQueueAccount) -> _CaptionBound:
    platform = LIMITS_BY_PLATFORM[account.platform]
    return platform, platform_limits.account_caption_limit(platform, account.traits)


def target_field_path(number: int, field: str = "socialAccountId") -> str:
    return f"targets[{number}].{field}"


def _issues_to_dicts(found: Sequence[TargetIssue]) -> list[dict[str, str]]:
    return [{"path": path, "message": message} for path, message in found]
