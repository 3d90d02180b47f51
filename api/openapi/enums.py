"""Enums of the document: each has a name, so that generated clients have one type for it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from jobs.kinds import PUBLIC_KINDS, STAGES
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
from schemas.errors.platforms import Category

Json = dict[str, Any]


class Enum(NamedTuple):
    """An enum with its values in display order."""

    description: str
    values: tuple[str, ...]

    @property
    def schema(self) -> Json:
        return {"type": "string", "description": self.description, "enum": list(self.values)}


def _enum(description: str, words: Any) -> Enum:
    return Enum(description, get_args(words))


ENUMS: Mapping[str, Enum] = {
    "AccountStatus": _enum("Whether posts can be sent to an account.", accounts.AccountStatus),
    "AdGranularity": _enum("The length of a bucket of ad metrics.", ads.AdGranularity),
    "AdMetric": _enum("A figure of ads.", ads.AdMetric),
    "AdPlatform": _enum("The platform that shows ads.", ads.AdPlatform),
    "AdScope": _enum("The object that ad metrics describe.", ads.AdScope),
    "AppMediaKind": _enum("The kind of a file of the project's app.", app_media.AppMediaKind),
    "AppMediaOrigin": _enum("The origin of a file of the app.", app_media.AppMediaOrigin),
    "AppMediaStatus": _enum("Whether a file of the app is stored.", app_media.AppMediaStatus),
    "StatsWindow": _enum("The window of statistics of jobs.", job_stats.Window),
    "HookField": _enum("A field of the brand that a hook quotes.", content_hooks.HookField),
    "HookRule": _enum("The evidence of a hook.", content_hooks.HookRule),
    "AppPlatform": _enum("The platform or framework of an SDK app.", apps.AppPlatform),
    "PackageManager": _enum("The package manager of a package.", install.PackageManager),
    "FileAction": _enum("Whether a file is created or extended.", install.FileAction),
    "ApprovalStatus": _enum("Whether content may be published.", content.ApprovalStatus),
    "AssetKind": _enum("The kind of a file.", content.AssetKind),
    "BrandSource": _enum("The source of a value of a brand.", brand.Source),
    "BudgetResource": _enum("A resource that requests use.", usage.Resource),
    "BudgetTraffic": _enum("The requests that a budget pays for.", usage.BudgetTraffic),
    "CancelReason": _enum("The status of a job that had already ended.", jobs.Already),
    "UnsuccessfulStatus": _enum("The status of an ended job that may be retried.", jobs.UnsuccessfulStatus),
    "ColorRole": _enum("The role of a color in a brand.", brand.ColorRole),
    "ContentAspect": _enum("Width to height of generated content.", content.Aspect),
    "ContentFormat": _enum("The format of a content item.", content.Format),
    "ContentStatus": _enum("The progress of content.", content.ContentStatus),
    "ConversionGrouping": _enum("A property to group conversions by.", conversion_counts.Grouping),
    "ConversionDestination": _enum("The receiver of conversions.", conversions.Destination),
    "ConversionState": _enum("The state of a conversion delivery.", conversions.DeliveryState),
    "ClockStatus": _enum("Whether a sandbox's clock is idle or advancing.", sandbox.ClockStatus),
    "CreativeType": _enum("The origin of content.", content.CreativeType),
    "EventRejection": _enum("The reason why an event was rejected.", events.RejectCode),
    "Environment": _enum("`test` keys belong to the sandbox.", api_keys.Env),
    "ErrorCategory": _enum("Who has to act on a post's error.", Category),
    "GateStatus": _enum("Whether posts wait for an approval.", posts.GateStatus),
    "GeneratedFormat": _enum("A format that can be generated.", content.GeneratedFormat),
    "Granularity": _enum("The length of a bucket.", metrics.Granularity),
    "AgeRange": _enum("The age of a drawn influencer.", influencers.AgeRange),
    "Gender": _enum("The gender of a drawn influencer.", influencers.Gender),
    "InfluencerStatus": _enum("The progress of an influencer.", influencers.InfluencerStatus),
    "IcpPart": _enum("The part of an `icp` about its customers.", brand.PartKind),
    "JobKind": Enum("The kind of work of a job.", tuple(kind.name for kind in PUBLIC_KINDS)),
    "JobPhase": _enum(
        "The current phase of a job: `scheduled` for a later time, `queued` for a worker, `running`, "
        "`waiting` between two attempts, or its final status.",
        jobs.JobPhase,
    ),
    "OpenJobPhase": _enum("The phase of an open job.", jobs.OpenPhase),
    "JobStage": Enum("The progress of a job; the last three are its final status.", STAGES),
    "JobStatus": _enum("Whether a job has ended, and with which result.", jobs.Status),
    "LeaseEnd": _enum("The reason why a lease ended.", accounts.LeaseEnd),
    "LeaseRequestStatus": _enum("The status of a lease request.", leases.RequestStatus),
    "Metric": _enum("A figure.", metrics.Metric),
    "MetricScope": _enum("The object that metrics describe.", metrics.MetricScope),
    "OAuthFlowStatus": _enum("The result of a connection attempt.", accounts.FlowStatus),
    "PictureKind": _enum("The motif of a brand's image.", pictures.PictureKind),
    "Platform": _enum("A platform that posts go to.", accounts.PlatformName),
    "PostMode": _enum("The way in which a post is published.", posts.Mode),
    "PostStatus": _enum("The progress of a post.", posts.Status),
    "AiLabel": _enum("Whether a post carries its platform's AI label.", posts.AiLabel),
    "MadeBy": _enum("The way in which content was made.", content.MadeBy),
    "PrivacyLevel": _enum("Who may see a post.", PrivacyLevel),
    "ProjectStatus": _enum("Whether new work can start in a project.", projects.Status),
    "RedisStatus": _enum("Whether Redis responds.", ops.RedisStatus),
    "SourceType": _enum("The kind of object that is ranked.", top_performers.SourceType),
    "LineRule": _enum("The rule by which a text was made.", content.LineRule),
    "LineSource": _enum("The source of a text.", content.LineSource),
    "AttemptOutcome": _enum("The outcome of an attempt.", timelines.AttemptOutcome),
    "LiveTier": _enum("The limits of a live organization.", organizations.LiveTier),
    "LookUpVerdict": _enum("The result of a look-up of a post.", timelines.LookUpVerdict),
    "ScheduledStatus": _enum("The status of a new post.", posts.NewStatus),
    "Scope": _enum("A right of a key.", api_keys.Scope),
    "Tier": _enum("The limits of an organization.", api_keys.Tier),
    "TimelineType": _enum("What happened.", timelines.EntryType),
    "TimeRule": _enum("The interpretation of a local time.", posts.TimeRule),
    "TopMetric": _enum("The metric of a ranking.", top_performers.TopMetric),
    "TopWindow": _enum("The days up to now that a ranking counts.", top_performers.TopWindow),
    "Voice": _enum("The voice that reads texts aloud.", content.Voice),
    "Verdict": _enum("A reviewer's decision.", content.Verdict),
    "WebhookDeliveryStatus": _enum("The progress of a delivery.", webhooks.DeliveryStatus),
    "WebhookDisabledReason": _enum("The reason why an endpoint was disabled.", webhooks.DisabledReason),
    "WebhookEndpointStatus": _enum("Whether events are sent to an endpoint.", webhooks.EndpointStatus),
    "WebhookEventType": _enum("The kind of an event.", webhooks.WebhookEventType),
    "WebhookNewStatus": _enum("The statuses that an endpoint can be set to.", webhooks.NewEndpointStatus),
    "WebhookSubscription": _enum("The events that an endpoint subscribes to.", webhooks.Subscription),
    "WaitReason": _enum("The reason why a job or a post waits.", waiting.WaitReason),
    "WorkerState": _enum("Whether a worker takes jobs.", ops.WorkerState),
}

_NAMES_BY_VALUES = {frozenset(enum.values): name for name, enum in ENUMS.items()}


def find_enum(schema: Json) -> str | None:
    """Find the enum of a schema by its title, or by its list of values."""
    if schema.get("title") in ENUMS:
        return str(schema["title"])
    return _NAMES_BY_VALUES.get(frozenset(schema["enum"])) if "enum" in schema else None
