"""The whole story: each operation once."""

from tests.api.examples import jobs, operators, partner, webhooks
from tests.api.examples.recorder import ExampleRecorder
from tests.api.examples.story import ExampleStory, StoryCast


async def run_story(cast: StoryCast, teller: ExampleRecorder) -> None:
    """Run the whole story."""
    story = ExampleStory(cast, teller)
    await partner.system(story)
    project = await partner.project(story)
    await jobs.tell(story, project)
    account = await partner.accounts(story, project)
    content = await partner.content(story, project)
    await partner.posts(story, project, account, content)
    await operators.leases(story, project)
    await operators.keys(story)
    await operators.github(story)
    await operators.operators(story)
    await partner.apps(story, project)
    await partner.metrics(story, project)
    await partner.generated(story, project)
    await partner.templates(story, project)
    await partner.influencers(story, project)
    await partner.claims(story, project)
    await partner.app_media(story, project)
    await webhooks.webhooks(story, project)
    await story.tell("disconnect_social_account", socialAccountId=account)
    await story.ended(await story.tell("archive_project", projectId=project))
    await story.tell("list_audit_log", params={"limit": 2})
    name = {"name": "Tidewise"}
    await story.tell("purge_project", by=cast.platform, projectId=project, json=name)
    await story.ended(await story.tell("advance_clock", json={"advance": "1h"}))
    await story.tell("get_clock")
