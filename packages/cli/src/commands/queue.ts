import { OrchestraCommand } from '../orchestra-command.ts';

export default class Queue extends OrchestraCommand {
  static override summary = 'how many tasks are where, and what the pauses hold back';
  async run(): Promise<unknown> {
    await this.parse(Queue);
    return { a: 1 };
  }
}
