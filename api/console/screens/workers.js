// Worker processes: host, load and release.

import { slotUsage } from "../components.js";
import { badge, copyable, h } from "../dom.js";
import { call } from "../http.js";
import { empty } from "../states.js";
import { listing } from "../table.js";
import { ago } from "../times.js";
import { choice, heading } from "../view.js";

export const workers = { name: "workers", title: "Workers", group: "Operations", scope: "ops:read", key: "w",
  icon: "workers", async show(view) {
  view.title("Workers");
  await view.live(() => call("GET", "/v1/ops/workers", { signal: view.signal }),
    ({ items }) => draw(view, items));
} };

const HEADS = [{ text: "Host", className: "name" }, "Pool", "State", "Slots", { text: "Process",
  className: "wide number" }, { text: "Release", className: "wide" }, { text: "Started", className: "wide" },
  { text: "Lease until", className: "wide" }, { text: "Worker", className: "wide" }];

function draw(view, items) {
  const pools = [...new Set(items.map(({ pool }) => pool))], chosen = view.query.get("pool");
  const shown = items.filter(({ pool }) => !chosen || pool === chosen);
  return [
    heading("Workers", {
      tools: choice(view, "pool", "Pool", [["", "All pools"], ...pools.map(pool => [pool, pool])])
    }),
    listing({ label: "Workers", heads: HEADS,
      none: empty("No running worker",
        "Jobs wait for a worker. Start the processes of the Procfile, or check their logs."),
      rows: shown.map(worker => ({ key: worker.workerId,
        cells: [h("span", { title: worker.host }, worker.host), worker.pool, badge(worker.state),
          slotUsage(worker.running, worker.slots), worker.pid, worker.version, ago(worker.startedAt),
          ago(worker.leaseExpiresAt), copyable(worker.workerId, `…${worker.workerId.slice(-8)}`)] })
      ) })
  ];
}
