// Pools and workers, for a key with the operators' scopes.

import { ago, badge, h, notice, row, table } from "./dom.js";
import { call, once } from "./http.js";
import { every } from "./refresh.js";

const REFRESH_MS = 3000;

export async function poolsView(main, { signal, may }) {
  const pools = h("section", {}), workers = h("section", {});
  main.replaceChildren(h("div", { className: "heading" }, h("h1", {}, "Pools")), pools, h("h2", {}, "Workers"), workers);
  const show = async () => {
    const [waiting, alive] = await Promise.all(
      ["pools", "workers"].map((what) => call("GET", `/v1/ops/${what}`, { signal })));
    pools.replaceChildren(poolTable(waiting.items, may, show));
    workers.replaceChildren(workerTable(alive.items));
  };
  await show();
  every(REFRESH_MS, show, signal);
}

const poolTable = (pools, may, after) =>
  table(["Pool", "State", "Queued", "Oldest", "Running", "Slots", "Workers wanted", ""], pools.map((pool) =>
    row(pool.name, badge(pool.paused ? "paused" : "open"), pool.queued, seconds(pool.oldestDueSeconds), pool.running,
      pool.capacity, pool.desiredWorkers, may("ops:write") && toggle(pool, after))),
  "No pool.");

const seconds = (number) => number == null ? "–" : `${number.toFixed(1)} s`;

const toggle = (pool, after) => h("button", {
  type: "button", className: "small", onclick: async () => {
    try {
      await call("POST", `/v1/ops/pools/${encodeURIComponent(pool.name)}/${pool.paused ? "resume" : "pause"}`, { headers: once() });
      await after();
    } catch (error) {
      notice(error.message);
    }
  },
}, pool.paused ? "resume" : "pause");

const workerTable = (workers) =>
  table(["Pool", "Host", "Process", "State", "Busy", "Version", "Up since", "Lease"], workers.map((worker) =>
    row(worker.pool, worker.host, worker.pid, badge(worker.state),
      h("span", {}, h("meter", { min: 0, max: worker.slots, value: worker.running }), ` ${worker.running} of ${worker.slots}`),
      worker.version, ago(worker.startedAt), ago(worker.leaseExpiresAt))),
  "No worker holds a lease.");
