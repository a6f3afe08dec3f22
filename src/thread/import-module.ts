/**
 * import(), in a file of its own: Node 20 cannot call it from code that came from V8's cache, so this file has none.
 */
export const importUrl = (url: string): Promise<Record<string, unknown>> => import(url);
