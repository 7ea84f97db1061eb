/** What was done, as the audit names it (`pause.created`, `repo.frozen`), for people. */
export function actionName(action: string): string {
  return action.replaceAll(/[._]/g, ' ');
}
