/** There is no worktree to work in. The cause tells what git said, or the system. */
export class WorktreeError extends Error {
  override readonly name = 'WorktreeError';
  readonly code:
    | 'no_repository'
    | 'no_such_ref'
    | 'ambiguous_ref'
    | 'folder_not_writable'
    | 'not_made'
    | 'submodules_missing'
    | 'filter_not_set_up'
    | 'content_missing';

  constructor(code: WorktreeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
