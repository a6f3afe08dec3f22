export const handle = (one, two) => two.end(`${one.url} by name`);
