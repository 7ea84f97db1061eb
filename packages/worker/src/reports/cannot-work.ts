import { basename } from 'node:path';
import { AnswerError, ApiError } from '@orchestra-brake/client';
import { withoutInvisible } from '@orchestra/pause-core/visible-text';
import { sayOrigin, sayPlace, type Connection, type Place } from './connection.ts';

export const CANNOT_WORK_CODES = [
  /** Neither an option nor the environment nor a file has a token. */
  'no_token',
  /** The service does not know the token, or it has expired or was revoked. */
  'unauthenticated',
  /** The token has a role that may not run tasks. */
  'forbidden',
  /** The token may work under other labels alone. */
  'label_not_allowed',
  /** Something in front of the service, or in its place, refuses the worker. */
  'refused_elsewhere',
  /** `databaseUrl` was given, and the package `pg` is not installed. */
  'no_driver',
  /** `databaseUrl` cannot be understood. */
  'bad_address',
  /** The database refuses the login: its name, its password, or how it connects. */
  'database_refused',
  /** Not a PostgreSQL that Orchestra works on. */
  'database_unsuitable',
  /** The database has no queue, or one of a version that knew no direct workers. */
  'not_migrated',
  /** The login may not do what a direct worker does. */
  'not_granted',
] as const;
export type CannotWorkCode = (typeof CANNOT_WORK_CODES)[number];

/** Why `start()` rejects: this worker will claim nothing until somebody gives it another token or another address. */
export class CannotWork extends Error {
  override readonly name = 'CannotWork';
  readonly code: CannotWorkCode;
  /** Of the answer; undefined: nobody was asked. */
  readonly status: number | undefined;

  constructor(code: CannotWorkCode, message: string, options: ErrorOptions & { status?: number } = {}) {
    const { status, ...rest } = options;
    super(withoutInvisible(message), rest);
    this.code = code;
    this.status = status;
  }
}

const makeOne = (orchestra: string): string => `\`${orchestra} token create NAME --role worker\` makes one`;

/** @param orchestra how the reader of the message calls `orchestra` */
export function noToken(orchestra: string): CannotWork {
  return new CannotWork(
    'no_token',
    'no token was found: set ORCHESTRA_TOKEN, or ORCHESTRA_TOKEN_FILE to a file that holds it, or start ' +
      `this below the folder where \`${orchestra} up\` was started; ${makeOne(orchestra)}`,
  );
}

/** What to say of a worker that has found the token which `up` has made for its operator; undefined: it has another. */
export function adminTokenFound({
  token,
  isTokenWithheld,
  orchestra,
}: Pick<Connection, 'token' | 'isTokenWithheld' | 'orchestra'>): string | undefined {
  if (isTokenWithheld || token?.kind !== 'file' || basename(token.name) !== 'admin-token') return undefined;
  return withoutInvisible(
    `this worker has the admin's token (${sayOrigin(token)}), with which what it runs can clear every ` +
      `pause; ${makeOne(orchestra)}; give it that by ORCHESTRA_TOKEN_FILE`,
  );
}

/** The refusal that an error stands for; undefined: it is none, and trying again may help. */
export function refusalOf(
  error: Error,
  place: Place,
  { token, orchestra }: Pick<Connection, 'token' | 'orchestra'>,
): CannotWork | undefined {
  if (!isRefusal(error)) return undefined;
  const options = { status: error.status, cause: error };
  const at = sayPlace(place);
  const tokenHere = `the token${token === undefined ? '' : ` (${sayOrigin(token)})`}`;
  if (error instanceof AnswerError) {
    return new CannotWork(
      'refused_elsewhere',
      `${at} answers ${error.status} with ${error.what}: it is not Orchestra, or something in front of it ` +
        'refuses this worker',
      options,
    );
  }
  if (error.code === 'label_not_allowed')
    return new CannotWork(error.code, `${at} refuses ${tokenHere}: ${error.detail}`, options);
  if (error.status === 403)
    return new CannotWork(
      'forbidden',
      `${at} refuses ${tokenHere}: ${error.detail}; a worker needs a token of the role worker: ${makeOne(orchestra)}`,
      options,
    );
  return new CannotWork(
    'unauthenticated',
    `${at} does not know ${tokenHere}, or it has expired or was revoked; ${makeOne(orchestra)}`,
    options,
  );
}

function isRefusal(error: Error): error is ApiError | AnswerError {
  // A service that was asked with too many wrong tokens says it so: a right one is taken at any time.
  if (error instanceof ApiError && error.code === 'too_many_sign_ins') return true;
  return (error instanceof ApiError || error instanceof AnswerError) && (error.status === 401 || error.status === 403);
}
