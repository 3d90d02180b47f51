"""In an archived project nothing is begun, not even what no one would see: no upload, no container."""

import pytest

from tests.workers.tasks.publish_post.project import Project


@pytest.mark.parametrize("steps", [0, 1])
async def test_no_step_of_a_post_is_prepared_after_its_archive(project: Project, steps: int) -> None:
    """The archive's own job has not come to the post yet."""
    project.platform.plan(prepare=["step", "ok"])
    post_id = await project.post()
    if steps:
        project.platform.on["prepare"] = project.archive
    else:
        await project.archive()
    assert await project.attempt() == "canceled"
    row = await project.row(post_id)
    assert (row["status"], row["cancel_reason"]) == ("canceled", "project_archived")
    assert len(project.platform.steps) == steps
    assert (project.records(post_id), await project.open_jobs()) == (0, 0)


async def test_what_is_on_its_way_is_asked_about_after_an_archive(project: Project) -> None:
    project.platform.plan(send=["take"])
    post_id = await project.post()
    project.platform.on["send"] = project.archive
    await project.attempts()
    assert ((await project.row(post_id))["status"], project.records(post_id)) == ("published", 1)
