"""Variants of a request: all or none, unlike each other, led by the project's own figures, the same at each retry."""

import io
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from PIL import Image

from db.pool import Conn, Pool
from domain.content import plans
from domain.content.app_files import ContentPieceInputFileTokens
from domain.content.briefs import GenerationBrief
from domain.content.performance import NO_LEARNED_FIGURES, LearnedFigures
from generation import learning
from generation.copy.write import write_piece_copy
from generation.looks.catalog import LOOK_NAMES
from generation.render import PieceInputFiles, prepare_piece
from generation.spec import PieceSpec
from generation.variants import VariantPlan, count_shared_axes
from jobs import ledger
from jobs.kinds import CONTENT_GENERATE_KIND
from schemas.content import ContentRequest
from tests import seeds
from tests.domain.content import making
from tests.domain.project import Project
from tests.generation.copy.brands import TIDELINE
from tests.generation.test_learning import figures

NOW = datetime.now(UTC)


@pytest_asyncio.fixture
async def project(conn: Conn, project: Project) -> Project:
    await making.tell_brand(conn, project)
    return project


def brief(pictures: int = 6, **fields: Any) -> GenerationBrief:
    body = ContentRequest(**{"format": "slideshow"} | fields)
    files = ContentPieceInputFileTokens(
        screenshots=[f"token-{number}" for number in range(pictures)],
        screenshot_ids=[UUID(int=number + 1) for number in range(pictures)],
        screenshot_sides_px=[1200] * pictures,
    )
    spec = PieceSpec(format=body.format, brand=TIDELINE, seed="seed-0", hook=body.hook)
    return GenerationBrief(asked=body, spec=spec, files=files)


def planned_axes(planned: plans.PlannedRequest) -> list[VariantPlan]:
    return [
        VariantPlan(one.columns["look"], one.columns["hook_shape"], one.brief.spec.first_picture)
        for one in planned.revisions
    ]


def plan(asked: GenerationBrief, start: int = 0, learned: LearnedFigures = NO_LEARNED_FIGURES) -> plans.PlannedRequest:
    return plans.plan_request(asked, [f"seed-{start + place}" for place in range(asked.asked.variants)], learned)


@pytest.mark.parametrize("start", range(6))
def test_variants_of_a_rich_brand_share_at_most_one_axis(start: int) -> None:
    asked = brief(variants=5)
    asked = msgspec.structs.replace(asked, spec=msgspec.structs.replace(asked.spec, seed=f"seed-{start}"))
    planned = plan(asked, start)
    assert planned.warnings == []
    assert all(count_shared_axes(*pair) <= 1 for pair in combinations(planned_axes(planned), 2))


def test_a_short_axis_is_a_warning() -> None:
    planned = plan(brief(pictures=0, variants=3, hook="High tide at noon?"))
    assert [warning.partition(":")[0] for warning in planned.warnings] == ["few_hooks", "few_pictures"]
    assert len({axes.look for axes in planned_axes(planned)}) == 3


def test_figures_lead_the_choice_unless_the_switch_is_off_or_the_piece_explores() -> None:
    asked = brief()
    looks = plan(asked).revisions[0].brief.spec.looks
    worst = looks[-1]
    learned: LearnedFigures = {
        **NO_LEARNED_FIGURES,
        "look": [figures(worst, 40, 0.2), *(figures(name, 40, 0.01) for name in looks[:-1])],
    }
    chosen, explored = [], 0
    for number in range(60):
        seed = f"seed-{number}"
        one = msgspec.structs.replace(asked, spec=msgspec.structs.replace(asked.spec, seed=seed))
        [revision] = plans.plan_request(one, [seed], learned).revisions
        assert plans.plan_request(one, [seed], learned).revisions == [revision]
        if learning.is_exploring(seed):
            explored += 1
            assert revision.choice.by == "exploration"
        else:
            assert revision.choice.by == "performance"
            assert f"look {revision.columns['look']}: 20.0 % engagement over 40 posts" in revision.choice.because
            chosen.append(revision.columns["look"])
    assert {*chosen} == {worst}
    assert explored > 0
    [off] = plan(brief(learn=False), learned=learned).revisions
    assert (off.choice.by, off.brief.spec.looks) == ("suitability", looks)


def test_every_look_stays_a_fallback_of_each_variant() -> None:
    planned = plan(brief(variants=3))
    assert all(
        sorted(one.brief.spec.looks) == sorted(planned.revisions[0].brief.spec.looks) for one in planned.revisions
    )
    assert {*planned.revisions[0].brief.spec.looks} <= {*LOOK_NAMES}
    seconds = [one.brief.spec.looks[1] for one in planned.revisions]
    assert len({*seconds}) == 3


async def test_variants_are_items_with_a_job_each(pool: Pool, conn: Conn, project: Project) -> None:
    started = await making.ask_for_variants(conn, project, variants=3)
    claims = await seeds.claims(conn, CONTENT_GENERATE_KIND)
    assert sorted(claim.args["content_id"] for claim in claims) == sorted(str(one.content_id) for one in started.items)
    for claim in claims:
        await making.finish(pool, claim)
    for one in started.items:
        item = await making.shown(conn, project, one.content_id)
        assert (item.status, item.hook_shape) == ("completed", one.planned.columns["hook_shape"])


async def test_a_crash_between_variants_leaves_none(
    conn: Conn, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, submitted = ledger.submit_job, []

    async def crash_at_third(*args: Any, **more: Any) -> Any:
        submitted.append(more)
        if len(submitted) == 3:
            raise ConnectionError
        return await submit(*args, **more)

    monkeypatch.setattr(ledger, "submit_job", crash_at_third)
    with pytest.raises(ConnectionError):
        await making.ask_for_variants(conn, project, variants=4)
    counts = [
        await conn.fetchval(f"select count(*) from {name}") for name in ("content_item", "content_generation", "job")
    ]
    assert counts == [0, 0, 0]
    assert len((await making.ask_for_variants(conn, project, variants=4)).items) == 4


async def test_a_next_revision_of_a_variant_keeps_its_axes(pool: Pool, conn: Conn, project: Project) -> None:
    started = await making.ask_for_variants(conn, project, variants=2)
    for claim in await seeds.claims(conn, CONTENT_GENERATE_KIND):
        await making.finish(pool, claim)
    for one in started.items:
        again = await making.regenerate(conn, project, one.content_id)
        assert again.planned.choice.by == "variant"
        spec, kept = again.planned.brief.spec, one.planned.brief.spec
        assert (spec.looks, spec.hook_shape, spec.first_picture) == (kept.looks, kept.hook_shape, kept.first_picture)
        assert spec.seed != kept.seed


def test_a_retry_draws_a_planned_variant_with_the_same_bytes(tmp_path: Path) -> None:
    """Two variants differ; each brief gives its files again."""
    planned = plan(brief(format="image", variants=2)).revisions
    pictures = [photo(shade) for shade in range(6)]
    digests = []
    for number in range(4):
        spec = planned[number % 2].brief.spec
        folder = tmp_path / str(number)
        folder.mkdir()
        piece = prepare_piece(spec, write_piece_copy(spec), PieceInputFiles(screenshots=pictures))
        [step] = piece.render_files_and_yield_progress(folder)
        assert step.made
        assert step.made.pictures in ([], [spec.first_picture])
        digests.append(step.made.sha256)
    assert digests[0] != digests[1]
    assert digests[:2] == digests[2:]


def photo(shade: int) -> bytes:
    image = Image.linear_gradient("L").point([min(255, value // 2 + 20 * shade) for value in range(256)])
    file = io.BytesIO()
    image.resize((1200, 1000)).convert("RGB").save(file, "JPEG")
    return file.getvalue()
