// Who has reacted to a message, and how: a dialog with the server's own list, page by page.

import { openDialog } from './dialogs.js';
import { el, figure } from './dom.js';
import { nameOfEmoji } from './emoji.js';
import { failureWords } from './form.js';
import { personAvatar } from './list.js';
import { Refused, call } from './session.js';
import { say } from './words.js';

const PAGE = 100;

/**
 * @typedef {{emoji: string, user: import('./client.js').Person}} Reactor
 * @param {string} room
 * @param {import('./messages.js').Message} message
 * @param {string} me
 * @param {(items: Reactor[]) => void} told what was listed
 */
export async function whoReacted(room, message, me, told) {
  const counts = new Map((message.reactions ?? []).map(({ emoji, count }) => [emoji, count]));
  /** @type {Map<string, HTMLElement>} */
  const lists = new Map();
  const groups = el('div', { class: 'stack' });
  const said = el('p', { class: 'quiet small', role: 'status' });
  const button = el('button', { class: 'btn btn--line btn--sm', type: 'button', hidden: true, onclick: () => load() });
  /** @type {string | null} */
  let next = null;

  /** @param {string} emoji */
  const listOf = (emoji) => {
    const known = lists.get(emoji);
    if (known) return known;
    const list = el('ul', { class: 'plain-list' });
    const count = counts.get(emoji);
    groups.append(el('section', { class: 'stack stack--sm', 'aria-label': nameOfEmoji(emoji) },
      el('h3', { class: 'small strong' }, el('span', { class: 'reactors__emoji', 'aria-hidden': 'true' }, emoji), ` ${nameOfEmoji(emoji)}`, count ? el('span', { class: 'quiet num' }, ` · ${figure(count)}`) : null), list));
    lists.set(emoji, list);
    return list;
  };

  const load = async () => {
    said.textContent = say('reactors.loading');
    button.hidden = true;
    try {
      const from = next ? `&cursor=${encodeURIComponent(next)}` : '';
      const page = await call('GET', `conversations/${encodeURIComponent(room)}/messages/${message.seq}/reactions?limit=${PAGE}${from}`);
      for (const { emoji, user } of /** @type {Reactor[]} */ (page.items)) {
        listOf(emoji).append(el('li', { class: 'member' }, personAvatar(user, 'avatar--sm'),
          el('p', { class: 'truncate' }, el('span', { dir: 'auto' }, user.name), el('br'), el('small', {}, user.id === me ? say('you') : `@${user.username}`))));
      }
      told(page.items);
      next = page.next_cursor ?? null;
      said.textContent = lists.size ? '' : say('reactors.none');
      button.hidden = next === null;
      button.textContent = say('reactors.more');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said.textContent = say('reactors.failed', { why: failureWords(error).join(' ').trim() });
      button.hidden = false;
      button.textContent = say('reactors.again');
    }
  };

  const dialog = openDialog(say('reactors.title'), el('div', { class: 'reactors', tabindex: '0', role: 'region', 'aria-label': say('reactors.title') }, groups, said, button));
  dialog.querySelector('#dialog-title').focus();
  await load();
}
