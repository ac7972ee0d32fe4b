// How long to wait before one connects again: longer after each failure, and not everybody at the same moment.

const FIRST_MS = 500;
const MOST_MS = 30_000;

/** @param {number} failures how often it has failed before @returns {number} milliseconds, between half of it and the whole */
export const pauseAfter = (failures) => Math.min(MOST_MS, FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2);
