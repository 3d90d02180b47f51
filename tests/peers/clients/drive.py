"""A partner's program with the client of openapi-python-client: `drive.py URL KEY PICTURE`."""

import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from tenantry_client import AuthenticatedClient
from tenantry_client.api.content import upload_content
from tenantry_client.api.ingest import ingest_appstore, ingest_website
from tenantry_client.api.jobs import get_job, list_jobs
from tenantry_client.api.posts import get_scheduled_post, reschedule_post, schedule_content
from tenantry_client.api.projects import create_project, get_project
from tenantry_client.api.social import connect_social_account
from tenantry_client.models import (
    Accepted,
    AccountConnect,
    Content,
    IngestAppStore,
    IngestWebsite,
    Job,
    JobKind,
    JobPage,
    JobStatus,
    Platform,
    Post,
    PostStatus,
    Project,
    ProjectCreate,
    ProjectCreateMetadata,
    Reschedule,
    ScheduleContent,
    Scheduled,
    Target,
    Upload,
)
from tenantry_client.types import File


def ended(client: AuthenticatedClient, accepted: object) -> Job:
    """Wait for the job and assert that it completed."""
    assert isinstance(accepted, Accepted), accepted
    return polled(client, accepted.job_id)


def polled(client: AuthenticatedClient, job_id: str) -> Job:
    while True:
        job = get_job.sync(job_id, client=client, wait=30)
        assert isinstance(job, Job)
        if job.status != JobStatus.RUNNING:
            break
    assert job.status == JobStatus.COMPLETED, job
    return job


def project(client: AuthenticatedClient) -> Project:
    """Create a project and read its website and store listing."""
    metadata = ProjectCreateMetadata.from_dict({"plan": "pro", "seats": 12, "tags": ["a", None]})
    body = ProjectCreate(name="Tidewise", timezone="Europe/Paris", metadata=metadata)
    made = create_project.sync(client=client, body=body, idempotency_key="python")
    assert isinstance(made, Project), made
    assert made.metadata.to_dict() == metadata.to_dict()
    site = IngestWebsite(url="https://example.test/ok")
    job = ended(client, ingest_website.sync(made.id, client=client, body=site))
    assert job.kind == JobKind.INGEST_WEBSITE
    listing = IngestAppStore(ios_bundle_id="test.example.ok")
    ended(client, ingest_appstore.sync(made.id, client=client, body=listing))
    read = get_project.sync(made.id, client=client)
    assert isinstance(read, Project)
    assert read.brand_context
    assert read.brand_context.app_name == "Example"
    return read


def account(client: AuthenticatedClient, project_id: str) -> str:
    login = AccountConnect(platform=Platform.BLUESKY, identifier="tidewise.example", app_password="abcd-efgh-ijkl-mnop")
    job = ended(client, connect_social_account.sync(project_id, client=client, body=login))
    assert job.result
    return str(job.result["socialAccountId"])


def content(client: AuthenticatedClient, project_id: str, picture: Path) -> Content:
    file = File(payload=BytesIO(picture.read_bytes()), file_name=picture.name, mime_type="image/png")
    body = Upload(file=[file], caption="Low tide at six.")
    made = upload_content.sync(project_id, client=client, body=body)
    assert isinstance(made, Content), made
    return made


def main(url: str, key: str, picture: str) -> None:
    with AuthenticatedClient(base_url=url, token=key) as client:
        made = project(client)
        item = content(client, made.id, Path(picture))
        evening = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%dT18:00}"
        targets = [Target(social_account_id=account(client, made.id))]
        body = ScheduleContent(targets=targets, local_time=evening)
        scheduled = schedule_content.sync(item.id, client=client, body=body)
        assert isinstance(scheduled, Scheduled), scheduled
        [post] = scheduled.scheduled_posts
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        moved = reschedule_post.sync(post.id, client=client, body=Reschedule(scheduled_for=now))
        assert isinstance(moved, Post), moved
        assert isinstance(moved.job_id, str)
        polled(client, moved.job_id)
        sent = get_scheduled_post.sync(post.id, client=client)
        assert isinstance(sent, Post)
        assert sent.status == PostStatus.PUBLISHED, sent
        jobs = list_jobs.sync(client=client, kind=[JobKind.INGEST_WEBSITE, JobKind.PUBLISH_POST])
        assert isinstance(jobs, JobPage), jobs
        assert len(jobs.items) == 2
        sys.stdout.write(f"{sent.status}\n")


main(*sys.argv[1:])
