"""Hooks of a brand: each quotes the brand's own text, and the proposals don't block each other."""

import subprocess
import sys
from typing import Any

from tests.api.conftest import ApiCaller
from tests.api.refusals import assert_refused, issue_paths

BRAND = {
    "appName": "Tideline",
    "tagline": "Know the tide before you go",
    "appDescription": "Tideline is a quiet tide clock for small harbours. It lets you follow all harbours."
    " Works without a connection once a harbour is saved. The best app of 2024, said 20,000 sailors.",
    "keywords": ["tides", "sea swimming"],
    "audience": "Kayakers and sea swimmers",
}

#: A script with the API's imports and a proposal in a language without spaces; prints the loaded modules.
ALONE = """
import sys
import api.app
from generation.spec import BrandSnapshot
from generation.copy.write import propose_brand_hooks
propose_brand_hooks(BrandSnapshot(name="潮見", taglines=["潮の時刻をすぐに確認する"], language="ja"))
propose_brand_hooks(BrandSnapshot(name="Tideline", taglines=["Know the tide before you go"], language="en"))
print(*{name.partition(".")[0] for name in sys.modules})
"""
DRAWING = {"bidi", "budoux", "hibari_tts", "imageio_ffmpeg", "numpy", "pyphen", "resvg_py", "uharfbuzz", "uniseg"}


async def create_branded_project(acme: ApiCaller, **brand: Any) -> str:
    project = (await acme.http.post("/v1/projects", json={"name": "Shop", "timezone": "UTC"})).json()["id"]
    answer = await acme.http.patch(f"/v1/projects/{project}", json={"brandContext": brand})
    assert answer.status_code == 200, answer.text
    return f"/v1/projects/{project}/content/hooks"


async def test_each_hook_quotes_the_brand(acme: ApiCaller) -> None:
    answer = (await acme.http.get(await create_branded_project(acme, **BRAND))).json()
    assert answer["language"] == "en"
    assert answer["items"][0] == {
        "text": "Know the tide before you go",
        "rule": "clause",
        "evidence": [{"field": "tagline", "quote": "Know the tide before you go"}],
        "intent": "benefit",
        "shape": "tagline",
    }
    assert 3 <= len(answer["items"]) <= 10
    for hook in answer["items"]:
        for one in hook["evidence"]:
            assert one["quote"] in str(BRAND[one["field"]])
        assert not any(claim in hook["text"] for claim in ("best", "2024", "20,000"))


async def test_sparse_brand_lists_the_missing_fields(acme: ApiCaller) -> None:
    for brand, missing in (
        ({"appName": "Tideline"}, ["tagline", "appDescription", "keywords"]),
        ({"tagline": "Know the tide before you go"}, ["appName"]),
        ({"appName": "T", "tagline": "The best of 2024"}, ["tagline", "appDescription", "keywords"]),
    ):
        answer = await acme.http.get(await create_branded_project(acme, **brand))
        assert_refused(answer, 422, "VALIDATION")
        assert issue_paths(answer) == [f"brandContext.{name}" for name in missing]
        assert answer.json()["error"]["details"]["missingFields"] == missing


def test_hooks_need_no_library_that_draws() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert not DRAWING & set(done.stdout.split())
