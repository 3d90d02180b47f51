// Calendar tab by month and week, in the project's zone; posts move by drag and drop or by keyboard.

import { all, project, query } from "../api.js";
import { platformDot } from "../components.js";
import { announce, h } from "../dom.js";
import { PLATFORMS, POSTS } from "../labels.js";
import { link } from "../router.js";
import { noticeOf } from "../states.js";
import { now } from "../times.js";
import { choice } from "../view.js";
import { addDays, addMonths, clock, dayName, mondayOf, monthName, monthOf, shortDay, startOfDay,
  utc } from "../zone.js";
import { captions } from "./captions.js";
import { dragListeners } from "./drag.js";
import { move, schedule } from "./schedule.js";

const MOST = 1000, SEEN = 3;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export async function calendar(view, { id, into }) {
  const known = captions(view, id);
  await view.live(async () => {
    const of = await project(id, { signal: view.signal });
    const days = daysOf(view, of.timezone);
    const asked = query({ since: utc(startOfDay(days[0], of.timezone)),
      until: utc(startOfDay(addDays(days.at(-1), 1), of.timezone)), status: view.query.get("status"),
      socialAccountId: view.query.get("account") });
    const [found, accounts] = await Promise.all([
      all(`/v1/projects/${id}/scheduled-posts?${asked}`, { most: MOST, signal: view.signal }),
      view.may("social:read")
        ? all(`/v1/projects/${id}/social-accounts`, { most: 200, signal: view.signal })
        : { items: [] }
    ]);
    const handles = new Map(accounts.items.map(one => [one.socialAccountId, one.handle]));
    return { of, days, ...found, accounts: accounts.items, handles,
      words: view.may("content:read") ? await known(found.items) : new Map() };
  }, found => drawn(view, found), { into, milliseconds: 10000 });
}

const isWeek = view => view.query.get("view") === "week";

/** Return the day from the address, or today in the zone. */
const around = (view,
  zone) => (/^\d{4}-\d\d-\d\d$/.test(view.query.get("day") ?? "")
    ? view.query.get("day")
    : clock(now(), zone).day);

function daysOf(view, zone) {
  const day = around(view, zone);
  const from = mondayOf(isWeek(view) ? day : addMonths(day, 0));
  const until = isWeek(view) ? addDays(from, 6) : addDays(mondayOf(addDays(addMonths(day, 1), -1)), 6);
  return Array.from({ length: (Date.parse(until) - Date.parse(from)) / 86_400_000 + 1 },
    (_, at) => addDays(from, at));
}

function drawn(view, found) {
  const { of, days, items, more } = found;
  const byDay = Map.groupBy(
    items.toSorted((one, other) =>
      Date.parse(one.scheduledFor) - Date.parse(other.scheduledFor) || (one.id < other.id ? -1 : 1)
    ),
    post => clock(post.scheduledFor, of.timezone).day
  );
  return [bar(view, found),
    h("p.hint", `Times in ${of.timezone}. `,
      "Drag a post to another day (on a touch screen: long-press it first), or select it and press Shift and an arrow key to move it a day or a week. Enter opens it."),
    more
    && h("div.banner",
      `More than ${MOST} posts in this period: only the newest are shown. Use the week view, or choose an account.`),
    h("div", { className: `calendar ${isWeek(view) ? "week" : "month"}` },
      h("div.weekdays", { ariaHidden: "true" }, WEEKDAYS.map(name => h("span", name))),
      h("div.days", days.map(day => dayOf(view, found, day, byDay.get(day) ?? [])))),
    h("ul.legend", { ariaLabel: "States" },
      Object.entries(POSTS).map(([status, { tone, word }]) =>
        h("li", { key: status }, h("i", { className: `dot ${tone}` }), word)
      ))];
}

function bar(view, { of, accounts }) {
  const week = isWeek(view), day = around(view, of.timezone);
  const step = by => view.with({ day: week ? addDays(day, 7 * by) : addMonths(day, by) });
  const from = mondayOf(day), to = addDays(from, 6);
  const name = week ? `${shortDay(from)} – ${shortDay(to)} ${to.slice(0, 4)}` : monthName(day);
  return h("div.heading",
    h("div.line", h("h2.big", { ariaLive: "polite" }, name),
      h("a.button.small", { href: step(-1), ariaLabel: "Previous" }, "‹"),
      h("a.button.small", { href: view.with({ day: null }) }, "Today"),
      h("a.button.small", { href: step(1), ariaLabel: "Next" }, "›")),
    h("div.tools",
      choice(view, "account", "Account", [["", "All accounts"],
        ...accounts.map(one => [one.socialAccountId, `${one.handle} · ${PLATFORMS[one.platform]}`])]),
      choice(view, "status", "Status", [["", "All states"],
        ...Object.entries(POSTS).map(([status, { word }]) => [status, word])]),
      choice(view, "view", "View", [["", "Month"], ["week", "Week"]]),
      of.status === "active" && view.may("publish:write")
        && h("button.primary", { onclick: () => schedule(view, of, {}).catch(noticeOf) },
          "Schedule a post")));
}

function dayOf(view, found, day, posts) {
  const { of } = found, today = clock(now(), of.timezone).day;
  const isOutside = !isWeek(view) && monthOf(day) !== monthOf(around(view, of.timezone));
  const most = isWeek(view) ? 60 : SEEN;
  const writes = of.status === "active" && view.may("publish:write");
  return h("section", { key: day, "data-day": day, ariaLabel: dayName(day),
    className: `day ${isOutside ? "outside" : ""} ${day === today ? "today" : ""} ${
      day < today ? "past" : ""
    }`, ondragover: event => {
      if (!writes || !event.dataTransfer.types.includes("text/x-post")) return;
      event.preventDefault();
      event.currentTarget.classList.add("target");
    }, ondragleave: ({ currentTarget, relatedTarget }) => {
      if (!currentTarget.contains(relatedTarget)) currentTarget.classList.remove("target");
    }, ondrop: event => onDrop(view, found, event, day) },
    h("div.date",
      h("a", { href: view.with({ view: "week", day }), tabIndex: -1, title: `Week of ${dayName(day)}` },
        h("span.name", `${shortDay(day).split(",")[0].slice(0, 3)} `), Number(day.slice(8))),
      writes && day >= today
        && h("button.quietly.small.add", { ariaLabel: `Schedule a post on ${dayName(day)}`, onclick: () =>
          schedule(view, of, { day }).catch(noticeOf) }, "+")),
    posts.slice(0, most).map(post => chip(view, found, post)),
    posts.length > most
      && h("a.rest", { href: view.with({ view: "week", day }) }, `${posts.length - most} more`));
}

const movable = post => ["queued", "blocked"].includes(post.status);

function chip(view, found, post) {
  const { of, handles, words } = found, { tone, word } = POSTS[post.status];
  const { day, time } = clock(post.scheduledFor, of.timezone);
  const handle = handles.get(post.socialAccountId) ?? PLATFORMS[post.platform];
  const text = post.captionOverride ?? words.get(post.contentId)?.text ?? "";
  const writes = of.status === "active" && movable(post) && view.may("publish:write");
  return h("a", { key: post.id, className: `post ${tone} card-of`,
    href: link(["projects", of.id, "calendar", post.id]), "data-post": post.id, draggable: writes,
    title: `${time} ${handle}: ${word}${text && `\n${text.slice(0, 200)}`}`, ondragstart: event => {
      event.dataTransfer.setData("text/x-post", post.id);
      event.dataTransfer.effectAllowed = "move";
    }, ...writes ? dragListeners(to => moveTo(view, found, post, to)) : {}, onkeydown: event => {
      const by = event.shiftKey && STEPS[event.key];
      if (!by) return;
      event.preventDefault();
      if (writes) moveTo(view, found, post, addDays(day, by));
      else announce(`The post is ${word} and can't be moved.`);
    } }, h("span.when", time, h("span.state", word)),
    h("span.owner", platformDot(post.platform), handle, h("span.unseen", ` on ${PLATFORMS[post.platform]}`)),
    text && h("span.text", text));
}

function onDrop(view, found, event, day) {
  event.currentTarget.classList.remove("target");
  const post = found.items.find(({ id }) => id === event.dataTransfer.getData("text/x-post"));
  if (!post) return;
  event.preventDefault();
  moveTo(view, found, post, day);
}

/** Move a post to another day at the same local time, and keep the focus on it. */
async function moveTo(view, { of }, post, day) {
  const { day: before, time, second } = clock(post.scheduledFor, of.timezone);
  if (day === before) return;
  try {
    await move(view, post, of, `${day}T${time}:${second}`);
    document.querySelector(`[data-post="${CSS.escape(post.id)}"]`)?.focus();
    announce(`Moved to ${dayName(day)}, ${time}`);
  } catch (error) {
    noticeOf(error);
  }
}
