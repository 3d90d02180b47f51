"""Enums of the document: each has a name, so that a generated client has one type for it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from jobs.kinds import SHOWN, STAGES
from schemas import (
    accounts,
    ads,
    api_keys,
    app_media,
    apps,
    brand,
    content,
    conversion_counts,
    conversions,
    events,
    hooks,
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
    """Its values, in the order in which a reader wants them."""

    description: str
    values: tuple[str, ...]

    @property
    def schema(self) -> Json:
        return {"type": "string", "description": self.description, "enum": list(self.values)}


def _enum(description: str, words: Any) -> Enum:
    return Enum(description, get_args(words))


ENUMS: Mapping[str, Enum] = {
    "AccountStatus": _enum("Whether an account can be posted to.", accounts.AccountStatus),
    "AdGranularity": _enum("What a bucket of ads' metrics is.", ads.AdGranularity),
    "AdMetric": _enum("A figure of ads.", ads.AdMetric),
    "AdPlatform": _enum("Where ads are shown.", ads.AdPlatform),
    "AdScope": _enum("What ads' metrics are of.", ads.AdScope),
    "AppMediaKind": _enum("What a file is of its project's app.", app_media.AppMediaKind),
    "AppMediaOrigin": _enum("Who brought a file of the app.", app_media.AppMediaOrigin),
    "AppMediaStatus": _enum("Whether a file of the app is here.", app_media.AppMediaStatus),
    "StatsWindow": _enum("How far statistics of jobs go back.", job_stats.Window),
    "HookField": _enum("A field of the brand that a hook quotes.", hooks.HookField),
    "HookRule": _enum("What a hook rests on.", hooks.HookRule),
    "AppPlatform": _enum("What an SDK app is built for or with.", apps.AppPlatform),
    "PackageManager": _enum("Whose package it is.", install.PackageManager),
    "FileAction": _enum("Whether a file is new, or added to.", install.FileAction),
    "ApprovalStatus": _enum("Whether content may go out.", content.ApprovalStatus),
    "AssetKind": _enum("What a file is.", content.AssetKind),
    "BrandSource": _enum("Who said something of a brand.", brand.Source),
    "BudgetResource": _enum("A cost of requests.", usage.Resource),
    "BudgetTraffic": _enum("The requests that a budget pays for.", usage.BudgetTraffic),
    "CancelReason": _enum("How a job had ended.", jobs.Already),
    "UnsuccessfulStatus": _enum("How a job ended that may be retried.", jobs.Unsuccessful),
    "ColorRole": _enum("What a color is to a brand.", brand.ColorRole),
    "ContentAspect": _enum("Width to height of what is made.", content.Aspect),
    "ContentFormat": _enum("What an item of content is.", content.Format),
    "ContentStatus": _enum("How far the making of content is.", content.ContentStatus),
    "ConversionGrouping": _enum("What groups of conversions are told apart by.", conversion_counts.Grouping),
    "ConversionDestination": _enum("Whom conversions are sent to.", conversions.Destination),
    "ConversionState": _enum("How far a conversion is.", conversions.DeliveryState),
    "ClockStatus": _enum("Whether a sandbox's clock stands or is on its way.", sandbox.ClockStatus),
    "CreativeType": _enum("Where content comes from.", content.CreativeType),
    "EventRejection": _enum("Why an event is not kept.", events.RejectCode),
    "Environment": _enum("`test` keys belong to the sandbox.", api_keys.Env),
    "ErrorCategory": _enum("Who has to act on a post's error.", Category),
    "GateStatus": _enum("Whether posts wait for an approval.", posts.GateStatus),
    "GeneratedFormat": _enum("What can be made.", content.GeneratedFormat),
    "Granularity": _enum("What a bucket is.", metrics.Granularity),
    "AgeRange": _enum("How old an influencer is drawn.", influencers.AgeRange),
    "Gender": _enum("What an influencer is drawn as.", influencers.Gender),
    "InfluencerStatus": _enum("How far the making of an influencer is.", influencers.InfluencerStatus),
    "IcpPart": _enum("What a part of an `icp` says of its customers.", brand.PartKind),
    "JobKind": Enum("What a job does.", tuple(kind.name for kind in SHOWN)),
    "JobPhase": _enum(
        "Where a job is: `scheduled` for a later time, `queued` for a worker, `running`, `waiting` between "
        "two attempts, or how it ended.",
        jobs.Phase,
    ),
    "OpenJobPhase": _enum("The phase of a job that has not ended.", jobs.OpenPhase),
    "JobStage": Enum("How far a job is; the last three are its status at the end.", STAGES),
    "JobStatus": _enum("Whether a job has ended, and how.", jobs.Status),
    "LeaseEnd": _enum("Why a lease ended.", accounts.LeaseEnd),
    "LeaseRequestStatus": _enum("What came of a lease request.", leases.RequestStatus),
    "Metric": _enum("A figure.", metrics.Metric),
    "MetricScope": _enum("What metrics are of.", metrics.MetricScope),
    "OAuthFlowStatus": _enum("What came of a connection attempt.", accounts.FlowStatus),
    "PictureKind": _enum("What a picture shows of a brand.", pictures.PictureKind),
    "Platform": _enum("A platform that posts go to.", accounts.PlatformName),
    "PostMode": _enum("How a post goes out.", posts.Mode),
    "PostStatus": _enum("How far a post is.", posts.Status),
    "AiLabel": _enum("Whether a post carries its platform's AI label.", posts.AiLabel),
    "MadeBy": _enum("How content was made.", content.MadeBy),
    "PrivacyLevel": _enum("Who may see a post.", accounts.PrivacyLevel),
    "ProjectStatus": _enum("Whether a project starts anything.", projects.Status),
    "RedisStatus": _enum("Whether Redis answers.", ops.RedisStatus),
    "SourceType": _enum("What a top performer is.", top_performers.SourceType),
    "LineRule": _enum("How a text came about.", content.LineRule),
    "LineSource": _enum("Where a text is from.", content.LineSource),
    "AttemptOutcome": _enum("What an attempt came to.", timelines.AttemptOutcome),
    "LiveTier": _enum("Which limits a live organization has.", organizations.LiveTier),
    "LookUpVerdict": _enum("What a look for a post came to.", timelines.LookUpVerdict),
    "ScheduledStatus": _enum("How a new post waits.", posts.NewStatus),
    "Scope": _enum("What a key may do.", api_keys.Scope),
    "Tier": _enum("Which limits an organization has.", api_keys.Tier),
    "TimelineType": _enum("What happened.", timelines.EntryType),
    "TimeRule": _enum("How a local time was read.", posts.TimeRule),
    "TopMetric": _enum("What top performers are ranked by.", top_performers.TopMetric),
    "TopWindow": _enum("The days until now that top performers are ranked by.", top_performers.TopWindow),
    "Voice": _enum("Who reads words aloud.", content.Voice),
    "Verdict": _enum("What a reviewer said.", content.Verdict),
    "WebhookDeliveryStatus": _enum("How far a delivery is.", webhooks.DeliveryStatus),
    "WebhookDisabledReason": _enum("Why an endpoint was disabled.", webhooks.DisabledReason),
    "WebhookEndpointStatus": _enum("Whether an endpoint is sent anything.", webhooks.EndpointStatus),
    "WebhookEventType": _enum("What has happened.", webhooks.WebhookEventType),
    "WebhookNewStatus": _enum("What an endpoint may be set to.", webhooks.NewEndpointStatus),
    "WebhookSubscription": _enum("What an endpoint wants.", webhooks.Subscription),
    "WaitReason": _enum("What a job or a post waits for.", waiting.WaitReason),
    "WorkerState": _enum("Whether a worker takes work.", ops.WorkerState),
}

_BY_VALUES = {frozenset(enum.values): name for name, enum in ENUMS.items()}


def named(schema: Json) -> str | None:
    """The enum that a schema means: by its title, or by the words that it lists."""
    if schema.get("title") in ENUMS:
        return str(schema["title"])
    return _BY_VALUES.get(frozenset(schema["enum"])) if "enum" in schema else None
