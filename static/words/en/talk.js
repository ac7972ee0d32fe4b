// Words for the chat page: the list, the thread, messages, writing.

export const talk = /** @type {const} */ ({
  'chats': 'Chats',
  'you': 'You',

  'chat.page': 'Chats – AllThrive',
  'chat.skip-list': 'Skip to chats',
  'chat.skip-messages': 'Skip to messages',
  'chat.skip-write': 'Skip to writing',
  'chat.main': 'Main',
  'chat.connection': 'Connection',
  'chat.none': 'No conversation open',

  'list.label': 'Conversations',
  'find.label': 'Find a chat',
});
