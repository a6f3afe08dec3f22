import { expect, it } from 'vitest';
import { masterTitle, workerTitle } from '../../../src/master/titles.js';
import { settings } from './fake-worker.js';

const titles = (changes = {}) => {
  const all = settings({ title: 'uwsgi-node --ini x.ini', ...changes });
  return [masterTitle(all), workerTitle(all, 2)];
};

it.each([
  [{}, ['uwsgi-node --ini x.ini', 'uwsgi-node --ini x.ini']],
  [{ autoProcname: true }, ['uWSGI master', 'uWSGI worker 2']],
  [{ procname: 'shop' }, ['shop', 'shop']],
  [{ procnameMaster: 'shop-master', autoProcname: true }, ['shop-master', 'uWSGI worker 2']],
  [
    { autoProcname: true, procnamePrefix: 'shop ', procnameAppend: ' (blue)' },
    ['shop uWSGI master (blue)', 'shop uWSGI worker 2 (blue)'],
  ],
])('%j gives %j', (changes, expected) => {
  expect(titles(changes)).toEqual(expected);
});
