/** Content-Type by the ending of a file's name. */
import { readFileSync } from 'node:fs';

const systemTable = '/etc/mime.types';

/** What browsers ask for; small container images have no table of the system. */
const builtIn = `
text/html html htm
text/css css
text/plain txt log
text/csv csv
text/markdown md
text/calendar ics
text/vtt vtt
text/xml xml
text/javascript js mjs
application/json json map
application/manifest+json webmanifest
application/pdf pdf
application/zip zip
application/gzip gz
application/wasm wasm
application/rss+xml rss
application/atom+xml atom
application/xhtml+xml xhtml
image/png png
image/jpeg jpg jpeg
image/gif gif
image/svg+xml svg
image/webp webp
image/avif avif
image/x-icon ico
image/bmp bmp
font/woff woff
font/woff2 woff2
font/ttf ttf
font/otf otf
application/vnd.ms-fontobject eot
audio/mpeg mp3
audio/ogg ogg oga
audio/wav wav
audio/mp4 m4a
video/mp4 mp4 m4v
video/webm webm
video/ogg ogv
video/quicktime mov
`;

export class MediaTypes {
  readonly #byEnding = new Map<string, string>();

  /** @param files tables; none: the system's, which may be missing, over a short one of our own */
  static read(files: readonly string[]): MediaTypes {
    const types = new MediaTypes();
    if (files.length === 0) types.#add(builtIn);
    for (const file of files.length === 0 ? [systemTable] : files) types.#add(textOf(file));
    return types;
  }

  /** Null: unknown, so the response says none, and the browser finds out. */
  of(path: string): string | null {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const dot = name.lastIndexOf('.');
    return dot < 0 ? null : (this.#byEnding.get(name.slice(dot + 1).toLowerCase()) ?? null);
  }

  /** Lines of a type and its endings. */
  #add(table: string): void {
    for (const line of table.split('\n')) {
      const [type = '', ...endings] = line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
      if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type)) continue;
      for (const ending of endings) this.#byEnding.set(ending.toLowerCase(), type);
    }
  }
}

/** One that cannot be read has been told of when the configuration was read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
