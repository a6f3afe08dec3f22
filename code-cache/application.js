/** What the recorded server runs. */
export function application(_environ, startResponse) {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['recorded\n'];
}
