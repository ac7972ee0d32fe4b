// What the page says about its connection and its host, above the game; and that the phone stays awake.

import { announce, el, icon } from '../dom.js';
import { say } from '../words.js';

const PATIENCE_MS = 2000;
const BACK_MS = 4000;
let since = 0;
let shown = '';
let backUntil = 0;

/** @param {import('./game.js').Game} game */
function weather(game) {
  if (game.stage === 'in' && !game.isOnline) {
    since ||= performance.now();
    if (performance.now() - since >= PATIENCE_MS) return 'lost';
    return shown === 'lost' ? 'lost' : '';
  }
  since = 0;
  if (performance.now() < backUntil) return 'back';
  return game.stage === 'in' && game.flags.host_away && game.role !== 'owner' && game.role !== 'cohost' ? 'away' : '';
}

/** Shows what there is to say. @param {import('./game.js').Game} game @param {HTMLElement} place */
export function lost(game, place) {
  const now = weather(game);
  if (now === shown) return;
  shown = now;
  const seconds = Math.ceil((game.left() ?? 0) / 1000);
  const timed = game.view?.event === 'quiz.open' && game.left() !== undefined;
  const lines = {
    lost: ['', 'offline', say('live.connection-lost'), timed ? say('live.coming-back-left', { n: seconds }) : say('live.coming-back')],
    back: ['banner--good', 'check', timed ? say('live.back-left', { n: seconds }) : say('live.back'), say('live.nothing-lost')],
    away: ['', 'clock', say('live.host-away'), say('live.host-away-line')],
  };
  const line = /** @type {any} */ (lines)[now];
  place.replaceChildren(...(line ? [el('div', { class: `banner ${line[0]}`.trim() }, icon(line[1]), el('span', { class: 'grow' }, el('strong', {}, line[2]), ` ${line[3]}`))] : []));
  if (line) announce(`${line[2]} ${line[3]}`);
}

/** We are in again after a loss. @param {import('./game.js').Game} game @param {HTMLElement} place */
export function rejoined(game, place) {
  if (game.times > 1 && shown === 'lost') backUntil = performance.now() + BACK_MS;
  lost(game, place);
}

/** The screen stays on while the page is shown, where the platform can do that. */
export function keepAwake() {
  const ask = () => {
    if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => {});
  };
  document.addEventListener('visibilitychange', ask);
  ask();
}
