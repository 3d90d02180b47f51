// Local days and times of a zone, for display only: the API resolves local times.

const DAY_MS = 86_400_000;
const formats = new Map();

function format(zone) {
  if (!formats.has(zone)) {
    formats.set(zone,
      new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit",
        day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  }
  return formats.get(zone);
}

/** Return the local time of an instant: {day: "2026-11-01", time: "07:30"}. */
export function clock(instant, zone) {
  const parts = Object.fromEntries(
    format(zone).formatToParts(new Date(instant)).map(({ type, value }) => [type, value])
  );
  return { day: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}`,
    second: parts.second };
}

/** Add days to a calendar day. */
export function addDays(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export const monthOf = day => day.slice(0, 7);

/** Return the first day of the month `months` after a day's. */
export function addMonths(day, months) {
  const [year, month] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
}

/** Return the Monday of a day's week. */
export function mondayOf(day) {
  return addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
}

/** Return the first instant of a day, also where a clock change skips midnight. */
export function startOfDay(day, zone) {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const offsets = [-DAY_MS, DAY_MS].map(by => offset(midnight + by, zone));
  const starts = offsets.map(by => midnight - by).filter(at =>
    clock(at, zone).day === day && clock(at - 1, zone).day !== day
  );
  return new Date(Math.min(...(starts.length ? starts : offsets.map(by => midnight - by))));
}

/** Return a zone's UTC offset at an instant, in milliseconds. */
function offset(instant, zone) {
  const { day, time, second } = clock(instant, zone);
  return Date.parse(`${day}T${time}:${second}Z`) - Math.floor(instant / 1000) * 1000;
}

/** Format an instant for a query: UTC, with Z. */
export const utc = instant => new Date(instant).toISOString().replace(".000Z", "Z");

const formatter = options => day =>
  new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));

export const dayName = formatter({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const shortDay = formatter({ weekday: "short", day: "numeric", month: "short" });
export const monthName = formatter({ month: "long", year: "numeric" });

/** Format an instant in a zone. */
export function inZone(iso, zone) {
  const { day, time } = clock(iso, zone);
  return `${shortDay(day)}, ${time}`;
}
