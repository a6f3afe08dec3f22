/**
 * Every error this package throws on purpose, with its code and its words.
 */

export class UwsgiNodeError extends Error {
  override name = 'UwsgiNodeError';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const errors = {
  addonMissing: (tried: string[], cause: unknown) =>
    new UwsgiNodeError(
      'UWSGI_ADDON_MISSING',
      `the native addon cannot be loaded; tried ${tried.join(', ')}. Build it with: npm run build`,
      { cause },
    ),
};
