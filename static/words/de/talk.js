// Words for the chat page: the list, the thread, messages, writing.

/** @type {import('../../js/words.js').Like<typeof import('../en/talk.js').talk>} */
export const talk = {
  'chats': 'Chats',
  'you': 'Du',

  'chat.page': 'Chats – AllThrive',
  'chat.skip-list': 'Zu den Chats springen',
  'chat.skip-messages': 'Zu den Nachrichten springen',
  'chat.skip-write': 'Zum Schreiben springen',
  'chat.main': 'Hauptmenü',
  'chat.connection': 'Verbindung',
  'chat.none': 'Kein Chat geöffnet',

  'list.label': 'Unterhaltungen',
  'find.label': 'Chat suchen',
};
