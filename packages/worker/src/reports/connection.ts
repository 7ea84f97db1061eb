import type { ServiceName, SettingOrigin } from '@orchestra-brake/client';

/** A service that a worker calls, and where its address was found. */
export interface Place {
  service: ServiceName;
  url: string;
  origin: SettingOrigin;
}

/** What a worker calls, and as whom; for messages. */
export interface Connection {
  claimer: Place;
  pauseApi: Place;
  /** undefined: there is no token. */
  token: SettingOrigin | undefined;
  /** What the handlers run cannot get at the token. */
  isTokenWithheld: boolean;
  /** How the reader of the messages calls `orchestra`. */
  orchestra: string;
}

const VARIABLE: Record<ServiceName, string> = { 'pause-api': 'ORCHESTRA_URL', 'worker-claimer': 'ORCHESTRA_TASKS_URL' };

/** `worker-claimer at http://127.0.0.1:4401 (from ORCHESTRA_TASKS_URL)` */
export function sayPlace({ service, url, origin }: Place): string {
  return `${service} at ${url} (${origin.kind === 'default' ? 'the default address' : sayOrigin(origin)})`;
}

export function sayOrigin({ kind, name }: SettingOrigin): string {
  return kind === 'option' || kind === 'profile' ? `from the ${kind} ${name}` : `from ${name}`;
}

/** What to do when the service is not at that address. */
export function howToReach(
  { service, origin: { kind, name } }: Place,
  { orchestra }: Pick<Connection, 'orchestra'>,
): string {
  switch (kind) {
    case 'option':
      return `start the service, or give its address by the option ${name}`;
    case 'variable':
      return `start the service, or set ${name} to its address`;
    case 'profile':
      return `start the service, or correct the address with \`${orchestra} profile set ${name}\``;
    case 'file':
      return `start \`${orchestra} up\` again, which writes that file, or set ${VARIABLE[service]} to the address`;
    case 'default':
      return `start everything with \`${orchestra} up\`, or set ${VARIABLE[service]} to the address`;
  }
}
