"""Enums of the document: each has a name, so that generated clients have one type for it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from jobs.kinds import ALL_JOB_STAGE_NAMES, PUBLIC_JOB_KIND_NAMES
from platforms.description import PrivacyLevel
from schemas import (
    accounts,
    ads,
    api_keys,
    app_media,
    apps,
    brand,
    claims,
    content,
    content_hooks,
    content_performance,
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
    templates,
    timelines,
    top_performers,
    usage,
    waiting,
    webhooks,
)
from schemas.errors.platforms import PlatformErrorCategory

Json = dict[str, Any]


class OpenApiEnum(NamedTuple):
    """A named enum of the API document: its description, and its words, a `Literal` or a tuple in display order."""

    description: str
    words: Any

    @property
    def values(self) -> tuple[str, ...]:
        words: tuple[str, ...] = get_args(self.words) or self.words
        return words

    @property
    def schema(self) -> Json:
        return {"type": "string", "description": self.description, "enum": list(self.values)}


OPENAPI_ENUMS: Mapping[str, OpenApiEnum] = {
    "AccountStatus": OpenApiEnum("Whether posts can be sent to an account.", accounts.AccountStatus),
    "AdGranularity": OpenApiEnum("The length of a bucket of ad metrics.", ads.AdGranularity),
    "AdMetric": OpenApiEnum("A figure of ads.", ads.AdMetric),
    "AdPlatform": OpenApiEnum("The platform that shows ads.", ads.AdPlatform),
    "AdScope": OpenApiEnum("The object that ad metrics describe.", ads.AdScope),
    "AppMediaKind": OpenApiEnum("The kind of a file of the project's app.", app_media.AppMediaKind),
    "AppMediaOrigin": OpenApiEnum("The origin of a file of the app.", app_media.AppMediaOrigin),
    "AppMediaRoleSource": OpenApiEnum("The origin of a picture's role.", app_media.AppMediaRoleSource),
    "AppMediaStatus": OpenApiEnum("Whether a file of the app is stored.", app_media.AppMediaStatus),
    "PictureRole": OpenApiEnum("The role of a picture in content.", pictures.PictureRole),
    "StatsWindow": OpenApiEnum("The window of statistics of jobs.", job_stats.StatsWindow),
    "HookField": OpenApiEnum("A field of the brand that a hook quotes.", content_hooks.HookField),
    "HookRule": OpenApiEnum("The evidence of a hook.", content_hooks.HookRule),
    "AppPlatform": OpenApiEnum("The platform or framework of an SDK app.", apps.AppPlatform),
    "PackageManager": OpenApiEnum("The package manager of a package.", install.PackageManager),
    "FileAction": OpenApiEnum("Whether a file is created or extended.", install.FileAction),
    "ApprovalStatus": OpenApiEnum("Whether content may be published.", content.ApprovalStatus),
    "AssetKind": OpenApiEnum("The kind of a file.", content.AssetKind),
    "BrandPlatform": OpenApiEnum("A platform that a brand's product runs on.", brand.BrandPlatform),
    "BrandSource": OpenApiEnum("The source of a value of a brand.", brand.BrandSource),
    "BudgetResource": OpenApiEnum("A resource that requests use.", usage.BudgetResource),
    "BudgetTraffic": OpenApiEnum("The requests that a budget pays for.", usage.BudgetTraffic),
    "CancelReason": OpenApiEnum("The status of a job that had already ended.", jobs.AlreadyEndedCode),
    "UnsuccessfulStatus": OpenApiEnum("The status of an ended job that may be retried.", jobs.UnsuccessfulJobStatus),
    "ClaimStatus": OpenApiEnum("Whether content may say a claim now.", claims.ClaimStatus),
    "ColorRole": OpenApiEnum("The role of a color in a brand.", brand.ColorRole),
    "ContentAspect": OpenApiEnum("Width to height of generated content.", content.ContentAspect),
    "ContentChoiceMethod": OpenApiEnum("The reason for an item's look and opening.", content.ContentChoiceMethod),
    "ContentFormat": OpenApiEnum("The format of a content item.", content.ContentFormat),
    "ContentStatus": OpenApiEnum("The progress of content.", content.ContentStatus),
    "ConversionGrouping": OpenApiEnum("A property to group conversions by.", conversion_counts.ConversionGrouping),
    "ConversionDestination": OpenApiEnum("The receiver of conversions.", conversions.ConversionDestination),
    "ConversionState": OpenApiEnum("The state of a conversion delivery.", conversions.ConversionState),
    "ClockStatus": OpenApiEnum("Whether a sandbox's clock is idle or advancing.", sandbox.ClockStatus),
    "CreativeType": OpenApiEnum("The origin of content.", content.CreativeType),
    "EventRejection": OpenApiEnum("The reason why an event was rejected.", events.EventRejection),
    "Environment": OpenApiEnum("`test` keys belong to the sandbox.", api_keys.ApiKeyEnv),
    "ErrorCategory": OpenApiEnum("Who has to act on a post's error.", PlatformErrorCategory),
    "GateStatus": OpenApiEnum("Whether posts wait for an approval.", posts.ApprovalGateStatus),
    "GeneratedFormat": OpenApiEnum("A format that can be generated.", content.GeneratedFormat),
    "Granularity": OpenApiEnum("The length of a bucket.", metrics.Granularity),
    "AgeRange": OpenApiEnum("The age of a drawn influencer.", influencers.AgeRange),
    "TemplateSlideKind": OpenApiEnum("The purpose of a slide.", templates.TemplateSlideKind),
    "Gender": OpenApiEnum("The gender of a drawn influencer.", influencers.Gender),
    "InfluencerStatus": OpenApiEnum("The progress of an influencer.", influencers.InfluencerStatus),
    "IcpPart": OpenApiEnum("The part of an `audience` or `icp` about its customers.", brand.IcpPart),
    "PartBasis": OpenApiEnum("Whether a quote states a part, or its trade implies it.", brand.PartBasis),
    "StatementIntent": OpenApiEnum("The purpose of a brand's statement.", brand.StatementIntent),
    "JobKind": OpenApiEnum("The kind of work of a job.", tuple(PUBLIC_JOB_KIND_NAMES)),
    "JobPhase": OpenApiEnum(
        "The current phase of a job: `scheduled` for a later time, `queued` for a worker, `running`, "
        "`waiting` between two attempts, or its final status.",
        jobs.JobPhase,
    ),
    "OpenJobPhase": OpenApiEnum("The phase of an open job.", jobs.OpenJobPhase),
    "JobStage": OpenApiEnum("The progress of a job; the last three are its final status.", ALL_JOB_STAGE_NAMES),
    "JobStatus": OpenApiEnum("Whether a job has ended, and with which result.", jobs.ApiJobStatus),
    "LeaseEnd": OpenApiEnum("The reason why a lease ended.", accounts.LeaseEndReason),
    "LeaseRequestStatus": OpenApiEnum("The status of a lease request.", leases.LeaseRequestStatus),
    "Metric": OpenApiEnum("A figure.", metrics.MetricName),
    "MetricScope": OpenApiEnum("The object that metrics describe.", metrics.MetricScope),
    "OAuthFlowStatus": OpenApiEnum("The result of a connection attempt.", accounts.OAuthFlowStatus),
    "PerformanceAxis": OpenApiEnum("What content is compared by.", content_performance.PerformanceAxis),
    "PictureKind": OpenApiEnum("The motif of a brand's image.", pictures.PictureKind),
    "Platform": OpenApiEnum("A platform that posts go to.", accounts.PlatformName),
    "PostMode": OpenApiEnum("The way in which a post is published.", posts.PostMode),
    "PostStatus": OpenApiEnum("The progress of a post.", posts.PostStatus),
    "AiLabel": OpenApiEnum("Whether a post carries its platform's AI label.", posts.AiLabel),
    "MadeBy": OpenApiEnum("The way in which content was made.", content.ContentMadeBy),
    "PrivacyLevel": OpenApiEnum("Who may see a post.", PrivacyLevel),
    "ProjectStatus": OpenApiEnum("Whether new work can start in a project.", projects.ProjectStatus),
    "RedisStatus": OpenApiEnum("Whether Redis responds.", ops.RedisStatus),
    "SourceType": OpenApiEnum("The kind of object that is ranked.", top_performers.TopPerformerSource),
    "LineRule": OpenApiEnum("The rule by which a text was made.", content.ContentLineRule),
    "LineSource": OpenApiEnum("The source of a text.", content.ContentLineSource),
    "AttemptOutcome": OpenApiEnum("The outcome of an attempt.", timelines.AttemptOutcome),
    "LiveTier": OpenApiEnum("The limits of a live organization.", organizations.LiveOrganizationTier),
    "LookUpVerdict": OpenApiEnum("The result of a look-up of a post.", timelines.PostLookUpVerdict),
    "ScheduledStatus": OpenApiEnum("The status of a new post.", posts.NewPostStatus),
    "Scope": OpenApiEnum("A right of a key.", api_keys.ApiKeyScope),
    "Tier": OpenApiEnum("The limits of an organization.", api_keys.OrganizationTier),
    "TimelineType": OpenApiEnum("What happened.", timelines.TimelineEntryType),
    "TimeRule": OpenApiEnum("The interpretation of a local time.", posts.LocalTimeRule),
    "TopMetric": OpenApiEnum("The metric of a ranking.", top_performers.TopMetric),
    "TopWindow": OpenApiEnum("The days up to now that a ranking counts.", top_performers.TopWindow),
    "Voice": OpenApiEnum("The voice that reads texts aloud.", content.ReadAloudVoice),
    "Verdict": OpenApiEnum("A reviewer's decision.", content.ReviewVerdict),
    "WebhookDeliveryStatus": OpenApiEnum("The progress of a delivery.", webhooks.WebhookDeliveryStatus),
    "WebhookDisabledReason": OpenApiEnum("The reason why an endpoint was disabled.", webhooks.WebhookDisabledReason),
    "WebhookEndpointStatus": OpenApiEnum("Whether events are sent to an endpoint.", webhooks.WebhookEndpointStatus),
    "WebhookEventType": OpenApiEnum("The kind of an event.", webhooks.WebhookEventType),
    "WebhookNewStatus": OpenApiEnum("The statuses that an endpoint can be set to.", webhooks.NewWebhookEndpointStatus),
    "WebhookSubscription": OpenApiEnum("The events that an endpoint subscribes to.", webhooks.WebhookSubscription),
    "WaitReason": OpenApiEnum("The reason why a job or a post waits.", waiting.WaitReason),
    "WorkerState": OpenApiEnum("Whether a worker takes jobs.", ops.WorkerState),
}

_OPENAPI_ENUM_NAMES_BY_VALUE_SET = {frozenset(enum.values): name for name, enum in OPENAPI_ENUMS.items()}


def find_openapi_enum_name(schema: Json) -> str | None:
    """Return the name of the public enum with a JSON schema's title or values; None if there is none."""
    if schema.get("title") in OPENAPI_ENUMS:
        return str(schema["title"])
    return _OPENAPI_ENUM_NAMES_BY_VALUE_SET.get(frozenset(schema["enum"])) if "enum" in schema else None
