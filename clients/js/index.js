// What the package offers: the client that the pages of a server use themselves, and a sign-in for programs.

export { signIn } from './account.js';
export { Client, CommandError } from './src/client.js';
export { uuid } from './src/uuid.js';
