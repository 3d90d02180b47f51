// Charts of time series: SVG shapes, and the same figures as an accessible table.

import { h, s } from "./dom.js";

const WIDTH = 600, HEIGHT = 140;

/**
 * Draw a chart.
 *
 * `times` are the begins of the buckets; `series`: {name, tone, values, said?}, where a value may be null and
 * `said` is the legend's figure. `kind`: stacked "bars", or "lines". `show` formats a value, `label` a
 * bucket.
 */
export function chart(
  { title, times, series, kind = "lines", show = value => value.toLocaleString("en"), zone, note,
    label = clock }
) {
  const top = roundUp(
    Math.max(...(kind === "bars" ? stacked(series).at(-1) : series.flatMap(({ values }) => values)), 0)
  );
  const empty = series.every(({ values }) =>
    values.every(value => (kind === "bars" ? !value : value == null))
  );
  return h("figure.card.chart", { key: title },
    h("figcaption", h("h2", title),
      h("ul.legend",
        series.map(({ name, tone, said }) =>
          h("li", { key: name }, h("span", { className: `swatch ${tone}` }), name,
            said != null && h("strong", said))
        ))),
    h("div.plot", { onpointermove: event => showCursor(event, { times, series, show, zone, label }),
      onpointerleave: hideCursor },
      h("div.ys", { ariaHidden: "true" }, [top, top / 2, 0].map(value => h("span", show(value)))),
      s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
        "aria-label": `${title}: ${ariaText(series)}` },
        [0, 0.5, 1].map(part =>
          s("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part })
        ), kind === "bars" ? bars(series, top) : lines(series, top)),
      empty && h("p.calm", "No data in this period"), h("div.cursor", { hidden: true }),
      h("div.tip", { hidden: true })),
    h("div.xs", { ariaHidden: "true" },
      [0, Math.floor(times.length / 2), times.length - 1].map(index => h("span", label(times[index], zone)))),
    h("div.below", note && h("span.hint", note), asTable({ title, times, series, show, zone, label })));
}

const ariaText = series =>
  series.map(({ name, said }) => `${name}${said == null ? "" : ` ${said}`}`).join(", ");

/** Round up to 1, 2, 2.5 or 5 times a power of ten. */
function roundUp(value) {
  if (!value) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map(step => step * power).find(step => step >= value);
}

/** Stack each series on the previous ones. */
function stacked(series) {
  const sums = series[0].values.map(() => 0);
  return series.map(({ values }) => values.map((value, index) => (sums[index] += value ?? 0)));
}

function bars(series, top) {
  const upper = stacked(series), step = WIDTH / series[0].values.length;
  return series.map(({ tone, values, name }, place) =>
    s("path", { key: name, class: `bar ${tone}`, d: values.map((value, index) =>
      value
        ? box(index * step + step * 0.12, HEIGHT * (1 - upper[place][index] / top), step * 0.76,
          HEIGHT * value / top)
        : ""
    ).join("") })
  );
}

const box = (x, y, width, height) =>
  `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`;

function lines(series, top) {
  return series.map(({ tone, values, name }) =>
    s("path", { key: name, class: `curve ${tone}`, "vector-effect": "non-scaling-stroke",
      d: curve(values, top) })
  );
}

/** Draw a line through the known values; an isolated value is a short dash. */
function curve(values, top) {
  const step = WIDTH / Math.max(1, values.length - 1);
  return values.map((value, index) => {
    if (value == null) return "";
    const x = (index * step).toFixed(1), y = (HEIGHT * (1 - value / top)).toFixed(1);
    const lone = values[index - 1] == null && values[index + 1] == null;
    return `${index && values[index - 1] != null ? "L" : "M"}${x} ${y}${lone ? "h3" : ""}`;
  }).join("");
}

const clock = (iso, zone) =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }).format(
    new Date(iso)
  );

function showCursor(event, { times, series, show, zone, label }) {
  const plot = event.currentTarget, drawn = plot.querySelector("svg").getBoundingClientRect();
  const part = Math.max(0, Math.min(0.9999, (event.clientX - drawn.left) / drawn.width)),
    index = Math.floor(part * times.length);
  const cursor = plot.querySelector(".cursor"), tip = plot.querySelector(".tip");
  const left = drawn.left - plot.getBoundingClientRect().left + drawn.width * (index + 0.5) / times.length;
  cursor.style.setProperty("left", `${left}px`);
  tip.style.setProperty(
    ...(part > 0.6 ? ["right", `${plot.clientWidth - left + 8}px`] : ["left", `${left + 8}px`])
  );
  tip.style.removeProperty(part > 0.6 ? "left" : "right");
  tip.replaceChildren(h("strong", label(times[index], zone)),
    ...series.map(({ name, tone, values }) =>
      h("div", h("span", { className: `swatch ${tone}` }), `${name} `,
        h("b", values[index] == null ? "–" : show(values[index])))
    ));
  cursor.hidden = tip.hidden = false;
}

function hideCursor(event) {
  for (const one of event.currentTarget.querySelectorAll(".cursor, .tip")) one.hidden = true;
}

const asTable = ({ title, times, series, show, zone, label }) =>
  h("details", h("summary", "Show as a table"),
    h("div.scroll.figures", { tabIndex: 0, role: "region", ariaLabel: `${title}, as a table` },
      h("table", h("thead", h("tr", h("th", { scope: "col" }, "From"), series.map(({ name }) =>
        h("th.number", { scope: "col" }, name)
      ))), h("tbody", times.map((time, index) =>
        h("tr", { key: time }, h("th", { scope: "row" }, label(time, zone)), series.map(({ values }) =>
          h("td.number", values[index] == null ? "–" : show(values[index]))
        ))
      )))));

/** Draw a tile with a figure. */
export const tile = (name, value, { under, tone = "" } = {}) =>
  h("div.tile", { key: name }, h("dt", name), h("dd", { className: tone }, value),
    under && h("dd.hint", under));

/** Draw names with bars by their share, the longest first. */
export const ranking = (items, none) =>
  items.length
    ? h("ul.ranking", items.map(({ name, value, href }) =>
      h("li", { key: name }, h("span.fill", { style: { width: `${100 * value / items[0].value}%` } }),
        href ? h("a", { href }, name) : h("span", name), h("strong", value.toLocaleString("en")))
    ))
    : none;
