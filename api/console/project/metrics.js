// Metrics tab: figures by day or week of the project's zone, and the best posts.

import { project, query } from "../api.js";
import { chart, tile } from "../chart.js";
import { h } from "../dom.js";
import { call } from "../http.js";
import { PLATFORMS } from "../labels.js";
import { link } from "../router.js";
import { empty } from "../states.js";
import { listing, section } from "../table.js";
import { now } from "../times.js";
import { choice } from "../view.js";
import { addDays, clock, shortDay, startOfDay, utc } from "../zone.js";

const DAYS = { "": 30, 7: 7, 90: 90 };
const TILES = { views: "Views", reach: "Reach", likes: "Likes", comments: "Comments", shares: "Shares",
  engagement_rate: "Engagement", followers: "Followers", follower_delta: "New followers",
  posts_published: "Posts", events: "Events", active_users: "Active users" };
const CHARTS = [{ title: "Views and reach", kind: "lines", of: [["views", "cool"], ["reach", "good"]] }, {
  title: "Reactions",
  kind: "bars",
  of: [["likes", "cool"], ["comments", "good"], ["shares", "busy"]]
}, { title: "Followers", kind: "lines", of: [["followers", "good"]] }, { title: "Posts published",
  kind: "bars", of: [["posts_published", "cool"]] }, { title: "Events of SDK apps", kind: "bars",
  of: [["events", "cool"]] }, { title: "Active users", kind: "lines", of: [["active_users", "good"]] }];

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const formatter = name => value =>
  value == null ? "–" : name === "engagement_rate" ? `${(100 * value).toFixed(1)} %` : compact.format(value);

export async function metrics(view, { id, into }) {
  await view.live(async () => {
    const of = await project(id, { signal: view.signal });
    const days = DAYS[view.query.get("days") ?? ""] ?? 30, today = clock(now(), of.timezone).day;
    const account = view.query.get("account");
    const window = { since: utc(startOfDay(addDays(today, 1 - days), of.timezone)), until: utc(now()),
      granularity: days > 60 ? "week" : "day" };
    const params = query({ ...window, ...account && { scope: "social_account", id: account } });
    const [figures, best, accounts] = await Promise.all([
      call("GET", `/v1/projects/${id}/metrics?${params}`, { signal: view.signal }),
      call("GET",
        `/v1/projects/${id}/top-performers?${query({ metric: "views", window: `${days}d`, limit: 10 })}`, {
        signal: view.signal
      }),
      view.may("social:read")
        ? call("GET", `/v1/projects/${id}/social-accounts?limit=200`, { signal: view.signal })
        : { items: [] }
    ]);
    return { id, figures, best, accounts: accounts.items, by: window.granularity };
  }, found => draw(view, found), { into, milliseconds: 30000 });
}

function draw(view, { id, figures, best, accounts, by }) {
  const { series, totals, timezone } = figures;
  return [
    h("div.heading",
      h("p.hint",
        `By ${by} in ${timezone}. Uncollected figures are left out; the latest values may still change.`),
      h("div.tools",
        choice(view, "account", "Account", [["", "The whole project"],
          ...accounts.map(
            account => [account.socialAccountId, `${account.handle} · ${PLATFORMS[account.platform]}`]
          )]), choice(view, "days", "Time", [["7", "7 days"], ["", "30 days"], ["90", "90 days"]]))),
    h("dl.tiles", Object.entries(TILES).filter(([name]) =>
      totals[name] != null
    ).map(([name, text]) => tile(text, formatter(name)(totals[name])))),
    h("div.columns", CHARTS.filter(({ of }) =>
      of.some(([name]) =>
        name in totals
      )
    ).map(({ title, kind, of }) =>
      chart({ title, kind, times: series.map(({ bucket }) => `${bucket}T00:00:00Z`), zone: "UTC",
        label: time => shortDay(time.slice(0, 10)), show: formatter(of[0][0]),
        series: of.filter(([name]) => name in totals).map(([name, tone]) => ({ name: TILES[name], tone,
          said: formatter(name)(totals[name]), values: series.map(({ values }) => values[name]) })
        ) })
    )),
    section("Best posts", {},
      listing({ label: "Best posts",
        heads: ["Rank", "Platform", { text: "Views", className: "number" }, "Post"],
        rows: best.items.map(post => ({ key: post.sourceId,
          href: link(["projects", id, "calendar", post.sourceId]),
          cells: [post.rank, PLATFORMS[post.platform], post.metricValue.toLocaleString("en"),
            h("a", { href: link(["projects", id, "calendar", post.sourceId]) },
              `…${post.sourceId.slice(-8)}`)] })
        ),
        none: empty("No figures yet",
          "Figures appear minutes after a post is published, and are updated regularly.") }))
  ];
}
