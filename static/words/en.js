// Everything that the pages say, in English; the other languages have the same keys. `{name}` is filled in;
// `{n}` chooses between `one` and `other`. A key begins with the part of the client that says it.

import { account } from './en/account.js';
import { docs } from './en/docs.js';
import { edit } from './en/edit.js';
import { live } from './en/live.js';
import { people } from './en/people.js';
import { rooms } from './en/rooms.js';
import { talk } from './en/talk.js';

export const en = /** @type {const} */ ({ ...account, ...docs, ...edit, ...live, ...people, ...rooms, ...talk });
