import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LoadResult, loadConfiguration } from '../../../src/config/load.js';
import { ConfigurationError } from '../../../src/errors/configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'uwsgi-node-load-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
const load = (argv: string[], env: NodeJS.ProcessEnv = {}) => loadConfiguration(argv, env, folder);

function run(argv: string[], env: NodeJS.ProcessEnv = {}): Extract<LoadResult, { action: 'run' }> {
  const result = load(argv, env);
  if (result.action !== 'run') throw new Error(`expected to run, got: ${result.text}`);
  return result;
}

function mistakes(argv: string[], env: NodeJS.ProcessEnv = {}): string[] {
  try {
    load(argv, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  throw new Error('expected a ConfigurationError');
}

describe('the tutorial', () => {
  it('takes its command line', () => {
    const { settings } = run(['--socket', '0.0.0.0:8080', '--protocol=http', '-w', 'wsgi']);
    expect(settings.sockets).toMatchObject([{ address: '0.0.0.0:8080', protocol: 'http' }]);
    expect(settings.app).toMatchObject({ module: 'wsgi', file: null, callable: 'application' });
    expect(settings.title).toBe('uwsgi-node --socket 0.0.0.0:8080 --protocol=http -w wsgi');
  });

  it('takes its ini file', () => {
    file(
      'myapp.ini',
      '[uwsgi]\nmodule = wsgi:application\n\nmaster = true\nprocesses = 5\n\nsocket = myapp.sock\n' +
        'chmod-socket = 664\nvacuum = true\n\ndie-on-term = true\n',
    );
    const { settings, announcements, warnings } = run(['--ini', 'myapp.ini']);
    expect(settings).toMatchObject({
      app: { module: 'wsgi:application', callable: 'application' },
      master: true,
      processes: 5,
      sockets: [{ address: 'myapp.sock', protocol: 'uwsgi', origin: { file: 'myapp.ini', line: 7 } }],
      chmodSocket: 0o664,
      vacuum: true,
      dieOnTerm: true,
      title: 'uwsgi-node --ini myapp.ini',
    });
    expect(announcements).toEqual(['[uWSGI] getting INI configuration from myapp.ini']);
    expect(warnings).toEqual([]);
  });
});

describe('settings', () => {
  const base = ['-s', 'a.sock', '-w', 'wsgi'];

  it('has defaults that differ from those of uWSGI where the design says so', () => {
    expect(run(base).settings).toMatchObject({
      needApp: true,
      processes: 1,
      threads: 1,
      listen: null,
      bufferSize: 65_536,
      postBuffering: 65_536,
      async: 1000,
    });
  });

  it('puts every implemented option where it belongs', () => {
    const { settings } = run([
      ...[
        '--threads',
        '2',
        '-l',
        '50',
        '-b',
        '8192',
        '--post-buffering',
        '1',
        '--limit-post',
        '9',
        '-z',
        '7',
      ],
      ...['--http-keepalive=30', '--http-timeout', '20', '--async', '5', '--worker-reload-mercy', '8', '-L'],
      ...['--chdir', '/', '--uid', 'www-data', '--gid', '33', '--logto', 'a.log', '--logto2', 'b.log'],
      ...['--chown-socket', 'a:b', '--umask', '022', '--env', 'A=1', '--unenv', 'B', '--wsgi-file', 'app.js'],
      ...[
        '--callable',
        'app',
        '--http-socket',
        ':80',
        '--http',
        ':81',
        '--uwsgi-socket',
        '@x',
        '--protocol',
        'http',
      ],
    ]);
    expect(settings).toMatchObject({
      threads: 2,
      listen: 50,
      bufferSize: 8192,
      postBuffering: 1,
      limitPost: 9,
      socketTimeout: 7,
      httpKeepalive: 30,
      httpTimeout: 20,
      async: 5,
      workerReloadMercy: 8,
      disableLogging: true,
      chdir: '/',
      uid: 'www-data',
      gid: '33',
      logto: 'a.log',
      logto2: 'b.log',
      chownSocket: 'a:b',
      umask: 0o022,
      environment: { A: '1', B: null },
      app: { module: null, file: 'app.js', callable: 'app' },
    });
    expect(settings.sockets.map(({ address, protocol }) => [address, protocol])).toEqual([
      [':80', 'http'],
      [':81', 'http'],
      ['@x', 'uwsgi'],
    ]);
  });

  it('applies a protocol to the sockets above it', () => {
    expect(run([...base, '--protocol', 'http']).settings.sockets[0]?.protocol).toBe('http');
  });

  it.each([
    ['app.mjs', { file: 'app.mjs', module: null }],
    ['wsgi:app', { file: null, module: 'wsgi:app' }],
    ['app.js:main', { file: 'app.js', module: null, callable: 'main' }],
  ])('takes the bare word %s for the application', (word, app) => {
    expect(run(['-s', 'a.sock', word]).settings.app).toMatchObject(app);
  });

  it('reads UWSGI_ variables first', () => {
    const { settings } = run(base, {
      UWSGI_PROCESSES: '3',
      UWSGI_MASTER: '1',
      UWSGI_PORT: 'tcp://10.0.0.1:80',
    });
    expect(settings).toMatchObject({ processes: 3, master: true });
    expect(run([...base, '-p', '4'], { UWSGI_PROCESSES: '3' }).settings.processes).toBe(4);
  });
});

describe('who wins', () => {
  const base = ['-s', 'a.sock', '-w', 'wsgi'];

  it('is whoever comes last, in a named file', () => {
    file('two.ini', '[uwsgi]\nprocesses = 2\n');
    expect(run([...base, '--ini', 'two.ini', '-p', '8']).settings.processes).toBe(8);
    expect(run([...base, '-p', '8', '--ini', 'two.ini']).settings.processes).toBe(2);
  });

  it('is the command line over a bare file, which says so', () => {
    const { settings, warnings } = run([...base, 'two.ini', '-p', '8']);
    expect(settings.processes).toBe(8);
    expect(warnings).toEqual(['two.ini:2: processes = 2: gives way to processes = 8 on the command line']);
  });

  it('reads another section when asked', () => {
    file('sections.ini', '[uwsgi]\nprocesses = 2\n[prod]\nprocesses = 6\n');
    expect(run([...base, '--ini', 'sections.ini:prod']).settings.processes).toBe(6);
    expect(run([...base, '--ini', 'sections.ini', '--ini', ':prod']).settings.processes).toBe(6);
  });
});

describe('mistakes', () => {
  it('are all told at once, with file, line and text', () => {
    file('bad.ini', '[uwsgi]\nprocesses = four\nsocket = :99999\nchmod-socket = 0664\nprotocol = gopher\n');
    expect(mistakes(['--ini', 'bad.ini'])).toEqual([
      expect.stringContaining('bad.ini:2: processes = four: "four" is not a whole number'),
      expect.stringContaining('bad.ini:3: socket = :99999: ":99999" is not an address'),
      expect.stringContaining('bad.ini:4: chmod-socket = 0664: "0664" is not a file mode'),
      expect.stringContaining('bad.ini:5: protocol = gopher: there is no protocol "gopher"'),
    ]);
  });

  it('are a missing file, an unknown bare word, no socket, no application', () => {
    expect(mistakes(['--ini', 'none.ini'])[0]).toContain('none.ini cannot be read: no such file');
    expect(mistakes(['true'])[0]).toContain('true is neither a configuration file');
    expect(mistakes(['-w', 'wsgi'])[0]).toContain('there is no socket to listen on');
    expect(mistakes(['-s', 'a.sock'])[0]).toContain('no application is named');
    expect(mistakes(['--emperor', 'vassals'])[0]).toContain('emperor mode is not there yet');
  });

  it.each([
    ['none.ini', /^command line: none\.ini cannot be read: no such file or directory \(\/.*\/none\.ini\)$/],
    [':8080', /^command line: :8080 is an address without its option; write --socket :8080 for nginx/],
    ['127.0.0.1:8080', /is an address without its option/],
    ['app.sock', /is an address without its option/],
    ['app.ini:shop', /names a section, which takes the option: write --ini app\.ini:shop$/],
    ['reload', /^command line: reload is an option; write --reload PIDFILE$/],
    ['typo.inii', /^command line: there is no file \/.*\/typo\.inii, and typo\.inii has no ending of/],
    ['.', /is a folder; .* write --module \. /],
    ['app.conf', /does not tell by its ending what it is; write --ini app\.conf for a configuration/],
  ])('are bare words that are none of what may stand alone: %s', (word, said) => {
    file('app.conf', '');
    expect(mistakes([word])[0]).toMatch(said);
  });

  it('are unknown options under strict, warnings without it', () => {
    file('typo.ini', '[uwsgi]\nvacum = true\nname = app\nsocket = %(name).sock\nmodule = wsgi\n');
    const { settings, warnings } = run(['--ini', 'typo.ini']);
    expect(settings.sockets[0]?.address).toBe('app.sock');
    expect(warnings).toEqual([
      expect.stringContaining('typo.ini:2: vacum = true: there is no option vacum; did you mean vacuum?'),
    ]);
    expect(mistakes(['--strict', '--ini', 'typo.ini'])).toHaveLength(2);
  });

  it('are inline comments, which uWSGI reads as part of the value', () => {
    file(
      'comment.ini',
      '[uwsgi]\nmodule = wsgi\nsocket = a.sock\nmaster = false ; really\nprocesses = 4 # four\n',
    );
    const { settings, warnings } = run(['--ini', 'comment.ini']);
    expect(settings).toMatchObject({ master: true, processes: 4 });
    expect(warnings).toEqual([
      expect.stringContaining('comment.ini:4: master = false ; really: "; really" is part of the value'),
      expect.stringContaining('write: processes = 4'),
    ]);
  });
});

describe('what is printed instead of a start', () => {
  const text = (argv: string[]) => {
    const result = load(argv);
    return result.action === 'print' ? result.text : 'it runs';
  };

  it('is the version', () => {
    expect(text(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('is the help, of everything, a group or an option', () => {
    expect(text(['--help'])).toContain('--processes N');
    expect(text(['--help', 'sockets'])).toContain('--http-socket ADDRESS');
    expect(text(['--help', 'processes'])).toContain('worker processes');
    expect(text(['--help=venv'])).toContain('Accepted without effect');
    expect(text(['--help', 'procesess'])).toContain('did you mean processes?');
  });

  it('is the configuration, even one with mistakes', () => {
    expect(text(['--ini', 'bad.ini', '-M', '--show-config'])).toBe(
      '\n;uWSGI instance configuration\n[uwsgi]\nini = bad.ini\nprocesses = four\nsocket = :99999\n' +
        'chmod-socket = 0664\nprotocol = gopher\nmaster = true\nshow-config = true\n;end of configuration\n\n',
    );
  });

  it('is the verdict of --check', () => {
    expect(text(['-s', 'a.sock', '-w', 'wsgi', '--check'])).toContain('the configuration is valid');
    expect(mistakes(['--check'])).toHaveLength(2);
  });
});
