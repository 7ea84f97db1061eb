import { render } from 'preact';
import { App } from './components/app.tsx';
import { lookAgain, signIn } from './session.ts';
import { monotonicMs } from './store.ts';
import './styles/page.css';
import { takeToken } from './token.ts';

const page = document.querySelector('#page');
if (page === null) throw new Error('index.html has no #page');

signInWithTokenAtHand();
render(<App />, page);

setInterval(() => { monotonicMs.value = performance.now(); }, 1_000);
addEventListener('online', lookAgain);
addEventListener('hashchange', signInWithTokenAtHand);
document.addEventListener('visibilitychange', () => { if (!document.hidden) lookAgain(); });

function signInWithTokenAtHand(): void {
  const token = takeToken();
  if (token !== null) signIn(token);
}
