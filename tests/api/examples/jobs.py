"""The story's jobs: list, cancel, retry."""

from tests.api.examples.story import ExampleStory


async def tell(story: ExampleStory, project: str) -> None:
    slow = {"url": "https://example.test/slow"}
    accepted = await story.ask("POST", f"/projects/{project}/ingest/website", json=slow)
    await story.tell("cancel_job", jobId=accepted["jobId"])
    await story.ask("GET", f"/jobs/{accepted['jobId']}", params={"wait": 30})
    again = await story.tell("retry_job", jobId=accepted["jobId"])
    await story.ask("POST", f"/jobs/{again['jobId']}/cancel")
    await story.tell("list_jobs", params={"kind": "ingest_github", "limit": 10})
    await story.tell("count_jobs", params={"kind": "ingest_github,ingest_appstore"})
    await story.tell("measure_jobs", params={"window": "hour"})
    look = {"projectId": project, "kinds": ["publish_post"], "dryRun": True}
    await story.tell("cancel_jobs", json=look)
    await story.tell("retry_jobs", json={"statuses": ["failed", "canceled"], "dryRun": True})
