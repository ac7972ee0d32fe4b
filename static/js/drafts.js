// What is written and not sent: a text, what it answers, or the change of a message that is under way. Kept
// for each conversation on this device.

/**
 * `was`: the text that is being changed. `beside`: what stood in the field before the change began.
 * @typedef {{seq: number, rev: number, was: string, beside: string}} Change
 * @typedef {{text: string, reply: number | null, edit: Change | null}} Written
 */

const NONE = { text: '', reply: null, edit: null };
const prefixOf = (/** @type {string} */ account) => `allthrive.draft.${account}.`;

/** @param {string | null} kept @returns {Written} */
function understood(kept) {
  try {
    return { ...NONE, ...JSON.parse(kept ?? '{}') };
  } catch {
    return { ...NONE };
  }
}

/** As it stands in storage; `null` if there is nothing to keep. @param {Written} draft */
const written = ({ text, reply, edit }) => (text || reply !== null || edit ? JSON.stringify({ text, reply, edit }) : null);

/**
 * The draft of one conversation as one tab has it. Tabs of an account share it: what is written in one stands in the
 * others, what is sent in one is gone there, too; but a tab that has something else than what was changed keeps it. Whoever
 * writes last is kept for the next page.
 */
export class Draft {
  /** @param {string} account @param {string} room */
  constructor(account, room) {
    this.key = prefixOf(account) + room;
    /** What this tab has. */
    this.kept = localStorage.getItem(this.key);
    this.ends = new AbortController();
  }

  read() {
    return understood(this.kept);
  }

  /** @param {Written} draft */
  keep(draft) {
    const now = written(draft);
    if (now === this.kept) return;
    this.kept = now;
    try {
      if (now === null) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, now);
    } catch {
      // Storage is full or forbidden: the text is in the field and does not survive a reload.
    }
  }

  /**
   * Another tab goes on from what stands here.
   * @param {() => boolean} mayChange not while a word is being put together
   * @param {(draft: Written) => void} hear
   */
  follow(mayChange, hear) {
    window.addEventListener('storage', ({ key, oldValue, newValue }) => {
      if (key !== this.key || oldValue !== this.kept || !mayChange()) return;
      this.kept = newValue;
      hear(this.read());
    }, { signal: this.ends.signal });
  }

  close() {
    this.ends.abort();
  }
}

/** For signing out. @param {string} account */
export function clearDrafts(account) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefixOf(account))) localStorage.removeItem(key);
}
