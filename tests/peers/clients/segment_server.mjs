// A product's server with Segment's Node client: `node segment_server.mjs MODULES ADDRESS KEY`.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [modules, host, writeKey] = process.argv.slice(2);
const { Analytics } = createRequire(`${modules}/`)("@segment/analytics-node");

const analytics = new Analytics({ host, writeKey, flushAt: 5 });
const failed = [];
analytics.on("error", error => failed.push(error));
const userId = "u-1";
analytics.identify({ userId, traits: { plan: "pro" } });
for (let number = 0; number < 20; number++) {
  analytics.track({ userId, event: "sign_up", properties: { number } });
}
analytics.page({ userId, category: "Shop", name: "Prices", properties: { items: 2 } });
analytics.screen({ userId, category: "Shop", name: "Cart", properties: { items: 3 } });
analytics.group({ userId, groupId: "g-1", traits: { seats: 4 } });
analytics.alias({ userId, previousId: "guest-1" });
await analytics.closeAndFlush({ timeout: 60_000 });
assert.deepEqual(failed, []);
