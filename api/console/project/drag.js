// Drag and drop by touch: a long press lifts a post, since a swipe scrolls. (A mouse uses HTML drag and
// drop.)

const HELD_MS = 400, STRAYS = 10, EDGE = 72, SCROLL = 12, CLICK_MS = 500;

/** Suppress the click that follows a drop. */
const stay = (event) => event.preventDefault();

let hold = null;

/**
 * Return the listeners of a draggable element; `drop` gets the target day.
 *
 * Browsers need the `touchmove` listener before the touch begins: one added later can't stop scrolling.
 */
export const carried = (drop) => ({
  onpointerdown: (event) => { if (event.pointerType !== "mouse" && event.isPrimary) hold = new Hold(event,
    drop); },
  ontouchmove: (event) => { if (hold?.lifted && event.cancelable) event.preventDefault(); },
});

/** One touch on a post, from begin to end. */
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
   * Lift the post: show all days, including those hidden on narrow screens, and keep the post under the
   * finger.
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

  /** Scroll the page while the post is held near an edge. */
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
