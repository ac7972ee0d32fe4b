// A program that uses the packed client as a page would whose script begins twice, ends, and begins again. Environment:
// PACKAGE (its folder). Prints how many sockets were opened and how many listeners stood in the page after each step.

let sockets = 0;
let listeners = 0;
class Place extends EventTarget {
  visibilityState = 'visible';

  addEventListener(type, listener, options) {
    listeners += 1;
    options?.signal?.addEventListener('abort', () => (listeners -= 1), { once: true });
    super.addEventListener(type, listener, options);
  }
}
globalThis.window = new Place();
globalThis.document = new Place();
const { Client } = await import(`${process.env.PACKAGE}/index.js`);

class Socket extends EventTarget {
  readyState = 1;

  constructor() {
    super();
    sockets += 1;
    queueMicrotask(() => this.dispatchEvent(new Event('open')));
  }

  send(text) {
    const { id } = JSON.parse(text);
    const data = JSON.stringify({ id, ok: { history_epoch: 'e', rooms: [] } });
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('message'), { data })));
  }

  close() {
    this.readyState = 3;
  }
}

const client = new Client({ url: 'ws://nowhere.invalid', ticket: async () => 'ticket', WebSocket: Socket });
const live = () => new Promise((resolve) => client.addEventListener('state', ({ detail }) => detail.state === 'live' && resolve()));
const told = [];
const tell = () => told.push([sockets, listeners]);
let up = live();
client.start();
client.start();
await up;
client.start();
tell();
client.stop();
tell();
up = live();
client.start();
await up;
tell();
client.stop();
console.log(JSON.stringify(told));
