import { describe, expect, it } from 'vitest';
import { ctime } from '../../../src/log/ctime.js';
import {
  appReadyLine,
  endOf,
  headLines,
  limitLines,
  modeLine,
  readyLine,
  socketLine,
} from '../../../src/log/startup.js';

describe('start-up lines', () => {
  it('begin as those of uWSGI do', () => {
    const lines = headLines({
      version: '1.2.3',
      date: new Date(2025, 9, 8, 12, 0, 0),
      os: 'Linux-6.1.0 #1 SMP',
      hostname: 'web1',
      machine: 'x86_64',
      cpus: 2,
      workingDirectory: '/app',
      binary: '/usr/bin/node',
      fileLimit: null,
      nodeVersion: 'v20.20.2',
      v8Version: '11.3',
    });
    expect(lines[0]).toBe('*** Starting uwsgi-node 1.2.3 (64bit) on [Wed Oct  8 12:00:00 2025] ***');
    expect(lines).toContain('detected number of CPU cores: 2');
    expect(lines).toContain('current working directory: /app');
    expect(lines.some((line) => line.includes('file descriptor'))).toBe(false);
  });

  it.each([
    ['unix', '/run/x.sock', false, 'uwsgi socket 0 bound to UNIX address /run/x.sock fd 3'],
    ['inet', '0.0.0.0:8080', false, 'uwsgi socket 0 bound to TCP address 0.0.0.0:8080 fd 3'],
    ['inet6', '[::1]:4711', true, 'uwsgi socket 0 bound to TCP address [::1]:4711 (port auto-assigned) fd 3'],
  ] as const)('name a socket: %s %s', (family, name, assigned, line) => {
    expect(socketLine({ index: 0, family, name, fd: 3, assigned })).toBe(line);
  });

  it.each([
    [1, 1, 'single process'],
    [1, 4, 'threaded'],
    [5, 1, 'preforking'],
    [5, 4, 'preforking+threaded'],
  ])('call %i processes with %i threads %s', (processes, threads, mode) => {
    expect(modeLine(processes, threads)).toBe(`*** Operational MODE: ${mode} ***`);
  });

  it('tell the backlog and the mercy', () => {
    expect(limitLines(100, 60)).toEqual([
      'your server socket listen backlog is limited to 100 connections',
      'your mercy for graceful operations on workers is 60 seconds',
    ]);
  });

  it('give whole seconds for the application', () => {
    expect(appReadyLine(2_999, 123, 'v20.20.2')).toBe(
      "WSGI app 0 (mountpoint='') ready in 2 seconds on interpreter v20.20.2 pid: 123 (default app)",
    );
  });

  it('sum up at the end', () => {
    const sockets = ['/run/x.sock (uwsgi)', '127.0.0.1:80 (http)'];
    expect(readyLine({ app: null, processes: 1, threads: 2, sockets })).toBe(
      '*** uwsgi-node is ready: no application, 1 worker with 2 threads, listening on /run/x.sock (uwsgi), 127.0.0.1:80 (http) ***',
    );
  });

  it('tell how a process ended', () => {
    expect([endOf(null, 9), endOf(3, null), endOf(0, null)]).toEqual([
      ', killed by signal 9',
      ', exit code 3',
      '',
    ]);
  });
});

describe('ctime', () => {
  it.each([
    [new Date(2025, 0, 31, 1, 2, 3), 'Fri Jan 31 01:02:03 2025'],
    [new Date(2024, 11, 1, 23, 59, 59), 'Sun Dec  1 23:59:59 2024'],
  ])('%s', (date, text) => {
    expect(ctime(date)).toBe(text);
  });
});
