"""The simulated TikTok: accepted and refused calls, pulled files, webhooks, and the outcome of a post."""

import hashlib

import httpx

from tests.media import film, picture
from tests.peers.simulators.client import Sim
from tests.peers.simulators.tiktok_user import DAY_S, FILM, TikTokVisitor, connected, error_of, refresh

MIB = 1 << 20


async def test_chunks_are_accepted_once_and_in_order(creator: TikTokVisitor) -> None:
    file = FILM + bytes(11 * MIB)
    changed = {"chunk_size": 5 * MIB, "total_chunk_count": 2}
    publish_id, url = await creator.begun(size=len(file), **changed)
    first, last = file[: 5 * MIB], file[5 * MIB :]
    assert (await creator.put(url, last, 5 * MIB, len(file))).status_code == 416
    assert (await creator.put(url, first[:-1], 0, len(file))).status_code == 416
    answer = await creator.put(url, first, 0, len(file))
    assert (answer.status_code, answer.headers["Content-Range"]) == (206, f"bytes 0-{5 * MIB}/{len(file)}")
    again = await creator.put(url, first, 0, len(file))
    assert (again.status_code, again.headers["Content-Range"]) == (416, f"bytes 0-{5 * MIB}/{len(file)}")
    assert (await creator.status(publish_id))["uploaded_bytes"] == 5 * MIB
    assert (await creator.put(url, last, 5 * MIB, len(file))).status_code == 201
    assert (await creator.put(url, last, 5 * MIB, len(file))).status_code == 416
    assert (await creator.put(url, b"", len(file), len(file))).status_code == 416
    (entry,) = await creator.sim.posts("ada")
    assert entry["sha256"] == [hashlib.sha256(file).hexdigest()]


async def test_chunk_must_match_its_headers(creator: TikTokVisitor) -> None:
    _, url = await creator.begun()
    headers = {"Content-Type": "video/mp4", "Content-Range": f"bytes 0-{len(FILM) - 1}/{len(FILM)}"}
    wrong = [
        ({"Content-Type": "image/png"}, FILM, url),
        ({"Content-Range": f"bytes 0-{len(FILM)}"}, FILM, url),
        ({}, FILM + b"1", url),
    ]
    for changed, body, where in wrong:
        answer = await creator.http.put(where, content=body, headers=headers | changed)
        assert answer.status_code == 400
    assert (await creator.put(f"{url}x", FILM)).status_code == 404
    assert (await creator.put(url, FILM, total=len(FILM) + 1)).status_code == 416
    assert (await creator.put(url, FILM)).status_code == 201


WRONG: list[dict[str, object]] = [
    {"title": "\N{PARTY POPPER}" * 1100 + "!"}, {"privacy": "PUBLIC_TO_EVERYONE"},
    {"disable_duet": "no"}, {"size": 0}, {"size": 65 * 10**6},
    {"size": 11 * MIB, "chunk_size": 5 * MIB, "total_chunk_count": 3},
    {"size": 11 * MIB, "chunk_size": 5 * MIB - 1, "total_chunk_count": 2},
    {"size": 300 * MIB, "chunk_size": 65 * MIB, "total_chunk_count": 4},
    {"size": 4 * MIB, "chunk_size": 2 * MIB, "total_chunk_count": 2},
    {"size": 8 * MIB, "chunk_size": 9 * MIB, "total_chunk_count": 0},
    {"size": 100 * 10**6, "chunk_size": 60 * 10**6, "total_chunk_count": 1}, {"chunk_size": None},
    {"brand_content_toggle": True, "privacy_level": "SELF_ONLY"},
]  # fmt: skip


async def test_a_wrong_init_is_refused(creator: TikTokVisitor) -> None:
    await creator.post("creator_info/query")
    for wrong in WRONG:
        # Six inits a minute are allowed.
        await creator.sim.advance(60)
        refusal = error_of(await creator.init(**wrong))  # type: ignore[arg-type]
        assert refusal == (400, "invalid_param"), wrong
    assert await creator.sim.posts("ada") == []


async def test_post_options_must_match_the_last_creator_info(creator: TikTokVisitor) -> None:
    mismatch = (403, "privacy_level_option_mismatch")
    assert error_of(await creator.init()) == mismatch
    await creator.begun()
    assert error_of(await creator.init(privacy_level="FOLLOWER_OF_CREATOR")) == mismatch
    assert error_of(await creator.init(privacy_level=None)) == mismatch
    await creator.sim.account("ada", moderation_s=1)
    assert (await creator.init()).status_code == 200
    await creator.sim.account("ada", comment_disabled=True)
    await creator.sim.advance(60)
    assert error_of(await creator.init()) == mismatch
    assert (await creator.post("creator_info/query")).json()["data"]["comment_disabled"] is True
    assert (await creator.init()).status_code == 200
    await creator.sim.account("ada", is_private=True)
    body = (await creator.post("creator_info/query")).json()["data"]
    assert body["privacy_level_options"] == ["MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
    assert error_of(await creator.init()) == mismatch


async def test_each_call_has_its_scope(tiktok: Sim, tiktok_http: httpx.AsyncClient) -> None:
    drafts = await connected(tiktok, tiktok_http, scope="user.info.basic,video.upload")
    assert error_of(await drafts.post("creator_info/query")) == (401, "scope_not_authorized")
    assert error_of(await drafts.init()) == (401, "scope_not_authorized")
    assert (await drafts.init(where="inbox/video/init")).status_code == 200
    direct = await connected(tiktok, tiktok_http, scope="video.publish")
    assert error_of(await direct.init(where="inbox/video/init")) == (401, "scope_not_authorized")


async def test_daily_cap_also_fails_pending_posts(creator: TikTokVisitor) -> None:
    await creator.sim.account("ada", posts_per_day=2)
    third, url = await creator.begun(title="Third")
    await creator.sent()
    await creator.sent()
    assert error_of(await creator.init()) == (403, "spam_risk_too_many_posts")
    assert error_of(await creator.post("creator_info/query")) == (200, "spam_risk_too_many_posts")
    assert (await creator.put(url, FILM)).status_code == 201
    await creator.sim.advance(5)
    assert (await creator.status(third))["fail_reason"] == "spam_risk_too_many_posts"
    await creator.sim.advance(DAY_S - 10)
    body = (await refresh(creator.http, creator.refresh)).json()
    renewed = creator._replace(access=body["access_token"])
    assert error_of(await renewed.init()) == (403, "spam_risk_too_many_posts")
    await creator.sim.advance(10)
    assert (await renewed.init()).status_code == 200


async def test_failed_posts_do_not_count(creator: TikTokVisitor) -> None:
    await creator.sim.account("ada", posts_per_day=1, fails=["internal"])
    await creator.sent()
    assert error_of(await creator.init()) == (403, "spam_risk_too_many_posts")
    await creator.sim.advance(5)
    assert (await creator.init()).status_code == 200


async def test_file_is_checked_after_the_upload(creator: TikTokVisitor) -> None:
    for file, reason in (
        (picture("PNG"), "file_format_check_failed"),
        (film(ms=601_000), "duration_check_failed"),
        (film(ms=600_000), None),
    ):
        publish_id = await creator.sent(file)
        await creator.sim.advance(5)
        assert (await creator.status(publish_id)).get("fail_reason") == reason


async def test_post_status_is_visible_to_its_owner_only(creator: TikTokVisitor) -> None:
    await creator.sim.account("bob")
    bob = await connected(creator.sim, creator.http, "bob")
    publish_id = await creator.sent()
    answer = await bob.post("status/fetch", {"publish_id": publish_id})
    assert error_of(answer) == (400, "token_not_authorized_for_specified_publish_id")
    answer = await bob.post("status/fetch", {"publish_id": "v_pub_file~v2-1.1"})
    assert error_of(answer) == (400, "invalid_publish_id")


async def ready(user: TikTokVisitor, files: str) -> None:
    await user.sim.call("POST", "/app", verified_prefixes=[f"{files}/"])
    await user.post("creator_info/query")


async def test_photos_have_their_limits(creator: TikTokVisitor, files: str) -> None:
    await ready(creator, files)
    photo = f"{files}/a.jpg"
    assert error_of(await creator.photos(*[photo] * 36)) == (400, "invalid_param")
    assert error_of(await creator.photos()) == (400, "invalid_param")
    assert error_of(await creator.photos(photo, title="t" * 91)) == (400, "invalid_param")
    assert error_of(await creator.photos(photo, description="d" * 4001)) == (400, "invalid_param")
    await creator.sim.advance(60)
    assert (await creator.photos(*[photo] * 35, title="t" * 90, description="d" * 4000)).status_code == 200


async def test_revoked_access_fails_pending_posts(creator: TikTokVisitor) -> None:
    await creator.sent(title="Done")
    await creator.sim.advance(5)
    await creator.sent(title="Coming")
    _, url = await creator.begun(title="Begun")
    await creator.sim.call("POST", "/remove_access", username="ada")
    assert error_of(await creator.init()) == (401, "access_token_invalid")
    assert (await creator.put(url, FILM)).status_code == 201
    await creator.sim.advance(5)
    assert await creator.sim.counts("ada", "Done") == {"live": 1}
    assert await creator.sim.counts("ada", "Coming") == {"failed": 1}
    (begun,) = await creator.sim.posts("ada", "Begun")
    assert (begun["state"], begun["detail"]) == ("failed", "auth_removed")


async def test_webhooks_are_duplicated_late_and_reordered(creator: TikTokVisitor) -> None:
    publish_id = await creator.sent()
    await creator.sim.advance(3600)
    await creator.sim.call("POST", "/posts", publish_id=publish_id, deed="delete")
    await creator.sim.call("POST", "/remove_access", username="ada")
    await creator.sim.call("POST", "/app", callback_url="http://127.0.0.1:9/hook")
    due = (await creator.sim.call("GET", "/webhooks"))["due"]
    assert [hook["event"] for hook in due] == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicaly_available",
        "authorization.removed",
    ]
    sent = (await creator.sim.call("POST", "/webhooks/deliver", order="reversed", copies=2))["sent"]
    assert [hook["id"] for hook in sent] == [hook["id"] for hook in reversed(due) for _ in "12"]
