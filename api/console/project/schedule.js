// Dialogs that schedule and move posts, in the project's zone.

import { all, query } from "../api.js";
import { h, notice } from "../dom.js";
import { checkboxes, formDialog, input } from "../forms.js";
import { call, once } from "../http.js";
import { AUDIENCES, PLATFORMS } from "../labels.js";
import { attempt } from "../states.js";
import { now } from "../times.js";
import { clock, inZone } from "../zone.js";

/** Schedule content in a dialog; `of` is the project. Resolves to the response. */
export async function schedule(view, of, { content, day } = {}) {
  const path = `/v1/projects/${of.id}`;
  const [accounts, ready] = await Promise.all([
    all(`${path}/social-accounts?${query({ status: "connected,reauth_required" })}`, { most: 200,
      signal: view.signal }),
    content
      ? null
      : call("GET", `${path}/content?${query({ status: "completed", limit: 100 })}`, { signal: view.signal })
  ]);
  const choices = ready?.items.filter(({ approvalStatus }) => approvalStatus !== "rejected") ?? [];
  const done = await formDialog({ title: "Schedule a post", verb: "Schedule post", broad: true,
    next: content?.approvalStatus === "pending"
      ? "It waits for the content's approval, and is published at this time."
      : "It is published at this time, once to each account.",
    fields: [
      content
        ? h("p.excerpt", h("strong", content.format.replace("_", " ")), " ", content.hook || content.caption)
        : input("contentId", "Content", { required: true, autofocus: true }, {
          options: [["", choices.length ? "Choose one" : "No completed content yet"],
            ...choices.map(one => [one.id, title(one)])]
        }),
      checkboxes("targets", "To", accounts.items.map(one => target(one, content)), {
        hint: accounts.items.length ? null : "No account is connected yet: connect one on the tab Accounts."
      }),
      accounts.items.filter(needsAudience).map(audience),
      input("localTime", `Time in ${of.timezone}`, { type: "datetime-local", required: true,
        value: defaultTime(of.timezone, day) }, { hint: "Local time there, also across clock changes." }),
      input("captionOverride", "Custom caption", { rows: 3, maxLength: 5000 }, { tag: "textarea",
        hint: "Optional, for these posts only." })
    ], send: ({ contentId = content?.id, targets = [], localTime, captionOverride, ...levels }, headers) => {
      const body = { localTime,
        targets: targets.map(socialAccountId => ({ socialAccountId, ...captionOverride && { captionOverride },
          ...levels[socialAccountId] && { privacyLevel: levels[socialAccountId] } })
        ) };
      return call("POST", `/v1/content/${contentId}/schedule`, { body, headers: headers(contentId, body) });
    } });
  if (!done) return null;
  notice(summary(done, of.timezone), "good");
  await view.refresh();
  return done;
}

const title = one =>
  `${one.format.replace("_", " ")}: ${(one.hook || one.caption || one.id).slice(0, 80)}${
    one.approvalStatus === "pending" ? " (awaits approval)" : ""
  }`;

function target(account, content) {
  const fits = content?.fits?.[account.platform];
  const refused = fits && fits !== "ok" ? fits : null;
  const about = refused
    ?? (account.status === "reauth_required" ? "must be reconnected before it can publish" : null);
  return { value: account.socialAccountId, text: `${account.handle} · ${PLATFORMS[account.platform]}`, about,
    disabled: Boolean(refused) };
}

/** Check whether the account needs an audience choice: there is no default. */
const needsAudience = ({ privacyLevels }) => (privacyLevels?.length ?? 0) > 1;

/** Draw the audience choice, named by its account; only ticked accounts use it. */
const audience = ({ socialAccountId, handle, platform, privacyLevels }) =>
  input(socialAccountId, `Who sees it on ${PLATFORMS[platform]}, ${handle}`, {}, {
    options: [["", "Choose"], ...privacyLevels.map(level => [level, AUDIENCES[level]])],
    hint: "Required if the account is ticked."
  });

/** Return the next full hour, or nine o'clock of a future day. */
function defaultTime(zone, day) {
  const soon = clock(now() + 3_600_000, zone);
  return day && day > soon.day ? `${day}T09:00` : `${soon.day}T${soon.time.slice(0, 2)}:00`;
}

const RULES = { gap_shifted: " A clock change skips that time: the post is later by the skipped time.",
  fold_first: " That time occurs twice: the post uses the first." };

function summary({ scheduledPosts, gateStatus, timeRule }, zone) {
  const [first] = scheduledPosts;
  const posts = scheduledPosts.length === 1 ? "1 post" : `${scheduledPosts.length} posts`;
  return `${posts} for ${inZone(first.scheduledFor, zone)}.${
    gateStatus === "blocked_on_approval" ? " They wait for approval." : ""
  }${RULES[timeRule] ?? ""}`;
}

/** Move a waiting post to another local time, and offer an undo. */
export async function move(view, post, of, localTime) {
  const { scheduledFor } = post;
  const send = body => call("POST", `/v1/scheduled-posts/${post.id}/reschedule`, { body, headers: once() });
  const moved = await send({ localTime });
  const undo = h("button.small", { onclick: event =>
    attempt(event.currentTarget, async () => {
      await send({ scheduledFor });
      undo.closest(".notice")?.remove();
      await view.refresh();
    }) }, "Undo");
  notice(`Moved to ${inZone(moved.scheduledFor, of.timezone)}.`, "good", undo);
  await view.refresh();
}

export async function openMove(view, post, of) {
  const { day, time, second } = clock(post.scheduledFor, of.timezone);
  const exact = second === "00" ? {} : { step: 1 };
  const done = await formDialog({ title: "Move this post", verb: "Move post", next: "Only its time changes.",
    fields: input("localTime", `Time in ${of.timezone}`, { type: "datetime-local", required: true, ...exact,
      value: `${day}T${time}:${second}`, autofocus: true }),
    send: ({ localTime }, headers) =>
      call("POST", `/v1/scheduled-posts/${post.id}/reschedule`, { body: { localTime },
        headers: headers(localTime) }) });
  if (!done) return;
  notice(`Moved to ${inZone(done.scheduledFor, of.timezone)}.`, "good");
  await view.refresh();
}
