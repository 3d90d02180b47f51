// Operators' overview: throughput, durations, failures and pools.

import { chart, ranking, tile } from "../chart.js";
import { slotUsage } from "../components.js";
import { confirmed } from "../dialog.js";
import { badge, h } from "../dom.js";
import { call, once } from "../http.js";
import { link } from "../router.js";
import { attempt, empty } from "../states.js";
import { listing, section } from "../table.js";
import { duration } from "../times.js";
import { choice, heading, tabs } from "../view.js";

const CHARTS_MS = { hour: 30000, day: 120000 };
const WINDOWS = [["", "Last hour"], ["day", "Last day"]];

export const overview = { name: "overview", title: "Overview", group: "Operations", scope: "ops:read",
  key: "o", icon: "overview", async show(view) {
  view.title("Overview");
  const head = h("div"), figures = h("div.parts"), pools = h("div.parts");
  view.main.replaceChildren(head, figures, pools);
  const pool = view.query.get("pool"), window = view.query.get("window") || "hour";
  await Promise.all([
    view.live(() => loadPools(view),
      data => [
        heading("Overview", {
          tools: choice(view, "pool", "Pool", [["", "All pools"],
            ...data.pools.map(({ name }) => [name, name])]),
          under: tabs(view, "window", WINDOWS)
        })
      ], { into: head }),
    view.live(
      () =>
        call("GET", `/v1/ops/stats?window=${window}${pool ? `&pool=${encodeURIComponent(pool)}` : ""}`, {
          signal: view.signal
        }),
      drawStats,
      { into: figures, milliseconds: CHARTS_MS[window] ?? CHARTS_MS.hour }
    ),
    view.live(() => loadPools(view), data => drawPools(view, data), { into: pools })
  ]);
} };

async function loadPools({ signal }) {
  const [pools, workers] = await Promise.all(
    ["pools", "workers"].map(what => call("GET", `/v1/ops/${what}`, { signal }))
  );
  return { pools: pools.items, workers: Map.groupBy(workers.items, ({ pool }) => pool) };
}

const sum = (buckets, name) => buckets.reduce((total, bucket) => total + bucket[name], 0);
const last = values => values.findLast(value => value != null);
const seconds = value => duration(value);

function drawStats({ sampledAbove, buckets, bucketSeconds, errors, window }) {
  const times = buckets.map(({ at }) => at), of = name => buckets.map(bucket => bucket[name]);
  const percentiles = (name, which) => buckets.map(bucket => bucket[name][which]);
  const completed = sum(buckets, "completed"), failed = sum(buckets, "failed"),
    canceled = sum(buckets, "canceled");
  const ended = completed + failed + canceled, share = ended ? failed / ended : 0;
  const waits = percentiles("waitSeconds", "p95"), runs = percentiles("runSeconds", "p95");
  const each = bucketSeconds === 60 ? "minute" : "15 minutes";
  const note = buckets.some(({ sampled }) => sampled)
    ? `All jobs are counted. With over ${
      sampledAbove.toLocaleString("en")
    } each ${each}, waits and runs are measured on a sample.`
    : null;
  const line = (name, key) =>
    chart({ title: name, times, show: seconds,
      series: [{ name: "p50", tone: "pale", values: percentiles(key, "p50"),
        said: seconds(last(percentiles(key, "p50"))) }, { name: "p95", tone: "cool",
        values: percentiles(key, "p95"), said: seconds(last(percentiles(key, "p95"))) }] });
  return [
    h("dl.tiles", { key: "tiles" },
      tile("Jobs ended", ended.toLocaleString("en"), {
        under: window === "hour"
          ? `${(ended / 60).toFixed(1)} a minute`
          : `${(ended / 24).toFixed(0)} an hour`
      }),
      tile("Failed", `${(100 * share).toFixed(1)} %`, { under: `${failed.toLocaleString("en")} jobs`,
        tone: share > 0.05 ? "bad" : "" }),
      tile("Wait, p95", seconds(last(waits)), { under: "from due to start" }),
      tile("Run, p95", seconds(last(runs)), { under: "from start to end" })),
    h("div.columns", { key: "charts" },
      chart({ title: `Jobs ended, each ${each}`, times, kind: "bars", note,
        series: [{ name: "Completed", tone: "good", values: of("completed"),
          said: completed.toLocaleString("en") }, { name: "Failed", tone: "bad", values: of("failed"),
          said: failed.toLocaleString("en") }, { name: "Canceled", tone: "pale", values: of("canceled"),
          said: canceled.toLocaleString("en") }] }),
      section("Failures by code", {},
        ranking(
          errors.map(({ code, jobs }) => ({ name: code, value: jobs,
            href: link(["ops-jobs"], { phase: "failed", errorCode: code }) })
          ),
          h("p.quiet", "No failures in this period.")
        )), line("Wait before the first attempt", "waitSeconds"),
      line("Run, with all attempts", "runSeconds"))
  ];
}

const HEADS = ["Pool", "State", { text: "Waiting", className: "number" }, { text: "Oldest wait",
  className: "number" }, { text: "Slots", className: "wide" }, { text: "Workers", className: "number" }, {
  text: "Needed",
  className: "number wide"
}, { text: "", className: "acts" }];

function drawPools(view, { pools, workers }) {
  return section("Pools", {},
    listing({ label: "Pools", heads: HEADS,
      none: empty("No pool yet", "Start a worker: its pool appears here."), rows: pools.map(pool => {
        const present = workers.get(pool.name)?.filter(({ state }) => state === "active").length ?? 0;
        return { key: pool.name, href: view.with({ pool: pool.name }),
          cells: [h("a", { href: view.with({ pool: pool.name }) }, pool.name),
            badge(pool.paused ? "paused" : "open"), pool.queued.toLocaleString("en"), age(pool),
            slotUsage(pool.running, pool.capacity),
            h("span", { className: present < pool.desiredWorkers ? "why" : "" }, present),
            pool.desiredWorkers, view.may("ops:write") && toggle(view, pool)] };
      }) }));
}

const OLD_S = 60;
const age = ({ oldestDueSeconds: old }) =>
  h("span", { className: old > OLD_S ? "why" : "" }, old == null ? "–" : duration(old));

const toggle = (view, { name, paused }) =>
  h("button.small", { onclick: async ({ currentTarget }) => {
    const verb = paused ? "Resume" : "Pause";
    const text = paused
      ? "Its workers pull waiting jobs in fair order."
      : "It pulls no jobs until it is resumed. Running jobs continue; waiting jobs keep their place and deadline.";
    if (!await confirmed({ title: `${verb} the pool “${name}”?`, text, verb, danger: !paused })) return;
    await attempt(currentTarget, () =>
      call("POST", `/v1/ops/pools/${encodeURIComponent(name)}/${verb.toLowerCase()}`, { headers: once() }));
    await view.refresh();
  } }, paused ? "Resume" : "Pause");
