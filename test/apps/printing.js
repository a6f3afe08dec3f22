/** Says something on every way out there is. */
console.log('printed while loading');

export function application(environ, startResponse) {
  console.log('printed by console.log');
  console.error('printed by console.error');
  process.stdout.write('printed by stdout.write\n');
  process.stderr.write('printed by stderr.write\n');
  environ['wsgi.errors'].write('printed by wsgi.errors\n');
  environ['wsgi.errors'].writelines(['first of writelines\n', 'second of writelines\n']);
  environ['wsgi.errors'].flush();
  startResponse('200 OK', []);
  return 'printed';
}
