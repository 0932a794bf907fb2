// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { toggleLanguage, words } from '../../state/language.ts';
import { go, hrefTo, route } from '../../state/route.ts';
import { nextTheme } from '../../state/theme.ts';
import { hush } from '../../state/toast.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export const shownDialog = signal<'palette' | 'keys' | undefined>(undefined);

/** What T does in the view that is shown; set by that view. */
export const tableKey = signal<(() => void) | undefined>(undefined);
/** The same for N, something new, and for Ctrl Enter, run. */
const newKey = signal<(() => void) | undefined>(undefined);
export const runKey = signal<(() => void) | undefined>(undefined);

/** N does this while the view is shown. */
export function useNewKey(run: () => void): void {
  useEffect(() => {
    newKey.value = run;
    return () => void (newKey.value = undefined);
  }, []);
}

const GO: Readonly<Record<string, string>> = { o: 'overview', t: 'twins', m: 'models', q: 'query', d: 'devices' };

/** Views that are a list without an id; Esc goes back to it. */
const LISTS = new Set(['models', 'devices', 'bindings']);

let afterG = 0;

/** Starts listening; gives back how to stop. */
export function listenToKeys(): () => void {
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

function onKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    shownDialog.value = 'palette';
    return;
  }
  if (event.key === 'F6') {
    event.preventDefault();
    nextRegion(event.shiftKey ? -1 : 1);
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter' && runKey.value && !isTyping(event)) return runKey.value();
  if (event.ctrlKey || event.metaKey || event.altKey || shownDialog.value || isTyping(event)) return;
  if (letter(event.key)) event.preventDefault();
}

/** Single letters; true when the key meant something. */
function letter(key: string): boolean {
  const second = Date.now() - afterG < 1200;
  afterG = 0;
  if (second && GO[key]) go(hrefTo(GO[key]));
  else if (key === 'g') afterG = Date.now();
  else if (key === '/') shownDialog.value = 'palette';
  else if (key === '?') shownDialog.value = 'keys';
  else if (key === 't' && tableKey.value) tableKey.value();
  else if (key === 'n' && newKey.value) newKey.value();
  else if (key === 'Escape') up();
  else return false;
  return true;
}

function up(): void {
  hush();
  if (route.value.view === 'twin') go(hrefTo('overview'));
  if (LISTS.has(route.value.view) && route.value.id) go(hrefTo(route.value.view));
}

function nextRegion(step: number): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((r) => r.offsetParent !== null || r.offsetHeight > 0);
  const at = regions.findIndex((r) => r.contains(document.activeElement));
  regions[(at + step + regions.length) % regions.length]?.focus();
}

/** The editor stands in a shadow root, so what has the key is the innermost of the way. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName));
}

/** Every key, in one list. */
export function KeyList() {
  const w = words.value;
  const close = () => (shownDialog.value = undefined);
  const rows: [string[], string][] = [
    [['Ctrl', 'K'], w.keySearch], [['/'], w.keySearch], [['G', 'O'], w.keyOverview], [['G', 'T'], w.keyTwins],
    [['G', 'M'], w.keyModels], [['G', 'Q'], w.keyQuery], [['G', 'D'], w.keyDevices], [['N'], w.keyNew], [['Ctrl', 'Enter'], w.keyRun],
    [['T'], w.keyTable], [['F6'], w.keyRegion], [['Esc'], w.keyUp], [['?'], w.keyHelp],
  ];
  return (
    <Dialog label={w.keys} onClose={close}>
      <header class="panel-head"><h2 class="strong grow">{w.keys}</h2><Button kind="icon" icon="close" label={w.close} onClick={close} /></header>
      <table class="keys">
        <tbody>
          {rows.map(([keys, does], i) => (
            <tr key={i}><td>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</td><td>{does}</td></tr>
          ))}
        </tbody>
      </table>
      <p class="keys-note faint small">{w.keysLead}</p>
    </Dialog>
  );
}

export const appearanceActions = { language: () => void toggleLanguage(), theme: nextTheme };
