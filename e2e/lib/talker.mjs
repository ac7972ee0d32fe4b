// A program that uses the packed client as anybody would: says numbers one after another and hears them.
// Environment: PACKAGE (its folder), SERVER, LOGIN, PASSWORD, COUNT. Prints a line for each that it hears.

const { Client, signIn, uuid } = await import(`${process.env.PACKAGE}/index.js`);
const count = Number(process.env.COUNT);
const account = await signIn(process.env.SERVER, process.env.LOGIN, process.env.PASSWORD);
const { id: room } = await account.call('POST', 'conversations', { kind: 'group', title: 'Numbers' }, uuid());

const heard = [];
const client = new Client(account);
const done = new Promise((resolve) => {
  client.addEventListener('event', ({ detail }) => {
    if (detail.room !== room || detail.event !== 'message.new') return;
    heard.push({ seq: detail.seq, body: detail.d.body });
    console.log(`heard ${detail.d.body}`);
    if (heard.length === count) resolve();
  });
});
client.start();
const seqs = [];
for (let n = 1; n <= count; n += 1) seqs.push((await client.write('message.send', room, { body: String(n) })).seq);
await done;
const refusal = await client.write('message.edit', room, { target: 1, rev: 1, body: 'x' }).catch((error) => error.code);
client.stop();
const late = await client.write('message.send', room, { body: 'late' }).catch((error) => error.code);
console.log(JSON.stringify({ heard, seqs, refusal, late }));
