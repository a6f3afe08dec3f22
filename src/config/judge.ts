/**
 * From expanded entries to `Settings`: every entry is judged, and all that is wrong is gathered before anybody is told.
 */
import { resolve } from 'node:path';
import { type Problem, type ProblemText, problems } from '../errors/configuration.js';
import { defaultSettings } from './default-settings.js';
import { type Entry, textOf } from './entry.js';
import type { Draft, Occurrence, Option, PendingMount, PendingSocket } from './option.js';
import { findOption, nearestOption } from './options.js';
import { whereIs } from './origin.js';
import type { PassedSocket } from './passed-sockets.js';
import { type Settings, type SocketSetting, socketProtocols } from './settings.js';
import { resolveSockets } from './sockets.js';
import { inlineComment, parseBool, withoutComment } from './values.js';

export interface Judgement {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * @param used the names that placeholders referred to: an unknown option among them is a variable.
 * @param cwd  what folders named in the configuration are relative to.
 * @param isComplete whether all files could be read; if not, what is missing may be in them.
 * @param passed sockets of systemd: they are served as they are where the configuration names none.
 */
export function judge(
  entries: readonly Entry[],
  used: ReadonlySet<string>,
  cwd: string,
  isComplete: boolean,
  passed: readonly PassedSocket[] = [],
): Judgement {
  const draft = new Judge(entries, used, cwd);
  for (const entry of entries) draft.judgeEntry(entry);
  draft.finish(isComplete, passed);
  return { settings: draft.settings, problems: draft.mistakes, warnings: draft.warnings };
}

/** Values in which ` ;` and ` #` may well be meant. */
const freeText = /COMMAND|ACTION|CODE|FORMAT|REGEXP|TEXT|TEMPLATE/;

class Judge implements Draft {
  readonly settings = defaultSettings();
  readonly sockets: PendingSocket[] = [];
  readonly mounts: PendingMount[] = [];
  readonly sharedSockets: string[] = [];
  areAbstract = false;
  readonly mistakes: Problem[] = [];
  readonly warnings: Problem[] = [];
  protocol: Occurrence | null = null;
  private readonly strict: boolean;
  /** What the command line sets itself, by option: bare files give way to it. */
  private readonly typed = new Map<Option, Entry>();

  constructor(
    private readonly entries: readonly Entry[],
    private readonly used: ReadonlySet<string>,
    readonly cwd: string,
  ) {
    this.strict = entries.some(({ key, value }) => key === 'strict' && parseBool(value));
    for (const entry of entries) {
      const option = findOption(entry.key);
      if (option && entry.source === 'argument') this.typed.set(option, entry);
    }
  }

  refuse(at: Occurrence, problem: ProblemText): void {
    this.mistakes.push({ ...problem, where: whereIs(at.origin), text: textOf(at) });
  }

  warn(at: Occurrence, problem: ProblemText): void {
    this.warnings.push({ ...problem, where: whereIs(at.origin), text: textOf(at) });
  }

  judgeEntry(entry: Entry): void {
    const option = findOption(entry.key);
    if (!option) {
      this.judgeUnknown(entry);
      return;
    }
    const winner =
      option.type === 'list' || entry.source !== 'bare file' ? undefined : this.typed.get(option);
    if (winner) {
      this.warn(entry, problems.overridden(textOf(winner)));
      return;
    }
    if (option.impliesMaster) this.settings.master = true;
    this.judgeComment(option, entry);
    if (option.state.kind === 'not-yet') this.warn(entry, problems.notYet(entry.key));
    if (option.state.kind === 'dangerous')
      this.warn(entry, problems.dangerous(entry.key, option.state.because));
    if (option.state.kind === 'works') option.apply?.(this, entry);
  }

  /** uWSGI keeps an unknown name as a placeholder, silently; here a typo is found. */
  private judgeUnknown(entry: Entry): void {
    if (entry.isDefined) return;
    const nearest = nearestOption(entry.key);
    const problem = problems.unknownOption(entry.key, nearest);
    if (entry.source === 'environment') {
      // Others own UWSGI_ variables too: Kubernetes makes them for a service called uwsgi. Only a likely typo is told.
      if (nearest !== null) this.warn(entry, problem);
    } else if (this.strict) {
      this.refuse(entry, problem);
    } else if (!this.used.has(entry.key)) {
      this.warn(entry, problem);
    }
  }

  private judgeComment({ type, metavar }: Option, entry: Entry): void {
    const value = entry.value ?? '';
    const comment = entry.origin.line === null || freeText.test(metavar) ? null : inlineComment(value);
    if (comment === null) return;
    const meant = withoutComment(value);
    const isTurned = type === 'bool' && parseBool(value) !== parseBool(meant);
    const problem = isTurned ? problems.commentIsTrue : problems.inlineComment;
    this.warn(entry, problem(comment, entry.key, meant));
  }

  /** The last line that sets an option. */
  private lastOf(name: string): Entry | undefined {
    return this.entries.findLast(({ key }) => findOption(key)?.name === name);
  }

  private judgeCheaper(): void {
    const { cheaper, cheaperInitial: initial, processes } = this.settings;
    const [first, second] = [this.lastOf('cheaper'), this.lastOf('cheaper-initial')];
    if (first && cheaper >= processes) this.refuse(first, problems.cheaperTooLarge(processes));
    else if (second && initial !== null && (initial < cheaper || initial > processes))
      this.refuse(second, problems.cheaperInitialOutside(cheaper, processes));
  }

  private judgeInspect(): void {
    const { inspect, inspectWorker, processes } = this.settings;
    const line = this.lastOf('inspect-worker') ?? this.lastOf('inspect');
    if (line && inspect !== null && inspectWorker > processes)
      this.refuse(line, problems.inspectWorkerOutside(processes));
  }

  /** What can only be said when everything has been read. */
  finish(isComplete: boolean, passed: readonly PassedSocket[]): void {
    const protocol = (this.protocol?.value ?? 'uwsgi') as SocketSetting['protocol'];
    this.settings.sockets = resolveSockets(this, protocol, resolve(this.cwd, this.settings.chdir ?? ''));
    if (this.sockets.length === 0) this.settings.sockets = passed.map((socket) => asWhole(socket, protocol));
    this.judgeCheaper();
    this.judgeInspect();
    const { app, needApp, sockets, mounts } = this.settings;
    for (const { path, target } of this.mounts) {
      const isFile = /\.[cm]?[jt]s$/.test(target);
      mounts.push({ path, app: { ...app, module: isFile ? null : target, file: isFile ? target : null } });
    }
    if (this.mistakes.length > 0 || !isComplete) return;
    const emperor = this.entries.some(({ key }) => key === 'emperor');
    const general = (problem: ProblemText) => this.mistakes.push({ ...problem, where: '', text: '' });
    if (sockets.length === 0) general(problems.noSocket(emperor));
    const hasApplication = app.module !== null || app.file !== null || mounts.length > 0;
    if (needApp && !hasApplication && !emperor) general(problems.noApplication());
    const { stats, metrics, statsPage } = this.settings;
    const overHttp = [metrics?.address, statsPage?.address];
    if (stats !== null && overHttp.includes(stats.address)) general(problems.sharedEndpoint(stats.address));
  }
}

/** A passed socket that no line of the configuration speaks of. Named after a protocol, `http`, it speaks that. */
function asWhole({ fd, name }: PassedSocket, protocol: SocketSetting['protocol']): SocketSetting {
  const own = socketProtocols.find((each) => each === name) ?? protocol;
  return { address: `fd://${fd}`, protocol: own, origin: { file: null, line: null } };
}
