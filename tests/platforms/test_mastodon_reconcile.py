"""Reconciliation of a post with a lost response, by the account's list."""

from datetime import timedelta
from typing import Any

import pytest

from platforms.mastodon.publish import MastodonAdapter
from schemas.errors import PostNotSent
from tests.platforms.scripted import (
    AT,
    LOST,
    ScriptedServer,
    account,
    client_for,
    draft,
    file,
    json_response,
    prepared,
    server,
    status,
)
from workers.platforms.contract import AbsentPost, LivePost, PostInquiry, PostPrepareResult, UnprovedPost


async def query_post(served: ScriptedServer, what: PostPrepareResult, *, since_s: float = 60) -> Any:
    async with client_for(served) as client:
        now = AT + timedelta(seconds=since_s)
        return await MastodonAdapter(client).reconcile(account(served, "mastodon"), PostInquiry(what, AT, now))


async def found(
    *pages: Any, caption: str = "Hello", files: int = 0, after: str | None = "1", since_s: float = 60
) -> Any:
    media = [file() for _ in range(files)]
    before = [] if after is None else [status(int(after), "<p>Before</p>")]
    answers = [json_response(before), *(json_response(page) for page in pages)]
    async with server(statuses=answers, media=json_response({"id": "0"})) as served:
        what = await prepared(served, draft(caption, *media))
        return await query_post(served, what, since_s=since_s)


OLD = status(1, "<p>Before</p>")


IT = LivePost(external_id="2", external_url="https://m.example/@me/2")


def other_statuses(newest: int, count: int) -> list[Any]:
    return [status(newest - n, f"<p>{n}</p>") for n in range(count)]


#: The pages of the account's list, other conditions, and the proved result.
LISTS: dict[str, tuple[list[Any], dict[str, Any], Any]] = {
    "the one newer post": ([[status(3, "<p>Other</p>"), status(2), OLD, status(0)]], {"since_s": 0}, IT),
    "an older post with its text": ([[status(2, "<p>Other</p>"), OLD, status(0)]], {}, AbsentPost()),
    "a call that may be on its way": ([[OLD]], {"since_s": 59}, UnprovedPost(1.0)),
    "a call that is surely over": ([[OLD]], {"since_s": 60}, AbsentPost()),
    "two that match": ([[status(3), status(2), OLD]], {}, UnprovedPost()),
    "a boost": ([[status(4, reblog=status(9)), OLD]], {}, AbsentPost()),
    "it is on the second page": ([other_statuses(100, 40), [status(2), OLD]], {}, IT),
    "it is on neither page": ([other_statuses(100, 40), [status(2, "<p>no</p>"), OLD]], {}, AbsentPost()),
    "more posts than are read": ([other_statuses(1000 - 40 * k, 40) for k in range(5)], {}, UnprovedPost()),
    "a long list without pages": ([other_statuses(100, 50)], {"after": None}, UnprovedPost()),
    "a long list to the last known post": ([[*other_statuses(100, 50), OLD]], {}, AbsentPost()),
    "a short list without pages": ([other_statuses(100, 5)], {"after": None}, AbsentPost()),
    "an account without posts": ([[]], {"after": None}, AbsentPost()),
    "the first post of an account": ([[status(2)]], {"after": None}, IT),
    "a newer one, the last known deleted": ([[status(2), status(0, "<p>x</p>")], []], {}, IT),
    "none, the last known deleted": ([[status(0, "<p>x</p>")], []], {}, AbsentPost()),
}


@pytest.mark.parametrize("listed", LISTS)
async def test_a_list_proves_no_more_than_it_shows(listed: str) -> None:
    pages, given, expected = LISTS[listed]
    assert await found(*pages, **given) == expected


@pytest.mark.parametrize(
    ("sent", "shown", "expected"),
    [
        (0, 0, "LivePost"), (2, 2, "LivePost"), (2, 1, "LivePost"), (0, 1, "UnprovedPost"),
        (1, 0, "UnprovedPost"),
        (1, 2, "UnprovedPost"),
    ],
)  # fmt: skip
async def test_the_same_text_with_other_files_decides_nothing(sent: int, shown: int, expected: str) -> None:
    """A file that is in a post twice may be listed once."""
    assert type(await found([status(3, files=shown), OLD], files=sent)).__name__ == expected


@pytest.mark.parametrize("how", ["dropped", "500", "200 of something else"])
async def test_a_failed_query_proves_nothing(how: str) -> None:
    async with server(statuses=[json_response([]), LOST[how]]) as served:
        what = await prepared(served)
        with pytest.raises(PostNotSent):
            await query_post(served, what)


LINK = "https://example.com/a?b=1&c=2"
SHOWN_LINK = f'<a href="{LINK}"><span class="invisible">https://</span><span>example.com/a?b=1&amp;c=2</span></a>'


@pytest.mark.parametrize(
    ("caption", "content", "expected"),
    [
        ("two\n\nparagraphs\nand a line", "<p>two</p><p>paragraphs<br />and a line</p>", IT),
        (f"see {LINK}", f"<p>see {SHOWN_LINK}</p>", IT),
        ("hi @bob@m.example!", '<p>hi <span class="h-card"><a href="x">@<span>bob</span></a></span>!</p>', IT),
        ("#tag & <b>more</b>", "<p>#<span>tag</span> &amp; &lt;b&gt;more&lt;/b&gt;</p>", IT),
        ("raw <b>more</b>", "raw <b>more</b><br>", IT),
        ("*starred* `code`", "<i>starred</i> <code>code</code>", IT),
        ("ﬁne Ünicode…", "<p>fine U\u0308nicode...</p>", IT),
        ("🎉 🎉", "<p>🎉🎉</p>", IT),
        ("see [docs](https://example.com/a)", '<p>see <a href="https://example.com/a">docs</a></p>', UnprovedPost()),
        ("a :wave: b", '<p>a <img alt="" src="x"> b</p>', UnprovedPost()),
        ("see https://example.com", "<p>see https://example.com (a page)</p>", UnprovedPost()),
        ("Hello 1", "<p>Hello 2</p>", AbsentPost()),
        ("🎉", "<p>🎈</p>", AbsentPost()),
        ("", "<p>x</p>", AbsentPost()),
    ],
)
async def test_a_text_is_compared_as_servers_show_it(caption: str, content: str, expected: Any) -> None:
    """A possibly equal text proves nothing: otherwise a post with rendered markup would go out twice."""
    assert await found([status(2, content), OLD], caption=caption) == expected


async def test_a_servers_source_text_has_precedence() -> None:
    shown = status(2, "<p>an image in place of :hello:</p>", text="Hello")
    assert isinstance(await found([shown, OLD]), LivePost)
