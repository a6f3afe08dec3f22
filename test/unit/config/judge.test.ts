import { networkInterfaces } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space.remove());

const settings = (...argv: string[]) => space.run(argv).settings;
const codes = (...argv: string[]) => space.codes(argv);

describe('yes and no', () => {
  it.each(['false', 'FALSE', 'off', 'no', 'No', '0'])('%s is a no', (value) => {
    expect(settings('--set', `master=${value}`).master).toBe(false);
  });

  it.each(['true', '1', '', 'on', 'disabled', 'none', '00', 'false '])('%j is a yes', (value) => {
    expect(settings('--set', `master=${value}`).master).toBe(true);
  });
});

describe('numbers', () => {
  it.each(['4', ' 4 ', '+4', '004', '4 ; four', '4\t# four'])('%j is 4', (value) => {
    expect(settings('--processes', value).processes).toBe(4);
  });

  it.each(['', 'four', '4k', '4.0', '0x4', '4 5', '4;', '9'.repeat(16)])('%j is none', (value) => {
    expect(codes('--processes', value)).toEqual(['NOT_A_NUMBER']);
  });

  it.each([
    ['processes', '0'],
    ['processes', '-1'],
    ['processes', '100000'],
    ['limit-post', '-1'],
    ['socket-timeout', '0'],
  ])('are bounded: %s = %s', (name, value) => {
    expect(codes(`--${name}`, value)).toEqual(['OUT_OF_RANGE']);
  });

  it('of cheaper lie between its bounds, wherever the lines stand', () => {
    expect(codes('--cheaper', '2', '--processes', '2')).toEqual(['CHEAPER_TOO_LARGE']);
    expect(codes('--cheaper-initial', '5', '--cheaper', '1', '--processes', '4')).toEqual([
      'CHEAPER_INITIAL_OUTSIDE',
    ]);
    expect(settings('--cheaper', '2', '--processes', '3')).toMatchObject({ cheaper: 2, master: true });
  });

  it('are told when a reference was never replaced', () => {
    expect(codes('--listen', '%(n)', '--set', 'n=5')).toEqual(['UNEXPANDED']);
    expect(codes('--processes', '$(NOT_THERE)')).toEqual(['UNEXPANDED']);
  });
});

describe('sockets', () => {
  it.each([
    'app.sock',
    '/run/app.sock',
    '@abstract',
    ':80',
    '*:80',
    '127.0.0.1:0',
    'localhost:80',
    '[::1]:80',
    '8080',
  ])('%s is an address', (address) => {
    expect(settings('-s', address).sockets.at(-1)).toMatchObject({ address, protocol: 'uwsgi' });
  });

  it.each([
    '',
    ':',
    ':http',
    ':70000',
    '::1:80',
    '[::1:80',
    '=x',
    'fd://',
    'fd://x',
    'x'.repeat(103),
    '999.*:80',
  ])('%j is none', (address) => {
    expect(codes('-s', address)).toEqual([address === '' ? 'EMPTY_VALUE' : 'INVALID_ADDRESS']);
  });

  it('may name the network of an interface', () => {
    const own = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family }) => family === 'IPv4')!;
    const prefix = own.address.split('.').slice(0, 3).join('.');
    expect(settings('-s', `${prefix}.*:80`).sockets.at(-1)?.address).toBe(`${own.address}:80`);
  });

  it('with a number for a name are warned about', () => {
    expect(space.run(['-s', '8080']).warnings[0]).toContain('for the TCP port write :8080');
  });

  it('speak what protocol says, wherever it stands', () => {
    expect(
      settings('-s', 'a', '--protocol', 'http', '--uwsgi-socket', 'b').sockets.map(
        ({ protocol }) => protocol,
      ),
    ).toEqual(['http', 'http', 'uwsgi']);
    expect(codes('--protocol', 'suwsgi')).toEqual(['PROTOCOL_NOT_YET']);
    expect(codes('--protocol', 'gopher')).toEqual(['INVALID_PROTOCOL']);
  });
});

describe('modes', () => {
  it('are three octal digits', () => {
    expect(settings('--chmod-socket=660').chmodSocket).toBe(0o660);
    expect(settings('-C').chmodSocket).toBe(0o666);
    expect(settings('--chmod-socket=1').chmodSocket).toBe(0o666);
    for (const mode of ['0660', '66', '888', 'rw'])
      expect(codes(`--chmod-socket=${mode}`)).toEqual(['INVALID_MODE']);
  });

  it('are octal digits for umask', () => {
    expect(settings('--umask', '022').umask).toBe(0o22);
    expect(codes('--umask', '8')).toEqual(['INVALID_UMASK']);
  });
});

describe('http-keepalive', () => {
  it.each([
    [['--http-keepalive'], 60],
    [['--http-keepalive=true'], 60],
    [['--http-keepalive=1'], 60],
    [['--http-keepalive=15'], 15],
    [['--http-keepalive=0'], 0],
    [['--http-keepalive=off'], 0],
  ])('%j is %i seconds', (argv, seconds) => {
    expect(settings(...argv).httpKeepalive).toBe(seconds);
  });
});

describe('the application', () => {
  it('is the last of its kind, and one of two kinds is too many', () => {
    expect(settings('-w', 'one', '-w', 'two').app.module).toBe('two');
    expect(codes('-w', 'one', '--file', 'two.js')).toEqual(['TWO_APPLICATIONS']);
  });
});

describe('mounted applications', () => {
  it('are modules or files, below a path or at the root', () => {
    const { mounts, manageScriptName } = settings(
      ...[
        '--mount',
        '/shop=shop.wsgi:app',
        '--mount',
        '/blog/=blog.mjs',
        '--worker-mount',
        'root',
        '--manage-script-name',
      ],
      ...['--callable', 'main', '--app-interface', 'fetch'],
    );
    const common = { callable: 'main', interface: 'fetch' };
    expect(mounts).toEqual([
      { path: '/shop', app: { module: 'shop.wsgi:app', file: null, ...common } },
      { path: '/blog', app: { module: null, file: 'blog.mjs', ...common } },
      { path: '', app: { module: 'root', file: null, ...common } },
    ]);
    expect(manageScriptName).toBe(true);
  });

  it('are applications enough for a start', () => {
    const result = space.load(['-s', 'a.sock', '--mount', '/=app']);
    expect(result).toMatchObject({ action: 'run', settings: { mounts: [{ path: '' }] } });
  });

  it.each(['', '/shop=', 'example.com=app', 'example.com|=app'])('are not named by %j', (value) => {
    expect(codes('--mount', value)).toEqual([value === '' ? 'EMPTY_VALUE' : 'INVALID_MOUNT']);
  });

  it('have one of three interfaces', () => {
    expect(settings().app.interface).toBeNull();
    expect(codes('--app-interface', 'rack')).toEqual(['INVALID_CHOICE']);
  });
});

describe('what an option cannot do here', () => {
  it('is said once for options that are not there yet, under strict too', () => {
    expect(space.run(['--strict', '--spooler', 'tasks']).warnings).toEqual([
      'command line: spooler = tasks: spooler is not there yet; it is ignored',
    ]);
  });

  it('is said for dangerous options, with the reason', () => {
    expect(space.run(['--limit-as', '512']).warnings[0]).toContain('limit-as is ignored: V8 reserves');
  });

  it('is not said where there is nothing to do', () => {
    expect(space.run(['--venv', '/v', '--plugins', 'python3', '-T', '--lazy-apps']).warnings).toEqual([]);
  });

  it('does not keep it from switching the master on, as in uWSGI', () => {
    expect(settings('--spooler', 'tasks').master).toBe(true);
    expect(settings().master).toBe(false);
  });
});

describe('unknown names', () => {
  it('in the environment are only told when they look like typos', () => {
    const env = { UWSGI_SERVICE_HOST: '10.0.0.1', UWSGI_PROCESES: '4' };
    const told = space.run(['--strict'], env).warnings;
    expect(told).toEqual([expect.stringContaining('did you mean processes?')]);
  });

  it('in comments of a command are left alone', () => {
    space.file(
      'c.ini',
      '[uwsgi]',
      'spooler = a ; b',
      'cron2 = * * * * * echo ; date',
      'name = a ; b',
      'x = %(name)',
    );
    const comments = space
      .run(['--ini', 'c.ini'])
      .warnings.filter((line) => line.includes('part of the value'));
    expect(comments).toEqual([expect.stringContaining('c.ini:2: spooler = a ; b')]);
  });

  it('that turn a no into a yes by their comment are told so', () => {
    space.file('c.ini', '[uwsgi]', 'vacuum = false ; keep it');
    const { warnings, settings } = space.run(['--ini', 'c.ini']);
    expect(settings.vacuum).toBe(true);
    expect(warnings[0]).toContain('whatever is not false, off, no or 0 is true. Write: vacuum = false');
  });
});

describe('a refusal', () => {
  it('tells warnings too, behind the mistakes', () => {
    space.file('r.ini', '[uwsgi]', 'vacum = true', 'processes = x');
    expect(space.refusal(['--ini', 'r.ini']).message.split('\n')).toEqual([
      expect.stringMatching(/^r\.ini:3: processes = x: /),
      expect.stringMatching(/^warning: r\.ini:2: vacum = true: /),
    ]);
  });

  it('cuts long values', () => {
    const [line] = space.mistakes(['--processes', 'x'.repeat(100_000)]);
    expect(line!.length).toBeLessThan(700);
  });
});
