// A player's phone: from the name to the podium.

import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { Refused, accessExpires, call, refresh } from '../session.js';
import { figure, say, sayBy } from '../words.js';
import { answerForm, givenWords } from './answers.js';
import { Answering } from './answering.js';
import { avatar, boardTable, podiumSteps, teamTable } from './board.js';
import { Game } from './game.js';
import { nameForm } from './name.js';
import { Ring, ticking } from './ring.js';
import { freshKey, keepSeat, roomOfPage, seatOf } from './seat.js';
import { bars, letterOf, solutionWords } from './tiles.js';
import { keepAwake, lost, rejoined } from './weather.js';

const room = roomOfPage();
const seat = seatOf(room).key ? seatOf(room) : keepSeat(room, { key: freshKey() });
const account = accessExpires() > 0 ? { refresh, ticket: async () => (await call('POST', 'auth/ws-ticket')).ticket, expires: accessExpires } : undefined;

/** What a new player says; nothing until a name is chosen. @type {any} */
let wanted = {};
const game = new Game({
  room,
  account,
  live: account ? undefined : () => ({ token: seatOf(room).token ?? '', key: seat.key }),
  join: () => ({ ...(account ? { token: seatOf(room).token } : {}), ...wanted }),
});

/** Sentences of what became of an answer that does not count. */
/** @type {Record<string, string>} */
const OUTCOMES = { late: 'live.late', closed: 'live.late', not_eligible: 'live.not-eligible', invalid: 'live.not-fitting', duplicate: 'live.kept-before' };
const answering = new Answering(game, (status) => {
  notice = sayBy(OUTCOMES[status] ?? 'live.not-taken');
  announce(notice);
});

/** Something that happened to the present question and is to be read. */
let notice = '';
/** @type {Ring | null} */
let ring = null;
/** What is drawn, to tell whether there is something new. */
let drawn = '';
let phase = '';

/** @type {Record<string, (d: any) => {title: string, said?: string, content: any[]}>} */
const PHASES = {
  'quiz.lobby': lobby,
  'quiz.intro': intro,
  'quiz.open': open,
  'quiz.closing': closed,
  'quiz.locked': closed,
  'quiz.votes': votes,
  'quiz.solution': solution,
  'quiz.scoreboard': scoreboard,
  'quiz.podium': podium,
  'quiz.ended': ended,
};

const heading = (/** @type {string} */ text, attributes = {}) => el('h1', { tabindex: '-1', id: 'q', ...attributes }, text);
const waiting = (/** @type {string} */ text) => el('p', { class: 'lock-note lock-note--wait' }, icon('clock', 'icon icon--lg'), ` ${text}`);
const middle = (/** @type {string} */ title, /** @type {any[]} */ ...children) => el('div', { class: 'empty' }, ...children.slice(0, 1), heading(title), ...children.slice(1));
const numbered = (/** @type {any} */ head) => say('live.question-of', { n: head.q + 1, of: head.of });

/** @param {any} d */
function lobby(d) {
  const title = say('live.you-are-in', { name: game.me?.name ?? '' });
  const line = d.starts_in_ms === undefined ? say('live.waiting-start') : say('live.starts-now');
  return { title: d.title, said: `${title}. ${line}`, content: [middle(title, avatar(game.me?.name ?? '', 'avatar--lg'),
    el('p', {}, say('live.lobby-line', { quiz: d.title, n: d.of })), el('p', { class: 'quiet' }, el('span', { id: 'players' }, say('live.n-here', { n: game.count?.players ?? d.players }))),
    d.may_ask_for_time && moreTime()), waiting(line)] };
}

/** "I need more time", private. */
function moreTime() {
  const choose = async (/** @type {string} */ factor) => {
    try {
      await game.client.ask('quiz.time', room, { factor });
      game.me = { ...game.me, factor };
      announce(say('live.time-set'));
    } catch (error) {
      announce(/** @type {Error} */ (error).message);
    }
  };
  const one = (/** @type {string} */ factor, /** @type {string} */ label) => el('label', { class: 'check' }, el('input', { type: 'radio', name: 'time', value: factor, checked: (game.me?.factor ?? '1') === factor, onchange: () => void choose(factor) }), el('span', {}, label));
  return el('fieldset', { class: 'field' }, el('legend', { class: 'field__label' }, say('live.need-time')), el('p', { class: 'field__help' }, say('live.need-time-help')),
    el('div', { class: 'row row--wrap row--lg' }, one('1', say('live.no-more')), one('1.5', say('live.times', { factor: 1.5 })), one('2', say('live.times', { factor: 2 }))));
}

/** @param {any} head */
function questionTop(head, timed = true) {
  const whole = (head.limit_ms ?? 0) * Number(game.me?.factor ?? 1);
  ring = timed && game.left() !== undefined ? new Ring(() => game.left(), whole || (game.left() ?? 1)) : null;
  return el('div', { class: 'player__top' }, heading(head.stem, { lang: head.language, dir: 'auto' }), ring?.node);
}

/** @param {any} head */
const picture = (head) => head.image && el('img', { class: 'player__img', src: head.image.url, alt: head.image.alt });
/** @param {any} head */
const hint = (head) => head.hint && el('details', { class: 'hint' }, el('summary', {}, say('live.hint')), el('p', { dir: 'auto', lang: head.language }, head.hint));

/** @param {any} d */
function intro(d) {
  const { head } = d;
  const slide = head.type === 'slide';
  return { title: slide ? head.stem : say('live.title-intro', { n: head.q + 1, of: head.of }), said: `${numbered(head)}. ${head.stem}`,
    content: [picture(head), questionTop(head, false), slide ? waiting(say('live.host-goes-on')) : waiting(say('live.options-soon'))] };
}

/** @param {any} d */
function open(d) {
  const { head, form } = d;
  if (!form) return paused(head);
  const unsent = answering.unsent;
  const given = unsent?.choice ?? game.me?.answer ?? null;
  const over = (game.left() ?? 1) <= 0;
  /** @type {'open' | 'sending' | 'kept' | 'closed'} */
  const state = unsent ? 'sending' : game.me?.answer && !d.may_change ? 'kept' : over ? 'closed' : 'open';
  const top = questionTop(head);
  const asked = { form, type: head.type, labelledby: 'q', lang: head.language, state, given, draft: answering.kept, send: (/** @type {any} */ choice) => answering.answer(choice), keep: (/** @type {any} */ draft) => answering.keep(draft) };
  const opinion = (head.type === 'survey' || head.type === 'open') && el('p', {}, el('span', { class: 'badge badge--note' }, icon('info'), ` ${say('live.opinion')}`));
  const notes = [];
  if (state === 'kept') notes.push(el('p', { class: 'lock-note' }, icon('check', 'icon icon--lg'), ` ${say('live.locked-in')}`), el('p', { class: 'small quiet' }, say('live.waiting-others')));
  else if (state === 'sending') notes.push(game.isOnline ? waiting(say('live.sending')) : el('p', { class: 'lock-note lock-note--wait' }, icon('retry', 'icon icon--lg'), ` ${say('live.not-sent-yet')}`));
  else if (state === 'closed') notes.push(waiting(say('live.time-up')));
  else if (form.form === 'one') notes.push(el('p', { class: 'small quiet' }, say('live.one-tap'), ' ', el('span', { class: 'for-keys' }, say('live.or-press', { first: 'A', last: letterOf((form.options ?? []).length - 1) }))));
  if (game.me?.answer && d.may_change && !unsent) notes.push(el('p', { class: 'lock-note' }, icon('check', 'icon icon--lg'), ` ${say('live.may-change')}`));
  if (Number(game.me?.factor ?? 1) > 1) notes.push(el('p', { class: 'small quiet' }, say('live.own-time', { factor: Number(game.me.factor) })));
  const seconds = Math.ceil((game.left() ?? 0) / 1000);
  return { title: say('live.title-open', { n: head.q + 1, of: head.of }), said: seconds ? say('live.question-opens', { question: numbered(head), n: seconds }) : numbered(head), content: [opinion, picture(head), top, hint(head), answerForm(asked), ...notes] };
}

/** @param {any} head */
function paused(head) {
  const seconds = Math.ceil((game.left() ?? 0) / 1000);
  ring = null;
  const shown = game.left() !== undefined ? new Ring(() => game.left(), head.limit_ms ?? 1, { classes: 'ring--lg', paused: true, silent: true }).node : null;
  const reason = game.flags.paused?.reason ?? 'host';
  const why = { host: 'live.paused-host', recovered: 'live.paused-recovered', store: 'live.paused-store' }[/** @type {'host'} */ (reason)];
  return { title: say('live.paused'), said: say('live.paused-said', { n: seconds }), content: [middle(say('live.paused'), shown, el('p', {}, sayBy(why)), seconds > 0 && el('p', {}, say('live.paused-left', { n: seconds })))] };
}

/** @param {any} d */
function closed(d) {
  ring = null;
  const given = answering.unsent?.choice ?? game.me?.answer ?? null;
  const asked = { form: d.form, type: d.head.type, labelledby: 'q', lang: d.head.language, state: /** @type {'kept' | 'closed'} */ (given ? 'kept' : 'closed'), given, send: () => {}, keep: () => {} };
  const note = given ? el('p', { class: 'lock-note' }, icon('check', 'icon icon--lg'), ` ${say('live.locked-in')}`) : waiting(say('live.time-up'));
  return { title: say('live.title-closed', { n: d.head.q + 1 }), said: say('live.time-up'), content: [picture(d.head), questionTop(d.head, false), answerForm(asked), note] };
}

/** @param {any} d */
function votes(d) {
  ring = null;
  const shown = d.form.options ? bars(d.form.options, d.votes, null, { lang: d.head.language, label: say('live.votes') }) : writtenList(d.votes);
  return { title: say('live.title-closed', { n: d.head.q + 1 }), said: say('live.votes-said', { n: d.votes.answered, of: d.votes.players }), content: [questionTop(d.head, false), shown, waiting(say('live.answer-soon'))] };
}

/** @param {any} shown */
const writtenList = (shown) => el('ul', { class: 'names' }, ...(shown.written ?? []).map((/** @type {[string, number]} */ [text, n]) => el('li', { dir: 'auto' }, text, n > 1 && ` × ${figure(n)}`)));

/** @param {any} d */
function solution(d) {
  ring = null;
  const { own } = game;
  const right = solutionWords(d.solution, d.form);
  const scored = d.solution.is !== 'nothing';
  const why = (d.explanation || right.length > 0) && el('section', { class: 'explain' }, el('h2', {}, right.length ? say('live.right-is', { answer: right.join(' · ') }) : say('live.why')),
    d.explanation && el('p', { dir: 'auto', lang: d.head.language }, d.explanation), ...(own?.feedback ?? []).map((/** @type {string} */ text) => el('p', { dir: 'auto', lang: d.head.language }, text)));
  const shown = d.form.options && bars(d.form.options, d.votes, d.solution.is === 'options' ? d.solution.right : null, { lang: d.head.language, label: say('live.votes') });
  if (d.voided) return { title: say('live.voided'), said: say('live.voided'), content: [middle(say('live.voided'), icon('info', 'icon icon--lg'), el('p', {}, say('live.voided-line'))), why, shown] };
  if (!scored || !own) {
    return { title: d.head.stem, said: say('live.votes-said', { n: d.votes.answered, of: d.votes.players }), content: [questionTop(d.head, false), shown || writtenList(d.votes), why] };
  }
  const good = own.correct === true;
  const part = !good && own.points > 0;
  const head = own.answer ? (good ? say('live.correct') : part ? say('live.partly') : say('live.not-this-time')) : say('live.no-answer');
  const sum = own.points + own.bonus;
  const split = own.bonus > 0 ? say('live.points-split', { points: own.points, bonus: own.bonus, n: own.streak }) : own.answer ? say('live.you-chose', { answer: givenWords(own.answer, d.form) }) : say('live.nothing-sent');
  const card = el('section', { class: good || part ? 'result' : 'result result--no', 'aria-labelledby': 'q' }, icon(good || part ? 'check' : 'close', 'result__icon'), heading(head),
    el('p', { class: 'result__pts num' }, `+${figure(sum)}`), el('p', {}, split), placeGrid(own.place), own.place.ahead && el('p', { class: 'strong' }, gapWords(own.place)));
  return { title: head, said: say('live.result-said', { head, points: sum, rank: own.place.rank, of: own.place.of }), content: [card, why, shown] };
}

/** @param {any} place */
function placeGrid(place) {
  const cell = (/** @type {string} */ name, /** @type {string} */ value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));
  const moved = place.moved ?? 0;
  return el('dl', { class: 'result__grid' }, cell(say('live.total'), figure(place.total)), cell(say('live.place'), say('live.rank-of', { rank: place.rank, of: place.of })),
    cell(moved < 0 ? say('live.down') : say('live.up'), moved < 0 ? `−${figure(-moved)}` : `+${figure(moved)}`));
}

/** @param {any} place */
const gapWords = (place) => (place.gap ? say('live.behind', { n: place.gap, name: place.ahead }) : say('live.level', { name: place.ahead }));

/** @param {any} d */
function scoreboard(d) {
  ring = null;
  const own = game.place;
  const title = say('live.after-question', { n: d.q + 1 });
  const around = own && !d.top.some((/** @type {any} */ line) => line.name === game.me?.name) && boardTable(own.around, say('live.around-you'), game.me?.name);
  return { title, said: own ? say('live.place-said', { rank: own.place.rank, of: own.place.of }) : title, content: [heading(title), boardTable(d.top, say('live.scoreboard'), game.me?.name), around, d.teams?.length > 0 && teamTable(d.teams)] };
}

/** @param {any} d */
function podium(d) {
  ring = null;
  const own = game.place;
  const title = own && d.ranked ? say('live.your-place', { rank: own.place.rank }) : say('live.thanks');
  const mine = own && d.ranked && el('dl', { class: 'result__grid' }, ...[[say('live.total'), figure(own.place.total)], [say('live.correct'), say('live.n-of', { n: own.correct, of: own.scored })], [say('live.best-streak'), figure(own.best_streak)]].map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
  return { title, said: own ? say('live.place-said', { rank: own.place.rank, of: own.place.of }) : title, content: [heading(title), mine, d.ranked && podiumSteps(d.steps), d.teams?.length > 0 && teamTable(d.teams), toResult()] };
}

/** Into the session that follows this one, under the same name if it is free. */
async function again() {
  try {
    const { room: next, token, title, teams } = await call('POST', 'live/join', { body: { after: room, ...(account ? {} : { key: seat.key }) } });
    keepSeat(next, { token, title, ...(teams ? { teams } : {}), ...(game.me ? { name: game.me.name } : {}) });
    location.assign(`/live/${next}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notice = error.message;
    announce(notice);
    drawn = '';
    draw();
  }
}

const toResult = () => el('a', { class: 'btn btn--line', href: `/live/${room}/result` }, icon('list'), say('result.see'));

/** @param {any} d */
function ended(d) {
  ring = null;
  const line = { done: 'live.ended-done', cancelled: 'live.ended-cancelled', expired: 'live.ended-expired' }[/** @type {'done'} */ (d.reason)];
  return { title: say('live.over'), said: sayBy(line), content: [middle(say('live.over'), icon('info', 'icon icon--lg'), el('p', {}, sayBy(line)),
    d.rematch && el('button', { class: 'btn btn--live btn--lg', type: 'button', onclick: again }, say('live.play-again')), d.reason === 'done' && toResult())] };
}

/** @returns {{title: string, said?: string, content: any[]}} */
function aside() {
  ring = null;
  /** @type {Record<string, string>} */
  const stages = { removed: 'live.removed', superseded: 'live.superseded', gone: 'live.no-game', signed_out: 'live.signed-out', connecting: 'live.connecting' };
  const key = stages[game.stage] ?? 'live.connecting';
  const again = (game.stage === 'superseded' || game.stage === 'signed_out') && el('button', { class: 'btn btn--act', type: 'button', onclick: () => location.reload() }, say('live.play-here'));
  const join = (game.stage === 'gone' || game.stage === 'removed') && el('a', { class: 'btn btn--line', href: '/join' }, say('live.another-pin'));
  return { title: sayBy(key), said: sayBy(key), content: [middle(sayBy(key), icon(game.stage === 'connecting' ? 'clock' : 'info', 'icon icon--lg'), again, join)] };
}

function draw() {
  const bar = byId('bar');
  const d = game.view?.d;
  const what = JSON.stringify([game.stage, game.view?.event, game.view?.seq, game.view?.d?.flags?.paused, d?.form !== undefined, game.me, game.own, game.place, answering.unsent, answering.unsent && game.isOnline, game.refusal, notice, (game.left() ?? 1) <= 0]);
  lost(game, byId('weather'));
  if (what === drawn) return;
  drawn = what;
  const now = `${game.stage} ${game.view?.event} ${d?.head?.q} ${d?.head?.round} ${Boolean(d?.flags?.paused)}`;
  if (now !== phase) notice = '';
  if (game.stage === 'asking') {
    if (now !== phase) byId('content').replaceChildren(nameForm(seatOf(room), game.refusal && Object.keys(wanted).length ? game.refusal.message : '', (answer) => { wanted = answer; void game.enter(); }));
    else byId('content').querySelector('form')?.dispatchEvent(new CustomEvent('refused', { detail: game.refusal?.message }));
    phase = now;
    return;
  }
  const { title, said, content } = game.stage === 'in' ? PHASES[game.view?.event ?? '']?.(d) ?? aside() : aside();
  const focused = document.activeElement?.id;
  byId('content').replaceChildren(...content.filter(Boolean), ...(notice ? [el('p', { class: 'note note--warn' }, icon('alert'), el('span', {}, notice))] : []));
  bar.textContent = d?.head ? numbered(d.head) : (d?.title ?? seatOf(room).title ?? '');
  document.title = `${title} – AllThrive`;
  foot();
  if (now !== phase) {
    phase = now;
    if (said) announce(said);
    byId('content').querySelector('h1')?.focus();
  } else if (focused) document.getElementById(focused)?.focus();
}

function foot() {
  const place = game.place?.place ?? game.own?.place;
  byId('foot').replaceChildren(...(game.me ? [el('span', { class: 'row' }, avatar(game.me.name, 'avatar--sm'), el('strong', { dir: 'auto' }, game.me.name)),
    el('span', { class: 'num' }, el('span', { class: 'quiet' }, say('live.place')), ' ', el('strong', {}, place ? figure(place.rank) : '–')),
    el('span', { class: 'num' }, el('span', { class: 'quiet' }, say('live.points')), ' ', el('strong', {}, figure(place?.total ?? 0)))] : []));
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLInputElement && event.target.type === 'text')) return;
  const at = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : /^[a-lA-L]$/.test(event.key) ? event.key.toUpperCase().charCodeAt(0) - 65 : -1;
  const input = at >= 0 ? byId('content').querySelector(`fieldset:not(:disabled) input[data-at="${at}"]`) : null;
  if (input) {
    event.preventDefault();
    input.focus();
    input.click();
  } else if ((event.key === 'ArrowLeft' || event.key === 'ArrowRight') && byId('content').querySelector('.swipe')) {
    byId('content').querySelector(`fieldset:not(:disabled) input[data-at="${event.key === 'ArrowLeft' ? 0 : 1}"]`)?.click();
  }
});

game.addEventListener('change', (event) => {
  const players = document.getElementById('players');
  if (players && game.count) players.textContent = say('live.n-here', { n: game.count.players });
  if (!(/** @type {CustomEvent} */ (event).detail.passing)) draw();
});
game.addEventListener('in', () => {
  if (game.me) keepSeat(room, { name: game.me.name });
  wanted = {};
  rejoined(game, byId('weather'));
});
document.addEventListener('language', () => {
  drawn = '';
  phase = '';
  draw();
});
ticking(() => {
  ring?.tick();
  draw();
});
void keepIcons();
keepAwake();
draw();
game.start();
