// Who stands where: the scoreboard as a table, the podium as steps, teams beside.

import { el, icon } from '../dom.js';
import { colourOf, initials } from '../face.js';
import { allOf, figure, say, sayBy } from '../words.js';

/** Two letters and a colour for a name. @param {string} name */
export function avatar(name, size = '') {
  return el('span', { class: `avatar avatar--${colourOf(name)} ${size}`.trim(), 'aria-hidden': 'true' }, initials(name));
}

/** @param {number | undefined} moved */
function movement(moved) {
  if (!moved) return el('td', { class: 'quiet' }, '–', el('span', { class: 'vh' }, say('live.same-place')));
  return el('td', { class: 'quiet' }, el('span', { class: 'row' }, icon(moved > 0 ? 'up' : 'down'), say(moved > 0 ? 'live.up-by' : 'live.down-by', { n: Math.abs(moved) })));
}

/**
 * @param {any[]} lines
 * @param {string} label
 * @param {string} [mine] the own name, where a line is one's own
 */
export function boardTable(lines, label, mine) {
  const head = el('thead', { class: 'vh' }, el('tr', {}, ...['live.place', 'live.name', 'live.moved', 'live.points'].map((key) => el('th', { scope: 'col' }, sayBy(key)))));
  const rows = lines.map((line) => el('tr', { class: line.name === mine ? 'is-me' : undefined },
    el('td', { class: 'board__place' }, figure(line.rank)), el('td', {}, el('strong', { dir: 'auto' }, line.name)), movement(line.moved), el('td', { class: 'num' }, el('strong', {}, figure(line.total)))));
  return el('table', { class: 'table' }, el('caption', { class: 'vh' }, label), head, el('tbody', {}, ...rows));
}

/** @param {any[]} teams */
export function teamTable(teams) {
  const rows = teams.map((team) => el('tr', {}, el('td', { class: 'board__place' }, figure(team.rank)), el('td', {}, el('strong', { dir: 'auto' }, team.name)),
    el('td', { class: 'quiet' }, say('live.n-players', { n: team.players })), el('td', { class: 'num' }, el('strong', {}, figure(team.total)))));
  return el('table', { class: 'table' }, el('caption', { class: 'vh' }, say('live.teams')), el('tbody', {}, ...rows));
}

/** @param {any[][]} steps */
export function podiumSteps(steps) {
  const places = steps.flatMap((lines, at) => {
    if (!lines.length) return [];
    const names = allOf(lines.map((line) => line.name));
    const points = lines.length > 1 ? say('live.points-each', { points: lines[0].total }) : figure(lines[0].total);
    return [el('li', { class: `podium__place podium__place--${at + 1}` }, el('span', { class: 'row' }, ...lines.slice(0, 4).map((line) => avatar(line.name))),
      el('span', { class: 'podium__name', dir: 'auto' }, names), el('span', { class: 'podium__pts' }, points),
      el('span', { class: 'podium__step' }, el('span', { class: 'vh' }, `${say('live.place')} `), figure(at + 1), lines.length > 1 && el('span', { class: 'vh' }, `, ${say('live.shared')}`)))];
  });
  return el('ol', { class: 'podium', 'aria-label': say('live.podium') }, ...places);
}
