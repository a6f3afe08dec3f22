/** Random ini files, made of the pieces of the dialect that interact. Nothing in them runs a command or leaves the host. */
import fc from 'fast-check';

const name = fc.constantFrom('a', 'b', 'c', 'word', 'procname', 'add-header', 'master');
const blank = fc.constantFrom('', '', '', ' ', '  ', '\t');

const reference = fc.oneof(
  name.map((each) => `%%(${each})`),
  fc
    .tuple(name, fc.constantFrom('+', '-', '*', '/', ''), name)
    .map(([a, operator, b]) => `%(${a} ${operator} ${b})`),
  name.map((each) => `%(${each})`),
  fc.constantFrom(
    '$(HOME)',
    '$(NOT_THERE)',
    '$(EMPTY)',
    '%(_)',
    '%(a%(b))',
    '%(',
    '$(',
    ')',
    '%()',
    '%n',
    '%x',
    '%k',
  ),
);

/** Half of them are plain, so that references have something to find. */
const value = fc.oneof(
  fc.constantFrom('', '1', '2', '-3', 'text', 'two words', 'a', 'b', '; not a comment', 'x=y', '"quoted"'),
  fc
    .array(fc.oneof(reference, fc.constantFrom('x', '.', ' ', '7', 'b')), { maxLength: 5 })
    .map((parts) => parts.join('')),
);

const assignment = fc
  .tuple(blank, name, blank, value, blank)
  .map(([a, key, b, text, c]) => `${a}${key}${b}=${b}${text}${c}`);

const directive = fc.oneof(
  fc
    .tuple(fc.constantFrom('set', 'set-ph', 'set-placeholder'), fc.constantFrom('p', 'q', 'a%(b)'), value)
    .map(([key, target, text]) => `${key} = ${target}=${text}`),
  fc.constantFrom('include', 'ini', 'inherit').map((key) => `${key} = part.ini`),
  fc.constantFrom(
    'ini = part.ini:other',
    'ini = :other',
    '; a comment',
    '# a comment',
    '',
    '[uwsgi]',
    '[other]',
    'bare',
  ),
);

const opening = fc.oneof(
  fc.constantFrom(
    'for = one two',
    'for =',
    'for-times = 2',
    'if-env = HOME',
    'if-env = EMPTY=',
    'if-env = NOT_THERE',
  ),
  fc.constantFrom(
    'if-not-env = HOME',
    'if-file = part.ini',
    'if-dir = part.ini',
    'if-not-exists = nowhere',
    'if-reload =',
  ),
  name.map((each) => `if-opt = ${each}`),
  name.map((each) => `if-not-opt = ${each}=1`),
);

const block = fc
  .tuple(
    opening,
    fc.array(fc.oneof(assignment, directive), { maxLength: 4 }),
    fc.constantFrom('endfor =', 'endif =', 'end ='),
  )
  .map(([begin, body, end]) => [begin, ...body, end].join('\n'));

/** A whole file. Its lines may form a loop of placeholders, which uWSGI never leaves. */
export const iniFile = fc
  .array(fc.oneof({ weight: 4, arbitrary: assignment }, { weight: 2, arbitrary: directive }, block), {
    maxLength: 14,
  })
  .map((lines) => `[uwsgi]\n${lines.join('\n')}\n`);

/** What `include` and its kin find in the same folder. */
export const partFile = '[uwsgi]\npart = %n\nword = from the part\n[other]\nother = %x\n';
