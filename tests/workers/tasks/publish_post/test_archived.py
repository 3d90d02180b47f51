"""In an archived project nothing is begun, not even what no one would see: no upload, no container."""

import pytest

from tests.workers.tasks.publish_post.stage import Stage


@pytest.mark.parametrize("steps", [0, 1])
async def test_no_step_of_a_post_is_prepared_after_its_archive(stage: Stage, steps: int) -> None:
    """The archive's own job has not come to the post yet."""
    stage.platform.plan(prepare=["step", "ok"])
    post_id = await stage.post()
    if steps:
        stage.platform.on["prepare"] = stage.archive
    else:
        await stage.archive()
    assert await stage.attempt() == "canceled"
    row = await stage.row(post_id)
    assert (row["status"], row["cancel_reason"]) == ("canceled", "project_archived")
    assert len(stage.platform.steps) == steps
    assert (stage.records(post_id), await stage.open_jobs()) == (0, 0)


async def test_what_is_on_its_way_is_asked_about_after_an_archive(stage: Stage) -> None:
    stage.platform.plan(send=["take"])
    post_id = await stage.post()
    stage.platform.on["send"] = stage.archive
    await stage.attempts()
    assert ((await stage.row(post_id))["status"], stage.records(post_id)) == ("published", 1)
