import { loadCommands } from '../src/commands.ts';

/** A row of docs/cli.md for each command: how it is called, what it does, and whether it works without the services. */
export async function commandRows(): Promise<string[]> {
  return Object.entries(await loadCommands())
    .filter(([, { hidden }]) => hidden !== true)
    .map(([id, command]) => {
      const direct = command.flags?.['direct'];
      const without = direct === undefined ? isLocal(id) : direct.hidden ? 'no' : '`--direct`';
      return (
        `| \`orchestra ${id.replaceAll(':', ' ')}\` | ${(command.summary ?? '').replaceAll('|', '\\|')} | ` +
        `${without} |`
      );
    });
}

function isLocal(id: string): string {
  return id === 'worker' || id.startsWith('mcp:') ? 'no' : 'yes';
}
