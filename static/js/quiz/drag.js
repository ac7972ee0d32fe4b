// Rows of a list moved by dragging their grip, with a mouse, a finger or a pen; buttons do the same for keys.

/**
 * @param {HTMLElement} list its rows have `data-at`
 * @param {(from: number, to: number) => void} move
 */
export function dragRows(list, move) {
  list.addEventListener('pointerdown', (event) => {
    const grip = /** @type {HTMLElement} */ (event.target).closest('.qitem__grip');
    const row = grip?.closest('[data-at]');
    if (!(row instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    // What was kept meanwhile draws the rows anew: they are asked for each time.
    const rows = () => /** @type {HTMLElement[]} */ ([...list.children]);
    const from = rows().indexOf(row);
    let to = from;
    let isOver = false;
    const show = () => rows().forEach((other, at) => {
      other.classList.toggle('is-dragged', at === from && !isOver);
      other.classList.toggle('is-before', at === to && to < from);
      other.classList.toggle('is-after', at === to && to > from);
    });
    const moved = (/** @type {PointerEvent} */ now) => {
      const over = rows().findIndex((other) => now.clientY < other.getBoundingClientRect().bottom);
      to = over < 0 ? rows().length - 1 : over;
      show();
    };
    const end = (/** @type {Event} */ how) => {
      for (const [name, heard] of /** @type {const} */ ([['pointermove', moved], ['pointerup', end], ['pointercancel', end], ['keydown', stop]])) document.removeEventListener(name, /** @type {any} */ (heard), true);
      isOver = true;
      const wanted = how.type === 'pointerup' ? to : from;
      to = from;
      show();
      if (wanted !== from) move(from, wanted);
    };
    const stop = (/** @type {KeyboardEvent} */ key) => key.key === 'Escape' && end(key);
    show();
    document.addEventListener('pointermove', moved, true);
    document.addEventListener('pointerup', end, true);
    document.addEventListener('pointercancel', end, true);
    document.addEventListener('keydown', stop, true);
  });
}
