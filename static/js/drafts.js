// What is written and not sent: a text, what it answers, or the change of a message that is under way. Kept
// for each conversation on this device.

/**
 * `was`: the text that is being changed. `beside`: what stood in the field before the change began.
 * @typedef {{seq: number, rev: number, was: string, beside: string}} Change
 * @typedef {{text: string, reply: number | null, edit: Change | null}} Draft
 */

const NONE = { text: '', reply: null, edit: null };
const prefixOf = (/** @type {string} */ account) => `allthrive.draft.${account}.`;

/** @param {string} account @param {string} room @returns {Draft} */
export function readDraft(account, room) {
  const kept = localStorage.getItem(prefixOf(account) + room);
  if (!kept) return { ...NONE };
  try {
    return { ...NONE, ...JSON.parse(kept) };
  } catch {
    return { ...NONE };
  }
}

/** @param {string} account @param {string} room @param {Draft} draft */
export function keepDraft(account, room, draft) {
  if (!draft.text && draft.reply === null && !draft.edit) {
    localStorage.removeItem(prefixOf(account) + room);
    return;
  }
  try {
    localStorage.setItem(prefixOf(account) + room, JSON.stringify(draft));
  } catch {
    // Storage is full or forbidden: the text is in the field and does not survive a reload.
  }
}

/** For signing out. @param {string} account */
export function clearDrafts(account) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefixOf(account))) localStorage.removeItem(key);
}
