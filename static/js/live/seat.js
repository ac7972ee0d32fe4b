// What this browser keeps of a session: the key that makes a guest the same player again, the token that lets in, the
// name and the answer that was not acknowledged yet. It is kept until the session is over.

/**
 * @typedef {object} Seat
 * @property {string} [key] 128 bits, made here
 * @property {string} [token] from `live/join`
 * @property {string} [screen] the token of a screen
 * @property {string} [title]
 * @property {string} [name]
 * @property {string} [factor]
 * @property {{q: number, round: number, value: any}} [draft] what the form holds
 * @property {{q: number, round: number, cmid: string, choice: any} | null} [unsent]
 */

/** @param {string} room */
const place = (room) => `allthrive.live.${room}`;

/** @param {string} room @returns {Seat} */
export function seatOf(room) {
  try {
    return JSON.parse(localStorage.getItem(place(room)) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {string} room @param {Seat} change */
export function keepSeat(room, change) {
  const seat = { ...seatOf(room), ...change };
  try {
    localStorage.setItem(place(room), JSON.stringify(seat));
  } catch {
    // No storage: a reload asks for the name again.
  }
  return seat;
}

/** 128 random bits, unpadded base64url. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The session of `/live/{id}` and what follows it. */
export const roomOfPage = () => location.pathname.split('/')[2] ?? '';
