// The protocol client alone, against a server that the test plays: each rule of catching up, closing and
// keeping alive. Time is the test's.

import { expect, test } from '../lib/test.js';

const ROOM = '0190a1b2-0000-7000-8000-000000000001';

/** Plays the server. `answer(frame, socket)` returns the `ok` of a command, or nothing to stay silent. */
async function play(page, server, answer, { ended = false } = {}) {
  const heard = [];
  const sockets = [];
  await page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    sockets.push(socket);
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message));
      heard.push({ ...frame, connection: sockets.length });
      const ok = answer(frame, socket, sockets.length);
      if (ok) socket.send(JSON.stringify({ id: frame.id, ok }));
    });
  });
  await page.goto(`${server.origin}/signin`);
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1_000);
  await page.evaluate(async (isEnded) => {
    const { Client } = await import('/js/client.js');
    window.calls = [];
    const needs = {
      refresh: async () => {
        window.calls.push('refresh');
        if (isEnded) throw Object.assign(new Error('ended'), { status: 401 });
      },
      ticket: async () => 'a-ticket',
      expires: () => 0,
    };
    window.client = new Client(needs);
    window.seen = [];
    window.states = [];
    window.client.addEventListener('event', ({ detail }) => window.seen.push(detail.seq ?? detail.event));
    window.client.addEventListener('reset', ({ detail }) => window.seen.push(`reset at ${detail.top}`));
    window.client.addEventListener('gone', () => window.seen.push('gone'));
    window.client.addEventListener('state', ({ detail }) => window.states.push(detail.state));
    window.client.start();
  }, ended);
  return {
    heard,
    sockets,
    seen: () => page.evaluate(() => window.seen),
    state: () => page.evaluate(() => window.client.state),
    calls: () => page.evaluate(() => window.calls),
    ops: (op) => heard.filter((frame) => frame.op === op),
  };
}

const said = (seq) => ({ event: 'message.new', room: ROOM, seq, ts: 1, d: { author: { id: 'u_1', username: 'a', name: 'A' }, cmid: 'c', body: String(seq), rev: 1 } });
const tell = (socket, event) => socket.send(JSON.stringify(event));
const line = (after, live, state = 'resumed', top = after) => ({ room: ROOM, state, top, after, live });
const welcome = (rooms, epoch = 'e-1') => ({ conn: 'c', principal: 'u_1', ping_ms: 25000, server_ts: 1, limits: {}, history_epoch: epoch, rooms });
const page = (after, to, live, top = to) => ({ room: ROOM, after, events: Array.from({ length: to - after }, (_, n) => said(after + n + 1)), end: to, top, live });

test('pages are pulled until one says live, and each event is told once', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') return welcome([line(0, false, 'resumed', 5)]);
    if (frame.op !== 'events') return null;
    if (frame.d.after === 0) return page(0, 2, false, 5);
    // What is on its way while the last page is: told by the page, not twice.
    tell(socket, said(4));
    setImmediate(() => {
      tell(socket, said(5));
      tell(socket, said(6));
    });
    return page(2, 5, true);
  });
  await expect.poll(wire.seen).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await wire.state()).toBe('live');
  expect(wire.ops('events').map(({ d }) => d.after)).toEqual([0, 2]);
});

test('a hole in what is live is pulled, not jumped over', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') {
      setImmediate(() => tell(socket, said(3)));
      return welcome([line(1, true)]);
    }
    return frame.op === 'events' ? page(1, 3, true) : null;
  });
  await expect.poll(wire.seen).toEqual([2, 3]);
});

test('a top above the cursor that stays for two seconds is pulled', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') {
      setImmediate(() => tell(socket, { event: 'tops', d: { [ROOM]: { top: 2, unread: 1, mention: false } } }));
      return welcome([line(1, true)]);
    }
    return frame.op === 'events' ? page(1, 2, true) : null;
  });
  await expect.poll(wire.seen).toEqual(['tops']);
  await tab.clock.fastForward(1_900);
  expect(wire.ops('events')).toEqual([]);
  await tab.clock.fastForward(200);
  await expect.poll(wire.seen).toEqual(['tops', 2]);
});

test('a room that lags is pulled; one that is reset begins at its top; one that is gone is dropped', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') {
      setImmediate(() => tell(socket, { event: 'room.lag', room: ROOM, d: { top: 3 } }));
      return welcome([line(1, true)]);
    }
    return frame.op === 'events' ? page(1, 3, true) : null;
  });
  await expect.poll(wire.seen).toEqual([2, 3]);
  const [socket] = wire.sockets;
  tell(socket, { event: 'reset', room: ROOM, d: { top: 9, live: true, snapshot: { kind: 'group', role: 'member', from_seq: 0, members: 1, reads: {} } } });
  tell(socket, said(9));
  tell(socket, said(10));
  await expect.poll(wire.seen).toEqual([2, 3, 'reset at 9', 10]);
  tell(socket, { event: 'gone', room: ROOM, d: {} });
  tell(socket, said(11));
  await expect.poll(wire.seen).toEqual([2, 3, 'reset at 9', 10, 'gone']);
});

test('after a cut the client waits a little, resumes where it stands, and fails what was asked', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket, connection) => {
    if (frame.op === 'hello') return welcome([line(connection === 1 ? 1 : 2, true)]);
    return null;
  });
  await expect.poll(wire.state).toBe('live');
  tell(wire.sockets[0], said(2));
  await expect.poll(wire.seen).toEqual([2]);
  const asked = tab.evaluate(() => window.client.ask('message.send', 'r', {}).catch(({ code }) => code));
  await expect.poll(() => wire.ops('message.send').length).toBe(1);
  await wire.sockets[0].close({ code: 4000 });
  expect(await asked).toBe('connection_lost');
  await expect.poll(wire.state).toBe('waiting');
  await tab.clock.fastForward(600);
  await expect.poll(wire.state).toBe('live');
  expect(wire.ops('hello')[1].d).toEqual({ resume: [{ room: ROOM, seq: 2 }], history_epoch: 'e-1', subscribe: 'all' });
});

test('a greeting refused with 4050 is tried again with a fresh cookie', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket, connection) => {
    if (frame.op === 'hello' && connection > 1) return welcome([]);
    if (frame.op !== 'hello') return null;
    tell(socket, { id: frame.id, error: { code: 'unauthorized', message: 'Sign in, or bring a ticket.', retry: false } });
    setImmediate(() => socket.close({ code: 4050 }));
    return null;
  });
  await expect.poll(wire.state).toBe('live');
  expect(await wire.calls()).toEqual(['refresh']);
});

test('a code from 4100 on stops, with the reason', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') setImmediate(() => socket.close({ code: 4104, reason: 'Too many connections.' }));
    return null;
  });
  await expect.poll(wire.state).toBe('stopped');
  await tab.clock.fastForward(120_000);
  expect(wire.sockets).toHaveLength(1);
  expect(await tab.evaluate(() => window.client.reason)).toBe('Too many connections.');
});

test('a line that has been quiet is asked, and left when it does not answer', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame) => (frame.op === 'hello' ? welcome([]) : null));
  await expect.poll(wire.state).toBe('live');
  await tab.clock.runFor(26_000);
  await expect.poll(() => wire.ops('ping').length).toBe(1);
  await tab.clock.runFor(10_100);
  await expect.poll(() => wire.sockets.length).toBeGreaterThan(0);
  await expect.poll(() => tab.evaluate(() => window.states.includes('waiting'))).toBe(true);
});

test('before the credential ends the open connection gets a new one', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame) => {
    if (frame.op === 'hello') return welcome([]);
    return frame.op === 'auth.refresh' ? { expires_ts: 2 } : null;
  });
  await expect.poll(wire.state).toBe('live');
  tell(wire.sockets[0], { event: 'auth.expiring', d: { expires_ts: 1 } });
  await expect.poll(() => wire.ops('auth.refresh').map(({ d }) => d)).toEqual([{ ticket: 'a-ticket' }]);
  expect(await wire.calls()).toEqual(['refresh']);
  expect(wire.sockets).toHaveLength(1);
});

test('a sign-in that has ended is not tried again', async ({ page: tab, server }) => {
  const wire = await play(tab, server, (frame, socket) => {
    if (frame.op === 'hello') setImmediate(() => socket.close({ code: 4051 }));
    return null;
  }, { ended: true });
  await expect.poll(wire.state).toBe('signed_out');
  await tab.clock.fastForward(120_000);
  expect(wire.sockets).toHaveLength(1);
});
