import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { profile } from '../../flags/desk.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class McpServe extends OrchestraCommand {
  static override summary =
    'an MCP server over stdio with the tools pause, pauses, check, why and alert, as far as the token may';
  static override description =
    'What the role of the token may not do is not offered. `pause` and `unpause` are for operators: give ' +
    'an agent a token of the role worker, source or agent. It ends when its standard input does.';
  static override examples = ['ORCHESTRA_TOKEN_FILE=agent-token <%= config.bin %> mcp serve'];
  static override enableJsonFlag = false;
  static override flags = { profile };

  async run(): Promise<void> {
    await this.parse(McpServe);
    const { createClient } = await import('@orchestra-brake/client');
    const { explainApiError } = await import('../../desk/api-desk.ts');
    const { findSettings } = await import('../../profile/settings.ts');
    const { StopRequests } = await import('../../stop-requests.ts');
    const { brakeServer } = await import('../../mcp/tools.ts');
    const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
    const settings = findSettings(ownEnvironment());
    const client = createClient(settings);
    const { permissions } = await client.session().catch((error: unknown) => {
      throw explainApiError(error, settings);
    });
    const requests = new StopRequests();
    const transport = new StdioServerTransport();
    const server = brakeServer(client, permissions);
    const over = Promise.withResolvers<void>();
    process.stdin.once('end', () => over.resolve());
    requests.signal.addEventListener('abort', () => over.resolve());
    await server.connect(transport);
    await over.promise;
    await server.close();
    requests.close();
  }
}
