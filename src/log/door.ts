/** What the door for whoever debugs the server says. */
export const doorLines = {
  stranger: 'only root and the user of the server may look into it',
  unknown: 'this server does not know what is asked of it: it is of another version',
  closed: (reason: string) =>
    `*** WARNING: uwsgi-node traceback and uwsgi-node profile will not reach this server: ${reason} ***`,
  trouble: (reason: string) => `debugging: ${reason}`,
};
