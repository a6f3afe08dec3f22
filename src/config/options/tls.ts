import { defineOptions, flag, harmful, int, list, notYetAll, text } from '../rows.js';

export const tlsOptions = defineOptions('tls', [
  notYetAll(() => [
    flag('ssl-verbose', 'log errors of TLS'),
    int('ssl-verify-depth', 'N', 'longest chain of certificates', { argument: 'optional' }),
    text('ssl-sessions-use-cache', 'NAME', 'keep TLS sessions in a cache', {
      aliases: ['ssl-session-use-cache'],
      argument: 'optional',
      impliesMaster: true,
    }),
    int('ssl-sessions-timeout', 'SECONDS', 'how long TLS sessions are kept', {
      aliases: ['ssl-session-timeout'],
    }),
    list('sni', 'NAME CERT,KEY', 'certificate for a host name'),
    list('sni-regexp', 'REGEXP CERT,KEY', 'certificate for host names that match'),
    text('sni-dir', 'DIR', 'folder of certificates by host name'),
    text('sni-dir-ciphers', 'CIPHERS', 'ciphers for them'),
    flag('ssl-enable-tlsv1', 'allow TLS 1.0'),
    list('ssl-option', 'N', 'set an option of OpenSSL', { argument: 'none' }),
    text('ssl-tmp-dir', 'DIR', 'folder for temporary files of TLS'),
  ]),
  harmful('the protocol is broken, and Node.js refuses it', () => [
    flag('ssl-enable3', 'allow SSL 3', { aliases: ['ssl-enable-sslv3'] }),
  ]),
]);
