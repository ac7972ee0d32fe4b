// The players at the host's desk: who is still thinking, or all; and what can be done about one of them.

import { announce, byId, el, icon } from '../dom.js';
import { ask } from '../question.js';
import { say, sayBy } from '../words.js';
import { avatar } from './board.js';

const EVERY_MS = 1000;
/** Lines shown at once; more are asked for by a button. */
const FEW = 8;

/** What is odd about a player. @type {Record<string, string>} */
const MARKS = { fast: 'live.mark-fast', in_step: 'live.mark-in-step' };

export class Players {
  /** @param {import('./game.js').Game} game @param {() => void} changed */
  constructor(game, changed) {
    this.game = game;
    this.changed = changed;
    /** @type {any[]} */
    this.lines = [];
    this.more = false;
    /** Whether all are wanted, however many. */
    this.all = false;
    this.reading = false;
    globalThis.setInterval(() => void this.read(), EVERY_MS);
  }

  /** Another phase: what is listed is another thing. */
  anew() {
    this.all = false;
    void this.read();
  }

  get isMissing() {
    return this.game.view?.event === 'quiz.open';
  }

  async read() {
    if (this.reading || this.game.stage !== 'in' || !this.game.isOnline || document.visibilityState === 'hidden') return;
    this.reading = true;
    try {
      const lines = [];
      let page;
      do {
        page = await this.game.client.ask('quiz.players', this.game.room, { after: lines.at(-1)?.no ?? 0, missing: this.isMissing });
        lines.push(...page.players);
      } while (page.more && this.all && page.players.length);
      this.more = page.more;
      this.lines = lines;
      this.draw();
    } catch {
      // The next moment asks again.
    }
    this.reading = false;
  }

  draw() {
    byId('list-title').textContent = say(this.isMissing ? 'live.still-thinking' : 'live.players');
    const shown = this.all ? this.lines : this.lines.slice(0, FEW);
    const rows = shown.map((line) => el('li', { class: 'member' }, avatar(line.name, 'avatar--sm'), el('p', { class: 'truncate', dir: 'auto' }, line.name, !line.connected && el('span', { class: 'quiet small' }, ` ${say('live.away')}`), ...(line.marks ?? []).map((/** @type {string} */ mark) => el('span', { class: 'badge badge--note' }, MARKS[mark] ? sayBy(MARKS[mark]) : mark))),
      el('button', { class: 'icon-btn icon-btn--sm', type: 'button', 'aria-label': say('live.actions-for', { name: line.name }), 'data-player': line.player, onclick: () => this.#about(line) }, icon('more'))));
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.player;
    const rest = this.lines.length > shown.length || this.more;
    byId('list').replaceChildren(...(rows.length ? rows : [el('li', { class: 'quiet small' }, say(this.isMissing ? 'live.nobody-missing' : 'live.nobody-here'))]),
      ...(rest ? [el('li', {}, el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => { this.all = true; void this.read(); } }, say('live.show-all')))] : []));
    if (focused) byId('list').querySelector(`[data-player="${focused}"]`)?.focus();
    this.changed();
  }

  /** @param {any} line */
  #about(line) {
    const name = el('input', { class: 'input', name: 'name', maxlength: '40', autocomplete: 'off', dir: 'auto' });
    name.value = line.name;
    const one = (/** @type {string} */ value, /** @type {string} */ label, /** @type {string} */ help, checked = false) => el('label', { class: 'check' }, el('input', { type: 'radio', name: 'do', value, checked }), el('span', {}, label, ' ', el('small', { class: 'quiet' }, help)));
    ask({ title: line.name, text: say('live.about-player'), verb: say('live.do-it'), keep: say('live.leave-it'), busy: say('live.sending'), bad: false,
      fields: [el('fieldset', { class: 'field' }, el('legend', { class: 'vh' }, say('live.about-player')), one('rename', say('live.rename'), say('live.rename-help'), true), el('div', { class: 'field' }, el('label', { class: 'vh', for: 'new-name' }, say('live.new-name')), Object.assign(name, { id: 'new-name' })),
        one('time', say('live.more-time'), say('live.more-time-help')), one('kick', say('live.kick'), say('live.kick-help')), one('ban', say('live.ban'), say('live.ban-help')))],
      work: async (form) => {
        const what = /** @type {HTMLInputElement} */ (form.querySelector('input[name="do"]:checked')).value;
        const measure = what === 'rename' ? { do: what, name: name.value.trim() } : what === 'time' ? { do: what, factor: '1.5' } : { do: what };
        await this.game.client.write('quiz.moderate', this.game.room, { player: line.player, ...measure });
        void this.read();
        return say('live.done-for', { name: line.name });
      } });
    announce(say('live.about-player'));
  }
}
