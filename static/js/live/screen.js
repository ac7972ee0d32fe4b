// The big screen: what everybody looks at. Nothing to click; it never learns a key before the solution.

import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { call } from '../session.js';
import { figure, say, sayBy } from '../words.js';
import { boardTable, podiumSteps, teamTable } from './board.js';
import { Game } from './game.js';
import { Ring, ticking } from './ring.js';
import { keepSeat, roomOfPage, seatOf } from './seat.js';
import { bars, shownTiles, solutionWords } from './tiles.js';
import { keepAwake, lost, rejoined } from './weather.js';

const room = roomOfPage();
const SVG = 'http://www.w3.org/2000/svg';
const LONG_STEM = 120;
/** @type {Ring | null} */
let ring = null;
let drawn = '';
let phase = '';
/** @type {any} */
let door = null;

/** The token of a screen: brought in the address by whoever sent it, kept, or asked for by the host who is signed in. */
async function token() {
  const brought = location.hash.slice(1);
  if (brought) {
    history.replaceState(null, '', location.pathname);
    return keepSeat(room, { screen: brought }).screen;
  }
  return seatOf(room).screen ?? keepSeat(room, { screen: (await call('POST', `live/${room}/screen`)).token }).screen;
}

const heading = (/** @type {string} */ text, attributes = {}) => el('h1', { tabindex: '-1', ...attributes }, text);
const stem = (/** @type {any} */ head) => heading(head.stem, { lang: head.language, dir: 'auto', class: head.stem.length > LONG_STEM ? 'is-long' : undefined });
const spaced = (/** @type {string} */ pin) => pin.replace(/^(\d{3})/, '$1 ');
const count = (/** @type {any} */ n, of = 0) => el('strong', { class: 'num' }, of ? say('live.n-of', { n, of }) : figure(n));

/** The code as the server made it, black on white. @param {any} way */
function qr(way) {
  const svg = document.createElementNS(SVG, 'svg');
  const quiet = 4;
  svg.setAttribute('viewBox', `${-quiet} ${-quiet} ${way.qr_size + 2 * quiet} ${way.qr_size + 2 * quiet}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', say('live.qr'));
  svg.setAttribute('shape-rendering', 'crispEdges');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', way.qr);
  svg.append(path);
  return svg;
}

/** @param {any} d */
function lobby(d) {
  door = d.door;
  const players = game.count?.players ?? d.players;
  const names = game.count?.names ?? d.names;
  const text = el('div', { class: 'lobby__text' }, heading(say('live.join-at', { address: `${location.host}/join` })),
    el('p', { class: 'lobby__pin' }, el('span', { class: 'vh' }, say('live.pin-is', { pin: [...door.pin].join(' ') })), el('span', { 'aria-hidden': 'true' }, spaced(door.pin))),
    el('p', { class: 'lobby__url quiet', id: 'players' }, say('live.n-here', { n: players })), el('ul', { class: 'names', id: 'names', 'aria-label': say('live.latest') }, ...names.map((/** @type {string} */ name) => el('li', { dir: 'auto' }, name))));
  return { said: say('live.n-here', { n: players }), looks: 'lobby', content: [text, el('div', { class: 'lobby__qr' }, qr(door))],
    foot: [d.starts_in_ms === undefined ? say('live.starts-when') : say('live.starts-now'), say('live.no-account')] };
}

/** @param {any} head @param {any[]} content */
const question = (head, content, timed = false) => {
  ring = timed && game.left() !== undefined ? new Ring(() => game.left(), head.limit_ms ?? game.left() ?? 1, { silent: true }) : null;
  const picture = head.image && el('img', { class: 'screen__img', src: head.image.url, alt: head.image.alt });
  return [el('div', { class: 'screen__q' }, el('div', { class: 'screen__stem' }, picture, stem(head)), ring?.node), ...content];
};
const numbered = (/** @type {any} */ head) => [say('live.question'), ' ', count(head.q + 1, head.of)];
const written = (/** @type {any} */ votes) => el('ul', { class: 'names names--written' }, ...(votes.written ?? []).map((/** @type {[string, number]} */ [text, n]) => el('li', { dir: 'auto' }, text, n > 1 && ` × ${figure(n)}`)));

/** What can be chosen, to be looked at. @param {any} form @param {string} lang */
function shown(form, lang) {
  if (form.options) return shownTiles(form.options, lang);
  if (form.items) return shownTiles(form.items, lang);
  if (form.left) return el('div', { class: 'screen__pairs' }, shownTiles(form.left, lang), el('ul', { class: 'names' }, ...form.right.map((/** @type {any} */ side) => el('li', { dir: 'auto', lang }, side.text))));
  return el('p', { class: 'screen__hint quiet' }, say(form.form === 'number' ? 'live.type-number' : 'live.type-answer'));
}

/** @param {any} d */
function answered(d) {
  const n = game.count?.answered ?? d.votes?.answered ?? 0;
  const of = game.count?.expected ?? d.votes?.players ?? 0;
  return el('span', { id: 'answered' }, say('live.answered'), ' ', count(n, of));
}

/** @type {Record<string, (d: any) => {said?: string, looks?: string, content: any[], foot?: any[]}>} */
const PHASES = {
  'quiz.lobby': lobby,
  'quiz.intro': (d) => ({ said: d.head.stem, content: question(d.head, []), foot: [el('span', {}, ...numbered(d.head)), el('span', {}, say(d.head.type === 'slide' ? 'live.host-goes-on' : 'live.options-soon'))] }),
  'quiz.open': (d) => (d.form
    ? { said: say('live.question-opens', { question: say('live.question-of', { n: d.head.q + 1, of: d.head.of }), n: Math.ceil((game.left() ?? 0) / 1000) }), content: question(d.head, [shown(d.form, d.head.language)], true), foot: [el('span', {}, ...numbered(d.head)), answered(d)] }
    : { said: say('live.paused'), content: question(d.head, [heading(say('live.paused'))]), foot: [el('span', {}, ...numbered(d.head)), say('live.paused-host')] }),
  'quiz.closing': closed,
  'quiz.locked': closed,
  'quiz.votes': (d) => ({ said: say('live.votes-said', { n: d.votes.answered, of: d.votes.players }), looks: 'reveal', content: [stem(d.head), d.form.options ? bars(d.form.options, d.votes, null, { lang: d.head.language, label: say('live.votes') }) : written(d.votes)], foot: [el('span', {}, ...numbered(d.head)), answered(d)] }),
  'quiz.solution': (d) => {
    const right = solutionWords(d.solution, d.form);
    const list = d.form.options ? bars(d.form.options, d.votes, d.solution.is === 'options' ? d.solution.right : [], { lang: d.head.language, label: say('live.votes') }) : written(d.votes);
    const said = right.length ? say('live.right-is', { answer: right.join(' · ') }) : say('live.votes-said', { n: d.votes.answered, of: d.votes.players });
    const why = (d.explanation || (right.length > 0 && !d.form.options)) && el('section', { class: 'explain' }, el('h2', {}, d.form.options ? say('live.why') : said), d.explanation && el('p', { dir: 'auto', lang: d.head.language }, d.explanation));
    return { said, looks: 'reveal', content: [stem(d.head), list, why], foot: [el('span', {}, ...numbered(d.head)), d.voided ? say('live.voided') : answered(d)] };
  },
  'quiz.scoreboard': (d) => {
    const title = say('live.after-question', { n: d.q + 1 });
    return { said: d.top[0] ? say('live.first-is', { title, name: d.top[0].name, points: d.top[0].total }) : title, looks: 'board', content: [heading(title), boardTable(d.top, say('live.scoreboard')), d.teams?.length > 0 && teamTable(d.teams)], foot: [d.q + 1 < d.of ? say('live.next-is', { n: d.q + 2, of: d.of }) : say('live.podium-next'), say('live.n-players', { n: d.players })] };
  },
  'quiz.podium': (d) => ({ said: d.ranked && d.steps[0]?.[0] ? say('live.winner', { name: d.steps[0].map((/** @type {any} */ line) => line.name).join(', ') }) : say('live.thanks'), looks: 'podium',
    content: [el('div', { class: 'screen__center' }, heading(say('live.well-played', { n: d.players }))), d.ranked && podiumSteps(d.steps), d.teams?.length > 0 && teamTable(d.teams)], foot: [say('live.n-players', { n: d.players }), d.title] }),
  'quiz.ended': (d) => ({ said: say('live.over'), content: [el('div', { class: 'screen__center' }, heading(say('live.over')), el('p', { class: 'quiet' }, d.title))] }),
};

/** @param {any} d */
function closed(d) {
  return { said: say('live.time-up'), content: question(d.head, [shown(d.form, d.head.language)]), foot: [el('span', {}, ...numbered(d.head)), el('span', {}, say('live.time-up')), answered(d)] };
}

/** What is said where there is no game to show. @type {Record<string, string>} */
const ASIDE = { superseded: 'live.screen-elsewhere', gone: 'live.no-game', signed_out: 'live.screen-host-only', asking: 'live.screen-host-only' };

function aside() {
  const text = sayBy(ASIDE[game.stage] ?? 'live.connecting');
  return { said: text, content: [el('div', { class: 'screen__center' }, heading(text))] };
}

function draw() {
  const d = game.view?.d;
  lost(game, byId('weather'));
  const what = JSON.stringify([game.stage, game.view?.event, game.view?.seq, game.flags.paused, d?.form !== undefined]);
  figures();
  if (what === drawn) return;
  drawn = what;
  ring = null;
  const { said, looks = '', content, foot = [] } = /** @type {any} */ (game.stage === 'in' ? PHASES[game.view?.event ?? '']?.(d) ?? aside() : aside());
  const main = byId('content');
  const screen = byId('screen');
  screen.className = `screen stage ${looks === 'reveal' ? 'screen--reveal' : ''} ${looks === 'podium' ? 'screen--podium' : ''}`.replace(/ +/g, ' ').trim();
  main.className = looks === 'lobby' ? 'lobby' : `screen__main ${looks === 'board' ? 'screen__main--board' : ''}`.trim();
  main.replaceChildren(...content.filter(Boolean));
  byId('foot').replaceChildren(...foot.map((/** @type {any} */ part) => (typeof part === 'string' ? el('span', {}, part) : part)));
  byId('corner').replaceChildren(...(looks === 'lobby' || !door ? [el('span', { class: 'quiet' }, d?.title ?? '')] : [el('span', { class: 'quiet' }, say('live.join-at', { address: `${location.host}/join` })), ' ', el('b', {}, spaced(door.pin))]));
  document.title = `${d?.title ?? d?.head?.stem ?? say('live.screen')} – AllThrive`;
  const now = `${game.stage} ${game.view?.event} ${d?.head?.q} ${d?.head?.round}`;
  if (now !== phase && said) announce(said);
  phase = now;
}

/** What changes without a new view. */
function figures() {
  const d = game.view?.d;
  const players = document.getElementById('players');
  if (players && game.count) {
    players.textContent = say('live.n-here', { n: game.count.players });
    if (game.count.names) document.getElementById('names')?.replaceChildren(...game.count.names.map((/** @type {string} */ name) => el('li', { dir: 'auto' }, name)));
  }
  const counted = document.getElementById('answered');
  if (counted && d) counted.replaceChildren(...answered(d).childNodes);
}

/** @type {Game} */
let game;
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() === 'f' && !event.ctrlKey && !event.metaKey && !event.altKey) void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  else if (event.key.toLowerCase() === 'b' && !event.ctrlKey && !event.metaKey && !event.altKey) byId('screen').toggleAttribute('data-bright');
});
document.addEventListener('language', () => {
  drawn = '';
  draw();
});

void keepIcons();
try {
  const screen = await token();
  game = new Game({ room, live: () => ({ screen }), join: () => ({}) });
  game.addEventListener('change', draw);
  game.addEventListener('in', () => {
    if (game.view?.d.door) door = game.view.d.door;
    rejoined(game, byId('weather'));
  });
  ticking(() => {
    ring?.tick();
    draw();
  });
  keepAwake();
  draw();
  game.start();
} catch {
  byId('content').replaceChildren(el('div', { class: 'screen__center' }, heading(say('live.screen-host-only')), el('p', {}, el('a', { class: 'btn btn--act', href: `/signin?next=${encodeURIComponent(location.pathname)}` }, icon('user'), say('live.sign-in')))));
}
