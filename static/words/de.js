// Everything that the pages say, in German: short, friendly, to a friend.

import { account } from './de/account.js';
import { docs } from './de/docs.js';
import { edit } from './de/edit.js';
import { live } from './de/live.js';
import { people } from './de/people.js';
import { rooms } from './de/rooms.js';
import { talk } from './de/talk.js';

/** @type {import('../js/words.js').Like<import('../js/words.js').Catalogue>} */
export const de = { ...account, ...docs, ...edit, ...live, ...people, ...rooms, ...talk };
