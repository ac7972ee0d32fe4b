// Words for people and rooms: dialogs, details, members, order.

/** @type {import('../../js/words.js').Like<typeof import('../en/people.js').people>} */
export const people = {
  'new.title': 'Neue Unterhaltung',
  'rooms.title': 'Öffentliche Räume',
  'details.label': 'Details',
};
