/** What a JS thread makes of `process`: the path says what is asked. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';

const required = createRequire(import.meta.url);

const tried = (call) => {
  try {
    return String(call());
  } catch (error) {
    return error.code;
  }
};

const behaviours = {
  '/same-directory': () => tried(() => process.chdir(process.cwd())),
  '/other-directory': () => tried(() => process.chdir('/')),
  '/title': () => {
    process.title = 'mine';
    return process.title;
  },
  '/threads': async () => {
    const asked = `const { isMainThread, workerData } = require('worker_threads');
      require('worker_threads').parentPort.postMessage([isMainThread, workerData])`;
    const [message] = await once(new Worker(asked, { eval: true, workerData: 'own' }), 'message');
    return JSON.stringify([
      isMainThread,
      parentPort,
      workerData,
      required('worker_threads').isMainThread,
      message,
    ]);
  },
  '/descriptors': () => `${process.stdout.fd} ${process.stderr.fd}`,
  '/pieces': () => {
    for (const piece of ['one ', 'two ', 'three\nfour\n', 'fi', 've\n']) process.stdout.write(`${piece}`);
    process.stderr.write(Buffer.from('größer\n'));
    return 'written';
  },
  '/slow': async () => {
    await wait(200);
    return 'slow';
  },
};

// No SIGTERM listener: the next one that a terminal or systemd would have sent is looked for.
process.once('SIGINT', async (signal) => {
  console.log(`told by ${signal} in thread ${threadId}`);
  await wait(20);
  console.log(`done in thread ${threadId}`);
  process.exit();
});
process.on('exit', (code) =>
  process.stdout.write(`exit ${code} of thread ${threadId}, without a line's end`),
);

export async function application(environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return behaviours[environ.PATH_INFO]();
}
