// The host's desk: one big button whose label says what happens next, and everything that helps beside it. The key and
// the notes stand here and nowhere else.

import { copied } from '../copy.js';
import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { ask, steadyKey } from '../question.js';
import { Refused, accessExpires, call, refresh } from '../session.js';
import { figure, say, sayBy } from '../words.js';
import { boardTable, podiumSteps, teamTable } from './board.js';
import { Game } from './game.js';
import { Ring, ticking } from './ring.js';
import { rematch } from './launch.js';
import { Players } from './players.js';
import { roomOfPage } from './seat.js';
import { bars, solutionWords } from './tiles.js';
import { keepAwake, lost, rejoined } from './weather.js';

const room = roomOfPage();
const MORE_MS = 10_000;
const game = new Game({ room, join: () => ({}), account: { refresh, ticket: async () => (await call('POST', 'auth/ws-ticket')).ticket, expires: accessExpires } });
const players = new Players(game, () => figures());

/** @type {Ring | null} */
let ring = null;
let drawn = '';
let phase = '';
/** Whether a step is on its way. */
let busy = false;

/** What the big button does in each phase. @param {any} d @returns {{step: string, label: string} | null} */
function next(d) {
  if (game.flags.paused) return { step: 'resume', label: say('live.go-on') };
  const last = d.head && d.head.q + 1 >= d.head.of;
  const after = last ? say('live.to-podium') : say('live.next-question', { n: (d.head?.q ?? d.q ?? 0) + 2, of: d.head?.of ?? d.of ?? 0 });
  switch (game.view?.event) {
    case 'quiz.lobby': return d.starts_in_ms === undefined ? { step: 'start', label: say('live.start-for', { n: game.count?.players ?? d.players }) } : null;
    case 'quiz.intro': return d.head.type === 'slide' ? { step: 'next', label: after } : { step: 'open', label: say('live.show-options') };
    case 'quiz.open': return { step: 'close', label: say('live.close-answers') };
    case 'quiz.locked': return { step: 'reveal', label: say('live.show-votes') };
    case 'quiz.votes': return { step: 'reveal', label: say('live.show-answer') };
    case 'quiz.solution': return { step: 'next', label: d.to_scoreboard === false ? after : say('live.go-on-next') };
    case 'quiz.scoreboard': return { step: 'next', label: d.q + 1 >= d.of ? say('live.to-podium') : say('live.next-question', { n: d.q + 2, of: d.of }) };
    case 'quiz.podium': return { step: 'end', label: say('live.end-session') };
    default: return null;
  }
}

/** One step, by the revision that is shown: a second press of the same does nothing. @param {any} step */
async function step(step) {
  if (busy || game.stage !== 'in') return;
  busy = true;
  try {
    await game.client.write('quiz.control', room, { rev: game.view?.seq, ...step });
  } catch (error) {
    const refusal = /** @type {any} */ (error);
    // Another host was quicker, or a timer: what is shown now is newer than what was pressed.
    if (refusal.code === 'rev_conflict') await game.sync().catch(() => {});
    else announce(refusal.message);
  }
  busy = false;
  drawn = '';
  draw();
}

/** @param {string} title @param {string} text @param {string} verb @param {any} what */
const sure = (title, text, verb, what) => ask({ title, text, verb, keep: say('live.keep-playing'), busy: say('live.ending'), work: async () => {
  await step(what);
  return verb;
} });

/** Somebody else keeps the game with the owner: all of it, or order among the players. */
function hosts() {
  const keyFor = steadyKey();
  const name = el('input', { class: 'input', id: 'host-name', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' });
  const role = el('select', { class: 'input select', id: 'host-role' }, ...[['cohost', say('live.cohost')], ['moderator', say('live.moderator')], ['', say('live.no-host')]].map(([value, label]) => el('option', { value }, label)));
  ask({ title: say('live.hosts'), text: say('live.hosts-text'), verb: say('live.hosts-verb'), keep: say('live.leave-it'), busy: say('live.sending'), bad: false,
    fields: [el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'host-name' }, say('live.hosts-name')), name), el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'host-role' }, say('live.hosts-role')), role)],
    work: async () => {
      const body = { username: name.value.trim(), role: role.value || null };
      await call('POST', `live/${room}/hosts`, { body, key: keyFor(body) });
      return say('live.hosts-done', { name: body.username });
    } });
}

/** @type {Record<string, {key: string, icon: string, label: () => string, does: () => void, shown: () => boolean}>} */
const TOOLS = {
  extend: { key: 'E', icon: 'plus', label: () => say('live.ten-more'), does: () => void step({ step: 'extend', ms: MORE_MS }), shown: () => game.view?.event === 'quiz.open' && !game.flags.paused && game.left() !== undefined },
  pause: { key: 'P', icon: 'pause', label: () => say('live.pause'), does: () => void step({ step: game.flags.paused ? 'resume' : 'pause' }), shown: () => ['quiz.intro', 'quiz.open', 'quiz.solution', 'quiz.scoreboard'].includes(game.view?.event ?? '') && !game.flags.paused },
  skip: { key: 'S', icon: 'skip', label: () => say('live.skip'), does: () => sure(say('live.skip-title'), say('live.skip-text'), say('live.skip-verb'), { step: 'skip' }), shown: () => ['quiz.intro', 'quiz.open', 'quiz.locked'].includes(game.view?.event ?? '') },
  lock: { key: 'L', icon: 'lock', label: () => (game.flags.locked ? say('live.unlock') : say('live.lock')), does: () => void step({ step: game.flags.locked ? 'unlock' : 'lock' }), shown: () => !['quiz.podium', 'quiz.ended'].includes(game.view?.event ?? '') },
  void: { key: '', icon: 'retry', label: () => say('live.void'), does: () => sure(say('live.void-title'), say('live.void-text'), say('live.void-verb'), { step: 'void', q: game.view?.d.head.q }), shown: () => ['quiz.open', 'quiz.votes', 'quiz.solution'].includes(game.view?.event ?? '') && !game.view?.d.voided },
  hosts: { key: '', icon: 'people', label: () => say('live.hosts'), does: hosts, shown: () => game.role === 'owner' && !['quiz.podium', 'quiz.ended'].includes(game.view?.event ?? '') },
  end: { key: '', icon: 'stop', label: () => say(game.view?.event === 'quiz.lobby' ? 'live.cancel-game' : 'live.end-game'), does: () => sure(say('live.end-title', { n: game.count?.players ?? 0 }), say(game.view?.event === 'quiz.lobby' ? 'live.cancel-text' : 'live.end-text'), say('live.end-verb'), { step: 'end' }), shown: () => !['quiz.podium', 'quiz.ended'].includes(game.view?.event ?? '') },
};

const panel = (/** @type {string} */ label, /** @type {any[]} */ ...content) => el('section', { class: 'host__panel', 'aria-label': label }, ...content.filter(Boolean));
const key = (/** @type {string} */ letter) => letter && el('kbd', { class: 'key' }, letter);

/** @param {any} head */
function steps(head) {
  return el('div', { class: 'steps', role: 'img', 'aria-label': say('live.steps', { n: head.q, now: head.q + 1 }) }, ...Array.from({ length: head.of }, (_, at) => el('i', { class: at < head.q ? 'is-done' : at === head.q ? 'is-now' : undefined })));
}

/** The question with its key and how the votes stand. @param {any} d */
function question(d) {
  const { head } = d;
  const key = d.key ?? d.solution;
  ring = game.left() !== undefined && (game.view?.event === 'quiz.open' || game.view?.event === 'quiz.intro') ? new Ring(() => game.left(), head.limit_ms ?? game.left() ?? 1, { paused: Boolean(game.flags.paused), silent: true }) : null;
  const facts = [say('live.question-of', { n: head.q + 1, of: head.of }), head.limit_ms && say('live.n-seconds', { n: head.limit_ms / 1000 }), head.type !== 'slide' && say('live.n-points', { n: head.points })].filter(Boolean).join(', ');
  const votes = game.tally?.q === head.q && game.tally?.round === head.round ? game.tally.votes : (d.votes ?? { answered: 0, options: {} });
  const list = d.form?.options ? bars(d.form.options, votes, key?.is === 'options' ? key.right : [], { lang: head.language, label: say('live.only-you'), key: game.view?.event === 'quiz.solution' ? say('live.correct') : say('live.key') }) : null;
  const words = key && !d.form?.options ? solutionWords(key, d.form ?? {}) : [];
  return panel(say('live.question'), el('div', { class: 'row row--between small quiet' }, el('span', { class: 'num' }, facts), head.pin && el('span', { class: 'num nowrap' }, 'PIN ', el('strong', {}, head.pin.replace(/^(\d{3})/, '$1 ')))),
    steps(head), el('div', { class: 'host__now' }, ring?.node, el('h1', { tabindex: '-1', id: 'q', lang: head.language, dir: 'auto' }, head.stem)),
    el('div', { id: 'bars' }, list), words.length > 0 && el('div', { class: 'notes' }, el('strong', {}, say('live.key')), ' ', words.join(' · ')),
    (votes.written ?? []).length > 0 && !d.form?.options && el('ul', { class: 'names' }, ...votes.written.map((/** @type {[string, number]} */ [text, n]) => el('li', { dir: 'auto' }, text, ` × ${figure(n)}`))),
    d.explanation && el('div', { class: 'explain' }, el('h2', {}, say('live.why')), el('p', { dir: 'auto', lang: head.language }, d.explanation)),
    d.notes && el('div', { class: 'notes' }, el('strong', {}, say('live.your-notes')), ' ', el('span', { dir: 'auto' }, d.notes)));
}

/** @param {any} d */
function lobby(d) {
  const link = `${location.origin}/join#${d.door.link.split('#')[1] ?? d.door.link.split('/').pop()}`;
  const copy = el('button', { class: 'btn btn--line', type: 'button', onclick: async () => {
    const door = d.door.link || link;
    announce((await copied(door)) ? say('live.copied') : say('first.not-copied', { link: door }));
  } }, icon('copy'), say('live.copy-link'));
  return panel(say('live.lobby'), el('h1', { tabindex: '-1', id: 'q', dir: 'auto' }, d.title), el('p', { class: 'quiet' }, say('live.lobby-host', { n: d.of })),
    el('p', { class: 'lobby__pin host__pin' }, el('span', { class: 'vh' }, say('live.pin-is', { pin: [...d.door.pin].join(' ') })), el('span', { 'aria-hidden': 'true' }, d.door.pin.replace(/^(\d{3})/, '$1 '))),
    el('p', {}, say('live.join-at', { address: `${location.host}/join` })), el('div', { class: 'row row--wrap' }, copy, el('a', { class: 'btn btn--line', href: `/live/${room}/screen`, target: '_blank', rel: 'noopener' }, icon('full'), say('live.open-screen'))),
    d.with_more_time > 0 && el('p', { class: 'small quiet' }, say('live.with-more-time', { n: d.with_more_time })));
}

/** What there is to do once it is over. @param {any} d @param {string} look of the report's button */
function after(d, look) {
  const again = () => el('button', { class: 'btn btn--line', type: 'button', onclick: async () => {
    try {
      await rematch(room);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      announce(error.message);
    }
  } }, icon('retry'), say('launch.again'));
  const next = d.rematch && el('a', { class: 'btn btn--live', href: `/live/${d.rematch}/host` }, icon('play'), say('launch.to-next'));
  return el('div', { class: 'row row--wrap' }, el('a', { class: `btn ${look}`, href: `/live/${room}/report` }, icon('list'), say('live.report')), d.reason === 'cancelled' || d.reason === 'expired' ? null : next || again());
}

/** @type {Record<string, (d: any) => any>} */
const PHASES = {
  'quiz.lobby': lobby,
  'quiz.intro': question, 'quiz.open': question, 'quiz.closing': question, 'quiz.locked': question, 'quiz.votes': question, 'quiz.solution': question,
  'quiz.scoreboard': (d) => panel(say('live.scoreboard'), el('h1', { tabindex: '-1', id: 'q' }, say('live.after-question', { n: d.q + 1 })), boardTable(d.top, say('live.scoreboard')), d.teams?.length > 0 && teamTable(d.teams)),
  'quiz.podium': (d) => panel(say('live.podium'), el('h1', { tabindex: '-1', id: 'q' }, say('live.well-played', { n: d.players })), d.ranked && podiumSteps(d.steps), d.teams?.length > 0 && teamTable(d.teams), after(d, 'btn--line')),
  'quiz.ended': (d) => panel(say('live.over'), el('h1', { tabindex: '-1', id: 'q' }, say('live.over')), el('p', { dir: 'auto' }, d.title), after(d, 'btn--act')),
};

/** What is said where there is no game to show. @type {Record<string, string>} */
const ASIDE = { superseded: 'live.host-elsewhere', gone: 'live.no-game', signed_out: 'live.signed-out', asking: 'live.not-host' };

function aside() {
  const text = sayBy(ASIDE[game.stage] ?? 'live.connecting');
  return panel(text, el('h1', { tabindex: '-1', id: 'q' }, text), game.stage === 'superseded' && el('button', { class: 'btn btn--act', type: 'button', onclick: () => location.reload() }, say('live.host-here')),
    game.stage === 'signed_out' && el('a', { class: 'btn btn--act', href: `/signin?next=${encodeURIComponent(location.pathname)}` }, say('live.sign-in')));
}

function draw() {
  lost(game, byId('weather'));
  byId('line').replaceChildren(icon(game.isOnline ? 'check' : 'offline'), ` ${say(game.isOnline ? 'live.connected' : 'live.not-connected')}`);
  byId('line').className = `badge ${game.isOnline ? 'badge--good' : 'badge--warn'}`;
  const d = game.view?.d;
  const what = JSON.stringify([game.stage, game.view?.event, game.view?.seq, game.flags, busy]);
  if (what === drawn) return figures();
  drawn = what;
  ring = null;
  const inside = game.stage === 'in' && d;
  byId('now').replaceChildren(inside ? (PHASES[game.view?.event ?? '']?.(d) ?? aside()) : aside());
  const big = inside ? next(d) : null;
  byId('primary').replaceChildren(...(big ? [el('button', { class: 'btn btn--live btn--lg btn--wide', type: 'button', 'aria-disabled': busy ? 'true' : undefined, onclick: () => void step({ step: big.step }) }, el('span', { id: 'big' }, big.label), ' ', key(say('live.space')))] : []));
  const tools = inside ? Object.values(TOOLS).filter((tool) => tool.shown()) : [];
  byId('tools').replaceChildren(...tools.map((tool) => el('button', { class: `btn ${tool.icon === 'stop' ? 'btn--bad-line' : 'btn--line'}`, type: 'button', onclick: tool.does }, el('span', { class: 'row' }, icon(tool.icon), ` ${tool.label()}`), key(tool.key))));
  byId('tools').parentElement.hidden = tools.length === 0;
  const title = d?.head ? say('live.hosting', { n: d.head.q + 1, of: d.head.of }) : (d?.title ?? say('live.host'));
  document.title = `${title} – AllThrive`;
  const now = `${game.stage} ${game.view?.event} ${d?.head?.q} ${d?.head?.round}`;
  if (now !== phase) {
    phase = now;
    players.anew();
    if (!document.querySelector('dialog[open]')) byId('now').querySelector('h1')?.focus();
  }
  figures();
}

/** What changes without a new view. */
function figures() {
  const d = game.view?.d;
  if (!d) return;
  const { count } = game;
  const open = game.view?.event === 'quiz.open' || game.view?.event === 'quiz.closing';
  const stat = (/** @type {number} */ n, /** @type {string} */ label) => el('p', { class: 'stat' }, el('b', {}, figure(n)), el('span', {}, label));
  const answered = count?.answered ?? d.votes?.answered ?? 0;
  const expected = count?.expected ?? d.votes?.players ?? count?.players ?? 0;
  byId('stats').replaceChildren(...(open ? [stat(answered, say('live.answered')), stat(Math.max(0, expected - answered), say('live.thinking')), stat(count?.with_more_time ?? 0, say('live.extra-time'))] : [stat(count?.players ?? d.players ?? 0, say('live.players'))]));
  const progress = byId('progress');
  progress.hidden = !open;
  progress.max = Math.max(1, expected);
  progress.value = answered;
  progress.setAttribute('aria-label', say('live.answered-of', { n: answered, of: expected }));
  const away = byId('away');
  away.hidden = !(count?.away > 0);
  if (count?.away > 0) away.lastElementChild.textContent = say('live.reconnecting', { n: count.away });
  const big = document.getElementById('big');
  const wanted = next(d)?.label;
  if (big && wanted && big.textContent !== wanted) big.textContent = wanted;
  if (open && d.form?.options && game.tally) {
    const before = byId('now').querySelector('#bars');
    before?.replaceChildren(bars(d.form.options, game.tally.votes, d.key?.is === 'options' ? d.key.right : [], { lang: d.head.language, label: say('live.only-you'), key: say('live.key') }));
  }
}

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.target instanceof HTMLTextAreaElement;
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
  if ((event.key === ' ' && !onButton) || event.key === 'ArrowRight') {
    const big = game.stage === 'in' && game.view ? next(game.view.d) : null;
    event.preventDefault();
    if (big && !event.repeat) void step({ step: big.step });
    return;
  }
  if (event.key.toLowerCase() === 'f') {
    void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
    return;
  }
  const tool = Object.values(TOOLS).find((one) => one.key && one.key === event.key.toUpperCase() && one.shown());
  if (tool && !event.repeat) {
    event.preventDefault();
    tool.does();
  }
});
game.addEventListener('change', draw);
game.addEventListener('in', () => rejoined(game, byId('weather')));
document.addEventListener('language', () => {
  drawn = '';
  draw();
});
ticking(() => {
  ring?.tick();
  lost(game, byId('weather'));
});
byId('screen').setAttribute('href', `/live/${room}/screen`);
void keepIcons();
keepAwake();
draw();
game.start();
