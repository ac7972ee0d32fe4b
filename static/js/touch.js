// Fingers on messages: a long press opens what can be done, a swipe to the right answers. Each has a button, too.

const LONG_MS = 450;
const STILL_PX = 10;
const SWIPE_PX = 64;

/**
 * @param {HTMLElement} list
 * @param {{press: (row: HTMLElement) => void, swipe: (row: HTMLElement) => void}} does
 * @param {AbortSignal} signal
 */
export function onTouch(list, { press, swipe }, signal) {
  /** @type {{row: HTMLElement, id: number, x: number, y: number, timer: number, swiping: boolean} | null} */
  let now = null;
  const end = () => {
    if (!now) return;
    window.clearTimeout(now.timer);
    now.row.style.removeProperty('transform');
    now = null;
  };
  list.addEventListener('pointerdown', (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest('.msg[data-seq]'));
    end();
    if (event.pointerType === 'mouse' || !event.isPrimary || !row || target.closest('button, a')) return;
    const timer = window.setTimeout(() => {
      end();
      press(row);
    }, LONG_MS);
    now = { row, id: event.pointerId, x: event.clientX, y: event.clientY, timer, swiping: false };
  }, { signal });
  list.addEventListener('pointermove', (event) => {
    if (!now || event.pointerId !== now.id) return;
    const [right, down] = [(event.clientX - now.x) * (document.dir === 'rtl' ? -1 : 1), Math.abs(event.clientY - now.y)];
    if (Math.hypot(right, down) > STILL_PX) window.clearTimeout(now.timer);
    if (!now.swiping && down > STILL_PX) end();
    else if (now.swiping || right > STILL_PX) {
      now.swiping = true;
      now.row.style.setProperty('transform', `translateX(${Math.min(SWIPE_PX * 1.25, Math.max(0, right)) * (document.dir === 'rtl' ? -1 : 1)}px)`);
    }
  }, { signal });
  list.addEventListener('pointerup', (event) => {
    if (!now || event.pointerId !== now.id) return;
    const { row, x, swiping } = now;
    const right = (event.clientX - x) * (document.dir === 'rtl' ? -1 : 1);
    end();
    if (swiping && right >= SWIPE_PX) swipe(row);
  }, { signal });
  list.addEventListener('pointercancel', end, { signal });
  // The browser's own menu of a long press on a telephone.
  list.addEventListener('contextmenu', (event) => {
    if (/** @type {PointerEvent} */ (event).pointerType === 'touch') event.preventDefault();
  }, { signal });
}
