// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../../state/language.ts';
import { problemText } from '../../state/problem.ts';
import { sessionEnded, signIn } from '../../state/session.ts';
import { Logo } from '../../ui/icon.tsx';
import { Appearance } from '../shell/appearance.tsx';

/** The door: a token in, a cookie out. The token is kept nowhere in the browser. */
export function Login() {
  const w = words.value;
  const problem = useSignal('');
  const sending = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => void (document.title = `${w.signIn} · Pollux`), [w]);

  const submit = async (event: Event) => {
    event.preventDefault();
    const token = field.current!.value.trim().replace(/^token:\s*/i, '');
    if (!token) {
      problem.value = w.tokenMissing;
      field.current!.focus();
      return;
    }
    sending.value = true;
    const refused = await signIn(token);
    sending.value = false;
    if (refused) problem.value = refused.status === 401 || refused.status === 403 ? w.tokenRefused : problemText(refused);
    field.current?.select();
  };

  return (
    <div class="door">
      <header class="door-tools"><Appearance /></header>
      <main class="door-box" id="main">
        <p class="door-logo"><Logo /><span class="strong">Pollux</span></p>
        <h1 class="page-title">{w.signIn}</h1>
        <p class="dim">{sessionEnded.value ? w.sessionEnded : w.signInLead}</p>
        <form onSubmit={(event) => void submit(event)} noValidate>
          <label for="token" class="dim small">{w.token}</label>
          <input
            id="token" ref={field} class="field mono" type="password" autocomplete="current-password" spellcheck={false}
            aria-invalid={problem.value !== ''} aria-describedby="token-help" onInput={() => (problem.value = '')}
          />
          <p id="token-help" class={problem.value ? 'field-problem small' : 'faint small'} role={problem.value ? 'alert' : undefined}>
            {problem.value || w.tokenHelp}
          </p>
          <button type="submit" class={`button primary wide${sending.value ? ' sending' : ''}`} aria-busy={sending.value} disabled={sending.value}>
            <span>{w.signIn}</span>
          </button>
        </form>
      </main>
    </div>
  );
}
