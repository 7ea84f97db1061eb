import type { ReceivedEvent } from '@orchestra-brake/client';
import { servicesOnly } from '../../flags/desk.ts';
import { givenScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class SenateWatch extends OrchestraCommand {
  static override summary = 'follow pauses and alerts as they change, one line each, until Ctrl-C';
  static override description =
    'Begins with what is paused now. A lost connection is taken up again by itself, and what was missed ' +
    'is told then. With --json a line of JSON for each change.';
  static override examples = ['<%= config.bin %> senate watch', '<%= config.bin %> senate watch actor acct-7 --json'];
  static override args = scopeArgs;
  static override flags = {
    ...scopeFlags,
    ...servicesOnly(`with the API down, \`${COMMAND} senate pauses --direct\` says how it stands`),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SenateWatch);
    const given = givenScope(args, 'senate watch', flags);
    const { checkedScope } = await import('../../checked-scope.ts');
    const scope = given && checkedScope(given);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { onLineChange } = await import('../../desk/on-line-change.ts');
    const { whileWanted } = await import('../../while-wanted.ts');
    const { eventLines, isAbout } = await import('../../show/events.ts');
    const { printableJson } = await import('../../show/visible-text.ts');
    const tell = ({ id, event }: ReceivedEvent): void => {
      const told = scope === undefined ? event : isAbout(event, scope);
      if (told === undefined) return;
      if (this.jsonEnabled()) process.stdout.write(`${printableJson({ id, type: told.type, data: told.data })}\n`);
      else for (const line of eventLines(told)) process.stdout.write(`${line}\n`);
    };
    const onLine = onLineChange((down) => this.talk(down === null ? 'connected again' : `${down}; trying again`));
    await whileWanted((signal) =>
      atDesk(flags.direct, async (desk) => {
        const stream = desk.events?.({
          signal,
          onState: (state) => {
            onLine(state);
            if (state.state === 'unreadable') this.talk(state.error.message);
          },
        });
        for await (const received of stream ?? []) tell(received);
      }),
    );
  }
}
