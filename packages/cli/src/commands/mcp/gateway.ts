import { Flags } from '@oclif/core';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { wrongUsage } from '../../failure.ts';
import { profile } from '../../flags/desk.ts';
import type { Upstream } from '../../mcp/gateway.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

const HOST = '127.0.0.1';

export default class McpGateway extends OrchestraCommand {
  static override summary = 'stand in front of an MCP server, and pass a tool call only while nothing of it is paused';
  static override description =
    'The name of the tool is the skill; --agent, --quest and --actor are the other labels of every call. ' +
    'A call that is refused is answered with an error that tells the model not to retry. While nobody ' +
    'can tell what is paused, every call is refused. The token may have the role agent. The server ' +
    'behind is not given the token, nor any other ORCHESTRA_ setting.';
  static override usage = [
    'mcp gateway [--agent ID] [--actor ID] -- SERVER…',
    'mcp gateway [--agent ID] --url https://…/mcp',
    'mcp gateway [--agent ID] --port 4410 -- SERVER…',
  ];
  static override examples = [
    '<%= config.bin %> mcp gateway --agent skeptic -- npx -y @modelcontextprotocol/server-filesystem .',
    '<%= config.bin %> mcp gateway --agent skeptic --port 4410 --url https://example.com/mcp',
  ];
  static override enableJsonFlag = false;
  static override strict = false;
  static override flags = {
    agent: Flags.string({ description: 'the agent of every call; ORCHESTRA_AGENT unless given', helpValue: 'ID' }),
    quest: Flags.string({ description: 'the quest of every call', helpValue: 'ID' }),
    actor: Flags.string({ description: 'the actor of every call', helpValue: 'ID' }),
    url: Flags.string({ description: 'the server behind, over streamable HTTP, instead of SERVER', helpValue: 'URL' }),
    header: Flags.string({
      description: 'send this to --url with each request; may be given again',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME:VALUE',
    }),
    port: Flags.integer({
      description: `serve streamable HTTP on this port of ${HOST} (/mcp) instead of stdio; 0 picks a free one`,
      min: 0,
      max: 65_535,
    }),
    strict: Flags.boolean({
      description: 'ask the database at each call, so that none begins once a pause has committed',
    }),
    name: Flags.string({ description: 'how operators see this gateway; host and process id unless given' }),
    profile,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(McpGateway);
    const { hideSecrets } = await import('../../hide-secrets.ts');
    hideSecrets((line) => this.talk(line));
    const { environmentForCommands } = await import('@orchestra/pause-core/secret-settings');
    const { checkQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { findSettings } = await import('../../profile/settings.ts');
    const { StopRequests } = await import('../../stop-requests.ts');
    const { runGateway } = await import('../../mcp/gateway.ts');
    const env = ownEnvironment();
    const labels = checked(
      checkQuery,
      withoutUndefined({
        agent_id: flags.agent ?? (env['ORCHESTRA_AGENT'] || undefined),
        quest_id: flags.quest,
        actor_id: flags.actor,
      }),
    );
    const { url, token } = findSettings(env);
    const requests = new StopRequests();
    try {
      await runGateway({
        upstream: upstreamOf(argv.map(String), flags.url, flags.header ?? [], environmentForCommands(env)),
        labels,
        pauseApi: { url, token },
        strict: flags.strict,
        name: flags.name,
        signal: requests.signal,
        listen: flags.port === undefined ? undefined : { host: HOST, port: flags.port },
        tell: (line) => this.talk(`orchestra mcp gateway: ${line}`),
      });
    } finally {
      requests.close();
    }
  }
}

function upstreamOf(
  [command, ...args]: string[],
  url: string | undefined,
  headers: readonly string[],
  env: Record<string, string>,
): Upstream {
  if ((command === undefined) === (url === undefined))
    throw wrongUsage('say which server is behind: `orchestra mcp gateway -- SERVER…`, or --url');
  if (command !== undefined) {
    if (headers.length > 0) throw wrongUsage('--header is for --url');
    return { command, args, env };
  }
  if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw wrongUsage(`--url ${url}: that is no address`);
  return { url, headers: Object.fromEntries(headers.map(toHeader)) };
}

function toHeader(text: string): [string, string] {
  const at = text.indexOf(':');
  if (at < 1) throw wrongUsage('--header takes NAME:VALUE');
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
