"""Enums of the document: each has a name, so that generated clients have one type for it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from jobs.kinds import JOB_STAGES, PUBLIC_JOB_KINDS
from platforms.description import PrivacyLevel
from schemas import (
    accounts,
    ads,
    api_keys,
    app_media,
    apps,
    brand,
    content,
    content_hooks,
    conversion_counts,
    conversions,
    events,
    influencers,
    install,
    job_stats,
    jobs,
    leases,
    metrics,
    ops,
    organizations,
    pictures,
    posts,
    projects,
    sandbox,
    timelines,
    top_performers,
    usage,
    waiting,
    webhooks,
)
from schemas.errors.platforms import PlatformErrorCategory

Json = dict[str, Any]


class OpenApiEnum(NamedTuple):
    """A named enum of the API document: its description, and its values in display order."""

    description: str
    values: tuple[str, ...]

    @property
    def schema(self) -> Json:
        return {"type": "string", "description": self.description, "enum": list(self.values)}


def _build_openapi_enum(description: str, words: Any) -> OpenApiEnum:
    return OpenApiEnum(description, get_args(words))


OPENAPI_ENUMS: Mapping[str, OpenApiEnum] = {
    "AccountStatus": _build_openapi_enum("Whether posts can be sent to an account.", accounts.AccountStatus),
    "AdGranularity": _build_openapi_enum("The length of a bucket of ad metrics.", ads.AdGranularity),
    "AdMetric": _build_openapi_enum("A figure of ads.", ads.AdMetric),
    "AdPlatform": _build_openapi_enum("The platform that shows ads.", ads.AdPlatform),
    "AdScope": _build_openapi_enum("The object that ad metrics describe.", ads.AdScope),
    "AppMediaKind": _build_openapi_enum("The kind of a file of the project's app.", app_media.AppMediaKind),
    "AppMediaOrigin": _build_openapi_enum("The origin of a file of the app.", app_media.AppMediaOrigin),
    "AppMediaStatus": _build_openapi_enum("Whether a file of the app is stored.", app_media.AppMediaStatus),
    "StatsWindow": _build_openapi_enum("The window of statistics of jobs.", job_stats.StatsWindow),
    "HookField": _build_openapi_enum("A field of the brand that a hook quotes.", content_hooks.HookField),
    "HookRule": _build_openapi_enum("The evidence of a hook.", content_hooks.HookRule),
    "AppPlatform": _build_openapi_enum("The platform or framework of an SDK app.", apps.AppPlatform),
    "PackageManager": _build_openapi_enum("The package manager of a package.", install.PackageManager),
    "FileAction": _build_openapi_enum("Whether a file is created or extended.", install.FileAction),
    "ApprovalStatus": _build_openapi_enum("Whether content may be published.", content.ApprovalStatus),
    "AssetKind": _build_openapi_enum("The kind of a file.", content.AssetKind),
    "BrandSource": _build_openapi_enum("The source of a value of a brand.", brand.BrandSource),
    "BudgetResource": _build_openapi_enum("A resource that requests use.", usage.BudgetResource),
    "BudgetTraffic": _build_openapi_enum("The requests that a budget pays for.", usage.BudgetTraffic),
    "CancelReason": _build_openapi_enum("The status of a job that had already ended.", jobs.AlreadyEndedCode),
    "UnsuccessfulStatus": _build_openapi_enum(
        "The status of an ended job that may be retried.", jobs.UnsuccessfulJobStatus
    ),
    "ColorRole": _build_openapi_enum("The role of a color in a brand.", brand.ColorRole),
    "ContentAspect": _build_openapi_enum("Width to height of generated content.", content.ContentAspect),
    "ContentFormat": _build_openapi_enum("The format of a content item.", content.ContentFormat),
    "ContentStatus": _build_openapi_enum("The progress of content.", content.ContentStatus),
    "ConversionGrouping": _build_openapi_enum(
        "A property to group conversions by.", conversion_counts.ConversionGrouping
    ),
    "ConversionDestination": _build_openapi_enum("The receiver of conversions.", conversions.ConversionDestination),
    "ConversionState": _build_openapi_enum("The state of a conversion delivery.", conversions.ConversionState),
    "ClockStatus": _build_openapi_enum("Whether a sandbox's clock is idle or advancing.", sandbox.ClockStatus),
    "CreativeType": _build_openapi_enum("The origin of content.", content.CreativeType),
    "EventRejection": _build_openapi_enum("The reason why an event was rejected.", events.EventRejection),
    "Environment": _build_openapi_enum("`test` keys belong to the sandbox.", api_keys.ApiKeyEnv),
    "ErrorCategory": _build_openapi_enum("Who has to act on a post's error.", PlatformErrorCategory),
    "GateStatus": _build_openapi_enum("Whether posts wait for an approval.", posts.ApprovalGateStatus),
    "GeneratedFormat": _build_openapi_enum("A format that can be generated.", content.GeneratedFormat),
    "Granularity": _build_openapi_enum("The length of a bucket.", metrics.Granularity),
    "AgeRange": _build_openapi_enum("The age of a drawn influencer.", influencers.AgeRange),
    "Gender": _build_openapi_enum("The gender of a drawn influencer.", influencers.Gender),
    "InfluencerStatus": _build_openapi_enum("The progress of an influencer.", influencers.InfluencerStatus),
    "IcpPart": _build_openapi_enum("The part of an `icp` about its customers.", brand.IcpPart),
    "JobKind": OpenApiEnum("The kind of work of a job.", tuple(kind.name for kind in PUBLIC_JOB_KINDS)),
    "JobPhase": _build_openapi_enum(
        "The current phase of a job: `scheduled` for a later time, `queued` for a worker, `running`, "
        "`waiting` between two attempts, or its final status.",
        jobs.JobPhase,
    ),
    "OpenJobPhase": _build_openapi_enum("The phase of an open job.", jobs.OpenJobPhase),
    "JobStage": OpenApiEnum("The progress of a job; the last three are its final status.", JOB_STAGES),
    "JobStatus": _build_openapi_enum("Whether a job has ended, and with which result.", jobs.ApiJobStatus),
    "LeaseEnd": _build_openapi_enum("The reason why a lease ended.", accounts.LeaseEndReason),
    "LeaseRequestStatus": _build_openapi_enum("The status of a lease request.", leases.LeaseRequestStatus),
    "Metric": _build_openapi_enum("A figure.", metrics.MetricName),
    "MetricScope": _build_openapi_enum("The object that metrics describe.", metrics.MetricScope),
    "OAuthFlowStatus": _build_openapi_enum("The result of a connection attempt.", accounts.OAuthFlowStatus),
    "PictureKind": _build_openapi_enum("The motif of a brand's image.", pictures.PictureKind),
    "Platform": _build_openapi_enum("A platform that posts go to.", accounts.PlatformName),
    "PostMode": _build_openapi_enum("The way in which a post is published.", posts.PostMode),
    "PostStatus": _build_openapi_enum("The progress of a post.", posts.PostStatus),
    "AiLabel": _build_openapi_enum("Whether a post carries its platform's AI label.", posts.AiLabel),
    "MadeBy": _build_openapi_enum("The way in which content was made.", content.ContentMadeBy),
    "PrivacyLevel": _build_openapi_enum("Who may see a post.", PrivacyLevel),
    "ProjectStatus": _build_openapi_enum("Whether new work can start in a project.", projects.ProjectStatus),
    "RedisStatus": _build_openapi_enum("Whether Redis responds.", ops.RedisStatus),
    "SourceType": _build_openapi_enum("The kind of object that is ranked.", top_performers.TopPerformerSource),
    "LineRule": _build_openapi_enum("The rule by which a text was made.", content.ContentLineRule),
    "LineSource": _build_openapi_enum("The source of a text.", content.ContentLineSource),
    "AttemptOutcome": _build_openapi_enum("The outcome of an attempt.", timelines.AttemptOutcome),
    "LiveTier": _build_openapi_enum("The limits of a live organization.", organizations.LiveOrganizationTier),
    "LookUpVerdict": _build_openapi_enum("The result of a look-up of a post.", timelines.PostLookUpVerdict),
    "ScheduledStatus": _build_openapi_enum("The status of a new post.", posts.NewPostStatus),
    "Scope": _build_openapi_enum("A right of a key.", api_keys.ApiKeyScope),
    "Tier": _build_openapi_enum("The limits of an organization.", api_keys.OrganizationTier),
    "TimelineType": _build_openapi_enum("What happened.", timelines.TimelineEntryType),
    "TimeRule": _build_openapi_enum("The interpretation of a local time.", posts.LocalTimeRule),
    "TopMetric": _build_openapi_enum("The metric of a ranking.", top_performers.TopMetric),
    "TopWindow": _build_openapi_enum("The days up to now that a ranking counts.", top_performers.TopWindow),
    "Voice": _build_openapi_enum("The voice that reads texts aloud.", content.ReadAloudVoice),
    "Verdict": _build_openapi_enum("A reviewer's decision.", content.ReviewVerdict),
    "WebhookDeliveryStatus": _build_openapi_enum("The progress of a delivery.", webhooks.WebhookDeliveryStatus),
    "WebhookDisabledReason": _build_openapi_enum(
        "The reason why an endpoint was disabled.", webhooks.WebhookDisabledReason
    ),
    "WebhookEndpointStatus": _build_openapi_enum(
        "Whether events are sent to an endpoint.", webhooks.WebhookEndpointStatus
    ),
    "WebhookEventType": _build_openapi_enum("The kind of an event.", webhooks.WebhookEventType),
    "WebhookNewStatus": _build_openapi_enum(
        "The statuses that an endpoint can be set to.", webhooks.NewWebhookEndpointStatus
    ),
    "WebhookSubscription": _build_openapi_enum(
        "The events that an endpoint subscribes to.", webhooks.WebhookSubscription
    ),
    "WaitReason": _build_openapi_enum("The reason why a job or a post waits.", waiting.WaitReason),
    "WorkerState": _build_openapi_enum("Whether a worker takes jobs.", ops.WorkerState),
}

_ENUM_NAMES_BY_VALUES = {frozenset(enum.values): name for name, enum in OPENAPI_ENUMS.items()}


def find_enum_name(schema: Json) -> str | None:
    """Return the name of the public enum that has a schema's title or its values; None if there is none."""
    if schema.get("title") in OPENAPI_ENUMS:
        return str(schema["title"])
    return _ENUM_NAMES_BY_VALUES.get(frozenset(schema["enum"])) if "enum" in schema else None
