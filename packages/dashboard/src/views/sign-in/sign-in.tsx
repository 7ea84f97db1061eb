import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent, VNode } from 'preact';
import { signIn } from '../../state/session.ts';

function focus(field: HTMLInputElement | null): void {
  field?.focus();
}

// Told by the service that serves the page, which `orchestra up` tells where it has put the token.
const TOKEN_FILE = document.querySelector<HTMLMetaElement>('meta[name="orchestra-token-file"]')?.content;

function WhereItIs(): VNode {
  if (TOKEN_FILE === undefined)
    return (
      <>
        <code>orchestra token create</code> makes one.
      </>
    );
  return (
    <>
      <code>orchestra up</code> wrote it to <code>{TOKEN_FILE}</code>.
    </>
  );
}

/** Asks for a token; says why when an earlier one was refused. */
export function SignIn({ notice }: { notice: string | null }): VNode {
  const busy = useSignal(false);
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token !== 'string' || token.trim() === '') return;
    busy.value = true;
    void signIn(token.trim()).finally(() => {
      busy.value = false;
    });
  };
  return (
    <main class="sign-in">
      <h1>Orchestra</h1>
      <form onSubmit={submit}>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          ref={focus}
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          aria-describedby={notice === null ? 'token-help' : 'token-notice token-help'}
          aria-invalid={notice !== null}
        />
        {notice !== null && (
          <p id="token-notice" class="notice" role="alert">
            {notice}
          </p>
        )}
        <p id="token-help" class="aside">
          <WhereItIs /> You stay signed in until you sign out or close the browser.
        </p>
        <button type="submit" class="button primary" disabled={busy.value}>
          Sign in
        </button>
      </form>
    </main>
  );
}
