// Drag and drop by touch: a long press lifts a post, since a swipe scrolls. (A mouse uses HTML drag and
// drop.)

const LONG_PRESS_MS = 400;
const MOVE_TOLERANCE_PX = 10;
const EDGE_PX = 72;
const SCROLL_PX = 12;
const CLICK_MS = 500;

/** Suppress the click that follows a drop. */
const preventClick = event => event.preventDefault();

let drag = null;

/**
 * Return the listeners of a draggable element; `drop` gets the target day.
 *
 * Browsers need the `touchmove` listener before the touch begins: one added later can't stop scrolling.
 */
export const dragListeners = drop => ({ onpointerdown: event => {
  if (event.pointerType !== "mouse" && event.isPrimary) drag = new TouchDrag(event, drop);
}, ontouchmove: event => {
  if (drag?.lifted && event.cancelable) event.preventDefault();
} });

/** One touch on a post, from begin to end. */
class TouchDrag {
  constructor({ currentTarget, pointerId, clientX, clientY }, drop) {
    Object.assign(this, { post: currentTarget, pointerId, drop, from: { x: clientX, y: clientY },
      at: { x: clientX, y: clientY } });
    this.calendar = this.post.closest(".calendar");
    this.post.draggable = false;
    this.ended = new AbortController();
    this.timer = setTimeout(() => this.lift(), LONG_PRESS_MS);
    this.listen("pointermove", event => this.move(event));
    this.listen("pointerup", () => this.end(this.day));
    this.listen("pointercancel", () => this.end(null));
    this.listen("contextmenu", event => event.preventDefault());
  }

  listen(type, act) {
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
    this.autoScroll();
  }

  move({ pointerId, clientX, clientY }) {
    if (pointerId !== this.pointerId) return;
    this.at = { x: clientX, y: clientY };
    if (this.lifted) this.show();
    else if (Math.hypot(clientX - this.from.x, clientY - this.from.y) > MOVE_TOLERANCE_PX) this.end(null);
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
  autoScroll() {
    if (this.ended.signal.aborted) return;
    const step = this.at.y < EDGE_PX ? -SCROLL_PX : this.at.y > innerHeight - EDGE_PX ? SCROLL_PX : 0;
    if (step) {
      scrollBy(0, step);
      this.show();
    }
    requestAnimationFrame(() => this.autoScroll());
  }

  get day() {
    return this.lifted && this.over ? this.over.dataset.day : null;
  }

  end(day) {
    drag = null;
    clearTimeout(this.timer);
    this.ended.abort();
    this.over?.classList.remove("target");
    this.calendar.classList.remove("carrying");
    this.post.classList.remove("carried");
    this.post.style.translate = "";
    this.post.draggable = true;
    if (this.lifted)
      this.post.addEventListener("click", preventClick, { once: true,
        signal: AbortSignal.timeout(CLICK_MS) });
    if (day) this.drop(day);
  }
}
