// What a live quiz leaves in a conversation: the card by which its members join, and in the end its result. Both are
// messages as others are, which every client can read; here they are drawn.

import { el, figure, icon } from './dom.js';
import { say } from './words.js';

const JOIN = /^(?<title>[^\n]+) – (?<link>https?:\/\/[^\s]+\/join#[\w-]+)$/;
const RESULT = /^🏆 (?<title>[^\n]+)\n(?:(?<places>[^\n]+)\n)?(?<link>https?:\/\/[^\s]+\/live\/[\da-f-]{36}\/result)$/;
const PLACE = /^(?<rank>\d+)\. (?<name>.+) \((?<points>\d+)\)$/;

/** The path of a link, if it leads into this server. @param {string} link */
function pathOf(link) {
  const url = URL.canParse(link) ? new URL(link) : null;
  return url?.origin === location.origin ? url.pathname + url.hash : null;
}

/** A card in one line; other texts as they are. @param {string} body */
export function cardLine(body) {
  const [join, result] = [JOIN.exec(body)?.groups, RESULT.exec(body)?.groups];
  if (join && pathOf(join.link)) return say('card.live', { title: join.title });
  return result && pathOf(result.link) ? say('card.result', { title: result.title }) : body;
}

/** @param {string} place */
function placeRow(place) {
  const { rank, name, points } = PLACE.exec(place)?.groups ?? {};
  if (!rank) return el('li', { class: 'row', dir: 'auto' }, place);
  return el('li', { class: 'row' }, el('strong', { class: 'num' }, figure(Number(rank))), el('span', { class: 'grow', dir: 'auto' }, name), el('span', { class: 'num strong' }, figure(Number(points))));
}

/** The card that a message is, or nothing if it is a text. @param {string} body */
export function quizCard(body) {
  const join = JOIN.exec(body)?.groups;
  const into = join && pathOf(join.link);
  if (into) {
    return el('article', { class: 'live-card live-card--plain', 'aria-label': say('card.live', { title: join.title }) }, el('div', { class: 'live-card__body' },
      el('span', { class: 'badge badge--live' }, say('card.live-now')), el('h3', { dir: 'auto' }, join.title), el('p', {}, say('card.all')), el('a', { class: 'btn btn--live btn--sm', href: into }, say('card.join'))));
  }
  const result = RESULT.exec(body)?.groups;
  const own = result && pathOf(result.link);
  if (!own) return null;
  return el('article', { class: 'result-card', 'aria-label': say('card.result', { title: result.title }) }, el('p', { class: 'row small quiet' }, icon('trophy', 'icon icon--sm'), ` ${say('card.over')}`), el('h3', { dir: 'auto' }, result.title),
    result.places && el('ol', { class: 'stack stack--sm small', role: 'list' }, ...result.places.split(' · ').map(placeRow)), el('p', { class: 'small' }, el('a', { class: 'more', href: own }, say('card.own'))));
}
