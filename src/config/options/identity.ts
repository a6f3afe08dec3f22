import { defineOptions, intoText } from '../option.js';

export const identityOptions = defineOptions('identity', [
  { name: 'uid', metavar: 'USER', help: 'run as this user, by name or number', ...intoText('uid') },
  { name: 'gid', metavar: 'GROUP', help: 'run as this group, by name or number', ...intoText('gid') },
]);
