import { readFileSync } from 'node:fs';

/** The name of a group from /etc/group, or its number where it has none. Node only knows names of users. */
export function groupName(id: number): string {
  let groups = '';
  try {
    groups = readFileSync('/etc/group', 'utf8');
  } catch {
    // Without the file every group is a number.
  }
  const line = groups.split('\n').find((each) => each.split(':')[2] === String(id));
  return line?.split(':')[0] ?? String(id);
}
