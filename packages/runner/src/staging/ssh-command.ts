import { checkTarget, SshTargetError, type SshTarget } from './ssh-target.ts';

const WORD_CHARS_MAX = 8_000;

/**
 * The command line of ssh: nothing of this user's own settings, no question to anybody, no key or host but those that
 * are given, nothing forwarded.
 *
 * @param words what the host's shell is to run, each as one word that it takes as it is
 * @param logFile where ssh writes what it has to say itself, apart from what the command there prints
 * @throws SshTargetError
 */
export function sshCommand(target: SshTarget, words: readonly string[], logFile: string): string[] {
  const { user, host, port, identityFile, knownHostsFile, connectTimeoutSeconds } = checkTarget(target);
  const options = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    UpdateHostKeys: 'no',
    IdentityFile: identityFile,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    ConnectTimeout: String(connectTimeoutSeconds),
    ConnectionAttempts: '1',
    // A host that is gone is noticed within a minute, whatever its last packet was.
    ServerAliveInterval: '15',
    ServerAliveCountMax: '4',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    ControlMaster: 'no',
    ControlPath: 'none',
    RequestTTY: 'no',
    // One less, and the banner is not shown in which a host says why it lets nobody in.
    LogLevel: 'INFO',
  };
  return [
    'ssh',
    '-F',
    'none',
    '-T',
    '-p',
    String(port),
    '-E',
    logFile,
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    `${user}@${host}`,
    '--',
    ...words.map(quotedWord),
  ];
}

/**
 * One word for a POSIX shell, whatever is in it. ssh puts words together with spaces, and the host's shell reads them
 * again.
 *
 * @throws SshTargetError for control characters, which not every shell takes in quotes; such data goes over stdin
 */
export function quotedWord(word: string): string {
  if (/\p{Cc}/u.test(word) || !word.isWellFormed())
    throw new SshTargetError(
      `${JSON.stringify(word)} cannot be a word of a command on the host: it holds control characters. Let ` +
        'the command read it from stdin',
    );
  if (word.length > WORD_CHARS_MAX)
    throw new SshTargetError(
      `a word of a command on the host may have ${WORD_CHARS_MAX} characters at most. Let the command read ` +
        'it from stdin',
    );
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
