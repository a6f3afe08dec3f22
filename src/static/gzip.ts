/** Which files have a compressed one beside them, which is sent to who takes it. */
import type { StaticSettings } from '../config/static-settings.js';
import { Place } from './folder.js';

export type HasGzip = (path: string) => boolean;

export function compileGzip({ all, patterns, endings, dirs }: StaticSettings['gzip']): HasGzip {
  if (all) return () => true;
  const expressions = patterns.map((pattern) => new RegExp(pattern));
  const places = dirs.map((dir) => new Place(dir));
  return (path) =>
    endings.some((ending) => path.endsWith(ending)) ||
    expressions.some((expression) => expression.test(path)) ||
    places.some((place) => place.holds(path));
}
