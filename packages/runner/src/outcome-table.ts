import type { OutcomeRow } from './outcome/outcome-row.ts';

/**
 * What the end of a command means. Read from the top; the first row that fits decides. A project's own rows come before
 * these (docs/runners.md tells how).
 *
 * - `passed`: exit code 0, and no summary of tests that says otherwise.
 * - `failed`: the suite really ran and failed. Also what hangs until its time limit, what crashes, and everything that
 *   no row knows.
 * - `environment`: it will fail again unchanged, until someone repairs it.
 * - `transient`: a passing disturbance. It is tried again a few times and then held, so where a message can mean both,
 *   it is read as this:
 *   a person is asked later, but nobody's code is blamed.
 *
 * A failed test that was counted decides before any words. Else exit code 1 says little, so the lines of stderr decide.
 * A pattern must be the words of a tool, narrow enough that a failed assertion does not print them by chance: a suite
 * that checks for `401 Unauthorized` says so when it fails.
 */
export const OUTCOME_TABLE: readonly OutcomeRow[] = [
  {
    // A script that swallows the exit code of its tests.
    name: 'failures_counted',
    when: { exit_code: [0], counted: 'failures' },
    outcome: 'failed',
    says: '{program} ended with exit code 0, but its summary counts tests that failed or did not end: {line}',
    fix: null,
  },
  {
    name: 'nothing_ran',
    when: { exit_code: [0], counted: 'nothing' },
    outcome: 'failed',
    says: '{program} ended with exit code 0, but no test ran: {line}',
    fix: null,
  },
  { name: 'passed', when: { exit_code: [0] }, outcome: 'passed', says: '{program} ended with exit code 0', fix: null },
  {
    name: 'timed_out',
    when: { timed_out: true },
    outcome: 'failed',
    says: '{program} was still running at its time limit and was ended',
    fix: null,
  },
  {
    // Whatever else was said: the suite really ran. A report quotes all sorts of troubles.
    name: 'tests_failed',
    when: { counted: 'failures' },
    outcome: 'failed',
    says: '{program} ended, and its summary counts tests that failed: {line}',
    fix: null,
  },

  // It never began.
  {
    name: 'missing_folder',
    when: { start_error: ['ENOENT'], missing: 'folder' },
    outcome: 'environment',
    says: '{program} was not started: {problem}',
    fix: 'make the working folder, or correct where the runner is told to work',
  },
  {
    name: 'missing_interpreter',
    when: { start_error: ['ENOENT'], missing: 'interpreter' },
    outcome: 'environment',
    says: '{program} was not started: {problem}',
    fix: 'install the interpreter on the machine of this runner, or correct the first line of the script',
  },
  {
    name: 'missing_command',
    when: { start_error: ['ENOENT'] },
    outcome: 'environment',
    says: '{program} was not started: {problem}',
    fix: 'install it on the machine of this runner, or put it on the PATH that the runner was started with',
  },
  {
    name: 'may_not_execute',
    when: { start_error: ['EACCES', 'EPERM'] },
    outcome: 'environment',
    says: '{program} was not started: {problem}',
    fix:
      'give it the right to be executed (chmod +x), to the user of this runner too, on a file system that ' +
      'is not mounted noexec',
  },
  {
    name: 'no_room_to_start',
    when: { start_error: ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY', 'EIO'] },
    outcome: 'transient',
    says: '{program} was not started: {problem}',
    fix:
      'the machine of this runner is short of processes, memory or open files: run fewer tasks at a time ' +
      'there, or raise its limits',
  },
  {
    name: 'cannot_start',
    when: { start_error: ['*'] },
    outcome: 'environment',
    says: '{program} was not started: {problem}',
    fix: 'correct the command that this runner is given',
  },
  {
    name: 'shell_may_not_execute',
    when: { exit_code: [126] },
    outcome: 'environment',
    says: '{program} ended with exit code 126: a command that it runs may not be executed',
    fix: 'give that command the right to be executed, or install its interpreter',
  },
  {
    name: 'shell_found_no_command',
    when: { exit_code: [127] },
    outcome: 'environment',
    says: '{program} ended with exit code 127: a command that it runs is missing',
    fix: 'install the missing command on the machine where it ran',
  },

  // Ended by someone else: the kernel short of memory, a machine that shuts down, a person.
  {
    name: 'killed_from_outside',
    when: { signal: ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] },
    outcome: 'transient',
    says: '{program} was ended from outside by {signal}',
    fix:
      'look in the kernel’s log for "Out of memory: Killed process", and at who else stops processes on ' +
      'that machine',
  },
  {
    name: 'limit_of_the_system',
    when: { signal: ['SIGXCPU', 'SIGXFSZ'] },
    outcome: 'environment',
    says: '{program} was ended by {signal}: it ran into a limit that is set for its processes',
    fix: 'raise the limit (ulimit -t for SIGXCPU, ulimit -f for SIGXFSZ)',
  },

  // What it was to run in, or with. Said at the end, so looked for there, on stdout too.
  {
    name: 'container_not_ready',
    when: {
      last_words: [
        // docker, containerd
        /\b[Nn]o such (?:container|object)\b|\b[Cc]ontainer \S+ is (?:not running|restarting|paused|stopped|dead|marked for removal)\b|\bcannot exec in a (?:stopped|paused|deleted)\b|\bdependency failed to start: /,
        // docker compose, old and new
        /\b[Ss]ervice "?'?[\w.-]+"?'? is not running\b|^ERROR: No container found for \S+|\bno container found for project\b/,
        // podman, kubectl
        /\bcontainer state improper\b|\bno container with (?:name or )?ID\b|\bunable to upgrade connection: container not found\b|\bcannot exec into a container in a completed pod\b|^Error from server \(NotFound\): pods /,
      ],
    },
    outcome: 'transient',
    says: 'the container is not there, or does not run: {line}',
    fix: 'start the container that the line names, look at why it stopped, or correct its name',
  },
  {
    name: 'no_docker',
    when: {
      last_words: [
        /[Cc]annot connect to the Docker daemon|[Cc]ouldn't connect to Docker daemon|connect to the [Dd]ocker (?:daemon|API)|[Cc]ould not find a working container runtime|[Cc]annot connect to Podman|[Uu]nable to connect to Podman|[Cc]annot access containerd socket|\bdocker: '?(?:unknown command: )?.*is not a docker command|\bdocker: unknown command: /,
      ],
    },
    outcome: 'environment',
    says: 'there is no container engine here: {line}',
    fix:
      'let this stage run where there is one, for example over ssh by the staging runner, give its user ' +
      'the right to use it, or change what it needs',
  },
  {
    name: 'container_engine_refuses',
    when: {
      last_words: [
        /\bError response from daemon: .*(?:\b[Nn]o such (?:image|network|volume)|pull access denied|manifest (?:for \S+ not found|unknown)|repository does not exist|invalid reference format|client version \S+ is too (?:new|old)|unable to find user |driver failed programming external connectivity|port is already allocated|[Cc]onflict\. )|^(?:unable to find user \S+: no matching entries)/,
        /\b[Nn]o such service: |^no configuration file provided: not found|^ERROR: Can't find a suitable configuration file|\bthe input device is not a TTY\b|^See '(?:docker|podman)\b.* --help'|\bunable to resolve docker endpoint\b|^Error: short-name .* did not resolve/,
      ],
    },
    outcome: 'environment',
    says: 'the container engine cannot do this: {line}',
    fix: 'correct the command, or what the line names, on the machine where it ran',
  },
  {
    name: 'container_engine_failed',
    when: {
      last_words: [
        /\bError response from daemon: |\berror during connect: |\bOCI runtime exec failed: (?!.*executable file not found)|\brequest returned .* for API route and version\b|\bunable to upgrade to tcp, received [0-9]+|^Error from server\b|^error: unable to upgrade connection: /,
      ],
    },
    outcome: 'transient',
    says: 'the container engine had trouble of its own: {line}',
    fix: 'look at the log of the container engine on the machine where it ran',
  },
  {
    // `python -m pytest` where there is no pytest. A module of the project that is missing is the project's.
    name: 'test_tool_missing',
    when: {
      last_words: [
        /\bpy\S*: No module named '?(?:pytest|_pytest|tox|nox|nose2?|coverage|xdist|behave|robot|ward|twisted|trial|pip|pipenv|poetry|hatch|pdm|uv|virtualenv|mypy|ruff|flake8|pylint|black)\b|\bError while finding module specification for '(?:pytest|tox|nox|coverage)\b|^ImportError: Error importing plugin "/,
      ],
    },
    outcome: 'environment',
    says: 'a tool that {program} runs is not installed: {line}',
    fix: 'install it where the command ran, for the interpreter that the line names',
  },
  {
    // pytest's exit code 4. What it finds and cannot load is the code's fault, and has other words.
    name: 'pytest_asked_wrongly',
    when: {
      last_words: [
        /(?:^|[:|\]] )ERROR: (?:file or directory not found: |not found: \S+|usage: .*\[file_or_dir\])|^(?:\S*pytest\S*|__main__\.py): error: /,
      ],
    },
    outcome: 'environment',
    says: 'pytest was asked for what is not there: {line}',
    fix: 'correct the command, or install the plugin whose option it has',
  },
  {
    name: 'pytest_usage_error',
    when: { exit_code: [4], last_words: [/^ERROR: /] },
    outcome: 'environment',
    says: 'pytest did not begin: {line}',
    fix: 'correct the command or the settings of pytest, or install the plugin that they need',
  },

  // Stays until somebody repairs it, though it ends as a passing disturbance does: the connection is closed.
  {
    name: 'account_shut',
    when: {
      last_words: [
        /^This account is (?:currently )?not available\.?$|^Your account has expired(?:;|\.?$)|^The account is locked due to \d+ failed logins|^(?:WARNING: )?Your password has expired\b|^Password change required but no TTY available|^You are required to change your password\b|^This service allows sftp connections only/,
      ],
    },
    outcome: 'environment',
    says: 'the account on the host runs no commands: {line}',
    fix: 'open the account on that host, renew its password, or give it a login shell',
  },
  {
    name: 'git_filter_missing',
    when: { stderr: [/\bgit-lfs(?:\.exe)?: (?:command )?not found$|^git: 'lfs' is not a git command/] },
    outcome: 'environment',
    says: 'git needs git-lfs, which is missing: {line}',
    fix: 'install git-lfs on the machine where it ran, and set it up for that user: git lfs install',
  },
  {
    name: 'host_starts_or_stops',
    when: { stderr: [/[Ss]ystem is (?:booting up|going down)\b|Unprivileged users are not permitted to log in yet/] },
    outcome: 'transient',
    says: 'the host is starting or stopping: {line}',
    fix: 'wait until it is up, or remove /run/nologin there',
  },

  // Short of something that comes back.
  {
    name: 'file_watchers_used_up',
    when: { stderr: [/System limit for number of file watchers reached/] },
    outcome: 'environment',
    says: 'no more files can be watched on the machine: {line}',
    fix: 'raise fs.inotify.max_user_watches (sysctl)',
  },
  {
    name: 'disk_full',
    when: { stderr: [/\bENOSPC\b|No space left on device|\bEDQUOT\b|[Dd]isk quota exceeded|database or disk is full/] },
    outcome: 'transient',
    says: 'a disk is full: {line}',
    fix: 'make room on the file system that the line names',
  },
  {
    name: 'memory_used_up',
    when: {
      stderr: [
        /\bENOMEM\b|[Cc]annot allocate memory|[Mm]emory exhausted|heap out of memory|\bOutOfMemoryError\b|runtime: out of memory|memory allocation of \d+ bytes failed|\bbad_alloc\b|^MemoryError\b/,
      ],
    },
    outcome: 'transient',
    says: 'there was not enough memory: {line}',
    fix:
      'run fewer tasks at a time on that machine, or give the command more memory; should it take more ' +
      'each time, the code leaks',
  },
  {
    name: 'processes_or_files_used_up',
    when: {
      stderr: [
        /\bE[MN]FILE\b|[Tt]oo many open files|(?:fork|[Tt]hread|spawn|clone).*(?:[Rr]esource temporarily unavailable|\bEAGAIN\b)|[Cc]an(?:'|no)t fork/,
      ],
    },
    outcome: 'transient',
    says: 'processes or open files are used up: {line}',
    fix: 'raise the limits (ulimit -u, ulimit -n) on that machine, or run fewer tasks at a time there',
  },
  {
    name: 'resolver_without_answer',
    when: {
      stderr: [
        /\bEAI_AGAIN\b|[Tt]emporary failure in name resolution|\bESERVFAIL\b|\bquery\w* (?:ETIMEOUT|EREFUSED|ECONNREFUSED)\b|lookup .*server misbehaving/,
      ],
    },
    outcome: 'transient',
    says: 'the resolver of names did not answer: {line}',
    fix: 'look at /etc/resolv.conf and at the name server that it names',
  },
  {
    name: 'connection_refused',
    when: { stderr: [/\bECONNREFUSED\b|[Cc]onnection refused|Couldn't connect to server/] },
    outcome: 'transient',
    says: 'a service refused the connection: {line}',
    fix: 'start the service that the line names, or correct its address and port',
  },
  {
    name: 'connection_reset',
    when: {
      stderr: [
        /\bECONN(?:RESET|ABORTED)\b|[Cc]onnection reset|socket hang up|other side closed|server closed the connection unexpectedly|Empty reply from server|remote end hung up unexpectedly|[Cc]onnection (?:to \S+ )?closed by |client_loop: send disconnect/,
      ],
    },
    outcome: 'transient',
    says: 'a connection was cut: {line}',
    fix: 'look at the service at the other end, and at what stands between',
  },
  {
    name: 'service_timed_out',
    when: {
      stderr: [
        /\bE(?:SOCKET)?TIMEDOUT\b|\bUND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT\b|[Cc]onnection timed out|[Oo]peration timed out|[Rr]esolving timed out|[Cc]onnect(?:ion)? timeout|i\/o timeout|handshake timeout|[Rr]ead timed out/,
      ],
    },
    outcome: 'transient',
    says: 'a service did not answer in time: {line}',
    fix: 'look at the load of the service that the line names, and at the network on the way to it',
  },
  {
    name: 'network_unreachable',
    when: { stderr: [/\bE(?:NET|HOST)UNREACH\b|\bENETDOWN\b|[Nn]etwork is (?:unreachable|down)|[Nn]o route to host/] },
    outcome: 'transient',
    says: 'there is no way through the network: {line}',
    fix: 'look at the routes and the firewall of that machine',
  },
  {
    name: 'service_overloaded',
    when: {
      stderr: [
        /\b429 Too Many Requests\b|\b502 Bad Gateway\b|\b503 Service (?:Temporarily )?Unavailable\b|\b504 Gateway Time-?out\b|returned error: (?:429|502|503|504)\b|\bcode E(?:429|502|503|504)\b/i,
      ],
    },
    outcome: 'transient',
    says: 'a service could not serve: {line}',
    fix: 'look at the service that the line names; it is overloaded, or behind a proxy that cannot reach it',
  },

  // Will fail again unchanged.
  {
    // Some resolvers say so of every failure; those that tell one from the other have been asked above.
    name: 'no_such_host',
    when: {
      stderr: [
        /\bENOTFOUND\b|[Nn]ame or service not known|nodename nor servname provided|Could not resolve host|\bno such host\b|No address associated with hostname/,
      ],
    },
    outcome: 'environment',
    says: 'there is no host of this name: {line}',
    fix: 'correct the name, or have it resolved on that machine',
  },
  {
    name: 'host_key_not_trusted',
    when: {
      stderr: [/Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known for/],
    },
    outcome: 'environment',
    says: 'the host did not show the key that is known of it: {line}',
    fix:
      'find out why before anything else; if the host was set up again, put its new key, taken from the ' +
      'host itself, into the known-hosts file of this runner',
  },
  {
    name: 'unauthenticated',
    when: {
      stderr: [
        /Permission denied \([a-z,-]+\)|[Aa]uthentication failed for |could not read (?:Username|Password) for|HTTP Basic: Access denied|\bcode (?:E401|E403|ENEEDAUTH)\b|unauthorized: authentication required|requested access to the resource is denied|no pg_hba\.conf entry|returned error: 40[13]\b|^GET \S+ answered 40[13]\b|Too many authentication failures/,
      ],
    },
    outcome: 'environment',
    says: 'a service did not accept who we are: {line}',
    fix: 'give the runner a valid key, token or password for the service that the line names',
  },
  {
    name: 'redirected_elsewhere',
    when: { stderr: [/^GET \S+ redirects to another host: /] },
    outcome: 'environment',
    says: 'the smoke was sent to another host, and did not follow: {line}',
    fix: 'correct the address that the smoke asks, or what answers there',
  },
  {
    name: 'certificate_not_trusted',
    when: {
      stderr: [
        /\bCERT_HAS_EXPIRED\b|certificate has expired|\bDEPTH_ZERO_SELF_SIGNED_CERT\b|self[- ]signed certificate|\bUNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|unable to get local issuer certificate|certificate signed by unknown authority/,
      ],
    },
    outcome: 'environment',
    says: 'a certificate is not trusted: {line}',
    fix: 'renew the certificate, or give the runner the authority that signed it',
  },
  {
    // Told by a script that went on, or whose own exit code is 1: sh, bash and zsh; env and make; Node.js; Go.
    name: 'command_not_found_inside',
    when: {
      stderr: [
        /^\S+: (?:line )?\d+: [^:]+: (?:command )?not found$|^\S*sh: [^:]+: command not found$|^\S*sh:\d+: command not found: |^(?:env|make): \S+: No such file or directory$|^make: .* Error 127$|\bspawn \S+ ENOENT\b|executable file not found in \$PATH|bad interpreter: No such file|^\s*(?:error )?(?:ERR_PNPM_\w+ +)?Command "[\w.-]+" not found/,
      ],
    },
    outcome: 'environment',
    says: 'a command that {program} runs is missing: {line}',
    fix: 'install the missing command on the machine where it ran',
  },
  {
    name: 'library_missing',
    when: { stderr: [/error while loading shared libraries|version `\S+' not found \(required by/] },
    outcome: 'environment',
    says: 'a system library is missing: {line}',
    fix: 'install the library on the machine where it ran',
  },
  {
    name: 'read_only_disk',
    when: { stderr: [/\bEROFS\b|[Rr]ead-only file system/] },
    outcome: 'environment',
    says: 'a file system can only be read: {line}',
    fix: 'mount it for writing, or let the command write elsewhere; a disk that fails is mounted so by the kernel',
  },
  {
    name: 'no_permission',
    when: {
      stderr: [
        /\bEACCES\b|\bEPERM\b|[Pp]ermission denied(?:: .*| \(os error 13\))?$|[Oo]peration not permitted(?:: .*| \(os error 1\))?$/,
      ],
    },
    outcome: 'environment',
    says: 'the user of this runner is not allowed to: {line}',
    fix: 'give that user the right to what the line names',
  },
  {
    // After all the reasons that a filter may have: a network, a disk, a key.
    name: 'git_filter_failed',
    when: { stderr: [/\bsmudge filter \S+ failed$|^error: external filter '.*' failed\b/] },
    outcome: 'environment',
    says: 'a git filter could not put content into files: {line}',
    fix: 'set the filter up for the user of this runner (git-lfs: git lfs install), and let it reach its content',
  },
  {
    // 255 is ssh's own, and the lines that begin so are told by ssh and not by what it ran.
    name: 'ssh_could_not_connect',
    when: { exit_code: [255], stderr: [/^ssh: /] },
    outcome: 'environment',
    says: 'ssh could not reach the command: {line}',
    fix: 'correct the staging runner’s settings (user, key, known-hosts file), or the ssh server of the host',
  },

  // The suite really ran.
  {
    name: 'crashed',
    when: { signal: ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS'] },
    outcome: 'failed',
    says: '{program} crashed: {signal}',
    fix: null,
  },
  {
    name: 'suite_failed',
    when: { exit_code: [1] },
    outcome: 'failed',
    says: '{program} ended with exit code 1',
    fix: null,
  },
  {
    name: 'unknown',
    when: {},
    outcome: 'failed',
    says: '{program} ended in a way that no row of the outcome table knows: exit code {exit_code}, signal {signal}',
    fix: null,
  },
];
