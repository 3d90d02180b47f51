"""The web module as served; tests/peers/web_module tests its behavior."""

import httpx

from api.routes.web_module import WEB_SDK_PATH
from api.web_module.packing import minify_web_sdk

SOURCE = """
// A comment with 'a quote'.
(() => {
  const _kept = new Map(), _other = 'two words _here';
  const _twice = (_one) => { return _one in _kept; };
  for (const _one of [1, 2, ]) _twice(_one);
})();
"""


def test_pack_removes_comments_spaces_and_long_names() -> None:
    assert minify_web_sdk(SOURCE.replace(" _here", "")) == (
        "(()=>{const b=new Map(),d='two words';const c=a=>{return a in b};for(const a of[1,2])c(a)})();"
    )


async def test_module_is_public_and_cacheable(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get(WEB_SDK_PATH, headers={"Origin": "https://shop.example"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert len(answer.content) < 3000
    again = await anonymous.get(WEB_SDK_PATH, headers={"If-None-Match": f'W/{answer.headers["ETag"]}, "other"'})
    assert (again.status_code, again.content) == (304, b"")
    for header in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
        assert again.headers[header] == answer.headers[header]
    other = await anonymous.get(WEB_SDK_PATH, headers={"If-None-Match": '"other"'})
    assert other.content == answer.content
