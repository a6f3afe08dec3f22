/** A JS thread without a thread: tests say what it posts and how it ends, and look at what it was sent. */
import { EventEmitter } from 'node:events';
import type { ControlToThread, ThreadStart, ThreadToControl } from '../../../src/messages.js';

export class FakeThread extends EventEmitter {
  readonly sent: ControlToThread[] = [];
  terminated = false;
  readonly performance = { eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: this.load }) };
  load = 0;

  constructor(readonly start: ThreadStart) {
    super();
  }

  postMessage(message: ControlToThread): void {
    this.sent.push(message);
  }

  async terminate(): Promise<number> {
    this.terminated = true;
    return 1;
  }

  say(message: ThreadToControl): void {
    this.emit('message', message);
  }

  ready(http: string | null = null): void {
    this.say({
      type: 'ready',
      app: { file: '/srv/wsgi.js', callable: 'application', kind: 'wsgi', loadTime: 5 },
      http,
    });
  }

  end(code: number, error?: unknown): void {
    if (error !== undefined) this.emit('error', error);
    this.emit('exit', code);
  }
}
