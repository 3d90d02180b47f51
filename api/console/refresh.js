// Refresh timer. It pauses while the page is hidden or refreshing is off.

const OFF = "tenantry.still";

export const refreshing = { get on() {
  return sessionStorage.getItem(OFF) === null;
}, toggle() {
  if (this.on) sessionStorage.setItem(OFF, "1");
  else sessionStorage.removeItem(OFF);
} };

/** Repeat `work` until `signal` aborts, without overlap; also when the page becomes visible. */
export function every(milliseconds, work, signal) {
  let busy = false;
  const beat = async () => {
    if (busy || document.hidden || !refreshing.on) return;
    busy = true;
    await work().catch(() => {});
    busy = false;
  };
  const timer = setInterval(beat, milliseconds);
  document.addEventListener("visibilitychange", beat, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
}
