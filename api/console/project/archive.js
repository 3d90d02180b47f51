// Archive dialog of a project, with a preview of the effects.

import { all, query, uncache } from "../api.js";
import { h, notice } from "../dom.js";
import { formDialog } from "../forms.js";
import { call } from "../http.js";

const MAX_POSTS = 200;

export async function archive(view, shown) {
  const path = `/v1/projects/${shown.id}`;
  const fetchPosts = status =>
    view.may("publish:read")
      ? all(`${path}/scheduled-posts?${query({ status })}`, { most: MAX_POSTS, signal: view.signal })
      : null;
  const [waiting, sending] = await Promise.all([fetchPosts("queued,blocked"), fetchPosts("publishing")]);
  const done = await formDialog({ title: `Archive ${shown.name}?`, verb: "Archive project", danger: true,
    fields: h("ul.plain",
      waiting
        && h("li", h("strong", count(waiting)), " that wait are canceled immediately, and stay canceled."),
      sending && h("li", h("strong", count(sending)), " being published finish normally."),
      h("li", "Running ingests and generations stop; leased accounts are returned."),
      h("li",
        "Nothing is deleted. Metrics, reads and disconnects still work, and you can un-archive the project.")),
    send: (_, headers) => call("DELETE", path, { headers: headers("archive") }) });
  if (!done) return;
  uncache(shown.id);
  notice(
    `Archived. ${done.canceledScheduledPosts} posts were canceled, ${done.inFlightPosts} are being published.`,
    "good"
  );
  await view.refresh();
}

const count = ({ items, more }) =>
  `${items.length}${more ? " and more" : ""} ${items.length === 1 ? "post" : "posts"}`;
