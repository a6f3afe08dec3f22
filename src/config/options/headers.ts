import { defineOptions, list, notYetAll } from '../rows.js';

export const headersOptions = defineOptions('headers', [
  ...notYetAll([
    list('add-header', 'HEADER', 'add a header to every response'),
    list('rem-header', 'NAME', 'take a header out of every response', { aliases: ['del-header'] }),
    list('collect-header', 'NAME VAR', 'keep a response header in a variable', {
      aliases: ['response-header-collect'],
    }),
    list('pull-header', 'NAME VAR', 'keep a response header in a variable and take it out'),
    list('error-page-403', 'FILE', 'page for 403'),
    list('error-page-404', 'FILE', 'page for 404'),
    list('error-page-500', 'FILE', 'page for 500'),
  ]),
]);
