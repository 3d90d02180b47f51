// The beat of what refreshes in place. It rests while nobody looks and while it is switched off.

const OFF = "tenantry.still";

export const refreshing = {
  get on() { return sessionStorage.getItem(OFF) === null; },
  toggle() {
    if (this.on) sessionStorage.setItem(OFF, "1");
    else sessionStorage.removeItem(OFF);
  },
};

/**
 * Repeats while the screen is open, one after the other. A page that comes back to sight is refreshed at
 * once.
 */
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
