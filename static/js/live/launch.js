// Before a quiz is played live: how. What is chosen last is kept in this browser.

import { el } from '../dom.js';
import { ask, steadyKey } from '../question.js';
import { Refused, call, callAll } from '../session.js';
import { say } from '../words.js';

const KEPT = 'allthrive.live.settings';
/** Milliseconds that a result stands where the game goes on by itself. */
const PACE_MS = 8_000;

/** @returns {any} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {string} id @param {string} label @param {[string, string][]} options @param {string} [chosen] @param {string} [help] */
function select(id, label, options, chosen, help) {
  return el('div', { class: 'field' }, el('label', { class: 'field__label', for: id }, label), help && el('p', { class: 'field__help', id: `${id}-help` }, help),
    el('select', { class: 'input select', id, 'aria-describedby': help && `${id}-help` }, ...options.map(([value, name]) => el('option', { value, selected: value === chosen }, name))));
}

/** @param {string} id @param {string} label @param {boolean} checked */
const check = (id, label, checked) => el('label', { class: 'check' }, el('input', { type: 'checkbox', id, checked }), el('span', {}, label));

/**
 * Asks how, opens the session and goes to its desk.
 * @param {string} quiz
 * @param {(errors: any[]) => void} [lacks] is told what the quiz lacks
 */
export function launch(quiz, lacks) {
  const last = kept();
  const where = select('conversation', say('launch.where'), [['', say('launch.nowhere')]], '', say('launch.where-help'));
  // They may come late. Without them it can still be played: with everybody who has the PIN.
  callAll('me/conversations', 200).then((own) => {
    for (const one of own) where.querySelector('select')?.append(el('option', { value: one.id }, one.title ?? one.with?.name ?? ''));
  }).catch(() => {});
  const keyFor = steadyKey();
  ask({
    title: say('launch.title'), text: say('launch.text'), verb: say('launch.open'), keep: say('launch.cancel'), busy: say('launch.opening'), bad: false,
    fields: [
      select('mode', say('launch.mode'), [['speed', say('launch.speed')], ['accuracy', say('launch.accuracy')], ['survey', say('launch.survey')]], last.mode),
      select('pace', say('launch.pace'), [['host', say('launch.by-host')], ['itself', say('launch.by-itself')]], last.pace),
      select('scoreboard', say('launch.scoreboard'), [['each', say('launch.each')], ['podium', say('launch.podium')]], last.scoreboard),
      where,
      el('details', { class: 'more-info' }, el('summary', {}, say('launch.more')),
        el('div', { class: 'stack' }, select('admits', say('launch.admits'), [['anyone', say('launch.anyone')], ['accounts', say('launch.accounts')]], last.admits),
          el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'teams' }, say('launch.teams')), el('p', { class: 'field__help', id: 'teams-help' }, say('launch.teams-help')),
            el('input', { class: 'input', id: 'teams', 'aria-describedby': 'teams-help', autocomplete: 'off', value: last.teams ?? '' })),
          check('streak', say('launch.streak'), last.streak === true), check('may_change', say('launch.may-change'), last.may_change === true),
          check('shuffle', say('launch.shuffle'), last.shuffle === true), check('generated_names', say('launch.generated'), last.generated_names === true))),
    ],
    work: async (form) => {
      const value = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (form.querySelector(`#${id}`)).value;
      const isOn = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (form.querySelector(`#${id}`)).checked;
      const chosen = { mode: value('mode'), scoreboard: value('scoreboard'), admits: value('admits'), streak: isOn('streak'), may_change: isOn('may_change'), shuffle: isOn('shuffle'), generated_names: isOn('generated_names') };
      const teams = value('teams').split(',').map((name) => name.trim()).filter(Boolean);
      const pace = value('pace');
      const body = { quiz, settings: { ...chosen, teams, advance_ms: pace === 'itself' ? PACE_MS : null }, ...(value('conversation') && { conversation: value('conversation') }) };
      let room;
      try {
        ({ room } = await call('POST', 'live', { body, key: keyFor(body) }));
      } catch (error) {
        const ofQuiz = error instanceof Refused ? error.errors.filter(({ field }) => !field.startsWith('settings.')) : [];
        if (!lacks || !ofQuiz.length) throw error;
        lacks(ofQuiz);
        return say('launch.lacks');
      }
      try {
        localStorage.setItem(KEPT, JSON.stringify({ ...chosen, pace, teams: value('teams') }));
      } catch {
        // No storage: next time it is asked with the usual ones.
      }
      location.assign(`/live/${room}/host`);
      return say('launch.opening');
    },
  });
}

/** The same once more: the session that is over leads its players to the new one. @param {string} room */
export async function rematch(room) {
  const { quiz, settings, conversation } = await call('GET', `live/${room}`);
  const body = { quiz, settings, rematch_of: room, ...(conversation && { conversation }) };
  const made = await call('POST', 'live', { body, key: rematchKey(room) });
  location.assign(`/live/${made.room}/host`);
}

/** One of each session, however often it is pressed. */
const keys = steadyKey();
const rematchKey = (/** @type {string} */ room) => keys(room);
