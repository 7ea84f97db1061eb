import { render } from 'preact';
import { App } from './shell/app.tsx';
import { listenToKeys } from './shell/keys.ts';
import { takeToken } from './shell/token-in-address.ts';
import { lookAgain, signIn, start } from './state/session.ts';
import { monotonicMs } from './state/store.ts';
import './styles/page.css';

const page = document.querySelector('#page');
if (page === null) throw new Error('index.html has no #page');

begin();
render(<App />, page);

setInterval(() => {
  monotonicMs.value = performance.now();
}, 1_000);
listenToKeys();
addEventListener('online', lookAgain);
addEventListener('hashchange', () => {
  if (location.hash.includes('token=')) begin();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) lookAgain();
});

function begin(): void {
  const token = takeToken();
  if (token === null) start();
  else void signIn(token);
}
