/** What is said of the ports for debuggers (`inspect`). */
export const debugPort = {
  open: (worker: number, core: number, pid: number, url: string) =>
    `debuggers can connect to worker ${worker} core ${core} (pid: ${pid}): ${url} (chrome://inspect)`,
  failed: (worker: number, core: number, address: string, reason: string) =>
    `*** WARNING: debuggers cannot connect to worker ${worker} core ${core}: inspect: ${address}: ${reason} ***`,
  noHarakiri: (worker: number) => `harakiri is off in worker ${worker}: a debugger may stop it (inspect)`,
  notLocal: (host: string) =>
    `*** WARNING: inspect: whoever reaches the debugger's port on ${host} can run any code in this server: ` +
    'bind 127.0.0.1, and come by ssh -L ***',
};
