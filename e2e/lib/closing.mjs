// A program that uses the packed client over a socket of its own: one that is closing while something is written, one
// that refuses. Environment: PACKAGE (its folder). Prints what became of the writes.

const { Client } = await import(`${process.env.PACKAGE}/index.js`);
const answers = {
  hello: { ok: { history_epoch: 'e', rooms: [] } },
  'message.send': { ok: { seq: 7, ts: 1, dup: false } },
  'message.edit': { error: { code: 'muted', message: 'Muted.', retry: true, after_ms: 28 * 24 * 60 * 60 * 1000 } },
};

class Socket extends EventTarget {
  readyState = 1;

  constructor() {
    super();
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }

  send(text) {
    const { id, op } = JSON.parse(text);
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify({ id, ...answers[op] }) })));
  }

  close() {
    this.readyState = 3;
  }
}

const client = new Client({ url: 'ws://nowhere.invalid', ticket: async () => 'ticket', WebSocket: Socket });
const live = new Promise((resolve) => client.addEventListener('state', ({ detail }) => detail.state === 'live' && resolve()));
client.start();
await live;
const { socket } = client;
socket.readyState = 2;
const written = client.write('message.send', 'room', { body: 'x' });
setImmediate(() => socket.dispatchEvent(Object.assign(new Event('close'), { code: 4000, reason: '' })));
const { seq } = await written;
const refusal = await client.write('message.edit', 'room', { target: 7, rev: 1, body: 'y' }).catch((error) => error.code);
client.stop();
console.log(JSON.stringify({ seq, refusal }));
