// Icons: stroked paths in a 16 by 16 square.

import { s } from "./dom.js";

const PATHS = { overview: "M2 13h12M4 13V9M8 13V4M12 13V7",
  jobs: "M5 4h9M5 8h9M5 12h9M2 4h.01M2 8h.01M2 12h.01",
  workers: "M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01",
  organizations: "M3 14V3h6v11M9 7h4v7M1.5 14h13M5 6h2M5 9h2",
  leases: "M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 014 4L11 8.5M9 11.5L7.500 13a2.800 2.800 0 01-4-4L5 7.500",
  audit: "M4 2h6l3 3v9H4zM6.500 8h4M6.500 11h4", projects: "M2 4.500h4l1.500 1.500H14V13H2z",
  content: "M2.500 3h11v10h-11zM2.500 10.500l3-3 3 3 2-2 3 3",
  calendar: "M2.500 4h11v9.500h-11zM2.500 7h11M5.500 2v3M10.500 2v3",
  accounts: "M8 8a2.500 2.500 0 100-5 2.500 2.500 0 000 5zM3 14c.5-3 2.500-4 5-4s4.500 1 5 4",
  metrics: "M2 12l4-4 3 2 5-6", apps: "M4.500 2h7v12h-7zM7.500 12h1",
  influencers: "M8 2l1.800 3.800 4.200.5-3.100 2.900.8 4.100L8 11.300l-3.700 2 .8-4.100L2 6.300l4.200-.5z",
  webhooks: "M3 8h7M7 4.500L10.500 8 7 11.500M13 3v10",
  keys: "M10 9.500a3.500 3.500 0 10-3.300-2.300L2 12v2h2.500v-1.500H6V11l1.300-1.300",
  policy: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM6 8l1.500 1.500L10.500 6.500",
  clock: "M8 14A6 6 0 108 2a6 6 0 000 12zM8 4.500V8l2.500 1.500", menu: "M2 4h12M2 8h12M2 12h12",
  theme: "M8 2.500a5.500 5.500 0 100 11zM8 2.500a5.500 5.500 0 010 11",
  find: "M7 12A5 5 0 107 2a5 5 0 000 10zM11 11l3 3",
  help:
    "M8 14A6 6 0 108 2a6 6 0 000 12zM6.500 6.500a1.500 1.500 0 112.200 1.300c-.5.3-.7.600-.7 1.200M8 11.300h.01",
  leave: "M6 3H3v10h3M10.500 5L13.500 8l-3 3M13 8H6" };

export const icon = name =>
  s("svg", { class: "icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    s("path", { d: PATHS[name] ?? PATHS.jobs, fill: "none", stroke: "currentColor", "stroke-width": 1.4,
      "stroke-linecap": "round", "stroke-linejoin": "round" }));
