// A post that a finger carries to another day: held for a moment, since a swipe scrolls. (A mouse drags as
// HTML does.)

const HELD_MS = 400, STRAYS = 10, EDGE = 72, SCROLL = 12, CLICK_MS = 500;

/** What was carried isn't opened by the finger that leaves it. */
const stay = (event) => event.preventDefault();

let hold = null;

/**
 * Listeners of what may be carried; `drop` gets the day on which it is let go. That nothing scrolls below a
 * lifted post, a browser wants to know as the finger comes: a listener that is added later can't say so.
 */
export const carried = (drop) => ({
  onpointerdown: (event) => { if (event.pointerType !== "mouse" && event.isPrimary) hold = new Hold(event,
    drop); },
  ontouchmove: (event) => { if (hold?.lifted && event.cancelable) event.preventDefault(); },
});

/** A finger on a post, from its touch to its end. */
class Hold {
  constructor({ currentTarget, pointerId, clientX, clientY }, drop) {
    Object.assign(this, { post: currentTarget, pointerId, drop, from: { x: clientX, y: clientY },
      at: { x: clientX, y: clientY } });
    this.calendar = this.post.closest(".calendar");
    this.post.draggable = false;
    this.ended = new AbortController();
    this.timer = setTimeout(() => this.lift(), HELD_MS);
    this.hear("pointermove", (event) => this.move(event));
    this.hear("pointerup", () => this.end(this.day));
    this.hear("pointercancel", () => this.end(null));
    this.hear("contextmenu", (event) => event.preventDefault());
  }

  hear(type, act) {
    this.post.addEventListener(type, act, { signal: this.ended.signal });
  }

  /**
   * All days are there to drop it on, those too that a narrow screen leaves out; it stays under the finger.
   */
  lift() {
    const before = this.post.getBoundingClientRect().top;
    this.lifted = true;
    this.calendar.classList.add("carrying");
    this.post.classList.add("carried");
    scrollBy(0, this.post.getBoundingClientRect().top - before);
    this.scrolled = scrollY;
    this.roll();
  }

  move({ pointerId, clientX, clientY }) {
    if (pointerId !== this.pointerId) return;
    this.at = { x: clientX, y: clientY };
    if (this.lifted) this.show();
    else if (Math.hypot(clientX - this.from.x, clientY - this.from.y) > STRAYS) this.end(null);
  }

  show() {
    const { x, y } = this.at;
    this.post.style.translate = `${x - this.from.x}px ${y - this.from.y + scrollY - this.scrolled}px`;
    const over = document.elementFromPoint(x, y)?.closest("[data-day]") ?? null;
    if (over === this.over) return;
    this.over?.classList.remove("target");
    over?.classList.add("target");
    this.over = over;
  }

  /** The page goes on below it where it is held at an edge. */
  roll() {
    if (this.ended.signal.aborted) return;
    const by = this.at.y < EDGE ? -SCROLL : this.at.y > innerHeight - EDGE ? SCROLL : 0;
    if (by) {
      scrollBy(0, by);
      this.show();
    }
    requestAnimationFrame(() => this.roll());
  }

  get day() {
    return this.lifted && this.over ? this.over.dataset.day : null;
  }

  end(day) {
    hold = null;
    clearTimeout(this.timer);
    this.ended.abort();
    this.over?.classList.remove("target");
    this.calendar.classList.remove("carrying");
    this.post.classList.remove("carried");
    this.post.style.translate = "";
    this.post.draggable = true;
    if (this.lifted) this.post.addEventListener("click", stay,
      { once: true, signal: AbortSignal.timeout(CLICK_MS) });
    if (day) this.drop(day);
  }
}
