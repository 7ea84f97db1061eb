import { OrchestraCommand } from '../../orchestra-command.ts';

interface ProfileRow {
  name: string;
  current: boolean;
  url: string;
  tasks_url: string;
  /** Never the token itself. */
  token: 'kept here' | 'in a file' | 'none';
  token_file: string | null;
}

export default class ProfileList extends OrchestraCommand {
  static override summary = 'the profiles, and which of them is in use';
  static override description =
    'They stand in orchestra/config.json below $XDG_CONFIG_HOME (~/.config unless set), which you alone ' +
    'may read. Tokens are not shown.';

  async run(): Promise<{ profiles: ProfileRow[] }> {
    await this.parse(ProfileList);
    const { profilesPath, readProfiles } = await import('../../profile/profiles-file.ts');
    const { table } = await import('../../show/table.ts');
    const { current, profiles } = readProfiles();
    const rows = Object.entries(profiles).map(([name, profile]): ProfileRow => ({
      name,
      current: name === current,
      url: profile.url,
      tasks_url: profile.tasks_url,
      token: profile.token !== undefined ? 'kept here' : profile.token_file !== undefined ? 'in a file' : 'none',
      token_file: profile.token_file ?? null,
    }));
    this.show(
      rows.length === 0
        ? 'no profiles'
        : table(rows, [
            { head: '', cell: (row) => (row.current ? '*' : '') },
            { head: 'NAME', cell: (row) => row.name },
            { head: 'URL', cell: (row) => row.url },
            { head: 'TASKS URL', cell: (row) => row.tasks_url },
            { head: 'TOKEN', cell: (row) => row.token_file ?? row.token },
          ]),
    );
    this.hint(`in ${profilesPath()}`);
    return { profiles: rows };
  }
}
