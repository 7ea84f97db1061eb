import type { TargetedSubmitEvent, VNode } from 'preact';
import { signIn } from '../session.ts';

function focus(field: HTMLInputElement | null): void {
  field?.focus();
}

/** Asks for a token; says why when an earlier one was refused. */
export function SignIn({ notice }: { notice: string | null }): VNode {
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token === 'string' && token.trim() !== '') signIn(token.trim());
  };
  return (
    <main class="sign-in">
      <h1>Orchestra</h1>
      <form onSubmit={submit}>
        <label for="token">Token</label>
        <input
          id="token" name="token" type="password" required ref={focus} autocomplete="off" spellcheck={false}
          aria-describedby={notice === null ? 'token-help' : 'token-notice token-help'} aria-invalid={notice !== null}
        />
        {notice !== null && <p id="token-notice" class="notice" role="alert">{notice}</p>}
        <p id="token-help" class="aside">
          <code>orchestra up</code> wrote it to <code>.orchestra/admin-token</code>. It is kept until this tab is closed.
        </p>
        <button type="submit">Sign in</button>
      </form>
    </main>
  );
}
